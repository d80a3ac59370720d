use anyhow::{Context as _, bail};
use lumi_store::dead::{
    DeadFilter, DeadLetter, DeadSelection, DeadWork, LetterId, LetterKind, Plan,
};

use super::{Session, conversation};
use crate::ending::Ended;
use crate::output;
use crate::since::{self, Since};

const EXAMPLES: &str = "\
Ids: r12-3 is a reply that could not be sent, m45 a message that could not be decided, w6 a
delivery that never became a message.

Examples:
  lumi dlq list --since 2h
  lumi dlq replay --all --reason expired          says what it would do
  lumi dlq replay --all --reason expired --yes    does it";

/// `lumi dlq …`
#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum Command {
    /// What could not be answered or sent, the latest first
    #[command(after_help = EXAMPLES)]
    List {
        #[command(flatten)]
        filter: Filter,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// The whole story of a dead letter, texts included
    Show {
        /// r12-3, m45 or w6
        id: LetterId,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Give dead letters another chance: send the reply again, decide the message again
    #[command(after_help = EXAMPLES)]
    Replay(Act),
    /// Give dead letters up for good
    #[command(after_help = EXAMPLES)]
    Discard(Act),
}

/// Which dead letters.
#[derive(Debug, clap::Args)]
pub(crate) struct Filter {
    /// Of this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Of the channel with this key
    #[arg(long, value_name = "KEY")]
    channel: Option<String>,
    /// With this reason, as in the list
    #[arg(long)]
    reason: Option<String>,
    /// reply: could not be sent; message: could not be decided
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Dead since: 2h, 3d, or a time like 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since::parse)]
    since: Option<Since>,
    /// Dead before
    #[arg(long, value_name = "TIME", value_parser = since::parse)]
    until: Option<Since>,
    /// At most so many, the latest [default: 100 in a list, else all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    limit: Option<i64>,
}

/// The two kinds, as clap reads them.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    Reply,
    Message,
}

/// On which to act.
#[derive(Debug, clap::Args)]
pub(crate) struct Act {
    /// r12-3, m45 or w6
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<LetterId>,
    /// Every one that the filters let through
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    filter: Filter,
    /// Really do it; else it is only said what would be done
    #[arg(long)]
    yes: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Command, session: &Session) -> anyhow::Result<Ended> {
    match command {
        Command::List { filter, json } => list(&filter, json, session).await,
        Command::Show { id, json } => show(id, json, session).await,
        Command::Replay(act) => replay(act, session).await,
        Command::Discard(act) => discard(act, session).await,
    }
}

async fn list(filter: &Filter, json: bool, session: &Session) -> anyhow::Result<Ended> {
    let mut asked = filter.read();
    asked.limit = asked.limit.or(Some(100));
    let letters = session.db.dead_letters(&asked).await.context("list dead letters")?;
    if json {
        output::json(&letters)?;
        return Ok(Ended::Well);
    }
    if letters.is_empty() {
        output::line("No dead letters.")?;
        return Ok(Ended::Well);
    }
    let rows: Vec<Vec<String>> = letters.iter().map(row).collect();
    output::table(
        &["ID", "KIND", "TENANT", "CHANNEL", "RECEIVED", "DEAD", "TRIES", "REASON", "DETAIL"],
        &rows,
    )?;
    if filter.limit.is_none() && letters.len() == 100 {
        output::note("The latest 100; --limit shows more.");
    }
    Ok(Ended::Well)
}

fn row(l: &DeadLetter) -> Vec<String> {
    let time = |t: chrono::DateTime<chrono::Utc>| t.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    vec![
        l.id.to_string(),
        l.kind.as_str().to_owned(),
        l.tenant.clone().unwrap_or_else(|| "-".to_owned()),
        l.channel.clone(),
        time(l.received_at),
        time(l.dead_at),
        l.attempts.to_string(),
        l.reason.clone(),
        l.detail.clone(),
    ]
}

