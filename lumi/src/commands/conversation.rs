use anyhow::{Context as _, bail};
use lumi_store::{ConversationStory, MessageStory};

use super::Session;
use crate::ending::Ended;
use crate::output;

/// `lumi conversation …`
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// A conversation with its messages and replies, texts included
    Show {
        /// Its number, as in the logs and in dead letters (r12-3 is in conversation 12)
        id: i64,
        /// How many messages, the latest ones
        #[arg(long, default_value_t = 50)]
        limit: i64,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command, session: &Session) -> anyhow::Result<Ended> {
    let Command::Show { id, limit, json } = command;
    let Some(story) =
        session.db.conversation_story(id, limit).await.context("read the conversation")?
    else {
        bail!("there is no conversation {id}");
    };
    if json {
        output::json(&story)?;
    } else {
        print(&story)?;
    }
    Ok(Ended::Well)
}

/// Prints a conversation for people.
///
/// # Errors
/// Nobody reads any more.
pub(super) fn print(story: &ConversationStory) -> std::io::Result<()> {
    output::line(format_args!(
        "conversation {} of tenant {} on {} ({}) with {}{}",
        story.id,
        story.tenant,
        story.channel,
        story.kind,
        story.peer,
        story.name.as_ref().map(|n| format!(", {n}")).unwrap_or_default()
    ))?;
    output::line(format_args!(
        "  language {}, {}",
        story.language.as_deref().unwrap_or("not known yet"),
        story
            .dialogue
            .as_ref()
            .map_or_else(|| "no dialogue".to_owned(), |d| format!("dialogue {d}"))
    ))?;
    story.messages.iter().try_for_each(message)
}

fn message(m: &MessageStory) -> std::io::Result<()> {
    let gone = "(no longer kept)";
    let known =
        [m.language.as_deref(), m.action.as_deref(), m.source.as_deref(), m.reason.as_deref()];
    let known: Vec<&str> = known.into_iter().flatten().collect();
    output::line(format_args!(
        "{}  m{}  {}  {}",
        m.received_at.format("%Y-%m-%d %H:%M:%S UTC"),
        m.seq,
        m.state,
        known.join(", ")
    ))?;
    output::line(format_args!("    > {}", indent(m.text.as_deref().unwrap_or(gone))))?;
    for r in &m.replies {
        let reason = r.reason.as_ref().map(|x| format!(" ({x})")).unwrap_or_default();
        let buttons = if r.buttons.is_empty() {
            String::new()
        } else {
            format!(" [{}]", r.buttons.join("] ["))
        };
        output::line(format_args!("    < {}{buttons}", indent(r.text.as_deref().unwrap_or(gone))))?;
        output::line(format_args!("      reply {} {}{reason}", r.seq, r.state))?;
    }
    Ok(())
}

fn indent(text: &str) -> String {
    text.replace('\n', "\n      ")
}
