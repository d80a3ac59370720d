//! The transactions. Each is atomic here because each begins by locking the conversation it writes;
//! the mutations that leave this out are split at the place where another one can come between.

use super::setup::{MAX_ATTEMPTS, Mutation, Setup, Sink};
use super::state::{
    Inbox, Job, Lease, MESSAGES, Outbox, Outcome, Owner, REPLIES, State, Task, Unit, When,
};

pub(super) struct Model {
    pub(super) setup: Setup,
    pub(super) mutation: Option<Mutation>,
}

/// What a conversation needs first.
pub(super) enum Next {
    Send(u8),
    Decide(u8),
    Nothing,
}

impl Model {
    pub(super) fn breaks(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    pub(super) fn conversation_of(&self, message: u8) -> u8 {
        self.setup.conversation[usize::from(message)]
    }

    /// `store_messages`: each message once, and its conversation woken. `missed`: the conversations
    /// that an earlier statement looked up and did not find.
    pub(super) fn store(&self, s: &mut State, batch: &[(u8, When)], missed: u8) {
        for &(m, due) in batch {
            let c = self.conversation_of(m);
            let made_meanwhile = missed & (1 << c) != 0 && s.conversation(c).exists;
            if made_meanwhile && self.breaks(Mutation::NewConversationIsLookedUpOnce) {
                continue;
            }
            let message = s.message(m);
            match message.state {
                Inbox::Absent => (message.state, message.due) = (Inbox::Pending, due),
                Inbox::Pending | Inbox::Done | Inbox::Dead => {
                    message.twins += u8::from(self.breaks(Mutation::NoDedupe));
                    if message.twins > 0 && message.state != Inbox::Pending {
                        message.twins -= 1;
                        message.state = Inbox::Pending;
                    }
                }
            }
            if !self.breaks(Mutation::InsertLeavesWake) {
                let wake = &mut s.conversation(c).wake;
                *wake = due.min(*wake);
            }
        }
        for &(m, _) in batch {
            s.conversation(self.conversation_of(m)).exists = true;
        }
    }

    /// `claim`: a new fence, and the first work.
    pub(super) fn claim(&self, s: &mut State, w: u8, c: u8) {
        self.take_lease(s, w, c);
        self.choose(s, w);
    }

    pub(super) fn take_lease(&self, s: &mut State, w: u8, c: u8) {
        for task in s.task.iter_mut().filter(|t| t.works_on(c)) {
            task.fenced_off = true;
        }
        for reply in s.replies.iter_mut().filter(|r| r.conversation == c) {
            reply.ours = false;
        }
        let conversation = s.conversation(c);
        conversation.lease = Lease::Live(Owner::Worker(w));
        if self.breaks(Mutation::ClaimMovesWake) {
            conversation.wake = When::Never;
        }
        let dialogue = conversation.dialogue;
        s.task[usize::from(w)] = Task { conversation: c, dialogue, ..Task::IDLE };
    }

    /// `advance`: write what was done, and say what is next.
    pub(super) fn advance(&self, s: &mut State, w: u8, unit: Unit) {
        if self.write(s, w, unit) {
            match unit {
                Unit::Release => self.release(s, w),
                Unit::Decide(_) | Unit::Record(..) | Unit::TakeBack(_) => self.choose(s, w),
            }
        }
    }

    /// The first half of `advance`: true when the fence stands.
    pub(super) fn write(&self, s: &mut State, w: u8, unit: Unit) -> bool {
        let task = s.task[usize::from(w)];
        if let Unit::Record(r, Outcome::Sent) = unit {
            self.record_sent(s, r, task);
        }
        if task.fenced_off {
            if let (Unit::Decide(m), true) = (unit, self.breaks(Mutation::NoFenceOnDecisions)) {
                self.decide(s, m, task);
            }
            s.task[usize::from(w)] = Task::IDLE;
            return false;
        }
        self.keep_lease(s, w, task.conversation);
        match unit {
            Unit::Decide(m) => self.decide(s, m, task),
            Unit::Record(r, outcome) => record_unsent(s, r, outcome),
            Unit::TakeBack(m) => {
                let message = s.message(m);
                if message.state == Inbox::Pending {
                    message.attempts = message.attempts.saturating_sub(1);
                }
            }
            Unit::Release => {}
        }
        let decided = matches!(unit, Unit::Decide(_));
        if decided || !self.breaks(Mutation::MemoryAfterUnknownCommit) {
            s.task[usize::from(w)].dialogue = s.conversation(task.conversation).dialogue;
        }
        true
    }

    /// A lease that ran out is still ours while the fence stands.
    fn keep_lease(&self, s: &mut State, w: u8, c: u8) {
        let owner = if self.breaks(Mutation::RetakenLeaseHasNoOwner) {
            Owner::Null
        } else {
            Owner::Worker(w)
        };
        let lease = &mut s.conversation(c).lease;
        *lease = match *lease {
            Lease::Live(owner) | Lease::Expired(owner) => Lease::Live(owner),
            Lease::Free => Lease::Live(owner),
        };
    }

    /// `sent` is final and needs no fence.
    fn record_sent(&self, s: &mut State, r: u8, task: Task) {
        if !(task.fenced_off && self.breaks(Mutation::RecordNeedsFence)) {
            s.reply(r).state = Outbox::Sent;
            if task.fenced_off && !self.breaks(Mutation::LateRecordLeavesWake) {
                s.conversation(task.conversation).wake = When::Now;
            }
        }
        s.reply(r).known = true;
    }

    fn decide(&self, s: &mut State, m: u8, task: Task) {
        let c = task.conversation;
        let dead = self.fails(s, m);
        let in_order = !(s.message(m).replayed && self.later_is_done(s, m));
        let message = s.message(m);
        message.decided = (message.decided + 1).min(2);
        if message.twins > 0 {
            message.twins -= 1;
        } else {
            message.state = if dead { Inbox::Dead } else { Inbox::Done };
        }
        let bit = if dead || !in_order { 0 } else { 1 << m };
        let conversation = s.conversation(c);
        conversation.dialogue = task.dialogue | bit;
        conversation.effects |= bit;
        if let Some(reply) = s.replies.iter_mut().find(|r| r.state == Outbox::Absent) {
            reply.state = Outbox::Waiting;
            (reply.conversation, reply.message) = (c, m);
        }
        if self.setup.notice && m == 0 && s.message(2).state == Inbox::Absent {
            s.message(2).state = Inbox::Pending;
            let other = s.conversation(self.conversation_of(2));
            other.exists = true;
            if !self.breaks(Mutation::NoticeLeavesWake) {
                other.wake = When::Now;
            }
        }
    }

    /// Whether deciding this message panics.
    pub(super) fn fails(&self, s: &State, m: u8) -> bool {
        self.setup.poison && m == 0 && !s.messages[0].replayed
    }

    pub(super) fn dead_if_it_fails_now(s: &State, m: u8) -> bool {
        s.messages[usize::from(m)].attempts >= MAX_ATTEMPTS
    }

    fn later_is_done(&self, s: &State, m: u8) -> bool {
        (usize::from(m) + 1..MESSAGES).any(|l| {
            s.messages[l].state == Inbox::Done
                && self.setup.conversation[l] == self.conversation_of(m)
        })
    }

    /// `choose`: the first unsent reply when it is due, else the first pending message when it is.
    fn choose(&self, s: &mut State, w: u8) {
        let c = s.task[usize::from(w)].conversation;
        match self.next(s, c) {
            Next::Send(r) => self.mark(s, w, r),
            Next::Decide(m) => {
                let counted = u8::from(self.setup.poison);
                let message = s.message(m);
                message.attempts = (message.attempts + counted).min(MAX_ATTEMPTS + 1);
                s.task[usize::from(w)].job = Job::Decide(m);
            }
            Next::Nothing => self.release(s, w),
        }
    }

    pub(super) fn mark(&self, s: &mut State, w: u8, r: u8) {
        let reply = s.reply(r);
        let unknown = reply.state == Outbox::Sending && !reply.ours;
        if !self.breaks(Mutation::SendingAfterRequest) {
            reply.state = Outbox::Sending;
        }
        reply.ours = true;
        s.task[usize::from(w)].job = Job::Send { reply: r, unknown };
    }

    pub(super) fn next(&self, s: &State, c: u8) -> Next {
        match (self.first_reply(s, c), self.first_message(s, c)) {
            (Some((r, When::Now)), _) => Next::Send(r),
            (_, Some((m, When::Now))) => Next::Decide(m),
            _ => Next::Nothing,
        }
    }

    /// Gives the lease back; `wake_at` is the earlier of the two firsts.
    pub(super) fn release(&self, s: &mut State, w: u8) {
        let c = s.task[usize::from(w)].conversation;
        let wake = self.due(s, c);
        let conversation = s.conversation(c);
        (conversation.lease, conversation.wake) = (Lease::Free, wake);
        s.task[usize::from(w)] = Task::IDLE;
    }

    /// When a sweep has to look at a conversation.
    pub(super) fn due(&self, s: &State, c: u8) -> When {
        let reply = self.first_reply(s, c).map_or(When::Never, |r| r.1);
        let message = self.first_message(s, c).map_or(When::Never, |m| m.1);
        reply.min(message)
    }

    fn first_message(&self, s: &State, c: u8) -> Option<(u8, When)> {
        let mut pending = (0..MESSAGES)
            .filter(|&m| self.setup.conversation[m] == c && s.messages[m].state == Inbox::Pending)
            .map(|m| (u8::try_from(m).unwrap_or(u8::MAX), s.messages[m].due));
        if self.breaks(Mutation::AnyMessageThatIsDue) {
            return pending.min_by_key(|&(m, due)| (due, m));
        }
        pending.next()
    }

    /// `sending` counts as due.
    fn first_reply(&self, s: &State, c: u8) -> Option<(u8, When)> {
        let mut unsent = (0..REPLIES).filter_map(|r| {
            let reply = &s.replies[r];
            let due = match reply.state {
                Outbox::Sending => When::Now,
                Outbox::Waiting => reply.due,
                Outbox::Absent | Outbox::Sent | Outbox::Dead => return None,
            };
            (reply.conversation == c).then_some((u8::try_from(r).unwrap_or(u8::MAX), due))
        });
        if self.breaks(Mutation::AnyReplyThatIsDue) {
            return unsent.min_by_key(|&(r, due)| (due, r));
        }
        unsent.next()
    }

    /// An operator replays a dead message or a dead reply.
    pub(super) fn replay(&self, s: &mut State, message: Option<u8>, reply: Option<u8>) {
        let mut conversation = 0;
        if let Some(m) = message {
            conversation = self.conversation_of(m);
            let row = s.message(m);
            (row.state, row.due, row.replayed) = (Inbox::Pending, When::Now, true);
            (row.attempts, row.decided) = (0, 0);
        }
        if let Some(r) = reply {
            let row = s.reply(r);
            (row.state, row.due, row.replayed) = (Outbox::Waiting, When::Now, true);
            conversation = row.conversation;
        }
        if !self.breaks(Mutation::ReplayLeavesWake) {
            s.conversation(conversation).wake = When::Now;
        }
    }

    /// The platform takes a reply; with a key only once.
    pub(super) fn accept(&self, s: &mut State, r: u8) {
        let reply = s.reply(r);
        let once = self.setup.sink == Sink::Keyed && !self.breaks(Mutation::KeyOfTheAttempt);
        if !(once && reply.taken > 0) {
            reply.taken = (reply.taken + 1).min(2);
        }
    }
}

/// A refusal or a delay counts only under our fence.
fn record_unsent(s: &mut State, r: u8, outcome: Outcome) {
    let reply = s.reply(r);
    if reply.state != Outbox::Sending || !reply.ours {
        return;
    }
    match outcome {
        Outcome::Sent => {}
        Outcome::Retry => (reply.state, reply.due) = (Outbox::Waiting, When::Later),
        Outcome::Dead => reply.state = Outbox::Dead,
    }
}
