//! What every verification shares: its outcome, its errors, constant-time comparison.

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A webhook that came from its platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// `standard`: the `webhook-id`, which is the dedupe key. Other platforms carry theirs inside
    /// the body.
    pub webhook_id: Option<String>,
}

/// Why a webhook is not believed. The text names what is wrong and never a secret or a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The header that carries the proof is absent.
    #[error("header `{0}` is missing")]
    MissingHeader(&'static str),
    /// The header is there, but not in its documented form.
    #[error("header `{header}` is malformed: expected {expected}")]
    Malformed {
        /// Its name.
        header: &'static str,
        /// Its documented form.
        expected: &'static str,
    },
    /// The channel has no secret to check with.
    #[error("the channel has no usable secret `{0}`")]
    NoSecret(&'static str),
    /// No secret of the channel gives this signature over these bytes.
    #[error("header `{0}` does not match the body under any secret of the channel")]
    Mismatch(&'static str),
    /// Signed too long ago: a replay, or a clock that is wrong.
    #[error("header `webhook-timestamp` is {0} s old; at most 300 s are allowed")]
    TooOld(u64),
    /// Signed in the future: a clock that is wrong.
    #[error("header `webhook-timestamp` is {0} s ahead; at most 300 s are allowed")]
    TooNew(u64),
    /// The kind has no webhooks; its messages come in another way.
    #[error("this kind of channel takes no webhooks")]
    NotAWebhook,
}

/// The only value of a header. Sent twice is refused: which one a proxy in between checked
/// is not known.
pub(crate) fn header<'h>(
    headers: &'h HeaderMap,
    name: &'static str,
) -> Result<&'h str, VerifyError> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(VerifyError::MissingHeader(name))?;
    if values.next().is_some() {
        return Err(VerifyError::Malformed { header: name, expected: "to be sent once" });
    }
    value
        .to_str()
        .map_err(|_| VerifyError::Malformed { header: name, expected: "visible ASCII characters" })
}

/// The secrets that may be used. An empty one would let everybody in.
pub(crate) fn usable(secrets: &[SecretString]) -> impl Iterator<Item = &str> {
    secrets.iter().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty())
}

/// HMAC-SHA256 over the parts in a row; `None` never happens (HMAC takes keys of any length).
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac)
}

/// Compared in constant time; a different length is a mismatch.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}
