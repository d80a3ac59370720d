//! Meta's error codes. The code decides, not the HTTP status.
//! Source: developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes.

use std::time::{Duration, SystemTime};

use lumi_domain::SendOutcome;
use serde::Deserialize;

use crate::outbound::{Heard, by_status, platform_text, retry_after};
use crate::payload::Text;

/// What a refusal means.
pub(super) fn classify(heard: &Heard, attempt: u32, now: SystemTime) -> SendOutcome {
    let body: ErrorBody =
        heard.body.as_ref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    let error = body.error.unwrap_or_default();
    let said = error.message.map(|text| platform_text(text.as_str())).unwrap_or_default();
    let Some(code) = error.code else {
        return match heard.status.as_u16() {
            401 => SendOutcome::PermanentChannel {
                reason: "HTTP 401: the access token is refused".to_owned(),
            },
            _ => by_status(heard, &said, now),
        };
    };
    let reason = format!("WhatsApp error {code}: {said}");
    match (code, error.error_subcode) {
        // Rates: of the app, the business account, the number, the pair, registration.
        (4 | 80007 | 130_429 | 131_048 | 131_056 | 131_064 | 133_016, _) => {
            let after = retry_after(&heard.headers, now);
            SendOutcome::RetryAfter { after: after.unwrap_or_else(|| pause(code, attempt)), reason }
        }
        // Try again: unknown, service down, temporarily unavailable, media fetch, maintenance.
        (1 | 2 | 131_016 | 131_053 | 131_057, _) => SendOutcome::Retry { reason },
        // Sign-in, permission, blocked or locked account, payment, certificate, unknown number.
        (0 | 10 | 190 | 200..=299 | 368 | 131_005 | 131_031 | 131_042 | 131_045 | 130_497, _)
        | (100, Some(33)) => SendOutcome::PermanentChannel { reason },
        // The 24 h window, undeliverable, opted out, bad parameters, templates.
        (
            100
            | 130_472
            | 131_008
            | 131_009
            | 131_021
            | 131_026
            | 131_030
            | 131_047
            | 131_049..=131_052
            | 131_062
            | 132_000..=132_016
            | 137_000,
            _,
        ) => SendOutcome::PermanentMessage { reason },
        // 131000 ("something went wrong") and codes not known here: as their status says.
        _ => by_status(heard, &format!("error {code}: {said}"), now),
    }
}

/// Meta asks for 4^X seconds, X counting the attempts; limits of a whole account recover slowly.
fn pause(code: i64, attempt: u32) -> Duration {
    const MAX: u64 = 3600;
    let floor = if matches!(code, 130_429 | 131_056) { 1 } else { 60 };
    Duration::from_secs(4_u64.saturating_pow(attempt).clamp(floor, MAX))
}

#[derive(Deserialize, Default)]
struct ErrorBody {
    error: Option<ErrorDetail>,
}

#[derive(Deserialize, Default)]
struct ErrorDetail {
    code: Option<i64>,
    error_subcode: Option<i64>,
    message: Option<Text>,
}
