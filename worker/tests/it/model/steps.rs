//! What may happen next: steps of the workers, time, the platform, and what goes wrong.

use super::database::{Model, Next};
use super::setup::{Mutation, Sink};
use super::state::{
    CONVERSATIONS, DELIVERIES, Delivery, Gap, Inbox, Intake, Job, Lease, MESSAGES, Outbox, Outcome,
    Owner, REPLIES, State, Step, Task, Unit, WORKERS, When,
};

/// One step, for the trace. The first number is the worker, where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Start,
    Take(u8),
    LookUp(u8),
    Store(u8),
    Ack(u8),
    Claim(u8, u8),
    MarkFirst(u8),
    Commit(u8),
    FinishRelease(u8),
    Panic(u8),
    PlatformTakes(u8),
    HoldUnknown(u8),
    Renew(u8),
    LeaseRunsOut(u8),
    TimePasses,
    // What follows need not happen.
    Refused(u8),
    RefusedForGood(u8),
    Replay(u8),
    ReplayReply(u8),
    Crash(u8),
    Frozen(u8),
    ConnectionLost(u8),
    StoreUnanswered(u8),
    ClaimUnanswered(u8),
    CommitUnanswered(u8),
    CommitFails(u8),
}

impl Event {
    /// Whether a run may be without it: from every state the others alone must lead to the end.
    pub(super) fn may_never_happen(self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::RefusedForGood(_)
                | Self::Replay(_)
                | Self::ReplayReply(_)
                | Self::Crash(_)
                | Self::Frozen(_)
                | Self::ConnectionLost(_)
                | Self::StoreUnanswered(_)
                | Self::ClaimUnanswered(_)
                | Self::CommitUnanswered(_)
                | Self::CommitFails(_)
        )
    }
}

/// Collects the states that can follow one.
struct Following<'a> {
    from: &'a State,
    found: &'a mut Vec<(Event, State)>,
}

impl Following<'_> {
    fn add(&mut self, event: Event, change: impl FnOnce(&mut State)) {
        let mut next = *self.from;
        change(&mut next);
        self.found.push((event, next));
    }

    /// Something that goes wrong, as long as the budget lasts.
    fn fault(&mut self, event: Event, change: impl FnOnce(&mut State)) {
        if self.from.budget.faults > 0 {
            self.add(event, |s| {
                s.budget.faults -= 1;
                change(s);
            });
        }
    }
}

impl Model {
    pub(super) fn following(&self, from: &State, found: &mut Vec<(Event, State)>) {
        let mut f = Following { from, found };
        for w in 0..WORKERS {
            let w = u8::try_from(w).unwrap_or(u8::MAX);
            self.intake(&mut f, w);
            self.work(&mut f, w);
            if f.from.task[usize::from(w)] != Task::IDLE
                || f.from.intake[usize::from(w)] != Intake::Idle
            {
                f.fault(Event::Crash(w), |s| crash(s, w));
            }
        }
        leases(&mut f);
        f.add(Event::TimePasses, time_passes);
        self.operator(&mut f);
    }

