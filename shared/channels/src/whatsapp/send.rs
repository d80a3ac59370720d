//! `POST /{version}/{phone number id}/messages`

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request};
use lumi_domain::{Channel, Part, Peer, SendOutcome};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::errors;
use crate::outbound::{Call, SendMeta, Sender, heard};
use crate::payload::Text;

const PLATFORM: &str = "https://graph.facebook.com";
const VERSION: &str = "v25.0";
const BUTTONS_MAX: usize = 3;
/// Characters of a button's title.
const TITLE_MAX: usize = 20;
/// Characters of a text that has buttons.
const BODY_MAX: usize = 1024;

pub(crate) async fn send(
    sender: &Sender,
    channel: &Channel,
    to: &Peer,
    reply_ref: &serde_json::Value,
    part: &Part,
    meta: &SendMeta<'_>,
) -> SendOutcome {
    let (base, reach) = sender.base(channel, PLATFORM);
    let request = match request(base, channel, &body(to, reply_ref, part)) {
        Ok(request) => request,
        Err(reason) => return SendOutcome::PermanentChannel { reason: reason.to_owned() },
    };
    match heard(sender.post(Call { request, reach }).await) {
        Ok(heard) if heard.status.is_success() => {
            SendOutcome::Sent { provider_id: heard.body.as_deref().and_then(message_id) }
        }
        Ok(heard) => errors::classify(&heard, meta.attempt, meta.now),
        Err(outcome) => outcome,
    }
}

fn request(
    base: &str,
    channel: &Channel,
    message: &Message<'_>,
) -> Result<Request<Bytes>, &'static str> {
    let token = channel.secret("access_token").first().ok_or("the channel has no access_token")?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| "access_token holds characters that no header may hold")?;
    bearer.set_sensitive(true);
    let number = channel.setting("phone_number_id").unwrap_or(&channel.account);
    let version = channel.setting("api_version").unwrap_or(VERSION);
    let body = serde_json::to_vec(message).map_err(|_| "the message cannot be written as JSON")?;
    Request::post(format!("{base}/{version}/{number}/messages"))
        .header(AUTHORIZATION, bearer)
        .header(CONTENT_TYPE, "application/json")
        .body(body.into())
        .map_err(|_| "api_base, api_version and phone_number_id make no URL")
}

fn body<'a>(to: &'a Peer, reply_ref: &serde_json::Value, part: &'a Part) -> Message<'a> {
    let group = reply_ref.get("group").is_some();
    // Business-scoped user ids contain a dot and have a field of their own.
    let scoped = !group && to.as_str().contains('.');
    let id = Some(to.as_str());
    Message {
        messaging_product: "whatsapp",
        recipient_type: if group { "group" } else { "individual" },
        to: id.filter(|_| !scoped),
        recipient: id.filter(|_| scoped),
        content: content(part),
    }
}

/// Buttons where all of them fit, else the text alone: a label can be typed as well.
fn content(part: &Part) -> Content<'_> {
    let fits = |text: &str, max: usize| text.len() <= max || text.chars().count() <= max;
    let with_buttons = (1..=BUTTONS_MAX).contains(&part.buttons.len())
        && part.buttons.iter().all(|label| !label.is_empty() && fits(label, TITLE_MAX))
        && fits(&part.text, BODY_MAX);
    if !with_buttons {
        return Content::Text { text: TextBody { body: &part.text, preview_url: false } };
    }
    let reply = |label| Reply { id: label, title: label };
    let buttons = part.buttons.iter().map(|label| Button { kind: "reply", reply: reply(label) });
    Content::Interactive {
        interactive: Interactive {
            kind: "button",
            body: InteractiveBody { text: &part.text },
            action: Action { buttons: buttons.collect() },
        },
    }
}

fn message_id(body: &[u8]) -> Option<String> {
    let accepted: Accepted = serde_json::from_slice(body).ok()?;
    accepted.messages.into_iter().next().map(|message| message.id.0)
}

#[derive(Serialize)]
struct Message<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a str>,
    #[serde(flatten)]
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Content<'a> {
    Text { text: TextBody<'a> },
    Interactive { interactive: Interactive<'a> },
}

#[derive(Serialize)]
struct TextBody<'a> {
    body: &'a str,
    preview_url: bool,
}

#[derive(Serialize)]
struct Interactive<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    body: InteractiveBody<'a>,
    action: Action<'a>,
}

#[derive(Serialize)]
struct InteractiveBody<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Action<'a> {
    buttons: Vec<Button<'a>>,
}

#[derive(Serialize)]
struct Button<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    reply: Reply<'a>,
}

#[derive(Serialize)]
struct Reply<'a> {
    id: &'a str,
    title: &'a str,
}

#[derive(Deserialize)]
struct Accepted {
    messages: Vec<AcceptedMessage>,
}

#[derive(Deserialize)]
struct AcceptedMessage {
    id: Text,
}
