use std::path::Path;

use lumi_config::{Env, Program, var};
use lumi_queue::{BrokerUrl, Topology, broker_depth};
use lumi_store::Db;
use lumi_store::seal::Keyring;

use crate::ending::Ended;
use crate::output;
use crate::target::Target;

/// Every program whose variables are tried: they share one environment on most machines.
const PROGRAMS: [Program; 5] =
    [Program::Ingress, Program::Worker, Program::Admin, Program::Serve, Program::Cli];

pub(super) async fn run(data: Option<&Path>) -> anyhow::Result<Ended> {
    let env = Env::load()?;
    for program in PROGRAMS {
        env.check(program)?;
    }
    let target = Target::find(&env, data).await?;
    let keys = target.keys(&env)?;
    output::line("ok    configuration: every variable that is set can be read")?;
    let db = target.db()?;
    let mut report = Report { ended: Ended::Well };
    let database = database(&db).await;
    let reached = database.is_ok();
    report.say("database", database)?;
    if reached {
        secrets(&db, &keys, &mut report).await?;
    }
    report.say("queue", queue(&env, &target).await?)?;
    report.say("redis", redis(&env).await?)?;
    Ok(report.ended)
}

struct Report {
    ended: Ended,
}

impl Report {
    fn say(&mut self, what: &str, found: Result<String, String>) -> std::io::Result<()> {
        match found {
            Ok(text) => output::line(format_args!("ok    {what}: {text}")),
            Err(text) => {
                self.ended = Ended::Badly;
                output::line(format_args!("FAIL  {what}: {text}"))
            }
        }
    }
}

async fn database(db: &Db) -> Result<String, String> {
    db.ping().await.map_err(|e| e.to_string())?;
    let pending = db.pending_migrations().await.map_err(|e| e.to_string())?;
    if pending.is_empty() {
        Ok("reached, the schema is up to date".to_owned())
    } else {
        Err(format!(
            "reached, but {} migrations are pending ({}): lumi migrate",
            pending.len(),
            pending.join(", ")
        ))
    }
}

/// One line per channel: its secrets open, or why not.
async fn secrets(db: &Db, keys: &Keyring, report: &mut Report) -> anyhow::Result<()> {
    for tenant in db.tenant_list().await? {
        let Some(details) = db.tenant_details(&tenant.id).await? else { continue };
        for channel in details.channel_list {
            let found = match db.channel_by_key(keys, &channel.key).await {
                Ok(_) if channel.enabled => {
                    Ok(format!("{} of tenant {}: its secrets open", channel.kind, tenant.id))
                }
                Ok(_) => Ok(format!(
                    "{} of tenant {}: its secrets open; it is disabled ({})",
                    channel.kind,
                    tenant.id,
                    channel.disabled_reason.as_deref().unwrap_or("no reason given")
                )),
                Err(e) => Err(e.to_string()),
            };
            report.say(&format!("channel {}", channel.key), found)?;
        }
    }
    Ok(())
}

async fn queue(env: &Env, target: &Target) -> anyhow::Result<Result<String, String>> {
    let Some(url) = env.text(&var::AMQP_URL).filter(|_| !target.is_dev()) else {
        return Ok(Ok("in the database (AMQP_URL is not set)".to_owned()));
    };
    let broker = BrokerUrl::parse(&url).map_err(|_| env.invalid(&var::AMQP_URL, &url))?;
    Ok(match broker_depth(&broker, &Topology::v1()).await {
        Ok(depth) => Ok(format!("RabbitMQ reached, {} messages wait", depth.total())),
        Err(e) => Err(format!("RabbitMQ: {e}")),
    })
}

async fn redis(env: &Env) -> anyhow::Result<Result<String, String>> {
    let Some(config) = lumi_cache::CacheConfig::from_env(env)? else {
        return Ok(Ok("not used (REDIS_URL is not set)".to_owned()));
    };
    let cache = lumi_cache::Cache::connect(config, lumi_telemetry::Metrics::new());
    let (healthy, latency) = cache.health().await;
    cache.close().await;
    Ok(match (healthy, latency) {
        (Some(true), Some(latency)) => Ok(format!("reached in {} ms", latency.as_millis())),
        (Some(true), None) => Ok("reached".to_owned()),
        (Some(false) | None, _) => {
            Err("cannot be reached; Lumi works without it, slower".to_owned())
        }
    })
}
