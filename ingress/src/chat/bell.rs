use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// Wakes event streams: by conversation, by visitor, or all of those that have no conversation yet.
#[derive(Debug)]
pub(crate) struct Bell {
    conversations: Rooms<i64>,
    visitors: Rooms<String>,
    newcomers: watch::Sender<()>,
}

/// One sender per thing that somebody waits for.
#[derive(Debug)]
struct Rooms<K>(Mutex<HashMap<K, watch::Sender<()>>>);

impl Bell {
    /// A conversation has a new reply, which may also be the first of a newcomer.
    pub(crate) fn ring(&self, conversation: i64) {
        self.conversations.ring(&conversation);
        self.newcomers.send_replace(());
    }

    /// Rings may have been missed.
    pub(crate) fn ring_all(&self) {
        self.conversations.ring_all();
        self.newcomers.send_replace(());
    }

    /// A message of the visitor was accepted.
    pub(super) fn typed(&self, visitor: &str) {
        self.visitors.ring(visitor);
    }

    pub(super) fn conversation(&self, id: i64) -> watch::Receiver<()> {
        self.conversations.enter(id)
    }

    /// With the number of streams that the visitor has by now.
    pub(super) fn visitor(&self, visitor: &str) -> (watch::Receiver<()>, usize) {
        let receiver = self.visitors.enter(visitor.to_owned());
        (receiver, self.visitors.count(visitor))
    }

    pub(super) fn newcomers(&self) -> watch::Receiver<()> {
        self.newcomers.subscribe()
    }
}

impl Default for Bell {
    fn default() -> Self {
        Self {
            conversations: Rooms(Mutex::default()),
            visitors: Rooms(Mutex::default()),
            newcomers: watch::Sender::new(()),
        }
    }
}

impl<K: Eq + Hash> Rooms<K> {
    fn enter(&self, key: K) -> watch::Receiver<()> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Empty rooms are cleared out whenever the map would grow.
        if rooms.len() == rooms.capacity() {
            rooms.retain(|_, room| room.receiver_count() > 0);
        }
        rooms.entry(key).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    fn ring<Q: Eq + Hash + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        let rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get(key) {
            room.send_replace(());
        }
    }

    fn ring_all(&self) {
        for room in self.0.lock().unwrap_or_else(PoisonError::into_inner).values() {
            room.send_replace(());
        }
    }

    fn count<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        let rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.get(key).map_or(0, watch::Sender::receiver_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_wakes_those_it_is_for() {
        let bell = Bell::default();
        let (one, two) = (bell.conversation(1), bell.conversation(2));
        let newcomer = bell.newcomers();
        let heard = |receiver: &watch::Receiver<()>| receiver.has_changed().is_ok_and(|c| c);
        bell.ring(1);
        assert!(heard(&one) && !heard(&two) && heard(&newcomer));
        bell.ring_all();
        assert!(heard(&two));
        let (first, 1) = bell.visitor("v") else { panic!("one stream") };
        assert!(matches!(bell.visitor("v"), (_, 2)));
        bell.typed("v");
        assert!(heard(&first));
        bell.typed("nobody");
        drop(one);
        for id in 3..1000 {
            drop(bell.conversation(id));
        }
        assert!(bell.conversations.0.lock().is_ok_and(|rooms| rooms.len() < 100));
    }
}
