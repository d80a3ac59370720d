use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lumi_channels::Sender;
use lumi_store::Db;
use secrecy::SecretString;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::answer::Answerer;
use crate::commit::Committer;
use crate::directory::Directory;
use crate::rates::Rates;

/// What the tasks of one worker share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Owner of our leases.
    pub(crate) id: Uuid,
    pub(crate) db: Db,
    pub(crate) directory: Directory,
    pub(crate) answerer: Answerer,
    pub(crate) sender: Sender,
    pub(crate) rates: Rates,
    pub(crate) committer: Committer,
    pub(crate) metrics: lumi_telemetry::Metrics,
    /// Of the replaced system's path: channels with this app secret are served by `/webhook`.
    pub(crate) meta_app_secret: Option<SecretString>,
    pub(crate) top_k: i64,
    /// Conversations of one tenant at work at once: the others have slots left.
    pub(crate) share: usize,
    /// One conversation at work a permit.
    pub(crate) slots: std::sync::Arc<Semaphore>,
    /// A message that failed before is decided alone in this process.
    pub(crate) suspect: Semaphore,
    /// Something may be due.
    pub(crate) wake: Notify,
    pub(crate) stopping: CancellationToken,
    /// Everything that was begun has ended: leases need no renewal, changes no hearing.
    pub(crate) ended: CancellationToken,
    /// A part panicked that the worker cannot do without.
    pub(crate) broken: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) leases: Leases,
    pub(crate) reach: Reach,
}

/// The conversations this worker holds, for renewal.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<HashMap<i64, (i64, String)>>);

impl Leases {
    pub(crate) fn add(&self, conversation: i64, fence: i64, tenant: &str) {
        self.lock().insert(conversation, (fence, tenant.to_owned()));
    }

    pub(crate) fn remove(&self, conversation: i64, fence: i64) {
        let mut held = self.lock();
        if held.get(&conversation).is_some_and(|(f, _)| *f == fence) {
            held.remove(&conversation);
        }
    }

    pub(crate) fn ids(&self) -> Vec<i64> {
        self.lock().keys().copied().collect()
    }

    /// The tenants that have so many conversations at work.
    pub(crate) fn busy(&self, share: usize) -> Vec<String> {
        let mut count: HashMap<String, usize> = HashMap::new();
        for (_, tenant) in self.lock().values() {
            *count.entry(tenant.clone()).or_default() += 1;
        }
        count.retain(|_, n| *n >= share);
        count.into_keys().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, (i64, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Since when this process has reached the database without a break.
#[derive(Debug, Default)]
pub(crate) struct Reach(Mutex<Option<Span>>);

#[derive(Debug, Clone, Copy)]
struct Span {
    since: Instant,
    last: Instant,
}

/// The heartbeat writes every second: a longer silence means that the database hung, and that
/// nobody could renew a lease.
const SILENCE: Duration = Duration::from_secs(3);

impl Reach {
    /// A statement went through.
    pub(crate) fn ok(&self) {
        let now = Instant::now();
        let mut span = self.lock();
        let since = span.filter(|s| now - s.last < SILENCE).map_or(now, |s| s.since);
        *span = Some(Span { since, last: now });
    }

    /// A statement failed: leases of others may not be taken over for a while, since they could
    /// not be renewed either.
    pub(crate) fn broken(&self) {
        *self.lock() = None;
    }

    /// Whether leases that ran out may be taken over.
    pub(crate) fn steady(&self) -> bool {
        self.lock().is_some_and(|s| {
            s.since.elapsed() >= Duration::from_secs(10) && s.last.elapsed() < SILENCE
        })
    }

    /// Whether the last statement went through.
    pub(crate) fn up(&self) -> bool {
        self.lock().is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Span>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unbroken_span_is_steady() {
        let reach = Reach::default();
        assert!(!reach.up() && !reach.steady());
        reach.ok();
        assert!(reach.up() && !reach.steady(), "too short");
        let ago = |s| Instant::now().checked_sub(Duration::from_secs(s)).unwrap();
        *reach.lock() = Some(Span { since: ago(11), last: ago(1) });
        assert!(reach.steady());
        reach.ok();
        assert!(reach.steady(), "still the same span");
        *reach.lock() = Some(Span { since: ago(60), last: ago(5) });
        assert!(!reach.steady(), "silent for too long");
        reach.ok();
        assert!(!reach.steady(), "a new span after the silence");
        reach.broken();
        assert!(!reach.up());
    }
}
