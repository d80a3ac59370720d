//! What the channels of Meta share: the GET handshake and `X-Hub-Signature-256`.
//!
//! Source: developers.facebook.com/docs/graph-api/webhooks/getting-started.

use http::HeaderMap;
use secrecy::SecretString;

use hmac::Mac;

use crate::signature::{Verified, VerifyError, header, hmac_sha256, same, usable};

const SIGNATURE: &str = "x-hub-signature-256";
/// Meta's challenge is a short number; anything long is somebody else.
const CHALLENGE_MAX: usize = 256;

/// `X-Hub-Signature-256: sha256=<64 hex>` is the HMAC-SHA256 of the raw body under one of the
/// app's secrets. The secret belongs to the Meta app: it may serve many numbers.
///
/// # Errors
/// What is missing or wrong.
pub fn verify_meta(
    secrets: &[SecretString],
    headers: &HeaderMap,
    raw: &[u8],
) -> Result<Verified, VerifyError> {
    let malformed =
        VerifyError::Malformed { header: SIGNATURE, expected: "sha256= and 64 hex digits" };
    let hex_digest = header(headers, SIGNATURE)?.strip_prefix("sha256=").ok_or(malformed)?;
    let mut digest = [0_u8; 32];
    hex::decode_to_slice(hex_digest, &mut digest).map_err(|_| malformed)?;

    let mut keys = usable(secrets).peekable();
    if keys.peek().is_none() {
        return Err(VerifyError::NoSecret("app_secret"));
    }
    let good = keys.any(|key| {
        hmac_sha256(key.as_bytes(), &[raw]).is_some_and(|mac| mac.verify_slice(&digest).is_ok())
    });
    if good { Ok(Verified { webhook_id: None }) } else { Err(VerifyError::Mismatch(SIGNATURE)) }
}

/// Meta's subscription check: the challenge to answer (200, text/plain, nosniff) when
/// `hub.mode=subscribe` and `hub.verify_token` is one of ours; `None` means 403. `query` is the
/// raw query string.
pub fn handshake(verify_tokens: &[SecretString], query: &str) -> Option<String> {
    let (mut mode, mut token, mut challenge) = (None, None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "hub.mode" => mode = Some(value),
            "hub.verify_token" => token = Some(value),
            "hub.challenge" => challenge = Some(value),
            _ => {}
        }
    }
    let (mode, token, challenge) = (mode?, token?, challenge?);
    let known = usable(verify_tokens).fold(false, |found, ours| found | same(ours, &token));
    let short = challenge.len() <= CHALLENGE_MAX && !challenge.is_empty();
    (known && mode == "subscribe" && short).then(|| challenge.into_owned())
}

#[cfg(test)]
mod tests;
