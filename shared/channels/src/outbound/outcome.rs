//! What all platforms have in common when they answer.

use std::time::{Duration, SystemTime};

use ::http::HeaderMap;
use ::http::header::RETRY_AFTER;
use chrono::DateTime;
use lumi_domain::SendOutcome;

use super::{Answer, Heard};

/// No pause is longer: a reply's own budget is a day.
const PAUSE_MAX: Duration = Duration::from_hours(24);

/// The answer, or the outcome where none came.
pub(crate) fn heard(answer: Answer) -> Result<Heard, SendOutcome> {
    Err(match answer {
        Answer::Heard(heard) => return Ok(heard),
        Answer::NotSent(reason) => SendOutcome::Retry { reason: format!("not sent: {reason}") },
        Answer::Denied(reason) => SendOutcome::PermanentChannel { reason },
        Answer::Lost(reason) => SendOutcome::Unknown { reason },
    })
}

/// What a status says where the body says nothing known. 2xx is the caller's.
pub(crate) fn by_status(heard: &Heard, detail: &str, now: SystemTime) -> SendOutcome {
    let status = heard.status;
    let reason = refused(heard, detail);
    match (status.as_u16(), retry_after(&heard.headers, now)) {
        (429 | 503, Some(after)) => SendOutcome::RetryAfter { after, reason },
        (429, None) => SendOutcome::RetryAfter { after: Duration::from_secs(1), reason },
        (408 | 425 | 500..=599, _) => SendOutcome::Retry { reason },
        (300..=399, _) => SendOutcome::PermanentMessage {
            reason: format!("{reason}; redirects are not followed"),
        },
        // A refusal whose text broke off may have been one to retry.
        _ if heard.body.is_none() => {
            SendOutcome::Retry { reason: format!("{reason}, and its text broke off") }
        }
        _ => SendOutcome::PermanentMessage { reason },
    }
}

/// `HTTP 400: detail`
fn refused(heard: &Heard, detail: &str) -> String {
    let status = heard.status.as_u16();
    if detail.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {detail}") }
}

/// `Retry-After` as seconds or as a date (RFC 9110, 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let after = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at: SystemTime = DateTime::parse_from_rfc2822(value).ok()?.into();
            at.duration_since(now).unwrap_or_default()
        }
    };
    Some(after.min(PAUSE_MAX))
}

/// A platform's own words for an operator: one line, bounded.
pub(crate) fn platform_text(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
