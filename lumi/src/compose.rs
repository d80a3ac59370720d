//! Ingress and worker in one process, over the same library code as the two programs.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::{Request, Response};
use lumi_cache::{Cache, CacheConfig};
use lumi_config::{ConfigError, Env, var};
use lumi_ingress::{Ingress, Legacy};
use lumi_queue::{Consumer, Health as QueueHealth, Publisher};
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
        let look = move || look(db.clone(), probed.clone(), queue.clone());
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

async fn look(
    db: Db,
    cache: Cache,
    (publisher, consumer): (watch::Receiver<QueueHealth>, watch::Receiver<QueueHealth>),
) -> Health {
    let database = db.ping().await.is_ok();
    let trouble = publisher.borrow().reason().or_else(|| consumer.borrow().reason());
    let (redis, redis_latency) = cache.health().await;
    let ready = match (database, &trouble) {
        (false, _) => Err("the database does not answer".to_owned()),
        (true, Some(reason)) => Err(reason.clone()),
        (true, None) => Ok(()),
    };
    Health { database: Some(database), queue: Some(trouble.is_none()), redis, redis_latency, ready }
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
