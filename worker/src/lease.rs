use std::sync::Arc;
use std::time::Duration;

use crate::shared::Shared;

/// Renews every lease of this worker every 3 s, in one statement, and does nothing else, so that
/// no slow work can delay it. A renewal that fails is tried again at the next tick; a lease that
/// ran out meanwhile is still ours while its fence stands.
pub(crate) async fn renew(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(Duration::from_secs(3));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.ended.cancelled() => return,
            _ = tick.tick() => {}
        }
        let held = shared.leases.ids();
        if held.is_empty() {
            continue;
        }
        match shared.db.renew(shared.id, &held).await {
            Ok(kept) if kept.len() < held.len() => {
                tracing::debug!(held = held.len(), kept = kept.len(), "Some leases have ended");
            }
            Ok(_) => {}
            Err(error) => {
                shared.reach.broken();
                tracing::warn!(%error, "Leases could not be renewed");
            }
        }
    }
}
