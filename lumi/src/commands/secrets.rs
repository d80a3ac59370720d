use anyhow::Context as _;

use super::Session;
use crate::ending::Ended;
use crate::output;

const EXAMPLES: &str = "\
To change the key:
  1. LUMI_SECRET_KEY=NEW,OLD for every process (the first seals, all open), restart them
  2. lumi secrets rekey
  3. LUMI_SECRET_KEY=NEW

A new key: openssl rand -base64 32";

/// `lumi secrets …`
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Seal every stored secret with the first key of LUMI_SECRET_KEY
    #[command(after_help = EXAMPLES)]
    Rekey {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: &Command, session: &Session) -> anyhow::Result<Ended> {
    let Command::Rekey { json } = command;
    let done = session.db.rekey(&session.keys()?).await.context("seal anew")?;
    if *json {
        output::json(&done)?;
    } else {
        output::line(format_args!(
            "{} channels sealed anew with key {}, {} were already.",
            done.resealed.len(),
            done.key_id,
            done.current
        ))?;
    }
    for (channel, why) in &done.failed {
        output::note(format_args!("channel {channel}: {why}"));
    }
    if done.failed.is_empty() {
        return Ok(Ended::Well);
    }
    output::error(
        "some secrets could not be opened: keep the old keys, or apply those channels again",
    );
    Ok(Ended::Badly)
}
