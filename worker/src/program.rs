//! The program `lumi-worker`: logging, configuration, connections, work, drain.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use lumi_cache::{Cache, CacheConfig};
use lumi_channels::SendConfig;
use lumi_config::{ConfigError, EXIT, Env, Program, var};
use lumi_domain::ChannelKind;
use lumi_queue::{BrokerUrl, Consumer, ConsumerOptions, Topology};
use lumi_store::seal::Keyring;
use lumi_store::{Db, DbConfig};
use lumi_telemetry::{Health, Metrics, Ops, logs, ops};
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{Parts, Worker, WorkerConfig};

/// Unacked deliveries held of each queue. The broker takes back what a dead worker held, so this
/// is how much one crash makes come again.
const PREFETCH: u16 = 200;

/// A queue that is away for less is no reason to be taken out of service.
const AWAY: Duration = Duration::from_secs(5);

/// Runs until SIGTERM or SIGINT. Exit code 64 for a bad configuration, 1 for a failure.
pub fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error, 1),
    };
    match runtime.block_on(run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<ConfigError>() => fail(&error.root_cause(), EXIT),
        Err(error) => fail(&format!("{error:#}"), 1),
    }
}

#[expect(clippy::print_stderr, reason = "the one line that says why the program ends")]
fn fail(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    eprintln!("lumi-worker: {error}");
    ExitCode::from(code)
}

async fn run() -> anyhow::Result<()> {
    // Reads FAILPOINTS; held until the end. Without the feature there is nothing to switch.
    #[cfg(feature = "failpoints")]
    let _faults = fail::FailScenario::setup();
    let env = Env::load()?;
    logs::start(&env, logs::Format::Json)?;
    env.check(Program::Worker)?;
    let config = config(&env)?;
    let keys = keyring(&env)?;
    let url = env.required(&var::AMQP_URL)?;
    let broker = BrokerUrl::parse(&url).map_err(|_| env.invalid(&var::AMQP_URL, &url))?;
    let redis = CacheConfig::from_env(&env)?;
    let db = database(&env, "lumi-worker")?;
    let listener = ops::listen("OPS_ADDR", env.addr(&var::OPS_ADDR)?).await?;
    if env.flag(&var::RUN_MIGRATIONS_ON_STARTUP)? {
        db.migrate().await.context("migrate the database")?;
    }

    let options = ConsumerOptions { name: "lumi-worker".into(), prefetch: PREFETCH };
    let consumer = Consumer::rabbit(&broker, &Topology::v1(), &options);
    let queue = consumer.health();
    let metrics = Metrics::new();
    let cache = Cache::of(redis, metrics.clone());
    let parts =
        Parts { db: db.clone(), keys, consumer, cache: cache.clone(), metrics: metrics.clone() };
    let worker = Worker::start(config, parts);
    let health = {
        let (db, cache) = (db.clone(), cache.clone());
        move || {
            let (db, cache, queue) = (db.clone(), cache.clone(), queue.borrow().clone());
            async move { look(&db, &cache, &queue).await }
        }
    };
    let shutdown = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(ops::serve(
        listener,
        Ops::new(env!("CARGO_PKG_VERSION"), metrics, health),
        shutdown.clone(),
    ));
    tracing::info!("The worker is running");
    let broken = worker.broken();
    let whole = tokio::select! {
        () = stop_signal() => true,
        () = broken => false,
    };
    tracing::info!("Draining");
    worker.stop().await;
    shutdown.cancel();
    tasks.close();
    tasks.wait().await;
    cache.close().await;
    db.close().await;
    anyhow::ensure!(whole, "a part of the worker broke down");
    Ok(())
}

async fn look(db: &Db, cache: &Cache, queue: &lumi_queue::Health) -> Health {
    let (database, (redis, redis_latency)) = tokio::join!(db.ping(), cache.health());
    let database = database.is_ok();
    let away = queue.away_since.is_some_and(|since| since.elapsed() >= AWAY);
    let ready = match (database, queue.reason().filter(|_| away)) {
        (false, _) => Err("the database does not answer".to_owned()),
        (true, Some(reason)) => Err(reason),
        (true, None) => Ok(()),
    };
    Health { database: Some(database), queue: Some(queue.ready()), redis, redis_latency, ready }
}

/// What a worker needs to know, from the environment.
///
/// # Errors
/// A variable cannot be read.
pub fn config(env: &Env) -> Result<WorkerConfig, ConfigError> {
    let bases = [
        (ChannelKind::Whatsapp, &var::WHATSAPP_API_BASE),
        (ChannelKind::Telegram, &var::TELEGRAM_API_BASE),
    ];
    let api_bases =
        bases.into_iter().filter_map(|(kind, var)| Some((kind, env.text(var)?))).collect();
    Ok(WorkerConfig {
        concurrency: env.number(&var::WORKER_CONCURRENCY)?,
        top_k: env.number(&var::RAG_TOP_K)?,
        grace: env.seconds(&var::SHUTDOWN_GRACE_SECONDS)?,
        meta_app_secret: env.secret(&var::META_APP_SECRET)?,
        send: SendConfig {
            api_bases,
            outbound_allow: env.ranges(&var::OUTBOUND_ALLOW)?,
            timeout: Duration::from_secs(15),
        },
    })
}

/// The keys of `LUMI_SECRET_KEY`.
///
/// # Errors
/// It is missing, or a key is malformed.
pub fn keyring(env: &Env) -> Result<Keyring, ConfigError> {
    let list = env.required_secret(&var::LUMI_SECRET_KEY)?;
    Keyring::parse(&list).map_err(|_| env.invalid(&var::LUMI_SECRET_KEY, list.expose_secret()))
}

/// The database of `DATABASE_URL`; nothing is reached yet.
///
/// # Errors
/// It is missing, or no PostgreSQL URL.
pub fn database(env: &Env, name: &'static str) -> Result<Db, ConfigError> {
    let url = env.required(&var::DATABASE_URL)?;
    Db::open(&DbConfig { url: url.clone(), connections: 16, name })
        .map_err(|_| env.invalid(&var::DATABASE_URL, &url))
}

/// Resolves on SIGTERM or SIGINT.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
