use anyhow::{Context as _, bail};
use lumi_store::TenantDetails;

use super::Session;
use crate::ending::Ended;
use crate::output;

/// `lumi tenant …`
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Every tenant
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// A tenant with its channels and owners; secrets are never shown
    Show {
        /// The tenant
        id: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete a tenant with its conversations, messages and knowledge; only with --yes
    Delete {
        /// The tenant
        id: String,
        /// Really do it; else it is only said what would go
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(command: Command, session: &Session) -> anyhow::Result<Ended> {
    match command {
        Command::List { json } => list(json, session).await,
        Command::Show { id, json } => show(&id, json, session).await,
        Command::Delete { id, yes } => delete(&id, yes, session).await,
    }
}

async fn list(json: bool, session: &Session) -> anyhow::Result<Ended> {
    let tenants = session.db.tenant_list().await.context("list tenants")?;
    if json {
        output::json(&tenants)?;
        return Ok(Ended::Well);
    }
    let rows: Vec<Vec<String>> = tenants
        .into_iter()
        .map(|t| {
            let counts = [t.channels, t.faqs, t.conversations].map(|n| n.to_string());
            let mut row = vec![t.id];
            row.extend(counts);
            row.extend([t.timezone, t.name]);
            row
        })
        .collect();
    output::table(&["TENANT", "CHANNELS", "FAQS", "CONVERSATIONS", "TIMEZONE", "NAME"], &rows)?;
    Ok(Ended::Well)
}

async fn show(id: &str, json: bool, session: &Session) -> anyhow::Result<Ended> {
    let Some(tenant) = session.db.tenant_details(id).await.context("read the tenant")? else {
        bail!("there is no tenant `{id}`");
    };
    if json {
        output::json(&tenant)?;
    } else {
        print(&tenant)?;
    }
    Ok(Ended::Well)
}

fn print(t: &TenantDetails) -> std::io::Result<()> {
    let s = &t.summary;
    output::line(format_args!("{}  {}", s.id, s.name))?;
    output::line(format_args!(
        "  time zone {}, country {}, language {} where none can be detected",
        s.timezone,
        s.country.as_deref().unwrap_or("from the time zone"),
        s.language
    ))?;
    output::line(format_args!(
        "  {} FAQs, {} conversations, version {} of {}",
        s.faqs,
        s.conversations,
        s.version,
        s.updated_at.format("%Y-%m-%d %H:%M UTC")
    ))?;
    output::line(format_args!(
        "  texts kept {} days, {} replies per contact and hour, {} tokens a day (0 = no limit), questions passed on to owners: {}",
        t.messages_days, t.replies_per_contact_per_hour, t.tokens_per_day, t.handoff
    ))?;
    for c in &t.channel_list {
        let state = match (&c.enabled, &c.disabled_reason) {
            (true, _) => String::new(),
            (false, reason) => {
                format!("  DISABLED: {}", reason.as_deref().unwrap_or("no reason given"))
            }
        };
        output::line(format_args!(
            "  channel {}  {} {}  {}  secrets sealed with key {}{state}",
            c.key, c.kind, c.account, c.settings, c.seal_key_id
        ))?;
    }
    for o in &t.owners {
        let origin = if o.from_manifest { "" } else { " (by link)" };
        let name = o.name.as_deref().unwrap_or("");
        output::line(format_args!("  owner {} on {}  {name}{origin}", o.id, o.channel))?;
    }
    Ok(())
}

async fn delete(id: &str, yes: bool, session: &Session) -> anyhow::Result<Ended> {
    let Some(f) = session.db.tenant_footprint(id).await.context("count what belongs to it")? else {
        bail!("there is no tenant `{id}`");
    };
    let what = format!(
        "tenant {id} with {} channels, {} FAQs, {} vacations, {} conversations, {} messages, {} replies \
         ({} of both not dealt with yet) and {} raw letters",
        f.channels,
        f.faqs,
        f.vacations,
        f.conversations,
        f.messages,
        f.replies,
        f.open,
        f.raw_letters
    );
    if !yes {
        output::line(format_args!("Would delete {what}."))?;
        output::note("Nothing was deleted: add --yes.");
        return Ok(Ended::Well);
    }
    session.db.delete_tenant(id).await.context("delete the tenant")?;
    output::line(format_args!("Deleted {what}."))?;
    Ok(Ended::Well)
}
