use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use lumi_cache::Cache;
use lumi_channels::{SendConfig, Sender};
use lumi_queue::Consumer;
use lumi_store::Db;
use lumi_store::seal::Keyring;
use secrecy::SecretString;
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::answer::Answerer;
use crate::commit::Committer;
use crate::directory::Directory;
use crate::shared::Shared;
use crate::{intake, lease, sweep, upkeep};

/// How a worker works.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// `WORKER_CONCURRENCY`: conversations at work at once.
    pub concurrency: usize,
    /// `RAG_TOP_K`: passages an answer is made from.
    pub top_k: i64,
    /// `SHUTDOWN_GRACE_SECONDS`: what was begun may end within this time.
    pub grace: Duration,
    /// `META_APP_SECRET` of the replaced system's path.
    pub meta_app_secret: Option<SecretString>,
    /// Where replies go.
    pub send: SendConfig,
}

/// What a worker is made of.
#[derive(Debug)]
pub struct Parts {
    /// The store.
    pub db: Db,
    /// Opens channel secrets.
    pub keys: Keyring,
    /// Where deliveries come from.
    pub consumer: Consumer,
    /// Redis, if there is one.
    pub cache: Cache,
    /// Where figures go.
    pub metrics: lumi_telemetry::Metrics,
}

/// A running worker.
#[derive(Debug)]
pub struct Worker {
    shared: Arc<Shared>,
    writers: TaskTracker,
    background: TaskTracker,
    grace: Duration,
}

impl Worker {
    /// Starts working and returns at once.
    pub fn start(config: WorkerConfig, parts: Parts) -> Self {
        lumi_language::warm_up();
        let writers = TaskTracker::new();
        let shared = Arc::new(Shared {
            id: Uuid::now_v7(),
            directory: Directory::new(parts.db.clone(), parts.keys, parts.cache),
            answerer: Answerer::new(parts.db.clone()),
            sender: Sender::new(config.send),
            rates: crate::rates::Rates::default(),
            committer: Committer::start(&parts.db, &writers),
            metrics: parts.metrics,
            meta_app_secret: config.meta_app_secret,
            top_k: config.top_k,
            share: (config.concurrency / 4).max(1),
            slots: Arc::new(Semaphore::new(config.concurrency)),
            suspect: Semaphore::new(1),
            wake: Notify::new(),
            stopping: CancellationToken::new(),
            ended: CancellationToken::new(),
            broken: CancellationToken::new(),
            tasks: TaskTracker::new(),
            leases: crate::shared::Leases::default(),
            reach: crate::shared::Reach::default(),
            db: parts.db,
        });
        let (pause, paused) = watch::channel(false);
        critical(&shared, &shared.tasks, "sweep", sweep::run(Arc::clone(&shared)));
        let intake = intake::run(Arc::clone(&shared), parts.consumer, paused);
        critical(&shared, &shared.tasks, "intake", intake);
        let heartbeat = upkeep::heartbeat(Arc::clone(&shared), config.concurrency, pause);
        critical(&shared, &shared.tasks, "heartbeat", heartbeat);
        shared.tasks.spawn(upkeep::ledger(Arc::clone(&shared)));
        shared.tasks.spawn(upkeep::retention(Arc::clone(&shared)));
        let background = TaskTracker::new();
        critical(&shared, &background, "listen", upkeep::listen(Arc::clone(&shared)));
        critical(&shared, &background, "renew", lease::renew(Arc::clone(&shared)));
        Self { shared, writers, background, grace: config.grace }
    }

    /// Resolves when a part that the worker cannot do without has panicked: the process should end
    /// and be started anew.
    pub fn broken(&self) -> impl Future<Output = ()> + Send + 'static {
        self.shared.broken.clone().cancelled_owned()
    }

    /// Whether the last statement reached the database.
    pub fn database_up(&self) -> bool {
        self.shared.reach.up()
    }

    /// Takes nothing new, ends what was begun, gives leases back. What the grace period cuts off
    /// is taken over by another worker when its lease runs out.
    pub async fn stop(self) {
        self.shared.stopping.cancel();
        self.shared.wake.notify_one();
        self.shared.tasks.close();
        let drained = tokio::time::timeout(self.grace, self.shared.tasks.wait()).await;
        if drained.is_err() {
            tracing::warn!(
                left = self.shared.tasks.len(),
                "The grace period is over; leases run out"
            );
        }
        self.shared.sender.close().await;
        self.shared.ended.cancel();
        self.background.close();
        self.background.wait().await;
        self.writers.close();
    }
}

/// Runs a part that the worker cannot do without. A panic in it ends the worker, rather than leave
/// one that lives and does nothing.
fn critical(
    shared: &Arc<Shared>,
    tasks: &TaskTracker,
    part: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) {
    let broken = shared.broken.clone();
    tasks.spawn(async move {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            tracing::error!(part, "A part of the worker panicked; the worker has to end");
            broken.cancel();
        }
    });
}
