use std::collections::BTreeSet;

/// Turns deliveries handled in any order into acks of everything up to a tag.
///
/// The tags of a channel run from 1 without gaps. A tag is acked only when every lower one is handled, so
/// one ack frame never covers a message whose work is not done, seen by us or not.
#[derive(Debug, Default)]
pub(crate) struct AckWindow {
    /// Everything up to here is handled.
    handled: u64,
    /// Everything up to here is acked.
    acked: u64,
    /// Handled tags above a gap.
    ahead: BTreeSet<u64>,
}

impl AckWindow {
    /// Notes that the work of a tag is done. Doing so twice changes nothing.
    pub(crate) fn handle(&mut self, tag: u64) {
        if tag <= self.handled {
            return;
        }
        if tag != self.handled + 1 {
            self.ahead.insert(tag);
            return;
        }
        self.handled = tag;
        while self.ahead.first() == Some(&(self.handled + 1)) {
            self.ahead.pop_first();
            self.handled += 1;
        }
    }

    /// The tag to ack, with everything below it, if that covers anything new.
    pub(crate) fn take(&mut self) -> Option<u64> {
        (self.handled > self.acked).then(|| {
            self.acked = self.handled;
            self.handled
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn acks(tags: &[u64]) -> Vec<Option<u64>> {
        let mut window = AckWindow::default();
        let ack = |&tag| {
            window.handle(tag);
            window.take()
        };
        tags.iter().map(ack).collect()
    }

    #[test]
    fn a_gap_holds_back_everything_above_it() {
        for (handled, acked) in [
            (vec![1, 2, 3], vec![Some(1), Some(2), Some(3)]),
            (vec![2, 3, 1], vec![None, None, Some(3)]),
            (vec![3, 1, 2], vec![None, Some(1), Some(3)]),
            (vec![1, 1, 2], vec![Some(1), None, Some(2)]),
            (vec![5, 4, 2, 1, 3], vec![None, None, None, Some(2), Some(5)]),
        ] {
            assert_eq!(acks(&handled), acked, "{handled:?}");
        }
    }

    proptest! {
        #[test]
        fn an_ack_covers_only_what_is_handled(
            order in Just((1..=60_u64).collect::<Vec<_>>()).prop_shuffle(),
            batch in 1..10_usize,
        ) {
            let mut window = AckWindow::default();
            let mut handled = BTreeSet::new();
            let mut acked = 0;
            for tags in order.chunks(batch) {
                for &tag in tags {
                    window.handle(tag);
                    handled.insert(tag);
                }
                if let Some(tag) = window.take() {
                    prop_assert!(tag > acked);
                    prop_assert!((1..=tag).all(|t| handled.contains(&t)));
                    acked = tag;
                }
                prop_assert!(!handled.contains(&(acked + 1)), "{} could be acked too", acked + 1);
            }
            prop_assert_eq!(acked, 60);
            prop_assert!(window.ahead.is_empty());
        }
    }
}
