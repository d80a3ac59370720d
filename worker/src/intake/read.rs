use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lumi_domain::{Channel, ChannelKind, Event, Inbound, MessageText, Update};
use lumi_queue::{Delay, Delivery, Envelope, Payload, Source};
use lumi_store::StoreError;
use lumi_store::pipeline::{EventRow, MessageRow, RawLetter};
use secrecy::{ExposeSecret as _, SecretString};

use super::Rows;
use crate::decide::now;
use crate::shared::Shared;

/// Messages of a partition that just changed hands wait this long for older ones.
const FRESH_DELAY_MS: i64 = 500;

/// How long a newer envelope waits for a newer worker.
const NEWER_BUDGET_MS: i64 = 30 * 60 * 1000;

/// How long an unknown channel may take to appear.
const UNKNOWN_BUDGET_MS: i64 = 5 * 60 * 1000;

/// What became of a delivery.
pub(super) enum Reading {
    /// Rows were added; ack it once they are stored.
    Rows,
    /// Put it aside.
    Later(Delay),
    /// The process is going down before it could be read.
    Stopping,
}

/// Turns a delivery into rows. Never fails: what cannot be read becomes a raw letter.
pub(super) async fn read(shared: &Arc<Shared>, delivery: &Delivery, rows: &mut Rows) -> Reading {
    let age = now().timestamp_millis() - delivery.first_seen_ms;
    match &delivery.payload {
        Payload::Envelope(envelope) if delivery.source == Source::Dead => {
            let why = delivery.death.clone().unwrap_or_else(|| "broker".into());
            let known = shared.directory.by_key(&envelope.endpoint).await.ok().flatten();
            let tenant = known.as_ref().map(|c| c.tenant.as_str());
            rows.raw.push(letter(envelope, tenant, "broker", &why));
            Reading::Rows
        }
        Payload::Envelope(envelope) => {
            let delay_ms = if delivery.fresh { FRESH_DELAY_MS } else { 0 };
            loop {
                match envelope_rows(shared, envelope, delay_ms, rows).await {
                    Ok(Known::Yes) => return Reading::Rows,
                    Ok(Known::No) if age < UNKNOWN_BUDGET_MS => return Reading::Later(Delay::S5),
                    Ok(Known::No) => {
                        let detail = format!("no channel has the key `{}`", envelope.endpoint);
                        rows.raw.push(letter(envelope, None, "unknown_channel", &detail));
                        return Reading::Rows;
                    }
                    Err(error) if error.is_data() => {
                        rows.raw.push(letter(envelope, None, "settings", &error.to_string()));
                        return Reading::Rows;
                    }
                    Err(error) => {
                        shared.reach.broken();
                        tracing::warn!(%error, "Settings cannot be read; trying again");
                        tokio::select! {
                            () = shared.stopping.cancelled() => return Reading::Stopping,
                            () = tokio::time::sleep(Duration::from_millis(500)) => {}
                        }
                    }
                }
            }
        }
        Payload::NewerVersion { .. } if age < NEWER_BUDGET_MS => Reading::Later(Delay::S60),
        Payload::NewerVersion { version, raw } => {
            let detail = format!("envelope version {version}; this build reads 1");
            rows.raw.push(raw_letter(raw, "newer_version", &detail));
            Reading::Rows
        }
        Payload::Malformed { reason, raw } => {
            rows.raw.push(raw_letter(raw, "unparseable", &reason.to_string()));
            Reading::Rows
        }
    }
}

pub(super) enum Known {
    Yes,
    No,
}

/// Reads an envelope of a channel we know.
///
/// # Errors
/// Settings are needed and the database is away, or they are unusable.
pub(super) async fn envelope_rows(
    shared: &Shared,
    envelope: &Envelope,
    delay_ms: i64,
    rows: &mut Rows,
) -> Result<Known, StoreError> {
    let endpoint = if envelope.endpoint.is_empty() {
        None
    } else {
        let Some(channel) = shared.directory.by_key(&envelope.endpoint).await? else {
            return Ok(Known::No);
        };
        Some(channel)
    };
    let parsed = std::panic::catch_unwind(AssertUnwindSafe(|| {
        lumi_channels::parse(envelope.kind, &envelope.body, envelope.webhook_id.as_deref())
    }));
    let tenant = endpoint.as_ref().map(|c| c.tenant.as_str());
    let updates = match parsed {
        Ok(Ok(updates)) => updates,
        Ok(Err(error)) => {
            rows.raw.push(letter(envelope, tenant, "unparseable", &error.to_string()));
            return Ok(Known::Yes);
        }
        Err(_panic) => {
            rows.raw.push(letter(envelope, tenant, "unparseable", "the parser panicked"));
            return Ok(Known::Yes);
        }
    };
    let mut foreign = false;
    for update in updates {
        match account(shared, envelope.kind, endpoint.as_ref(), &update).await? {
            Some(channel) => push(rows, &channel, envelope, update, delay_ms),
            None => foreign = true,
        }
    }
    if foreign {
        let detail = "the body names an account that this endpoint may not speak for";
        rows.raw.push(letter(envelope, tenant, "foreign_account", detail));
    }
    Ok(Known::Yes)
}

