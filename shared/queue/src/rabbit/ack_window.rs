use std::collections::BTreeMap;

/// Turns deliveries handled in any order into acks of everything up to a tag.
///
/// The tags of a channel run from 1 without gaps. A tag is acked only when every lower one is handled, so
/// one ack frame never covers a message whose work is not done, seen by us or not. A tag that was given
/// back is none of the broker's unacked ones any more: it closes its gap, but an ack must not name it,
/// since the broker closes the channel over a tag that it does not know.
#[derive(Debug, Default)]
pub(crate) struct AckWindow {
    /// Everything up to here is handled.
    handled: u64,
    /// The greatest of those whose work is done.
    done: u64,
    /// Everything up to here is acked.
    acked: u64,
    /// Handled tags above a gap.
    ahead: BTreeMap<u64, Handled>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handled {
    Done,
    GivenBack,
}

impl AckWindow {
    /// Notes that the work of a tag is done. Doing so twice changes nothing.
    pub(crate) fn handle(&mut self, tag: u64) {
        self.note(tag, Handled::Done);
    }

    /// Notes that a tag goes back to the broker; `false` when it was handled before, and must not.
    pub(crate) fn give_back(&mut self, tag: u64) -> bool {
        self.note(tag, Handled::GivenBack)
    }

    fn note(&mut self, tag: u64, how: Handled) -> bool {
        if tag <= self.handled || self.ahead.contains_key(&tag) {
            return false;
        }
        self.ahead.insert(tag, how);
        while let Some(next) = self.ahead.first_entry()
            && *next.key() == self.handled + 1
        {
            self.handled += 1;
            if next.remove() == Handled::Done {
                self.done = self.handled;
            }
        }
        true
    }

    /// The tag to ack, with everything below it, if that covers anything new.
    pub(crate) fn take(&mut self) -> Option<u64> {
        (self.done > self.acked).then(|| {
            self.acked = self.done;
            self.done
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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

    #[test]
    fn a_tag_given_back_closes_its_gap_and_is_never_named() {
        let mut window = AckWindow::default();
        for tag in [1, 3, 4] {
            window.handle(tag);
        }
        assert_eq!((window.take(), window.take()), (Some(1), None));
        assert!(window.give_back(2));
        assert_eq!(window.take(), Some(4));
        assert!(window.give_back(5) && window.give_back(7));
        assert_eq!(window.take(), None);
        window.handle(6);
        assert_eq!((window.take(), window.handled), (Some(6), 7));
        window.handle(9);
        for handled in [2, 4, 7, 9] {
            assert!(!window.give_back(handled), "{handled}");
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