    fn intake(&self, f: &mut Following<'_>, w: u8) {
        let me = usize::from(w);
        let early = self.breaks(Mutation::AckBeforeCommit);
        let waiting = f.from.deliveries.iter().position(|d| matches!(d, Delivery::Ready { .. }));
        let may_take = matches!(
            f.from.intake[me],
            Intake::Idle | Intake::Busy { at: Step::Taken, connected: true, .. }
        );
        if let (Some(d), true, true) = (waiting, f.from.active == w, may_take) {
            f.add(Event::Take(w), |s| take(s, w, d));
        }
        let Intake::Busy { held, connected, missed, at } = f.from.intake[me] else { return };
        let unseen = self.unseen(f.from, held);
        match at {
            Step::Taken if unseen != 0 => f.add(Event::LookUp(w), |s| {
                s.intake[me] = Intake::Busy { held, connected, missed: unseen, at: Step::Missed };
            }),
            Step::Taken | Step::Missed if !self.batch_locked(f.from, held) => {
                let batch = self.batch(f.from, w, held);
                f.add(Event::Store(w), |s| {
                    self.store(s, &batch, missed);
                    s.intake[me] = Intake::Busy { held, connected, missed: 0, at: Step::Stored };
                });
                f.fault(Event::StoreUnanswered(w), |s| {
                    self.store(s, &batch, missed);
                    s.intake[me] = Intake::Busy { held, connected, missed: 0, at: Step::Taken };
                });
            }
            Step::Taken | Step::Missed => {}
            Step::Stored => f.add(Event::Ack(w), |s| {
                ack(s, w, held);
                s.intake[me] = Intake::Idle;
            }),
        }
        if early && at == Step::Taken && connected {
            f.add(Event::Ack(w), |s| ack(s, w, held));
        }
        if connected {
            f.fault(Event::ConnectionLost(w), |s| {
                give_back(s, w);
                s.intake[me] = Intake::Busy { held, connected: false, missed, at };
            });
        }
    }

    /// Conversations of a batch that do not exist yet.
    fn unseen(&self, s: &State, held: u8) -> u8 {
        (0..DELIVERIES).filter(|d| held & (1 << d) != 0).fold(0, |set, d| {
            let c = self.conversation_of(self.setup.queue[d]);
            if s.conversations[usize::from(c)].exists { set } else { set | (1 << c) }
        })
    }

    fn batch_locked(&self, s: &State, held: u8) -> bool {
        (0..DELIVERIES)
            .any(|d| held & (1 << d) != 0 && locked(s, self.conversation_of(self.setup.queue[d])))
    }

    /// What a batch comes down to; a delivery that came before has to wait for older ones.
    fn batch(&self, s: &State, w: u8, held: u8) -> Vec<(u8, When)> {
        (0..self.setup.queue.len())
            .filter(|d| held & (1 << d) != 0)
            .map(|d| {
                let again =
                    matches!(s.deliveries[d], Delivery::Held { by, again: true } if by == w);
                (self.setup.queue[d], if again { When::Later } else { When::Now })
            })
            .collect()
    }

    fn work(&self, f: &mut Following<'_>, w: u8) {
        let task = f.from.task[usize::from(w)];
        match task.job {
            Job::Idle => self.sweep(f, w),
            Job::Decide(m) if self.fails(f.from, m) && !Self::dead_if_it_fails_now(f.from, m) => {
                f.add(Event::Panic(w), |s| set(s, w, Job::Write(Unit::Release)));
            }
            Job::Decide(m) => self.commit(f, w, Unit::Decide(m)),
            Job::Write(unit) => self.commit(f, w, unit),
            Job::Send { reply, unknown } => self.send(f, w, reply, unknown),
            Job::Between(Gap::Mark(r)) => f.add(Event::MarkFirst(w), |s| {
                self.take_lease(s, w, task.conversation);
                self.mark(s, w, r);
            }),
            Job::Between(Gap::Release(unit, wake)) => f.add(Event::FinishRelease(w), |s| {
                if self.write(s, w, unit) {
                    self.release(s, w);
                    s.conversation(task.conversation).wake = wake;
                }
            }),
        }
    }

    fn sweep(&self, f: &mut Following<'_>, w: u8) {
        for c in 0..CONVERSATIONS {
            let row = f.from.conversations[c];
            let c = u8::try_from(c).unwrap_or(u8::MAX);
            let expired = !self.breaks(Mutation::ExpiredLeaseIsNotTaken);
            let free = match row.lease {
                Lease::Free => true,
                Lease::Expired(_) => expired,
                Lease::Live(_) => false,
            };
            if !row.exists || row.wake != When::Now || !free || locked(f.from, c) {
                continue;
            }
            let first = self.next(f.from, c);
            if let (Next::Send(r), true) = (first, self.breaks(Mutation::MarkWithoutLooking)) {
                f.add(Event::Claim(w, c), |s| {
                    let job = Job::Between(Gap::Mark(r));
                    s.task[usize::from(w)] = Task { job, conversation: c, ..Task::IDLE };
                });
                continue;
            }
            f.add(Event::Claim(w, c), |s| self.claim(s, w, c));
            f.fault(Event::ClaimUnanswered(w), |s| {
                self.claim(s, w, c);
                s.task[usize::from(w)] = Task::IDLE;
                forget_owner(s, w);
            });
        }
    }

