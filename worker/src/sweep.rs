use std::sync::Arc;
use std::time::Duration;

use crate::conversation;
use crate::shared::Shared;

/// Most conversations claimed at once.
const CLAIM: usize = 128;

/// Claims conversations that are due while there are free slots: when woken, and every second.
/// What nobody wakes us for (a crash, a retry that is due) is found by the tick.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            () = shared.wake.notified() => {}
            _ = tick.tick() => {}
        }
        while sweep(&shared).await {}
    }
}

/// True when there may be more.
async fn sweep(shared: &Arc<Shared>) -> bool {
    let free = shared.slots.available_permits();
    if shared.stopping.is_cancelled() {
        return false;
    }
    if free == 0 {
        if let Err(error) = shared.db.wake_others(shared.id).await {
            tracing::debug!(%error, "Other workers could not be woken");
        }
        return false;
    }
    let limit = free.min(CLAIM);
    let claimed =
        shared.db.claim(shared.id, i64::try_from(limit).unwrap_or(1), shared.reach.steady()).await;
    let claimed = match claimed {
        Ok(claimed) => {
            shared.reach.ok();
            claimed
        }
        Err(error) => {
            shared.reach.broken();
            tracing::warn!(%error, "Conversations could not be claimed");
            return false;
        }
    };
    let more = claimed.len() == limit;
    for one in claimed {
        let Ok(slot) = Arc::clone(&shared.slots).acquire_owned().await else { return false };
        shared.leases.add(one.id, one.fence);
        let shared = Arc::clone(shared);
        shared.tasks.clone().spawn(async move {
            conversation::run(&shared, one).await;
            drop(slot);
            if shared.slots.available_permits() == 1 {
                shared.wake.notify_one();
            }
        });
    }
    more
}