/// The channel an update belongs to: the one whose account it names, only if that is the
/// endpoint's own or shares its app secret. One Meta app serves many numbers; nobody may speak
/// for the numbers of another app.
async fn account(
    shared: &Shared,
    kind: ChannelKind,
    endpoint: Option<&Arc<Channel>>,
    update: &Update,
) -> Result<Option<Arc<Channel>>, StoreError> {
    let Some(named) = &update.account else { return Ok(endpoint.cloned()) };
    if let Some(own) = endpoint.filter(|c| c.account == *named) {
        return Ok(Some(Arc::clone(own)));
    }
    let Some(channel) = shared.directory.by_account(kind, named).await? else { return Ok(None) };
    let theirs = channel.secret("app_secret");
    let allowed = match endpoint {
        Some(endpoint) => share_one(endpoint.secret("app_secret"), theirs),
        None => theirs.is_empty() || share_one(shared.meta_app_secret.as_slice(), theirs),
    };
    Ok(allowed.then_some(channel))
}

fn share_one(a: &[SecretString], b: &[SecretString]) -> bool {
    a.iter().any(|x| b.iter().any(|y| x.expose_secret() == y.expose_secret()))
}

fn push(rows: &mut Rows, channel: &Channel, envelope: &Envelope, update: Update, delay_ms: i64) {
    let received_at = received_at(envelope);
    match update.event {
        Event::Message(inbound) => {
            rows.messages.push(message(channel, *inbound, received_at, delay_ms, envelope));
        }
        Event::Other { what, external_id, peer } => rows.events.push(EventRow {
            channel_id: channel.id,
            external_id: clean(&external_id),
            what,
            peer: peer.map(|p| clean(p.as_str())),
            received_at,
        }),
    }
}

fn message(
    channel: &Channel,
    inbound: Inbound,
    received_at: DateTime<Utc>,
    delay_ms: i64,
    envelope: &Envelope,
) -> MessageRow {
    MessageRow {
        tenant: channel.tenant.as_str().to_owned(),
        channel_id: channel.id,
        peer: clean(inbound.peer.as_str()),
        name: inbound.name.map(|n| clean(&n)),
        external_id: clean(&inbound.external_id),
        received_at,
        delay_ms,
        sender: clean(inbound.sender.as_str()),
        input: inbound.input,
        text: MessageText(clean(&inbound.text.0)),
        hint: inbound.language.map(|l| l.as_str().to_owned()),
        reply_ref: clean_json(inbound.reply_ref),
        platform_ms: inbound.platform_ms,
        traceparent: envelope.traceparent.clone(),
        replayed: false,
    }
}

fn received_at(envelope: &Envelope) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(envelope.received_at_ms).unwrap_or_else(now)
}

/// PostgreSQL stores no NUL in text.
fn clean(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

fn clean_json(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(clean(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(clean_json).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(k, v)| (clean(&k), clean_json(v))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

pub(super) fn letter(
    envelope: &Envelope,
    tenant: Option<&str>,
    reason: &str,
    detail: &str,
) -> RawLetter {
    RawLetter {
        tenant: tenant.map(str::to_owned),
        kind: envelope.kind.as_str().to_owned(),
        endpoint: envelope.endpoint.clone(),
        webhook_id: envelope.webhook_id.clone(),
        traceparent: envelope.traceparent.clone(),
        received_at: received_at(envelope),
        body: envelope.body.to_vec(),
        reason: reason.to_owned(),
        detail: clean(detail),
    }
}

/// Of a message without a readable envelope only the body is sure.
fn raw_letter(raw: &lumi_queue::Raw, reason: &str, detail: &str) -> RawLetter {
    let header = |name: &str| raw.headers.get(name).and_then(|v| v.as_str()).map(clean);
    let at = raw.headers.get("x-lumi-received-at").and_then(serde_json::Value::as_i64);
    RawLetter {
        tenant: None,
        kind: header("x-lumi-kind").unwrap_or_default(),
        endpoint: header("x-lumi-endpoint").unwrap_or_default(),
        webhook_id: header("x-lumi-webhook-id"),
        traceparent: header("traceparent"),
        received_at: at.and_then(DateTime::from_timestamp_millis).unwrap_or_default(),
        body: raw.body.to_vec(),
        reason: reason.to_owned(),
        detail: clean(detail),
    }
}
