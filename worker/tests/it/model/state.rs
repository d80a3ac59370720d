//! What the model knows at one instant: the rows, the queue, and what each worker holds in memory.

/// Two of the same suffice for every race the rules speak of.
pub(super) const WORKERS: usize = 2;
pub(super) const CONVERSATIONS: usize = 2;
pub(super) const MESSAGES: usize = 3;
pub(super) const REPLIES: usize = 4;
pub(super) const DELIVERIES: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) conversations: [Conversation; CONVERSATIONS],
    /// By the order in which the ingress received them.
    pub(super) messages: [Message; MESSAGES],
    /// By `outbox.seq`.
    pub(super) replies: [Reply; REPLIES],
    /// By place in the queue.
    pub(super) deliveries: [Delivery; DELIVERIES],
    /// The queue's single active consumer.
    pub(super) active: u8,
    pub(super) intake: [Intake; WORKERS],
    pub(super) task: [Task; WORKERS],
    pub(super) budget: Budget,
}

/// A time, as seen from now: the past and the present are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum When {
    Now,
    Later,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Conversation {
    pub(super) exists: bool,
    pub(super) lease: Lease,
    pub(super) wake: When,
    /// The dialogue, as the set of messages it has taken in.
    pub(super) dialogue: u8,
    /// What it should be.
    pub(super) effects: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lease {
    Free,
    Live(Owner),
    Expired(Owner),
}

/// `lease_owner`: who may renew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    Worker(u8),
    /// A process that is gone, or one that does not know it holds the lease.
    Gone,
    /// NULL beside a `lease_until`: only a broken rule makes it.
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Message {
    pub(super) state: Inbox,
    pub(super) due: When,
    /// Counted only where the setup has a message that fails.
    pub(super) attempts: u8,
    pub(super) replayed: bool,
    /// Further rows of the same message: only a broken rule makes them.
    pub(super) twins: u8,
    /// How often it was decided since it was last made pending by hand.
    pub(super) decided: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Inbox {
    Absent,
    Pending,
    Done,
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Reply {
    pub(super) state: Outbox,
    pub(super) conversation: u8,
    pub(super) message: u8,
    pub(super) due: When,
    /// `sending` under the fence that stands now.
    pub(super) ours: bool,
    pub(super) replayed: bool,
    /// How often the platform took it (a second time under the same key does not count).
    pub(super) taken: u8,
    /// A worker crashed or lost its lease between `sending` and the record.
    pub(super) spoiled: bool,
    /// A worker learnt that it was taken, and its record was written.
    pub(super) known: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outbox {
    Absent,
    Waiting,
    Sending,
    Sent,
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Delivery {
    Ready { again: bool },
    Held { by: u8, again: bool },
    Acked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Intake {
    Idle,
    /// Deliveries of one batch, whether the connection they came over still stands, and
    /// conversations that the open transaction did not find.
    Busy {
        held: u8,
        connected: bool,
        missed: u8,
        at: Step,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Taken,
    /// The transaction is open and has not found every conversation.
    Missed,
    Stored,
}

/// A conversation at work in a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Task {
    pub(super) job: Job,
    pub(super) conversation: u8,
    /// Somebody claimed it since: our fence no longer stands.
    pub(super) fenced_off: bool,
    /// The dialogue as this worker remembers it.
    pub(super) dialogue: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Job {
    Idle,
    Decide(u8),
    Send {
        reply: u8,
        unknown: bool,
    },
    /// A transaction to be tried until it answers.
    Write(Unit),
    /// Between two statements of a transaction that breaks a rule.
    Between(Gap),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Gap {
    /// `wake_at` is computed, the row not yet locked.
    Release(Unit, When),
    /// The claim has read which reply is first and not yet marked it.
    Mark(u8),
}

/// What one transaction writes under a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Unit {
    Decide(u8),
    Record(u8, Outcome),
    TakeBack(u8),
    /// Give the lease back after a panic.
    Release,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    Sent,
    Retry,
    Dead,
}

/// What may still go wrong, or be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    pub(super) faults: u8,
    pub(super) refusals: u8,
    pub(super) replays: u8,
}

impl Task {
    pub(super) const IDLE: Self =
        Self { job: Job::Idle, conversation: 0, fenced_off: false, dialogue: 0 };

    pub(super) fn works_on(&self, conversation: u8) -> bool {
        self.job != Job::Idle && self.conversation == conversation
    }

    /// The reply this worker may have handed over and has not recorded.
    pub(super) fn in_flight(&self) -> Option<u8> {
        match self.job {
            Job::Send { reply, .. }
            | Job::Write(Unit::Record(reply, _))
            | Job::Between(Gap::Release(Unit::Record(reply, _), _)) => Some(reply),
            Job::Idle | Job::Decide(_) | Job::Write(_) | Job::Between(_) => None,
        }
    }
}

impl State {
    pub(super) fn new(deliveries: usize, budget: Budget) -> Self {
        let message = Message {
            state: Inbox::Absent,
            due: When::Now,
            attempts: 0,
            replayed: false,
            twins: 0,
            decided: 0,
        };
        let reply = Reply {
            state: Outbox::Absent,
            conversation: 0,
            message: 0,
            due: When::Now,
            ours: false,
            replayed: false,
            taken: 0,
            spoiled: false,
            known: false,
        };
        let conversation = Conversation {
            exists: false,
            lease: Lease::Free,
            wake: When::Never,
            dialogue: 0,
            effects: 0,
        };
        let mut queue = [Delivery::Acked; DELIVERIES];
        queue.iter_mut().take(deliveries).for_each(|d| *d = Delivery::Ready { again: false });
        Self {
            conversations: [conversation; CONVERSATIONS],
            messages: [message; MESSAGES],
            replies: [reply; REPLIES],
            deliveries: queue,
            active: 0,
            intake: [Intake::Idle; WORKERS],
            task: [Task::IDLE; WORKERS],
            budget,
        }
    }

    pub(super) fn conversation(&mut self, c: u8) -> &mut Conversation {
        &mut self.conversations[usize::from(c)]
    }

    pub(super) fn message(&mut self, m: u8) -> &mut Message {
        &mut self.messages[usize::from(m)]
    }

    pub(super) fn reply(&mut self, r: u8) -> &mut Reply {
        &mut self.replies[usize::from(r)]
    }
}
