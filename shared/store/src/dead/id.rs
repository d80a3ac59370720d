use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// How a dead letter is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LetterId {
    /// `r<conversation>-<seq>`
    Reply {
        /// Row id of the conversation.
        conversation: i64,
        /// Place in its sending order.
        seq: i64,
    },
    /// `m<seq>`
    Message(i64),
    /// `w<id>`
    Raw(i64),
}

/// The text names no dead letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no dead letter's id: expected r12-3 (a reply), m45 (a message) or w6 (a raw delivery)"
)]
pub struct BadLetterId(pub String);

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply { conversation, seq } => write!(f, "r{conversation}-{seq}"),
            Self::Message(seq) => write!(f, "m{seq}"),
            Self::Raw(id) => write!(f, "w{id}"),
        }
    }
}

impl FromStr for LetterId {
    type Err = BadLetterId;

    fn from_str(text: &str) -> Result<Self, BadLetterId> {
        let number = |digits: &str| -> Option<i64> {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if plain { digits.parse().ok() } else { None }
        };
        let parsed = if let Some(rest) = text.strip_prefix('r') {
            rest.split_once('-').and_then(|(conversation, seq)| {
                Some(Self::Reply { conversation: number(conversation)?, seq: number(seq)? })
            })
        } else if let Some(rest) = text.strip_prefix('m') {
            number(rest).map(Self::Message)
        } else if let Some(rest) = text.strip_prefix('w') {
            number(rest).map(Self::Raw)
        } else {
            None
        };
        parsed.ok_or_else(|| BadLetterId(text.to_owned()))
    }
}

impl Serialize for LetterId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
