//! Envelope version 1: what travels with a webhook's raw body, and how it is read back.
//!
//! The fields travel as headers (AMQP headers, or a JSON column of the table) so that the body stays the
//! bytes that were verified. A message that a newer build wrote is recognised as such, not as broken.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use lumi_domain::ChannelKind;
use serde_json::{Map, Value};

/// The version this build writes and reads.
pub const VERSION: i64 = 1;

pub(crate) const X_VERSION: &str = "x-lumi-version";
const X_KIND: &str = "x-lumi-kind";
const X_ENDPOINT: &str = "x-lumi-endpoint";
const X_RECEIVED_AT: &str = "x-lumi-received-at";
const X_WEBHOOK_ID: &str = "x-lumi-webhook-id";
const TRACEPARENT: &str = "traceparent";
/// Set when a message is parked for the first time, in milliseconds since 1970.
pub(crate) const X_FIRST_SEEN: &str = "x-lumi-first-seen";

/// Headers as both queues carry them: strings, numbers and booleans by name.
pub type Headers = Map<String, Value>;

/// A verified webhook on its way to the workers. Its `Debug` shows the body's length, never its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The platform, which decides how the body is parsed.
    pub kind: ChannelKind,
    /// The `{key}` of the webhook's path.
    pub endpoint: String,
    /// When the ingress had the whole request, in milliseconds since 1970.
    pub received_at_ms: i64,
    /// The request's `webhook-id`, where the platform sends one.
    pub webhook_id: Option<String>,
    /// W3C trace context of the request.
    pub traceparent: Option<String>,
    /// The request's body, byte for byte.
    pub body: Bytes,
}

/// What a delivery turned out to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// An envelope of this version.
    Envelope(Envelope),
    /// Written by a newer build: a higher version, or a channel kind this build does not know. To be
    /// parked, since a worker that is updated meanwhile can read it.
    NewerVersion {
        /// The version its header names.
        version: i64,
        /// The message as it came.
        raw: Raw,
    },
    /// No envelope at all. Waiting mends nothing.
    Malformed {
        /// What is wrong with it.
        reason: MalformedReason,
        /// The message as it came.
        raw: Raw,
    },
}

/// A message as it came. Its `Debug` shows names and lengths, never values.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw {
    /// Headers without those the broker added.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

/// Why a message is no envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedReason {
    /// The header is not there.
    #[error("header `{0}` is missing")]
    Missing(&'static str),
    /// The header has another type or a value outside its range.
    #[error("header `{0}` is not what it should be")]
    Unreadable(&'static str),
}

impl Envelope {
    /// The headers it travels with.
    pub(crate) fn headers(&self) -> Headers {
        let mut headers = Map::new();
        headers.insert(X_VERSION.into(), VERSION.into());
        headers.insert(X_KIND.into(), self.kind.as_str().into());
        headers.insert(X_ENDPOINT.into(), self.endpoint.as_str().into());
        headers.insert(X_RECEIVED_AT.into(), self.received_at_ms.into());
        if let Some(id) = &self.webhook_id {
            headers.insert(X_WEBHOOK_ID.into(), id.as_str().into());
        }
        if let Some(trace) = &self.traceparent {
            headers.insert(TRACEPARENT.into(), trace.as_str().into());
        }
        headers
    }
}

impl Payload {
    pub(crate) fn decode(headers: Headers, body: Bytes) -> Self {
        match read(&headers, &body) {
            Ok(Read::Envelope(envelope)) => Self::Envelope(envelope),
            Ok(Read::Newer(version)) => Self::NewerVersion { version, raw: Raw { headers, body } },
            Err(reason) => Self::Malformed { reason, raw: Raw { headers, body } },
        }
    }

    /// The headers to store the message with again.
    pub(crate) fn headers(&self) -> Headers {
        match self {
            Self::Envelope(envelope) => envelope.headers(),
            Self::NewerVersion { raw, .. } | Self::Malformed { raw, .. } => raw.headers.clone(),
        }
    }

    pub(crate) fn body(&self) -> &Bytes {
        match self {
            Self::Envelope(envelope) => &envelope.body,
            Self::NewerVersion { raw, .. } | Self::Malformed { raw, .. } => &raw.body,
        }
    }
}

enum Read {
    Envelope(Envelope),
    Newer(i64),
}

fn read(headers: &Headers, body: &Bytes) -> Result<Read, MalformedReason> {
    let version = number(headers, X_VERSION)?;
    match version {
        ..=0 => return Err(MalformedReason::Unreadable(X_VERSION)),
        VERSION => {}
        _ => return Ok(Read::Newer(version)),
    }
    let Ok(kind) = ChannelKind::from_str(text(headers, X_KIND)?) else {
        return Ok(Read::Newer(version));
    };
    Ok(Read::Envelope(Envelope {
        kind,
        endpoint: text(headers, X_ENDPOINT)?.to_owned(),
        received_at_ms: number(headers, X_RECEIVED_AT)?,
        webhook_id: optional(headers, X_WEBHOOK_ID)?,
        traceparent: optional(headers, TRACEPARENT)?,
        body: body.clone(),
    }))
}

fn number(headers: &Headers, name: &'static str) -> Result<i64, MalformedReason> {
    let value = headers.get(name).ok_or(MalformedReason::Missing(name))?;
    value.as_i64().ok_or(MalformedReason::Unreadable(name))
}

fn text<'h>(headers: &'h Headers, name: &'static str) -> Result<&'h str, MalformedReason> {
    let value = headers.get(name).ok_or(MalformedReason::Missing(name))?;
    value.as_str().ok_or(MalformedReason::Unreadable(name))
}

fn optional(headers: &Headers, name: &'static str) -> Result<Option<String>, MalformedReason> {
    match headers.get(name) {
        None => Ok(None),
        Some(value) => {
            value.as_str().map(|v| Some(v.to_owned())).ok_or(MalformedReason::Unreadable(name))
        }
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("kind", &self.kind)
            .field("endpoint", &self.endpoint)
            .field("received_at_ms", &self.received_at_ms)
            .field("webhook_id", &self.webhook_id)
            .field("traceparent", &self.traceparent)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.headers.keys().collect();
        f.debug_struct("Raw")
            .field("header_names", &names)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

#[cfg(test)]
mod tests;
