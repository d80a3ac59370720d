use anyhow::{Context as _, bail};

use super::Session;
use crate::ending::Ended;
use crate::output;

/// `lumi vacation …`
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// The saved vacations of a tenant, by start; both days are included
    List {
        /// The tenant
        #[arg(long, value_name = "ID")]
        tenant: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command, session: &Session) -> anyhow::Result<Ended> {
    let Command::List { tenant, json } = command;
    if session.db.tenant_details(&tenant).await.context("read the tenant")?.is_none() {
        bail!("there is no tenant `{tenant}`");
    }
    let vacations = session.db.vacations(&tenant).await.context("list vacations")?;
    if json {
        output::json(&vacations)?;
        return Ok(Ended::Well);
    }
    let rows: Vec<Vec<String>> = vacations
        .into_iter()
        .map(|v| {
            let saved = v.created_at.format("%Y-%m-%d %H:%M UTC").to_string();
            vec![v.id.to_string(), v.starts_on.to_string(), v.ends_on.to_string(), saved, v.owner]
        })
        .collect();
    output::table(&["ID", "FROM", "TO", "SAVED", "BY"], &rows)?;
    Ok(Ended::Well)
}
