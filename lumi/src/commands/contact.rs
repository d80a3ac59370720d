use anyhow::{Context as _, bail};
use lumi_domain::Peer;

use super::Session;
use crate::ending::Ended;
use crate::output;

/// Whom it is about.
#[derive(Debug, clap::Args)]
pub(crate) struct Who {
    /// The tenant
    #[arg(long, value_name = "ID")]
    tenant: String,
    /// Key of the channel
    #[arg(long, value_name = "KEY")]
    channel: String,
    /// Who they are there: a phone number, a chat id, a visitor id
    #[arg(long, value_name = "PEER", allow_hyphen_values = true)]
    id: String,
}

/// `lumi contact …`
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// All that is kept of a person, as JSON
    Export {
        #[command(flatten)]
        who: Who,
    },
    /// Forget a person: texts, names and ids go, what waits is discarded; only with --yes
    Erase {
        #[command(flatten)]
        who: Who,
        /// Really do it; else it is only said what would go
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(command: Command, session: &Session) -> anyhow::Result<Ended> {
    match command {
        Command::Export { who } => {
            let found = session.db.contact_export(&who.tenant, &who.channel, &who.peer()).await;
            let Some(contact) = found.context("read the contact")? else { bail!(who.unknown()) };
            output::json(&contact)?;
            Ok(Ended::Well)
        }
        Command::Erase { who, yes } => erase(&who, yes, session).await,
    }
}

async fn erase(who: &Who, yes: bool, session: &Session) -> anyhow::Result<Ended> {
    if !yes {
        let found = session.db.contact_export(&who.tenant, &who.channel, &who.peer()).await;
        let Some(contact) = found.context("read the contact")? else { bail!(who.unknown()) };
        let messages = contact.conversation.map(|c| c.messages).unwrap_or_default();
        let replies: usize = messages.iter().map(|m| m.replies.len()).sum();
        output::line(format_args!(
            "Would erase {} messages, {replies} replies, {} events and {} raw letters.",
            messages.len(),
            contact.events.len(),
            contact.raw_letters.len()
        ))?;
        output::note("Nothing was erased: add --yes.");
        return Ok(Ended::Well);
    }
    let done = session.db.contact_erase(&who.tenant, &who.channel, &who.peer()).await;
    let Some(done) = done.context("erase the contact")? else { bail!(who.unknown()) };
    output::line(format_args!(
        "Erased {} messages, {} replies, {} events, {} raw letters and {} questions passed on to owners; \
         {} that were not dealt with are discarded.",
        done.messages, done.replies, done.events, done.raw_letters, done.notices, done.discarded
    ))?;
    if done.owner_by_manifest {
        output::note(
            "The manifest names this person as an owner: remove them there and apply with --prune.",
        );
    }
    Ok(Ended::Well)
}

impl Who {
    fn peer(&self) -> Peer {
        Peer::new(&self.id)
    }

    fn unknown(&self) -> String {
        format!(
            "nothing is kept of `{}` on channel `{}` of tenant `{}`",
            self.id, self.channel, self.tenant
        )
    }
}
