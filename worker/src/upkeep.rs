use std::sync::Arc;
use std::time::Duration;

use lumi_store::{Change, Topic};
use lumi_telemetry::Rows;
use tokio::sync::watch;

use crate::decide::now;
use crate::intake::replay_raw;
use crate::shared::Shared;

/// Every second: the heartbeat row, replayed raw letters, and whether consumption pauses. The
/// backlog stays in the broker when more conversations are due than the workers can take, so that
/// the queue's length stays an honest signal to scale on.
pub(crate) async fn heartbeat(shared: Arc<Shared>, concurrency: usize, pause: watch::Sender<bool>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => break,
            _ = tick.tick() => {}
        }
        match beat(&shared, concurrency).await {
            Ok(paused) => {
                shared.reach.ok();
                pause.send_replace(paused);
            }
            Err(error) => {
                if !error.is_data() {
                    shared.reach.broken();
                }
                tracing::warn!(%error, "The heartbeat could not be written");
            }
        }
    }
    if let Err(error) = shared.db.leave(shared.id).await {
        tracing::debug!(%error, "The heartbeat row stays until it is a minute old");
    }
}

async fn beat(shared: &Shared, concurrency: usize) -> Result<bool, lumi_store::StoreError> {
    let alive = shared.db.heartbeat(shared.id).await?;
    replay_raw(shared).await?;
    let limit = 2 * i64::try_from(concurrency).unwrap_or(256) * alive;
    let due = shared.db.due_conversations(limit + 1).await?;
    let oldest = shared.db.oldest_pending().await?;
    let age = oldest.map(|at| (now() - at).to_std().unwrap_or_default());
    shared.metrics.oldest_pending(age.unwrap_or_default());
    shared.metrics.in_flight(shared.leases.ids().len());
    shared.rates.tidy();
    Ok(due > limit)
}

/// Every minute: the ledger's counts.
pub(crate) async fn ledger(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(Duration::from_mins(1));
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            _ = tick.tick() => {}
        }
        let Ok(states) = shared.db.inbox_states().await else { continue };
        let count = |name: &str| {
            let found = states.iter().find(|(state, _)| state == name);
            found.map_or(0, |(_, n)| u64::try_from(*n).unwrap_or(0))
        };
        shared.metrics.inbox_rows(Rows {
            pending: count("pending"),
            done: count("done"),
            dead: count("dead"),
            discarded: count("discarded"),
        });
    }
}

/// Every hour: texts past their retention go, and with them what nobody asks for any more. Several
/// workers may do it at once.
pub(crate) async fn retention(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(Duration::from_secs(3600));
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            _ = tick.tick() => {}
        }
        match shared.db.prune(now()).await {
            Ok(pruned) => tracing::debug!(?pruned, "Retention was applied"),
            Err(error) => {
                tracing::warn!(%error, "Retention could not be applied; again in an hour");
            }
        }
    }
}

/// Hears what changes elsewhere. After every reconnect everything may have changed.
pub(crate) async fn listen(shared: Arc<Shared>) {
    let me = shared.id.to_string();
    let mut listener = shared.db.listen(&[Topic::Settings, Topic::Wake]);
    loop {
        let heard = tokio::select! {
            // The connection is closed with the listener: nothing half-read is given back.
            () = shared.ended.cancelled() => return,
            heard = listener.next() => heard,
        };
        match heard {
            // Our own call for help is for the others.
            Ok(Change::Wake(who)) if who == me => {}
            Ok(Change::Wake(_)) => shared.wake.notify_one(),
            Ok(change) => shared.directory.forget(&change),
            Err(error) => {
                tracing::warn!(%error, "Changes cannot be heard");
                // What is in memory stays in use; it is read anew after the reconnect.
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
}
