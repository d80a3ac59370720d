use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// Keys to read, for one reader.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    keys: Mutex<BTreeSet<String>>,
    more: Notify,
}

impl Dirty {
    pub(super) fn insert(&self, key: &str) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
        self.more.notify_one();
    }

    /// Takes a key out, which goes in again when it changes while it is read. Cancel-safe.
    pub(super) async fn next(&self) -> String {
        loop {
            // Not in the condition: the lock must be given back before the wait.
            let key = self.keys.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
            match key {
                Some(key) => return key,
                None => self.more.notified().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn each_key_is_read_once_per_change() {
        let dirty = Dirty::default();
        for key in ["b", "a", "b"] {
            dirty.insert(key);
        }
        assert_eq!(dirty.next().await, "a");
        assert_eq!(dirty.next().await, "b");
        assert_eq!(dirty.next().now_or_never(), None);
        let waiting = dirty.next();
        dirty.insert("a");
        assert_eq!(waiting.await, "a");
    }
}
