//! What each platform allows, as data.

use std::time::Duration;

use lumi_domain::{Channel, ChannelKind};

/// How a platform counts the length of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Unicode code points.
    Chars,
    /// UTF-16 code units: an emoji is two or more.
    Utf16,
    /// UTF-8 bytes.
    Bytes,
}

impl Unit {
    /// The length of a text in this unit.
    pub fn measure(self, text: &str) -> usize {
        match self {
            Self::Chars => text.chars().count(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
            Self::Bytes => text.len(),
        }
    }
}

/// The platform's published limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Longest text of one message, in `unit`s; [`crate::split`] keeps to it.
    pub max_text: usize,
    /// How `max_text` is counted.
    pub unit: Unit,
    /// Buttons under one message; 0 where a button is only text to type.
    pub buttons: usize,
    /// For how long after the person's last message free text may be sent; `None`: for ever.
    pub window: Option<Duration>,
    /// Replies per second; a manifest may override, see [`rates`].
    pub rates: Rates,
}

/// Messages per second; `None` means no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Of the whole channel.
    pub per_second: Option<f64>,
    /// To one chat, over time.
    pub per_chat: Option<f64>,
    /// How many may go to one chat at once before `per_chat` holds; at least 1.
    pub chat_burst: u32,
}

const NONE: Rates = Rates { per_second: None, per_chat: None, chat_burst: 1 };

/// The published limits of a platform.
pub const fn limits(kind: ChannelKind) -> Limits {
    match kind {
        // developers.facebook.com/docs/whatsapp: 4096 characters, a customer service window of
        // 24 h, throughput of 80 messages per second and number; to one user one message per 6 s
        // after a burst of 45.
        ChannelKind::Whatsapp => Limits {
            max_text: 4096,
            unit: Unit::Utf16,
            buttons: 3,
            window: Some(Duration::from_hours(24)),
            rates: Rates { per_second: Some(80.0), per_chat: Some(1.0 / 6.0), chat_burst: 45 },
        },
        // core.telegram.org/bots/faq: 30 messages per second, in one chat about 1 per second with
        // short bursts; core.telegram.org/bots/api#sendmessage: 4096 characters.
        ChannelKind::Telegram => Limits {
            max_text: 4096,
            unit: Unit::Utf16,
            buttons: 8,
            window: None,
            rates: Rates { per_second: Some(30.0), per_chat: Some(1.0), chat_burst: 3 },
        },
        // standardwebhooks.com advises payloads under 20 kB; JSON may double the text.
        ChannelKind::Standard => {
            Limits { max_text: 8000, unit: Unit::Bytes, buttons: 3, window: None, rates: NONE }
        }
        ChannelKind::Web => {
            Limits { max_text: 16_000, unit: Unit::Bytes, buttons: 3, window: None, rates: NONE }
        }
    }
}

/// The rates of a channel: its `rate_per_second` and `rate_per_chat` (0 = none), else the
/// platform's. The platform's burst goes with the platform's rate: a `rate_per_chat` of the
/// manifest has a burst of 1.
pub fn rates(channel: &Channel) -> Rates {
    let published = limits(channel.kind).rates;
    let setting = |name: &str, default: Option<f64>| match channel.number(name) {
        Some(rate) if rate.is_finite() && rate > 0.0 => Some(rate),
        Some(_) => None,
        None => default,
    };
    let chat_burst =
        if channel.number("rate_per_chat").is_some() { 1 } else { published.chat_burst };
    Rates {
        per_second: setting("rate_per_second", published.per_second),
        per_chat: setting("rate_per_chat", published.per_chat),
        chat_burst,
    }
}

/// Whether the same key sent twice is delivered once: then an unknown outcome may be resent
/// without a double.
pub const fn supports_idempotency(kind: ChannelKind) -> bool {
    match kind {
        ChannelKind::Standard | ChannelKind::Web => true,
        ChannelKind::Whatsapp | ChannelKind::Telegram => false,
    }
}

#[cfg(test)]
mod tests;
