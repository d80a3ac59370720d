//! `message.reply`, signed, to the channel's `reply_url`.

use std::time::SystemTime;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use http::Request;
use http::header::{CONTENT_TYPE, USER_AGENT};
use lumi_domain::{Channel, Part, Peer, SendOutcome};
use serde::Serialize;

use super::sign::{ID, SIGNATURE, TIMESTAMP, sign};
use crate::outbound::{Call, Reach, SendMeta, Sender, by_status, heard, web_uri};

pub(crate) async fn send(
    sender: &Sender,
    channel: &Channel,
    to: &Peer,
    reply_ref: &serde_json::Value,
    part: &Part,
    meta: &SendMeta<'_>,
) -> SendOutcome {
    let request = match request(channel, &body(to, reply_ref, part, meta), meta) {
        Ok(request) => request,
        Err(reason) => return SendOutcome::PermanentChannel { reason },
    };
    match heard(sender.post(Call { request, reach: Reach::Guarded }).await) {
        Ok(heard) if heard.status.is_success() => SendOutcome::Sent { provider_id: None },
        Ok(heard) if heard.status == http::StatusCode::GONE => SendOutcome::PermanentChannel {
            reason: "HTTP 410: the receiver wants no more messages at reply_url".to_owned(),
        },
        Ok(heard) => by_status(&heard, "", meta.now),
        Err(outcome) => outcome,
    }
}

fn request(
    channel: &Channel,
    body: &Body<'_>,
    meta: &SendMeta<'_>,
) -> Result<Request<Bytes>, String> {
    let url = channel.setting("reply_url").ok_or("the channel has no reply_url")?;
    let uri = web_uri(url).map_err(|why| format!("reply_url cannot be used: {why}"))?;
    let raw = serde_json::to_vec(body).map_err(|_| "the message cannot be written as JSON")?;
    let at = meta.now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let at = at.to_string();
    let signature = sign(channel.secret("secret"), meta.idempotency_key, &at, &raw)
        .ok_or("the channel has no usable secret")?;
    Request::post(uri)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("lumi/", env!("CARGO_PKG_VERSION")))
        .header(ID, meta.idempotency_key)
        .header(TIMESTAMP, at)
        .header(SIGNATURE, signature)
        .body(raw.into())
        .map_err(|_| "the idempotency key fits into no header".to_owned())
}

fn body<'a>(
    to: &'a Peer,
    reply_ref: &'a serde_json::Value,
    part: &'a Part,
    meta: &SendMeta<'a>,
) -> Body<'a> {
    // As the inbound message spelt them; a message that answers nothing has only the peer.
    let named = |name| reply_ref.get(name).and_then(serde_json::Value::as_str);
    Body {
        kind: "message.reply",
        timestamp: DateTime::<Utc>::from(meta.now).to_rfc3339_opts(SecondsFormat::Millis, true),
        data: Data {
            conversation: named("conversation").unwrap_or(to.as_str()),
            to: named("to").unwrap_or(to.as_str()),
            text: &part.text,
            language: part.language.as_str(),
            in_reply_to: meta.in_reply_to,
            index: meta.index,
            buttons: &part.buttons,
        },
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    conversation: &'a str,
    to: &'a str,
    text: &'a str,
    language: &'a str,
    in_reply_to: Option<&'a str>,
    index: u32,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    buttons: &'a [String],
}
