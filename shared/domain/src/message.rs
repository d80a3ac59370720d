use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Lang, Peer};

/// What somebody wrote. `Debug` shows its length only, so that no log holds it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct MessageText(pub String);

impl fmt::Debug for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageText({} chars)", self.0.chars().count())
    }
}

/// How the text came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// Typed.
    Text,
    /// A button of ours; the text is its label (or the label its id stands for).
    Button,
    /// A reaction emoji on one of our messages; the text is the emoji.
    Reaction,
    /// Picture, voice, file, location, sticker: the text is the caption, or empty.
    Media,
}

/// One message of a person, as the adapter of its platform read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// The platform's id, unique in the channel: the dedupe key (at most 256 characters).
    pub external_id: String,
    /// With whom the conversation is; replies go there.
    pub peer: Peer,
    /// Who wrote: differs from `peer` in groups. Decides whether it is an owner.
    pub sender: Peer,
    /// Display name, where the platform gives one.
    pub name: Option<String>,
    /// What was written.
    pub text: MessageText,
    /// How it came about.
    pub input: InputKind,
    /// The platform's hint about the language of the user's app.
    pub language: Option<Lang>,
    /// The platform's time, ms since the epoch; stored, never sorted by.
    pub platform_ms: Option<i64>,
    /// What the adapter needs to answer this very message (a callback id, a thread), as JSON.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub reply_ref: serde_json::Value,
}

/// What one element of a webhook body is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody wrote.
    Message(Box<Inbound>),
    /// A status, an echo of our own message, a type we do not know: an event row, never a reply.
    /// `external_id` is its dedupe key.
    Other {
        /// What it is, in the platform's words: `status.delivered`, `message.unsupported`.
        what: String,
        /// Dedupe key of the event.
        external_id: String,
        /// Who it concerns, where the platform says so.
        peer: Option<Peer>,
    },
}

/// One event and the account of ours that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The platform's id of our account (phone_number_id); `None` where the endpoint is the account.
    pub account: Option<String>,
    /// The event.
    pub event: Event,
}