    /// A transaction under the lease: it answers, or it does not, or it was rolled back.
    fn commit(&self, f: &mut Following<'_>, w: u8, unit: Unit) {
        let me = usize::from(w);
        let task = f.from.task[me];
        if !task.fenced_off && locked(f.from, task.conversation) {
            return;
        }
        f.add(Event::Commit(w), |s| {
            let before = *s;
            self.advance(s, w, unit);
            let gives_back = s.task[me] == Task::IDLE && !task.fenced_off;
            if gives_back && self.breaks(Mutation::ReleaseComputesBeforeLock) {
                let wake = s.conversation(task.conversation).wake;
                *s = before;
                set(s, w, Job::Between(Gap::Release(unit, wake)));
            }
        });
        if task.fenced_off {
            return;
        }
        let again = Job::Write(self.undecide(unit));
        f.fault(Event::CommitUnanswered(w), |s| {
            self.advance(s, w, unit);
            s.task[me] = Task { job: again, ..task };
        });
        if again != task.job {
            f.fault(Event::CommitFails(w), |s| set(s, w, again));
        }
    }

    /// Whether the transaction went through is not known: a decision is not tried again, the
    /// database says what is next.
    fn undecide(&self, unit: Unit) -> Unit {
        match unit {
            Unit::Decide(m) if !self.breaks(Mutation::DecisionIsRetried) => Unit::TakeBack(m),
            Unit::Record(..) if self.breaks(Mutation::FailedRecordIsDropped) => Unit::Release,
            Unit::Decide(_) | Unit::Record(..) | Unit::TakeBack(_) | Unit::Release => unit,
        }
    }

    fn send(&self, f: &mut Following<'_>, w: u8, r: u8, unknown: bool) {
        let record = |outcome| Job::Write(Unit::Record(r, outcome));
        if unknown && self.setup.sink == Sink::Hold {
            f.add(Event::HoldUnknown(w), |s| set(s, w, record(Outcome::Dead)));
            return;
        }
        f.add(Event::PlatformTakes(w), |s| {
            self.accept(s, r);
            set(s, w, record(Outcome::Sent));
        });
        if f.from.budget.refusals > 0 {
            f.add(Event::Refused(w), |s| {
                s.budget.refusals -= 1;
                set(s, w, record(Outcome::Retry));
            });
            f.add(Event::RefusedForGood(w), |s| {
                s.budget.refusals -= 1;
                set(s, w, record(Outcome::Dead));
            });
        }
    }

    fn operator(&self, f: &mut Following<'_>) {
        if f.from.budget.replays == 0 {
            return;
        }
        for m in (0..MESSAGES).filter(|&m| f.from.messages[m].state == Inbox::Dead) {
            let m = u8::try_from(m).ok();
            f.add(Event::Replay(m.unwrap_or(0)), |s| {
                s.budget.replays -= 1;
                self.replay(s, m, None);
            });
        }
        for r in (0..REPLIES).filter(|&r| f.from.replies[r].state == Outbox::Dead) {
            let r = u8::try_from(r).ok();
            f.add(Event::ReplayReply(r.unwrap_or(0)), |s| {
                s.budget.replays -= 1;
                self.replay(s, None, r);
            });
        }
    }
}

