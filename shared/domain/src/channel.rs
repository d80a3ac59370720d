use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A platform that Lumi speaks, as named in webhook paths and manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    Whatsapp,
    Telegram,
    Standard,
    Web,
}

impl ChannelKind {
    /// Every kind this build serves.
    pub const ALL: [Self; 4] = [Self::Whatsapp, Self::Telegram, Self::Standard, Self::Web];

    /// The name in paths, manifests and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Telegram => "telegram",
            Self::Standard => "standard",
            Self::Web => "web",
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name is no kind that this build serves.
#[derive(Debug, thiserror::Error)]
#[error("unknown channel kind `{0}`; known: whatsapp, telegram, standard, web")]
pub struct UnknownKind(pub String);

impl FromStr for ChannelKind {
    type Err = UnknownKind;

    fn from_str(s: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|k| k.as_str() == s).ok_or_else(|| UnknownKind(s.to_owned()))
    }
}
