//! Dead letters: one view over the three places where they stand, and what an operator can do
//! with them. Here only rows change; the workers' sweeps do the work.
//!
//! - `r<conversation>-<seq>`: a reply that could not be sent. Replay sends the stored text again.
//! - `m<seq>`: a message that could not be decided. Replay decides it again.
//! - `w<id>`: a delivery that never became a message. Replay parses it again.

mod discard;
mod id;
mod list;
mod plan;
mod replay;
mod show;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::Serialize;

pub use id::{BadLetterId, LetterId};
pub use plan::{Plan, PlanLine, Refusal};
pub use show::{DeadStory, DeadWork};

/// The two kinds of dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LetterKind {
    /// It was decided, but could not be sent.
    Reply,
    /// It was not decided; also deliveries in the raw.
    Message,
}

impl LetterKind {
    /// `reply` or `message`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Message => "message",
        }
    }
}

/// Which dead letters; an empty filter means all.
#[derive(Debug, Clone, Default)]
pub struct DeadFilter {
    /// Of this tenant.
    pub tenant: Option<String>,
    /// Of the channel with this key.
    pub channel: Option<String>,
    /// With this reason.
    pub reason: Option<String>,
    /// Of this kind.
    pub kind: Option<LetterKind>,
    /// Dead since then.
    pub since: Option<DateTime<Utc>>,
    /// Dead before then.
    pub until: Option<DateTime<Utc>>,
    /// At most so many.
    pub limit: Option<i64>,
}

/// Which dead letters to act on.
#[derive(Debug, Clone)]
pub enum DeadSelection {
    /// These.
    Ids(Vec<LetterId>),
    /// Every one that a filter lets through.
    All(DeadFilter),
}

/// A dead letter in a list; nothing of what was written.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetter {
    /// How to name it.
    pub id: LetterId,
    /// Reply or message.
    pub kind: LetterKind,
    /// Whose it is, where known.
    pub tenant: Option<String>,
    /// Key of the channel, or of the endpoint it came by.
    pub channel: String,
    /// In one word: `expired`, `poison`, `unparseable` …
    pub reason: String,
    /// More of it.
    pub detail: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When the message reached the ingress.
    pub received_at: DateTime<Utc>,
    /// When it was given up.
    pub dead_at: DateTime<Utc>,
}
