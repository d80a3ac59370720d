use anyhow::Context as _;
use lumi_config::var;
use lumi_queue::{BrokerUrl, Depth, Topology, broker_depth, table_depth};
use lumi_store::Checkup;
use serde::Serialize;

use super::Session;
use crate::ending::Ended;
use crate::output;
use crate::since::{self, Since};

const EXAMPLES: &str = "\
Exit code 1 when something is lost or stuck where nobody looks; each line says what it means and
what to do. A backlog, dead letters or an absent broker are no fault of the ledger: they are shown.";

/// What `lumi doctor` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Count messages received since: 1h, 3d, or a time like 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = since::parse)]
    since: Since,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What the queue said.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Queue {
    /// How much waits in it.
    Depth { waiting: u64, unrouted: u64, delayed: u64, dead: u64, missing: Vec<String> },
    /// Nobody asked.
    NotChecked,
    /// It did not answer.
    Unreachable(String),
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    healthy: bool,
    #[serde(flatten)]
    checkup: &'a Checkup,
    queue: &'a Queue,
}

pub(super) async fn run(args: &Args, session: &Session) -> anyhow::Result<Ended> {
    let since = args.since.before(since::now());
    let checkup = session.db.doctor(since).await.context("read the ledger")?;
    let queue = queue(session).await?;
    let healthy = !checkup.has_gap();
    if args.json {
        output::json(&Report { healthy, checkup: &checkup, queue: &queue })?;
    } else {
        for line in lines(&checkup).into_iter().chain([queue_line(&queue)]) {
            output::line(line)?;
        }
        output::line(if healthy {
            "Nothing is lost, nothing is hidden."
        } else {
            "SOMETHING IS WRONG: see the lines marked !!"
        })?;
    }
    Ok(if healthy { Ended::Well } else { Ended::Badly })
}

async fn queue(session: &Session) -> anyhow::Result<Queue> {
    let asked = if session.target.is_dev() {
        table_depth(session.db.pool()).await.map_err(|e| e.to_string())
    } else if let Some(url) = session.env.text(&var::AMQP_URL) {
        let broker =
            BrokerUrl::parse(&url).map_err(|_| session.env.invalid(&var::AMQP_URL, &url))?;
        broker_depth(&broker, &Topology::v1()).await.map_err(|e| e.to_string())
    } else {
        return Ok(Queue::NotChecked);
    };
    Ok(match asked {
        Ok(depth) => of(depth),
        Err(error) => Queue::Unreachable(error),
    })
}

fn of(depth: Depth) -> Queue {
    Queue::Depth {
        waiting: depth.work(),
        unrouted: depth.unrouted,
        delayed: depth.delayed,
        dead: depth.dead,
        missing: depth.missing,
    }
}

fn queue_line(queue: &Queue) -> String {
    match queue {
        Queue::NotChecked => "   queue: not checked (AMQP_URL is not set)".to_owned(),
        Queue::Unreachable(why) => format!(
            "   queue: cannot be reached ({why}); webhooks are refused with 503 until it is back, platforms send again"
        ),
        Queue::Depth { waiting, unrouted, delayed, dead, missing } => {
            let missing = if missing.is_empty() {
                String::new()
            } else {
                format!(
                    "; {} queues do not exist: the first worker or ingress that starts declares them",
                    missing.len()
                )
            };
            format!(
                "   queue: {waiting} waiting, {unrouted} unrouted, {delayed} delayed, {dead} given up and on their way to the dead letters{missing}"
            )
        }
    }
}

/// Two exclamation marks begin a line about something lost or stuck.
fn lines(c: &Checkup) -> Vec<String> {
    let (i, r) = (&c.inbox, &c.replies);
    let mark = |bad: bool| if bad { "!!" } else { "  " };
    let age = |s: Option<f64>| s.map_or_else(|| "none".to_owned(), |s| format!("{s:.0} s old"));
    let names = |ids: &[i64]| {
        let ids: Vec<String> = ids.iter().map(|n| format!("m{n}")).collect();
        ids.join(", ")
    };
    let mut lines = vec![
        format!("   since {}", c.since.format("%Y-%m-%d %H:%M:%S UTC")),
        format!(
            "{} messages: {} = {} pending + {} done + {} dead + {} discarded",
            mark(i.rows != i.pending + i.done + i.dead + i.discarded),
            i.rows,
            i.pending,
            i.done,
            i.dead,
            i.discarded
        ),
        format!(
            "{} replies of done messages: {} = {} sent + {} dead + {} discarded + {} waiting",
            mark(r.rows != r.sent + r.dead + r.discarded + r.waiting),
            r.rows,
            r.sent,
            r.dead,
            r.discarded,
            r.waiting
        ),
        format!("   oldest message to decide: {}", age(c.oldest_pending_seconds)),
        format!("   oldest reply to send: {}", age(c.oldest_unsent_seconds)),
        format!("   raw deliveries: {} to parse again, {} dead", c.raw_pending, c.raw_dead),
        workers(c),
    ];
    if i.dead + r.dead + c.raw_dead > 0 {
        lines.push("   dead letters wait for you: lumi dlq list".to_owned());
    }
    if !c.lost.is_empty() {
        lines.push(format!(
            "!! lost: {} were taken, but their rows are gone: was the database restored from a backup, or edited?",
            names(&c.lost)
        ));
    }
    if !c.unanswered.is_empty() {
        lines.push(format!(
            "!! unanswered: {} are done but have no reply: look with `lumi conversation show`, and answer them by hand",
            names(&c.unanswered)
        ));
    }
    lines.push(hidden(c));
    lines
}

fn workers(c: &Checkup) -> String {
    let waits = c.oldest_pending_seconds.is_some() || c.oldest_unsent_seconds.is_some();
    if c.workers == 0 && waits {
        "   workers: none has been seen for 5 s, so nothing moves: start one".to_owned()
    } else {
        format!("   workers: {}", c.workers)
    }
}

fn hidden(c: &Checkup) -> String {
    if c.hidden == 0 {
        return "   hidden from every sweep: none".to_owned();
    }
    let some: Vec<String> = c
        .hidden_examples
        .iter()
        .map(|h| {
            let wake = h.wake_at.map_or_else(|| "never".to_owned(), |t| t.to_rfc3339());
            format!(
                "conversation {} of {} (due {}, woken {wake})",
                h.conversation,
                h.tenant,
                h.due_at.to_rfc3339()
            )
        })
        .collect();
    format!(
        "!! hidden from every sweep: {} with work that nobody will find: {}; to mend it: UPDATE conversations SET wake_at = now() WHERE id = …; then report it as a bug",
        c.hidden,
        some.join(", ")
    )
}
