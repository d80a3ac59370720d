//! What is looked at: who writes what, what may go wrong, and which rule is broken on purpose.

use super::state::{Budget, MESSAGES, State};

#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    pub(super) name: &'static str,
    /// The message of each delivery, by place in the queue. The same twice: the platform sent it twice.
    pub(super) queue: &'static [u8],
    /// The conversation of each message.
    pub(super) conversation: [u8; MESSAGES],
    pub(super) sink: Sink,
    pub(super) budget: Budget,
    /// Message 0 panics when it is decided, until it is replayed.
    pub(super) poison: bool,
    /// Message 0 passes a question on: message 2, in another conversation.
    pub(super) notice: bool,
}

/// What the platform and the channel's settings do about a reply of unknown fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sink {
    /// No idempotency key; `on_unknown: resend`.
    Resend,
    /// No idempotency key; `on_unknown: hold`.
    Hold,
    /// The platform takes a key once.
    Keyed,
}

/// A rule of the protocol, left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mutation {
    AckBeforeCommit,
    NoDedupe,
    InsertLeavesWake,
    NewConversationIsLookedUpOnce,
    NoticeLeavesWake,
    ClaimMovesWake,
    ExpiredLeaseIsNotTaken,
    AnyMessageThatIsDue,
    AnyReplyThatIsDue,
    ReleaseComputesBeforeLock,
    NoFenceOnDecisions,
    SendingAfterRequest,
    MarkWithoutLooking,
    RecordNeedsFence,
    FailedRecordIsDropped,
    LateRecordLeavesWake,
    KeyOfTheAttempt,
    MemoryAfterUnknownCommit,
    DecisionIsRetried,
    RetakenLeaseHasNoOwner,
    ReplayLeavesWake,
}

/// After so many attempts a message is dead (5 in the product; what counts is that there is an end).
pub(super) const MAX_ATTEMPTS: u8 = 2;

impl Setup {
    pub(super) fn start(&self) -> State {
        State::new(self.queue.len(), self.budget)
    }

    /// Messages reach the queue in the order they were received, so replies must leave in it.
    pub(super) fn in_order(&self) -> bool {
        let mut seen = 0;
        self.queue.iter().all(|m| {
            let fine = *m <= seen;
            seen = seen.max(*m + 1);
            fine
        })
    }
}
