use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use hyper::Request;
use hyper::body::Incoming;
use lumi_cache::Cache;
use lumi_config::{Env, var};
use lumi_queue::{Health as QueueHealth, Publisher, Trouble};
use lumi_store::Db;
use lumi_telemetry::logs::{self, Format};
use lumi_telemetry::{Health, Metrics, Ops, ops};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::{Answer, AnswerBody};
use crate::config::{Config, StartError};
use crate::ingress::{Ingress, Parts};
use crate::serve;

/// Confirms take at most 1.5 s.
const CONFIRMS: Duration = Duration::from_secs(2);
/// A broker that is away for less is only a restart.
const AWAY: Duration = Duration::from_secs(5);

/// The program: configures itself from the environment, binds its ports, and runs until `stop`.
///
/// # Errors
/// A bad configuration or a taken port, before anything is served; see [`StartError::exit_code`].
pub async fn start(stop: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
    let env = Env::load()?;
    logs::start(&env, Format::Json)?;
    let config = Config::from_env(&env)?;
    let public = ops::listen(var::PORT.name, config.public).await?;
    let probes = ops::listen(var::OPS_ADDR.name, config.ops).await?;
    Ok(run(config, public, probes, stop).await?)
}

/// Serves on listeners that are bound already, until `stop`; then finishes what was begun.
///
/// # Errors
/// A database URL that cannot be used.
pub async fn run(
    config: Config,
    public: TcpListener,
    probes: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let metrics = Metrics::new();
    let db = Db::open(&config.db).context("open the database")?;
    let cache = Cache::of(config.cache, metrics.clone());
    let publisher = Publisher::rabbit(&config.broker, &config.topology, "lumi-ingress");
    let publisher = Arc::new(publisher);
    let (shutdown, closing) = (CancellationToken::new(), CancellationToken::new());
    let ops = probe(&metrics, db.clone(), cache.clone(), publisher.health(), shutdown.clone());
    let ingress = Ingress::new(Parts {
        publisher: Arc::clone(&publisher),
        db: db.clone(),
        keys: config.keys,
        cache: cache.clone(),
        metrics,
        legacy: config.legacy,
        closing: closing.clone(),
    });

    let tasks = TaskTracker::new();
    let handler = {
        let (ingress, ops) = (ingress.clone(), ops.clone());
        move |request| {
            let (ingress, ops) = (ingress.clone(), ops.clone());
            async move { answer(&ingress, &ops, request).await }
        }
    };
    let served = tasks.spawn(serve(public, handler, shutdown.clone(), config.grace));
    let probed = tasks.spawn(ops::serve(probes, ops, closing.clone()));
    tracing::info!("Serving");

    stop.await;
    tracing::info!("Stopping: finishing the requests under way");
    shutdown.cancel();
    let deadline = Instant::now() + config.grace;
    // Event streams would keep the server from ending.
    ingress.end_streams();
    served.await.context("the server broke down")?;
    closing.cancel();
    let drained = async {
        ingress.settled().await;
        drop(ingress);
        if let Some(publisher) = Arc::into_inner(publisher) {
            publisher.close().await;
        }
        cache.close().await;
        db.close().await;
        probed.await
    };
    // Whatever is left of the grace; confirms have a deadline of their own, which is waited for in any case.
    tokio::time::timeout_at(deadline.max(Instant::now() + CONFIRMS), drained)
        .await
        .context("what was begun did not end in time")?
        .context("the ops server broke down")?;
    tracing::info!("Stopped");
    Ok(())
}

/// The public port answers probes too; what is measured stays on the ops port.
async fn answer(ingress: &Ingress, ops: &Ops, request: Request<Incoming>) -> Answer {
    if matches!(request.uri().path(), "/healthz" | "/readyz")
        && let Some(answer) = ops::handle(ops, &request).await
    {
        return answer.map(AnswerBody::Whole);
    }
    ingress.handle(request).await
}

/// SIGTERM, or Ctrl-C.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("Signals cannot be heard: only SIGKILL will stop this process");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn probe(
    metrics: &Metrics,
    db: Db,
    cache: Cache,
    queue: watch::Receiver<QueueHealth>,
    shutdown: CancellationToken,
) -> Ops {
    let began = Arc::new(AtomicBool::new(false));
    Ops::new(env!("CARGO_PKG_VERSION"), metrics.clone(), move || {
        let (db, cache, began) = (db.clone(), cache.clone(), Arc::clone(&began));
        let queue = queue.borrow().clone();
        let stopping = shutdown.is_cancelled();
        async move {
            let (database, (redis, redis_latency)) = tokio::join!(db.ping(), cache.health());
            let ready =
                if stopping { Err("stopping".to_owned()) } else { readiness(&queue, &began) };
            Health {
                database: Some(database.is_ok()),
                queue: Some(queue.ready()),
                redis,
                redis_latency,
                ready,
            }
        }
    })
}

/// Red until the queue worked once, when its topology is not there or it is blocked, and when it has been
/// away for five seconds. The database does not count: what is known is enough to go on.
fn readiness(queue: &QueueHealth, began: &AtomicBool) -> Result<(), String> {
    let red = match &queue.trouble {
        None => {
            began.store(true, Ordering::Relaxed);
            false
        }
        Some(Trouble::Away(_)) => {
            !began.load(Ordering::Relaxed)
                || queue.away_since.is_some_and(|since| since.elapsed() >= AWAY)
        }
        Some(Trouble::Blocked(_) | Trouble::Topology(_)) => true,
    };
    if red { Err(queue.reason().unwrap_or_default()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_forgives_a_short_absence_only() {
        let past = |seconds| std::time::Instant::now().checked_sub(Duration::from_secs(seconds));
        let health = |trouble, away_since| QueueHealth { trouble, away_since };
        let away = || Some(Trouble::Away("connection refused".into()));
        let began = AtomicBool::new(false);
        let ready = |queue| readiness(&queue, &began);
        assert!(ready(health(away(), past(0))).is_err(), "never reached");
        assert_eq!(ready(health(None, None)), Ok(()));
        assert_eq!(ready(health(away(), past(4))), Ok(()));
        assert!(ready(health(away(), past(6))).is_err_and(|why| why.contains("refused")));
        assert!(ready(health(Some(Trouble::Blocked("memory".into())), past(0))).is_err());
        let missing = Trouble::Topology("exchange `x` is missing".into());
        assert!(ready(health(Some(missing), past(0))).is_err_and(|why| why.contains("`x`")));
    }
}