/// Leases run out. Of a worker that renews it this takes a freeze (or a cut from the database);
/// of all others it is a matter of time.
fn leases(f: &mut Following<'_>) {
    for c in 0..CONVERSATIONS {
        let number = u8::try_from(c).unwrap_or(u8::MAX);
        let holder = |owner| match owner {
            Owner::Worker(w) => {
                let task = f.from.task[usize::from(w)];
                (task.works_on(number) && !task.fenced_off).then_some(w)
            }
            Owner::Gone | Owner::Null => None,
        };
        match f.from.conversations[c].lease {
            Lease::Free => {}
            Lease::Live(owner) => {
                let runs_out = |s: &mut State| s.conversations[c].lease = Lease::Expired(owner);
                match holder(owner) {
                    None => f.add(Event::LeaseRunsOut(number), runs_out),
                    Some(w) => f.fault(Event::Frozen(w), |s| {
                        runs_out(s);
                        spoil(s, w);
                    }),
                }
            }
            Lease::Expired(owner) => {
                if let Some(w) = holder(owner) {
                    f.add(Event::Renew(w), |s| s.conversations[c].lease = Lease::Live(owner));
                }
            }
        }
    }
}

fn time_passes(s: &mut State) {
    let pass = |at: &mut When| {
        if *at == When::Later {
            *at = When::Now;
        }
    };
    s.conversations.iter_mut().for_each(|c| pass(&mut c.wake));
    s.messages.iter_mut().for_each(|m| pass(&mut m.due));
    s.replies.iter_mut().for_each(|r| pass(&mut r.due));
}

fn crash(s: &mut State, w: u8) {
    spoil(s, w);
    forget_owner(s, w);
    give_back(s, w);
    s.intake[usize::from(w)] = Intake::Idle;
    s.task[usize::from(w)] = Task::IDLE;
}

/// From here on a second acceptance of what is in flight cannot be ruled out.
fn spoil(s: &mut State, w: u8) {
    if let Some(r) = s.task[usize::from(w)].in_flight() {
        s.reply(r).spoiled = true;
    }
}

/// Nobody renews the leases of this worker any more.
fn forget_owner(s: &mut State, w: u8) {
    for c in &mut s.conversations {
        match &mut c.lease {
            Lease::Live(owner) | Lease::Expired(owner) if *owner == Owner::Worker(w) => {
                *owner = Owner::Gone;
            }
            Lease::Free | Lease::Live(_) | Lease::Expired(_) => {}
        }
    }
}

fn take(s: &mut State, w: u8, d: usize) {
    if let Delivery::Ready { again } = s.deliveries[d] {
        s.deliveries[d] = Delivery::Held { by: w, again };
    }
    let me = &mut s.intake[usize::from(w)];
    let before = if let Intake::Busy { held, .. } = *me { held } else { 0 };
    *me = Intake::Busy { held: before | (1 << d), connected: true, missed: 0, at: Step::Taken };
}

/// An ack over a connection that is gone reaches nobody.
fn ack(s: &mut State, w: u8, held: u8) {
    if !matches!(s.intake[usize::from(w)], Intake::Busy { connected: true, .. }) {
        return;
    }
    for (d, delivery) in s.deliveries.iter_mut().enumerate() {
        if held & (1 << d) != 0 {
            *delivery = Delivery::Acked;
        }
    }
}

/// The broker delivers again what a lost consumer had not acked, to the other one.
fn give_back(s: &mut State, w: u8) {
    for delivery in &mut s.deliveries {
        if matches!(delivery, Delivery::Held { by, .. } if *by == w) {
            *delivery = Delivery::Ready { again: true };
        }
    }
    if s.active == w {
        s.active = 1 - w;
    }
}

fn set(s: &mut State, w: u8, job: Job) {
    s.task[usize::from(w)].job = job;
}

/// A claim that has read and not yet written holds the row's lock.
fn locked(s: &State, c: u8) -> bool {
    s.task.iter().any(|t| t.conversation == c && matches!(t.job, Job::Between(Gap::Mark(_))))
}
