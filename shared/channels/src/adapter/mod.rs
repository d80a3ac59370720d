//! The seam: one explicit `match` per question. A new platform adds one folder and one arm here.

use std::borrow::Cow;
use std::time::SystemTime;

use http::HeaderMap;
use lumi_domain::{Channel, ChannelKind, Update};

use crate::payload::{self, ParseError};
use crate::signature::{Verified, VerifyError};
use crate::{meta, standard, telegram, web, whatsapp};

/// The largest webhook body taken, in bytes; a longer one gets 413. Meta batches up to 1000
/// updates into one POST.
pub const fn body_cap(kind: ChannelKind) -> usize {
    match kind {
        ChannelKind::Whatsapp | ChannelKind::Telegram | ChannelKind::Standard => 3 * 1024 * 1024,
        ChannelKind::Web => 4 * 1024,
    }
}

/// Proves that the platform sent exactly these bytes to this channel.
///
/// # Errors
/// What is missing or wrong, without any secret; every one of them is answered 401.
pub fn verify(
    channel: &Channel,
    headers: &HeaderMap,
    raw: &[u8],
    now: SystemTime,
) -> Result<Verified, VerifyError> {
    match channel.kind {
        ChannelKind::Whatsapp => meta::verify_meta(channel.secret("app_secret"), headers, raw),
        ChannelKind::Telegram => telegram::verify(channel.secret("secret_token"), headers),
        ChannelKind::Standard => standard::verify(channel.secret("secret"), headers, raw, now),
        ChannelKind::Web => Err(VerifyError::NotAWebhook),
    }
}

/// The conversation of the first message, to spread bodies over partitions: pure, best effort,
/// `None` where the body names nobody. The same conversation always gives the same hint.
pub fn route_hint(kind: ChannelKind, raw: &[u8]) -> Option<Cow<'_, str>> {
    let hint = match kind {
        ChannelKind::Whatsapp => whatsapp::route_hint(raw),
        ChannelKind::Telegram => telegram::route_hint(raw),
        ChannelKind::Standard => standard::route_hint(raw),
        ChannelKind::Web => web::route_hint(raw),
    }?;
    // As `Peer` does: `+33123` and `33123` are one conversation.
    let hint = match hint {
        Cow::Borrowed(id) => Cow::Borrowed(id.strip_prefix('+').unwrap_or(id)),
        Cow::Owned(id) => Cow::Owned(id.strip_prefix('+').map(str::to_owned).unwrap_or(id)),
    };
    (!hint.is_empty()).then_some(hint)
}

/// Every event of a verified body, in order. `webhook_id` is what [`verify`] returned.
///
/// # Errors
/// The body as a whole is not what the platform documents: a raw dead letter. One odd element
/// among good ones is an [`lumi_domain::Event::Other`] instead.
pub fn parse(
    kind: ChannelKind,
    raw: &[u8],
    webhook_id: Option<&str>,
) -> Result<Vec<Update>, ParseError> {
    let text = payload::utf8(raw)?;
    match kind {
        ChannelKind::Whatsapp => whatsapp::parse(text),
        ChannelKind::Telegram => telegram::parse(text),
        ChannelKind::Standard => standard::parse(text, webhook_id),
        ChannelKind::Web => web::parse(text),
    }
}

#[cfg(test)]
mod tests;
