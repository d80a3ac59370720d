//! Ingress and worker in one process, over the same library code as the two programs.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::{Request, Response};
use lumi_cache::{Cache, CacheConfig};
use lumi_config::{ConfigError, Env, var};
use lumi_ingress::{Ingress, Legacy};
use lumi_queue::{Consumer, Health as QueueHealth, Publisher, Trouble};
use lumi_store::Db;
use lumi_store::seal::Keyring;
use lumi_telemetry::{Health, Metrics, Ops, ops};
use lumi_worker::{Worker, WorkerConfig};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What one process is made of.
pub(crate) struct Parts {
    pub(crate) db: Db,
    pub(crate) keys: Keyring,
    pub(crate) publisher: Publisher,
    pub(crate) consumer: Consumer,
    pub(crate) worker: WorkerConfig,
    pub(crate) legacy: Legacy,
    pub(crate) cache: Option<CacheConfig>,
}

/// The running process: one port for webhooks, chat and ops.
pub(crate) struct Running {
    worker: Worker,
    ingress: Ingress,
    publisher: Arc<Publisher>,
    cache: Cache,
    db: Db,
    closing: CancellationToken,
    server: TaskTracker,
}

/// Listens on the public address.
///
/// # Errors
/// The port is taken: the error names the variable, and ends the program with 64.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, ConfigError> {
    ops::listen(var::PORT.name, address).await
}

impl Running {
    /// Starts everything and returns at once.
    pub(crate) fn start(parts: Parts, listener: TcpListener, grace: Duration) -> Self {
        let metrics = Metrics::new();
        let cache = Cache::of(parts.cache, metrics.clone());
        let closing = CancellationToken::new();
        let queue = (parts.publisher.health(), parts.consumer.health());
        let publisher = Arc::new(parts.publisher);
        let ingress = Ingress::new(lumi_ingress::Parts {
            publisher: Arc::clone(&publisher),
            db: parts.db.clone(),
            keys: parts.keys.clone(),
            cache: cache.clone(),
            metrics: metrics.clone(),
            legacy: parts.legacy,
            closing: closing.clone(),
        });
        let worker = Worker::start(
            parts.worker,
            lumi_worker::Parts {
                db: parts.db.clone(),
                keys: parts.keys,
                consumer: parts.consumer,
                cache: cache.clone(),
                metrics: metrics.clone(),
            },
        );
        let db = parts.db.clone();
        let probed = cache.clone();
        let absence = Arc::new(Absence::default());
        let look = move || look(db.clone(), probed.clone(), queue.clone(), Arc::clone(&absence));
        let ops = Ops::new(env!("CARGO_PKG_VERSION"), metrics, look);
        let public = ingress.clone();
        let handler = move |request| route(public.clone(), ops.clone(), request);
        let server = TaskTracker::new();
        server.spawn(lumi_ingress::serve(listener, handler, closing.clone(), grace));
        server.close();
        Self { worker, ingress, publisher, cache, db: parts.db, closing, server }
    }

    /// Takes nothing new, finishes what was taken, gives the rest back to the queue.
    pub(crate) async fn stop(self) {
        self.closing.cancel();
        self.server.wait().await;
        self.ingress.settled().await;
        drop(self.ingress);
        if let Some(publisher) = Arc::into_inner(self.publisher) {
            publisher.close().await;
        }
        self.worker.stop().await;
        self.cache.close().await;
        self.db.close().await;
    }
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

async fn route(ingress: Ingress, ops: Ops, request: Request<Incoming>) -> Answer {
    if let Some(answer) = ops::handle(&ops, &request).await {
        return answer.map(|body| body.boxed());
    }
    ingress.handle(request).await.map(|body| body.boxed())
}

/// How long a backend may be away before the process is not ready: as long as the ingress says.
const AWAY: Duration = Duration::from_secs(5);

/// What is remembered from one look at the backends to the next.
#[derive(Default)]
struct Absence {
    queue_worked: AtomicBool,
    /// Since when the database has not answered; it counts once it did.
    database: Mutex<DatabaseSeen>,
}

#[derive(Clone, Copy, Default)]
enum DatabaseSeen {
    #[default]
    Never,
    Answering,
    AwaySince(Instant),
}

async fn look(
    db: Db,
    cache: Cache,
    (publisher, consumer): (watch::Receiver<QueueHealth>, watch::Receiver<QueueHealth>),
    absence: Arc<Absence>,
) -> Health {
    let (database, (redis, redis_latency)) = tokio::join!(db.ping(), cache.health());
    let database = database.is_ok();
    let queues = [publisher.borrow().clone(), consumer.borrow().clone()];
    let ready = absence
        .database_ready(database, Instant::now())
        .and_then(|()| absence.queue_ready(&queues));
    let queue = Some(queues.iter().all(QueueHealth::ready));
    Health { database: Some(database), queue, redis, redis_latency, ready }
}

impl Absence {
    fn database_ready(&self, answers: bool, now: Instant) -> Result<(), String> {
        let mut seen = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = match (*seen, answers) {
            (_, true) => {
                *seen = DatabaseSeen::Answering;
                false
            }
            (DatabaseSeen::Never, false) => true,
            (DatabaseSeen::Answering, false) => {
                *seen = DatabaseSeen::AwaySince(now);
                false
            }
            (DatabaseSeen::AwaySince(since), false) => now.duration_since(since) >= AWAY,
        };
        if gone { Err("the database does not answer".to_owned()) } else { Ok(()) }
    }

