use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use lumi_store::Change;
use lumi_store::pipeline::{Advanced, Claimed, Decision, InboxRow, Next, OutboxRow, Record, Unit};

use crate::commit::CommitError;
use crate::shared::Shared;
use crate::{decide, send};

/// Attempts after which a message is poison.
const MAX_ATTEMPTS: i16 = 5;

/// From this attempt on a process decides at most one such message at a time.
const SUSPECT: i16 = 3;

/// Works on a conversation under its lease until nothing is due there or the lease is lost.
pub(crate) async fn run(shared: &Arc<Shared>, mut claimed: Claimed) {
    let (id, fence) = (claimed.id, claimed.fence);
    let _held = Held { shared, id, fence };
    let mut next = std::mem::replace(&mut claimed.next, Next::Released);
    loop {
        let unit = match next {
            Next::Released => break,
            Next::Send(row) => send_one(shared, &claimed, &row).await,
            Next::Decide(row) => decide_one(shared, &claimed, &row).await,
        };
        let unit = Unit { id, fence, ..unit };
        next = match write(shared, &mut claimed, unit).await {
            Some(next) => next,
            None => break,
        };
    }
}

/// The lease is renewed as long as this lives, also when the task ends in a panic.
struct Held<'a> {
    shared: &'a Shared,
    id: i64,
    fence: i64,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.shared.leases.remove(self.id, self.fence);
    }
}

/// Writes a unit; `None` when the conversation is no longer ours. While the database is away it
/// goes on trying: what was accepted by a platform must be recorded, and never sent again.
async fn write(shared: &Shared, claimed: &mut Claimed, mut unit: Unit) -> Option<Next> {
    let mut pause = Duration::from_millis(50);
    loop {
        unit.release |= shared.stopping.is_cancelled();
        let error = match shared.committer.commit(unit.clone()).await {
            Ok(Advanced::Held(next)) => {
                if let Some(decision) = &unit.decision {
                    remember(claimed, decision);
                    if decision.vacation.is_some() || decision.owner_link.is_some() {
                        // The others hear of it; the next message here must not be faster.
                        shared.directory.forget(&Change::Tenant(claimed.tenant.clone()));
                    }
                }
                if unit.release {
                    shared.wake.notify_one();
                }
                return Some(next);
            }
            Ok(Advanced::Lost) => {
                shared.metrics.lease_lost();
                return None;
            }
            Err(CommitError::Stopping) => return None,
            Err(error) => error,
        };
        if error.is_data() {
            refused(shared, &claimed.tenant, &mut unit, &error);
        } else {
            shared.reach.broken();
            tracing::warn!(conversation = claimed.id, %error, "A step could not be written; trying again");
            give_back(&mut unit);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }
}

/// The database refused the decision itself: another one saved an overlapping block, or used the
/// link. It is decided anew with fresh settings, and the attempt counts, so that it cannot go on
/// for ever.
fn refused(shared: &Shared, tenant: &str, unit: &mut Unit, error: &CommitError) {
    if let Some(decision) = unit.decision.take() {
        tracing::info!(conversation = unit.id, message = decision.inbox_seq, %error,
            constraint = error.constraint(), "A decision was refused; deciding again");
        shared.directory.forget(&Change::Tenant(tenant.to_owned()));
        return;
    }
    tracing::error!(conversation = unit.id, %error, "A record was refused by the database");
    unit.record = None;
    unit.release = true;
    unit.pause_ms = 1_000;
}

/// Whether the transaction went through is not known, and with it the state of the conversation:
/// the lease is given back, so that the next claim reads everything anew. How a reply fared is
/// still recorded. The attempt of a decision that a database failure ended does not count.
fn give_back(unit: &mut Unit) {
    unit.release = true;
    if let Some(decision) = unit.decision.take() {
        unit.take_back = Some(decision.inbox_seq);
    }
}

fn remember(claimed: &mut Claimed, decision: &Decision) {
    claimed.dialogue.clone_from(&decision.dialogue);
    claimed.language.clone_from(&decision.language);
    claimed.hour = decision.hour;
    claimed.decided = claimed.decided.max(Some((decision.received_at, decision.inbox_seq)));
    if !decision.notices.is_empty() {
        claimed.owner_asked_at = Some(decision.received_at.max(decide::now()));
    }
}

async fn decide_one(shared: &Shared, claimed: &Claimed, row: &InboxRow) -> Unit {
    if row.attempts > MAX_ATTEMPTS {
        return poison(shared, claimed, row).await;
    }
    // Held through the decision only; the semaphore is never closed.
    let _alone = if row.attempts >= SUSPECT { shared.suspect.acquire().await.ok() } else { None };
    if shared.stopping.is_cancelled() {
        return Unit { take_back: Some(row.seq), release: true, ..Unit::default() };
    }
    match AssertUnwindSafe(decide::decide(shared, claimed, row)).catch_unwind().await {
        Ok(Ok(decision)) => Unit { decision: Some(decision), ..Unit::default() },
        Ok(Err(error)) if !error.is_data() => {
            shared.reach.broken();
            tracing::warn!(conversation = claimed.id, message = row.seq, %error,
                "A decision needs the database; trying again");
            Unit { take_back: Some(row.seq), release: true, pause_ms: 500, ..Unit::default() }
        }
        Ok(Err(error)) => failed(shared, claimed, row, &error.to_string()).await,
        Err(_panic) => failed(shared, claimed, row, "panic").await,
    }
}

/// The attempt counts: the message itself may be what is wrong.
async fn failed(shared: &Shared, claimed: &Claimed, row: &InboxRow, error: &str) -> Unit {
    tracing::error!(
        conversation = claimed.id,
        message = row.seq,
        attempt = row.attempts,
        error,
        "A decision failed"
    );
    shared.metrics.decided("failed", "retry");
    if row.attempts >= MAX_ATTEMPTS {
        return poison(shared, claimed, row).await;
    }
    let pause_ms = 100 << row.attempts.clamp(0, 8);
    Unit { release: true, pause_ms, ..Unit::default() }
}

/// The message is dead, and its sender gets one apology; the next message goes on.
async fn poison(shared: &Shared, claimed: &Claimed, row: &InboxRow) -> Unit {
    tracing::error!(
        conversation = claimed.id,
        message = row.seq,
        "A message failed too often; it is dead (poison)"
    );
    shared.metrics.decided("poison", "dead");
    Unit { decision: Some(decide::poison(shared, claimed, row).await), ..Unit::default() }
}

async fn send_one(shared: &Shared, claimed: &Claimed, row: &OutboxRow) -> Unit {
    let sent = AssertUnwindSafe(send::send(shared, claimed, row)).catch_unwind().await;
    let (outcome, announce) = match sent {
        Ok(sent) => sent,
        Err(_panic) => {
            tracing::error!(conversation = claimed.id, reply = row.seq, "Sending panicked");
            (send::unknown(shared, claimed, "sending panicked").await, false)
        }
    };
    let record = Record { seq: row.seq, key: row.key.clone(), outcome, announce };
    Unit { record: Some(record), ..Unit::default() }
}
