use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a key that is nobody's costs nothing. NOTIFY takes a new channel's key out at once; this bounds
/// what happens when it is missed.
const TTL: Duration = Duration::from_secs(5);
/// Keys that are nobody's come from strangers, who can think of many.
const MOST: usize = 4096;

/// Keys that are nobody's.
#[derive(Debug, Default)]
pub(super) struct Unknown(Mutex<HashMap<String, Instant>>);

impl Unknown {
    pub(super) fn contains(&self, key: &str) -> bool {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(key).is_some_and(|since| since.elapsed() < TTL)
    }

    pub(super) fn insert(&self, key: &str) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MOST {
            keys.retain(|_, since| since.elapsed() < TTL);
        }
        if keys.len() >= MOST {
            keys.clear();
        }
        keys.insert(key.to_owned(), Instant::now());
    }

    pub(super) fn remove(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_a_bounded_number() {
        let unknown = Unknown::default();
        for number in 0..MOST * 3 {
            unknown.insert(&number.to_string());
            assert!(unknown.contains(&number.to_string()));
        }
        assert!(unknown.0.lock().is_ok_and(|keys| keys.len() <= MOST));
        unknown.insert("a");
        unknown.remove("a");
        assert!(!unknown.contains("a"));
    }
}
