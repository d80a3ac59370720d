//! `lumi serve`: everything in one process, against configured backends.

use std::net::{IpAddr, SocketAddr};

use anyhow::Context as _;
use lumi_config::{Env, Program, var};
use lumi_queue::{BrokerUrl, Consumer, ConsumerOptions, Publisher, Topology};
use lumi_store::Db;
use lumi_telemetry::logs;
use lumi_worker::program;

use crate::compose::{self, Parts, Running, Settings};
use crate::ending::Ended;

/// Unacked deliveries held: of each broker queue, or in all of the table queue.
const PREFETCH: u16 = 200;

/// What `lumi serve` is told.
#[derive(clap::Args, Debug)]
pub(crate) struct ServeArgs {
    /// Port of the web pages and webhooks; 0 takes any free one [default: PORT, else 8000]
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Address to listen on
    #[arg(long, default_value = "0.0.0.0")]
    pub(crate) host: IpAddr,
}

/// Runs until SIGTERM or Ctrl-C.
///
/// # Errors
/// A variable cannot be read, the port is taken, or a migration fails.
pub(crate) async fn run(args: ServeArgs) -> anyhow::Result<Ended> {
    let env = Env::load()?;
    logs::start(&env, logs::Format::Json)?;
    env.check(Program::Serve)?;
    let settings = Settings::read(&env, args.port)?;
    let keys = program::keyring(&env)?;
    let db = program::database(&env, "lumi-serve")?;
    let broker = match env.text(&var::AMQP_URL) {
        Some(url) => Some(BrokerUrl::parse(&url).map_err(|_| env.invalid(&var::AMQP_URL, &url))?),
        None => None,
    };
    let listener = compose::listen(SocketAddr::new(args.host, settings.port)).await?;
    if env.flag(&var::RUN_MIGRATIONS_ON_STARTUP)? {
        db.migrate().await.context("migrate the database")?;
    }
    let address = listener.local_addr()?;
    let (publisher, consumer) = queue(broker.as_ref(), &db);
    let parts = Parts {
        db,
        keys,
        publisher,
        consumer,
        worker: settings.worker,
        legacy: settings.legacy,
        cache: settings.cache,
    };
    let running = Running::start(parts, listener, settings.grace);
    tracing::info!(%address, queue = if broker.is_some() { "rabbitmq" } else { "postgresql" }, "Serving");
    program::stop_signal().await;
    tracing::info!("Draining");
    running.stop().await;
    Ok(Ended::Well)
}

/// RabbitMQ where it is configured, else the table queue.
pub(crate) fn queue(broker: Option<&BrokerUrl>, db: &Db) -> (Publisher, Consumer) {
    let options = ConsumerOptions { name: "lumi".into(), prefetch: PREFETCH };
    match broker {
        Some(url) => {
            let topology = Topology::v1();
            (Publisher::rabbit(url, &topology, "lumi"), Consumer::rabbit(url, &topology, &options))
        }
        None => {
            let pool = db.pool().clone();
            (Publisher::table(pool.clone()), Consumer::table(pool, &options))
        }
    }
}
