//! What must hold in every state, and the state in which all is done.

use super::database::Model;
use super::setup::Sink;
use super::state::{
    CONVERSATIONS, Delivery, Inbox, Intake, Lease, Outbox, REPLIES, Reply, State, Task, When,
};

/// How a protocol can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// An accepted message is neither in the queue nor in the inbox.
    Lost,
    /// A row waits and no sweep will look at its conversation when it is due.
    Invisible,
    /// A message was decided twice.
    DecidedTwice,
    /// The dialogue forgot a message it had taken in, or took one in twice.
    EffectLost,
    /// A reply that was recorded as sent is no longer so.
    SentUndone,
    /// The platform took a reply twice without a crash or freeze while it was in flight, or
    /// although its key or `on_unknown: hold` forbids it.
    Doubled,
    /// A reply left before an earlier one.
    OutOfOrder,
    /// There is a state from which nothing leads to the end any more.
    Stuck,
}

impl Model {
    pub(super) fn broken(&self, s: &State) -> Option<Broken> {
        let checks = [
            (self.lost(s), Broken::Lost),
            (self.invisible(s), Broken::Invisible),
            (s.messages.iter().any(|m| m.decided > 1), Broken::DecidedTwice),
            (s.conversations.iter().any(|c| c.dialogue != c.effects), Broken::EffectLost),
            (s.replies.iter().any(|r| r.known && r.state != Outbox::Sent), Broken::SentUndone),
            (s.replies.iter().any(|r| self.doubled(r)), Broken::Doubled),
            (self.out_of_order(s), Broken::OutOfOrder),
        ];
        checks.into_iter().find_map(|(fails, broken)| fails.then_some(broken))
    }

    fn lost(&self, s: &State) -> bool {
        self.setup.queue.iter().any(|&m| {
            let queued = |(d, state): (usize, &Delivery)| {
                self.setup.queue.get(d) == Some(&m) && *state != Delivery::Acked
            };
            s.messages[usize::from(m)].state == Inbox::Absent
                && !s.deliveries.iter().enumerate().any(queued)
        })
    }

    /// Leased or not: a lease may run out, and the sweep that takes it over looks at `wake_at` too.
    fn invisible(&self, s: &State) -> bool {
        (0..CONVERSATIONS)
            .any(|c| s.conversations[c].wake > self.due(s, u8::try_from(c).unwrap_or(u8::MAX)))
    }

    fn doubled(&self, reply: &Reply) -> bool {
        reply.taken > 1 && (self.setup.sink != Sink::Resend || !reply.spoiled)
    }

    /// Replayed ones excepted. By rows: none was handed over before an earlier one that still
    /// waits. By messages, where they came in order: none was decided before an earlier one.
    fn out_of_order(&self, s: &State) -> bool {
        let by_message = self.setup.in_order() && !self.setup.notice;
        (0..REPLIES).any(|later| {
            let b = &s.replies[later];
            s.replies[..later].iter().any(|a| {
                let pair = a.conversation == b.conversation
                    && a.state != Outbox::Absent
                    && b.state != Outbox::Absent
                    && !a.replayed;
                let overtaken = a.taken == 0 && a.state != Outbox::Dead && b.taken > 0;
                let replayed = s.messages[usize::from(b.message)].replayed;
                pair && (overtaken || (by_message && !replayed && a.message > b.message))
            })
        })
    }

    /// Everything accepted has ended, nobody holds anything, and no sweep has to look again.
    pub(super) fn finished(&self, s: &State) -> bool {
        s.deliveries.iter().all(|d| *d == Delivery::Acked)
            && s.intake.iter().all(|i| *i == Intake::Idle)
            && s.task.iter().all(|t| *t == Task::IDLE)
            && s.conversations.iter().all(|c| c.lease == Lease::Free && c.wake == When::Never)
            && s.messages.iter().all(|m| m.state != Inbox::Pending)
            && s.replies.iter().all(|r| !matches!(r.state, Outbox::Waiting | Outbox::Sending))
    }
}
