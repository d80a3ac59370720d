use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Lang;

/// One message to send: becomes one outbox row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Ready to show.
    pub text: String,
    /// Language of the text.
    pub language: Lang,
    /// Labels of the buttons, at most three; a press comes back as its label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<String>,
}

/// How the platform took a reply. A value, not an error: one `match` in the worker decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// Accepted; the platform's id of the message, where it gives one.
    Sent { provider_id: Option<String> },
    /// Try again not before this long.
    RetryAfter { after: Duration, reason: String },
    /// Try again with back-off (5xx, connection refused before a byte was sent).
    Retry { reason: String },
    /// This contact cannot be reached (blocked us, left).
    PermanentContact { reason: String },
    /// This message will never be accepted.
    PermanentMessage { reason: String },
    /// The whole channel is refused (token revoked): the owner must act.
    PermanentChannel { reason: String },
    /// Handed over, but no answer came: it may have been accepted.
    Unknown { reason: String },
}
