//! Reading JSON that strangers wrote: lenient in what it takes, safe in what it hands on.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use sha2::{Digest, Sha256};

use lumi_domain::{Event, Peer};

/// A dedupe key is at most this long, in characters; see [`lumi_domain::Inbound::external_id`].
const ID_MAX: usize = 256;

/// Why a body as a whole cannot be read. Never quotes the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The bytes are no text.
    #[error("the body is not UTF-8 from byte {0} on")]
    NotUtf8(usize),
    /// The text is no JSON.
    #[error("the body is not JSON (line {line}, column {column})")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// JSON of another shape than the platform documents.
    #[error("the body is JSON, but {what}")]
    Shape {
        /// What is missing or unexpected.
        what: &'static str,
    },
}

impl ParseError {
    pub(crate) const fn shape(what: &'static str) -> Self {
        Self::Shape { what }
    }

    /// serde's own text quotes the value it stumbled over, so only the place is kept.
    pub(crate) fn from_json(error: &serde_json::Error, what: &'static str) -> Self {
        match error.classify() {
            serde_json::error::Category::Data => Self::Shape { what },
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => {
                Self::NotJson { line: error.line(), column: error.column() }
            }
        }
    }
}

/// The body as text.
pub(crate) fn utf8(raw: &[u8]) -> Result<&str, ParseError> {
    std::str::from_utf8(raw).map_err(|error| ParseError::NotUtf8(error.valid_up_to()))
}

/// A JSON string that is always storable: a lone surrogate (`"\ud83d"`, half an emoji cut by a
/// careless sender) and NUL, which PostgreSQL cannot hold, become U+FFFD.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text(pub(crate) String);

impl Text {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asking for bytes makes serde_json accept lone surrogates instead of failing the body.
        deserializer.deserialize_bytes(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Text, E> {
        let text = String::from_utf8_lossy(bytes);
        Ok(Text(if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.into() }))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        self.visit_bytes(text.as_bytes())
    }
}

/// A platform's time, as a number or a string of digits, in ms since the epoch. Values below
/// 10^12 are seconds (10^12 ms is September 2001).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(pub(crate) i64);

impl Stamp {
    pub(crate) const fn from_number(number: i64) -> Self {
        let seconds = number.unsigned_abs() < 1_000_000_000_000;
        Self(if seconds { number.saturating_mul(1000) } else { number })
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StampVisitor)
    }
}

struct StampVisitor;

impl Visitor<'_> for StampVisitor {
    type Value = Stamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time as a number or a string of digits")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Stamp, E> {
        Ok(Stamp::from_number(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Stamp, E> {
        Ok(Stamp::from_number(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Stamp, E> {
        text.parse().map(Stamp::from_number).map_err(|_| E::custom("not a number"))
    }
}

/// The dedupe key: the platform's id; where it gives none (or one too long to store), a hash of
/// sender, time and payload.
pub(crate) fn external_id(
    id: Option<&str>,
    sender: &str,
    at: Option<Stamp>,
    payload: &str,
) -> String {
    match id {
        Some(id) if !id.is_empty() => bounded(id.to_owned()),
        _ => hashed(&[sender, &at.map_or(0, |stamp| stamp.0).to_string(), payload]),
    }
}

/// The key itself when it fits, else its hash.
pub(crate) fn bounded(id: String) -> String {
    if id.len() <= ID_MAX || id.chars().count() <= ID_MAX { id } else { hashed(&[&id]) }
}

/// `sha256:` and 64 hex digits; parts are length-prefixed, so that they cannot shift.
pub(crate) fn hashed(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    format!("sha256:{}", hex::encode(hasher.finalize()))
}

/// Ids that go into index keys must be short.
pub(crate) fn peer(id: &str) -> Option<Peer> {
    let fits = id.len() <= ID_MAX || id.chars().count() <= ID_MAX;
    let peer = Peer::new(id);
    (fits && !peer.as_str().is_empty()).then_some(peer)
}

/// `group.word`, where `word` came from outside: kept to a short identifier.
pub(crate) fn what(group: &str, word: &str) -> String {
    let word: String = word
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
        .take(40)
        .collect();
    if word.is_empty() { group.to_owned() } else { format!("{group}.{word}") }
}

/// An event without a person's words.
pub(crate) fn other(what: String, external_id: String, peer: Option<Peer>) -> Event {
    Event::Other { what, external_id, peer }
}