async fn show(id: LetterId, json: bool, session: &Session) -> anyhow::Result<Ended> {
    let Some(story) = session.db.dead_story(id).await.context("read the dead letter")? else {
        bail!("{id} is not dead: it may have been replayed or discarded meanwhile");
    };
    if json {
        output::json(&story)?;
        return Ok(Ended::Well);
    }
    let l = &story.letter;
    let detail = if l.detail.is_empty() { String::new() } else { format!(": {}", l.detail) };
    output::line(format_args!(
        "{id}  a {} of tenant {} on {}, tried {} times, dead since {}",
        l.kind.as_str(),
        l.tenant.as_deref().unwrap_or("(not known)"),
        l.channel,
        l.attempts,
        l.dead_at.format("%Y-%m-%d %H:%M:%S UTC")
    ))?;
    output::line(format_args!("  {}{detail}", l.reason))?;
    match &story.work {
        DeadWork::Conversation(c) => conversation::print(c)?,
        DeadWork::Body(body) => output::line(body)?,
    }
    Ok(Ended::Well)
}

async fn replay(act: Act, session: &Session) -> anyhow::Result<Ended> {
    let (yes, json) = (act.yes, act.json);
    let selection = act.read()?;
    let plan = if yes {
        session.db.replay_dead(&selection, since::now()).await.context("replay")?
    } else {
        session
            .db
            .plan_replay(&selection, since::now())
            .await
            .context("look at the dead letters")?
    };
    say(&plan, ["replay", "replayed"], yes, json)
}

async fn discard(act: Act, session: &Session) -> anyhow::Result<Ended> {
    let (yes, json) = (act.yes, act.json);
    let selection = act.read()?;
    let plan = if yes {
        session.db.discard_dead(&selection).await.context("discard")?
    } else {
        session.db.plan_discard(&selection).await.context("look at the dead letters")?
    };
    say(&plan, ["discard", "discarded"], yes, json)
}

/// Refused and missing ones make the command fail only when it was to act on them.
fn say(plan: &Plan, [would, done]: [&str; 2], yes: bool, json: bool) -> anyhow::Result<Ended> {
    if json {
        output::json(plan)?;
    } else {
        let verb = if yes { done.to_owned() } else { format!("would {would}") };
        if plan.count() == 0 {
            output::line(format_args!("{verb}: nothing"))?;
        }
        for l in &plan.lines {
            let noun = if l.count == 1 { "" } else { "s" };
            let kind = match l.kind {
                LetterKind::Reply => {
                    format!("{} repl{}", l.count, if l.count == 1 { "y" } else { "ies" })
                }
                LetterKind::Message => format!("{} message{noun}", l.count),
            };
            output::line(format_args!("{verb}: {kind} ({})", l.reason))?;
        }
        for r in &plan.refused {
            output::line(format_args!("refused: {}: {}", r.id, r.why))?;
        }
    }
    for id in &plan.missing {
        output::note(format_args!(
            "{id} is not dead: it may have been replayed or discarded meanwhile"
        ));
    }
    if !yes && plan.count() > 0 {
        output::note("Nothing was changed: add --yes.");
    }
    let complete = plan.missing.is_empty() && (plan.refused.is_empty() || !yes);
    Ok(if complete { Ended::Well } else { Ended::Badly })
}

impl Act {
    fn read(self) -> anyhow::Result<DeadSelection> {
        if self.all {
            return Ok(DeadSelection::All(self.filter.read()));
        }
        if self.filter.is_given() {
            return Err(crate::ending::Usage("filters go with --all, not with ids".into()).into());
        }
        Ok(DeadSelection::Ids(self.ids))
    }
}

impl Filter {
    fn read(&self) -> DeadFilter {
        let now = since::now();
        DeadFilter {
            tenant: self.tenant.clone(),
            channel: self.channel.clone(),
            reason: self.reason.clone(),
            kind: self.kind.map(|k| match k {
                Kind::Reply => LetterKind::Reply,
                Kind::Message => LetterKind::Message,
            }),
            since: self.since.map(|s| s.before(now)),
            until: self.until.map(|s| s.before(now)),
            limit: self.limit,
        }
    }

    fn is_given(&self) -> bool {
        self.tenant.is_some()
            || self.channel.is_some()
            || self.reason.is_some()
            || self.kind.is_some()
            || self.since.is_some()
            || self.until.is_some()
            || self.limit.is_some()
    }
}
