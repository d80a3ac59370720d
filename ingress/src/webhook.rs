//! Webhooks of platforms.

use std::time::SystemTime;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, StatusCode};
use lumi_channels::{VerifyError, body_cap, handshake, verify, verify_meta};
use lumi_domain::{Channel, ChannelKind};
use secrecy::SecretString;

use crate::accept::Verified;
use crate::answer::{Answer, Refusal, accepted, of};
use crate::config::Legacy;
use crate::directory::Found;
use crate::ingress::Shared;

const NO_CHANNEL: Refusal = Refusal::Unknown("no such channel");
const NO_LEGACY: Refusal = Refusal::Unknown(
    "this path is off: set META_APP_SECRET (and VERIFY_TOKEN), or use /webhooks/whatsapp/{key}",
);

/// `/webhooks/{kind}/{key}`.
pub(crate) async fn webhook(
    shared: &Shared,
    request: Request<Incoming>,
    kind: &str,
    key: &str,
) -> Answer {
    // A kind that we do not serve is no label: a sender must not be able to make new ones.
    let Some(kind) = kind.parse::<ChannelKind>().ok().filter(|kind| *kind != ChannelKind::Web)
    else {
        return counted(shared, "none", Err(Refusal::Unknown("no such kind of channel")));
    };
    let answer = match channel(shared, kind, key).await {
        Err(refusal) => Err(refusal),
        Ok(channel) => match *request.method() {
            Method::POST => posted(shared, request, &channel).await,
            Method::GET if kind == ChannelKind::Whatsapp => {
                greeted(channel.secret("verify_token"), &request)
            }
            _ if kind == ChannelKind::Whatsapp => Err(Refusal::Method("GET, POST")),
            _ => Err(Refusal::Method("POST")),
        },
    };
    counted(shared, kind.as_str(), answer)
}

/// `/webhook`, the WhatsApp path of the system that this one replaces.
pub(crate) async fn legacy(shared: &Shared, request: Request<Incoming>) -> Answer {
    let Legacy { verify_tokens, app_secrets } = &shared.legacy;
    let answer = match *request.method() {
        Method::GET if verify_tokens.is_empty() => Err(NO_LEGACY),
        Method::GET => greeted(verify_tokens, &request),
        Method::POST if app_secrets.is_empty() => Err(NO_LEGACY),
        Method::POST => {
            let proof = |headers: &HeaderMap, raw: &[u8]| verify_meta(app_secrets, headers, raw);
            take(shared, request, ChannelKind::Whatsapp, "", proof).await
        }
        _ => Err(Refusal::Method("GET, POST")),
    };
    counted(shared, ChannelKind::Whatsapp.as_str(), answer)
}

async fn channel(
    shared: &Shared,
    kind: ChannelKind,
    key: &str,
) -> Result<std::sync::Arc<Channel>, Refusal> {
    match shared.directory.find(key).await {
        Found::Channel(channel) if channel.kind == kind && channel.enabled => Ok(channel),
        Found::Channel(_) | Found::Unknown => Err(NO_CHANNEL),
        Found::Away => Err(Refusal::Settings),
    }
}

async fn posted(
    shared: &Shared,
    request: Request<Incoming>,
    channel: &Channel,
) -> Result<Answer, Refusal> {
    let proof = |headers: &HeaderMap, raw: &[u8]| verify(channel, headers, raw, SystemTime::now());
    take(shared, request, channel.kind, &channel.key, proof).await
}

async fn take(
    shared: &Shared,
    request: Request<Incoming>,
    kind: ChannelKind,
    endpoint: &str,
    proof: impl Fn(&HeaderMap, &[u8]) -> Result<lumi_channels::Verified, VerifyError>,
) -> Result<Answer, Refusal> {
    let (head, body) = request.into_parts();
    let body = shared.budget.read(&head.headers, body, body_cap(kind)).await?;
    let verified = proof(&head.headers, &body.bytes).map_err(|error| {
        tracing::debug!(kind = kind.as_str(), endpoint, %error, "Webhook not believed");
        Refusal::Unauthorized("the signature is missing or wrong")
    })?;
    let traceparent = head.headers.get("traceparent").and_then(|value| value.to_str().ok());
    let webhook_id = verified.webhook_id;
    let verified = Verified { kind, endpoint, webhook_id, traceparent, body };
    shared.acceptor.accept(verified).await?;
    Ok(accepted())
}

fn greeted(verify_tokens: &[SecretString], request: &Request<Incoming>) -> Result<Answer, Refusal> {
    let challenge = handshake(verify_tokens, request.uri().query().unwrap_or_default())
        .ok_or(Refusal::Forbidden("the verify token is not this channel's"))?;
    Ok(of(StatusCode::OK, "text/plain", Bytes::from(challenge)))
}

fn counted(shared: &Shared, kind: &'static str, answer: Result<Answer, Refusal>) -> Answer {
    match answer {
        Ok(answer) => {
            shared.metrics.webhook(kind, "accepted");
            answer
        }
        Err(refusal) => {
            shared.metrics.webhook(kind, refusal.word());
            refusal.into()
        }
    }
}
