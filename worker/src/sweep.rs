use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::conversation;
use crate::shared::Shared;

/// Most conversations claimed at once.
const CLAIM: usize = 128;

/// Claims conversations that are due while there are free slots: when woken, and every second.
/// What nobody wakes us for (a crash, a retry that is due) is found by the tick.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut calls = Calls::default();
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            () = shared.wake.notified() => {}
            _ = tick.tick() => {}
        }
        while sweep(&shared, &mut calls).await {}
    }
}

/// True when there may be more.
async fn sweep(shared: &Arc<Shared>, calls: &mut Calls) -> bool {
    let free = shared.slots.available_permits();
    if shared.stopping.is_cancelled() {
        return false;
    }
    if free == 0 {
        if calls.too_soon() {
            return false;
        }
        if let Err(error) = shared.db.wake_others(shared.id).await {
            tracing::debug!(%error, "Other workers could not be woken");
        }
        return false;
    }
    // A claim may go over a tenant's share by what one claim takes; the next one leaves it out.
    let limit = free.min(CLAIM).min(shared.share);
    let busy = shared.leases.busy(shared.share);
    let most = i64::try_from(limit).unwrap_or(1);
    let claimed = shared.db.claim(shared.id, most, shared.reach.steady(), &busy).await;
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
        shared.leases.add(one.id, one.fence, &one.tenant);
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

/// Calls for help, one a second at the most.
#[derive(Default)]
struct Calls(Option<Instant>);

impl Calls {
    fn too_soon(&mut self) -> bool {
        let now = Instant::now();
        let soon = self.0.is_some_and(|last| now - last < Duration::from_secs(1));
        if !soon {
            self.0 = Some(now);
        }
        soon
    }
}