    /// Red until both connections worked once; a lost connection is forgiven for a while, a
    /// blocked broker or a missing queue is not.
    fn queue_ready(&self, queues: &[QueueHealth]) -> Result<(), String> {
        if queues.iter().all(QueueHealth::ready) {
            self.queue_worked.store(true, Ordering::Relaxed);
        }
        let worked = self.queue_worked.load(Ordering::Relaxed);
        let forgiven = |queue: &QueueHealth| match queue.trouble {
            None => true,
            Some(Trouble::Away(_)) => {
                worked && queue.away_since.is_none_or(|since| since.elapsed() < AWAY)
            }
            Some(Trouble::Blocked(_) | Trouble::Topology(_)) => false,
        };
        match queues.iter().find(|queue| !forgiven(queue)) {
            Some(queue) => Err(queue.reason().unwrap_or_default()),
            None => Ok(()),
        }
    }
}

/// What `lumi dev` and `lumi serve` read alike from the environment.
pub(crate) struct Settings {
    pub(crate) worker: WorkerConfig,
    pub(crate) legacy: Legacy,
    pub(crate) cache: Option<CacheConfig>,
    pub(crate) grace: Duration,
    pub(crate) port: u16,
}

impl Settings {
    /// # Errors
    /// A variable cannot be read.
    pub(crate) fn read(env: &Env, port: Option<u16>) -> Result<Self, ConfigError> {
        let port = match port {
            Some(port) => port,
            None => env.number(&var::PORT)?,
        };
        Ok(Self {
            worker: lumi_worker::program::config(env)?,
            legacy: Legacy::from_env(env)?,
            cache: CacheConfig::from_env(env)?,
            grace: env.seconds(&var::SHUTDOWN_GRACE_SECONDS)?,
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_that_is_away_briefly_is_forgiven() {
        let queue = |trouble, seconds| QueueHealth {
            trouble,
            away_since: Instant::now().checked_sub(Duration::from_secs(seconds)),
        };
        let well = || QueueHealth { trouble: None, away_since: None };
        let away = || Some(Trouble::Away("refused".into()));
        let absence = Absence::default();
        assert!(absence.queue_ready(&[well(), queue(away(), 0)]).is_err(), "never reached");
        assert_eq!(absence.queue_ready(&[well(), well()]), Ok(()));
        assert_eq!(absence.queue_ready(&[queue(away(), 4), queue(away(), 1)]), Ok(()));
        let late = absence.queue_ready(&[well(), queue(away(), 6)]);
        assert!(late.is_err_and(|why| why.contains("refused")));
        let blocked = Some(Trouble::Blocked("memory".into()));
        assert!(absence.queue_ready(&[queue(blocked, 0), well()]).is_err());
    }

    #[test]
    fn a_database_that_is_away_briefly_is_forgiven() {
        let absence = Absence::default();
        let begin = Instant::now();
        let steps = [
            (0, false, false),
            (1, true, true),
            (2, false, true),
            (6, false, true),
            (7, false, false),
            (8, true, true),
            (20, false, true),
        ];
        for (second, answers, ready) in steps {
            let at = begin + Duration::from_secs(second);
            assert_eq!(absence.database_ready(answers, at).is_ok(), ready, "{second}");
        }
    }
}
