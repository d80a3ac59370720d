//! `v1` signatures: HMAC-SHA256 over `{id}.{timestamp}.{raw body}`, base64.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;
use http::HeaderMap;
use secrecy::SecretString;

use crate::signature::{Verified, VerifyError, header, hmac_sha256, usable};

pub(super) const ID: &str = "webhook-id";
pub(super) const TIMESTAMP: &str = "webhook-timestamp";
pub(super) const SIGNATURE: &str = "webhook-signature";
/// How far the two clocks may be apart, either way; what every library of the standard uses.
const TOLERANCE: Duration = Duration::from_secs(300);
const ID_MAX: usize = 256;
/// More signatures than any rotation needs; bounds the work of one request.
const SIGNATURES_MAX: usize = 16;

pub(crate) fn verify(
    secrets: &[SecretString],
    headers: &HeaderMap,
    raw: &[u8],
    now: SystemTime,
) -> Result<Verified, VerifyError> {
    let id = header(headers, ID)?;
    if id.is_empty() || id.len() > ID_MAX {
        return Err(VerifyError::Malformed { header: ID, expected: "1 to 256 characters" });
    }
    let timestamp = header(headers, TIMESTAMP)?;
    check_age(timestamp, now)?;
    let signatures: Vec<[u8; 32]> = header(headers, SIGNATURE)?
        .split(' ')
        .take(SIGNATURES_MAX)
        .filter_map(|entry| STANDARD.decode(entry.strip_prefix("v1,")?).ok()?.try_into().ok())
        .collect();
    if signatures.is_empty() {
        return Err(VerifyError::Malformed {
            header: SIGNATURE,
            expected: "a list of v1, and the base64 of 32 bytes, separated by spaces",
        });
    }
    let mut keys = usable(secrets).filter_map(key_of).peekable();
    if keys.peek().is_none() {
        return Err(VerifyError::NoSecret("secret"));
    }
    let good = keys.any(|key| {
        let mac = mac(&key, id, timestamp, raw);
        signatures.iter().any(|s| mac.clone().is_some_and(|mac| mac.verify_slice(s).is_ok()))
    });
    if good {
        Ok(Verified { webhook_id: Some(id.to_owned()) })
    } else {
        Err(VerifyError::Mismatch(SIGNATURE))
    }
}

/// The signature header of a request of ours: one entry per secret, so that the receiver may
/// know the old or the new one while they are rotated. `None`: no usable secret.
pub(super) fn sign(
    secrets: &[SecretString],
    id: &str,
    timestamp: &str,
    raw: &[u8],
) -> Option<String> {
    let entries: Vec<String> = usable(secrets)
        .filter_map(key_of)
        .filter_map(|key| mac(&key, id, timestamp, raw))
        .map(|mac| format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        .collect();
    (!entries.is_empty()).then(|| entries.join(" "))
}

/// The key inside `whsec_<base64>`; the prefix may be missing.
pub(crate) fn key_of(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret)).ok()?;
    (!key.is_empty()).then_some(key)
}

fn mac(key: &[u8], id: &str, timestamp: &str, raw: &[u8]) -> Option<hmac::Hmac<sha2::Sha256>> {
    hmac_sha256(key, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", raw])
}

fn check_age(timestamp: &str, now: SystemTime) -> Result<(), VerifyError> {
    let signed: u64 = timestamp.parse().map_err(|_| VerifyError::Malformed {
        header: TIMESTAMP,
        expected: "seconds since 1970 as digits",
    })?;
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    if now.saturating_sub(signed) > TOLERANCE.as_secs() {
        return Err(VerifyError::TooOld(now.saturating_sub(signed)));
    }
    if signed.saturating_sub(now) > TOLERANCE.as_secs() {
        return Err(VerifyError::TooNew(signed.saturating_sub(now)));
    }
    Ok(())
}
