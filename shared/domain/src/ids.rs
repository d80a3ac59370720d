use std::fmt;

use serde::{Deserialize, Serialize};

/// One business: `[a-z0-9][a-z0-9-]{0,62}`, chosen by the operator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct TenantId(String);

impl TenantId {
    /// # Errors
    /// The text is not `[a-z0-9][a-z0-9-]{0,62}`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = text.as_bytes();
        let valid = bytes.first().copied().is_some_and(ok)
            && bytes.len() <= 63
            && bytes.iter().all(|&b| ok(b) || b == b'-');
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "`{text}` is no tenant id: 1 to 63 of a-z, 0-9 and -, not beginning with -"
            ))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TenantId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom a channel talks to: a phone number without `+`, a chat id, a visitor id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Peer(String);

impl Peer {
    /// A leading `+` is dropped: `+33123` and `33123` are one person.
    pub fn new(text: &str) -> Self {
        Self(text.strip_prefix('+').unwrap_or(text).to_owned())
    }

    /// The peer as the channel's API takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Row id of a conversation, which is (tenant, channel, peer).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConversationId(pub i64);

/// Row id of a received message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InboxSeq(pub i64);
