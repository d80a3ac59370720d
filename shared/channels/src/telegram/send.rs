//! `POST /bot{token}/sendMessage`. The token is in the path, so no URL is ever put into a reason.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use lumi_domain::{Channel, Part, Peer, SendOutcome};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::TOPIC;
use crate::outbound::{
    Call, Heard, Reach, SendMeta, Sender, by_status, heard, platform_text, retry_after,
};
use crate::payload::Text;

const PLATFORM: &str = "https://api.telegram.org";
const BUTTONS_MAX: usize = 8;
/// Bytes of `callback_data`.
const DATA_MAX: usize = 64;

pub(crate) async fn send(
    sender: &Sender,
    channel: &Channel,
    to: &Peer,
    reply_ref: &serde_json::Value,
    part: &Part,
    meta: &SendMeta<'_>,
) -> SendOutcome {
    if meta.index == 0 && meta.attempt == 0 {
        stop_spinner(sender, channel, reply_ref);
    }
    let mut message = message(to, reply_ref, part);
    let heard = match post(sender, channel, &message).await {
        Ok(heard) => heard,
        Err(outcome) => return outcome,
    };
    let answer = Reply::read(&heard);
    // A group became a supergroup: the same message goes to its new id, at once.
    let Some(chat) = answer.parameters.as_ref().and_then(|p| p.migrate_to_chat_id) else {
        return classify(&heard, answer, meta.now);
    };
    message.chat_id = ChatId::Number(chat);
    match post(sender, channel, &message).await {
        Ok(heard) => classify(&heard, Reply::read(&heard), meta.now),
        Err(outcome) => outcome,
    }
}

async fn post(
    sender: &Sender,
    channel: &Channel,
    message: &Message<'_>,
) -> Result<Heard, SendOutcome> {
    let call = call(sender, channel, "sendMessage", message)
        .map_err(|reason| SendOutcome::PermanentChannel { reason: reason.to_owned() })?;
    heard(sender.post(call).await)
}

/// A pressed button shows a spinner until its query is answered. Best effort.
fn stop_spinner(sender: &Sender, channel: &Channel, reply_ref: &serde_json::Value) {
    let query = reply_ref.get("callback_query_id").and_then(serde_json::Value::as_str);
    if let Some(callback_query_id) = query {
        let answer = CallbackAnswer { callback_query_id };
        if let Ok(call) = call(sender, channel, "answerCallbackQuery", &answer) {
            sender.post_aside(call);
        }
    }
}

fn call<T: Serialize>(
    sender: &Sender,
    channel: &Channel,
    method: &str,
    body: &T,
) -> Result<Call, &'static str> {
    let token = channel.secret("bot_token").first().ok_or("the channel has no bot_token")?;
    let (base, reach): (&str, Reach) = sender.base(channel, PLATFORM);
    let body = serde_json::to_vec(body).map_err(|_| "the message cannot be written as JSON")?;
    let request = Request::post(format!("{base}/bot{}/{method}", token.expose_secret()))
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::from(body))
        .map_err(|_| "api_base and bot_token make no URL")?;
    Ok(Call { request, reach })
}

fn message<'a>(to: &'a Peer, reply_ref: &serde_json::Value, part: &'a Part) -> Message<'a> {
    let (chat, topic) = match to.as_str().split_once(TOPIC) {
        Some((chat, topic)) => (chat, topic.parse().ok()),
        None => (to.as_str(), None),
    };
    let answered = reply_ref.get("message_id").and_then(serde_json::Value::as_i64);
    Message {
        chat_id: chat.parse().map_or(ChatId::Name(chat), ChatId::Number),
        message_thread_id: topic,
        text: &part.text,
        reply_parameters: answered
            .map(|message_id| ReplyParameters { message_id, allow_sending_without_reply: true }),
        reply_markup: keyboard(&part.buttons),
    }
}

/// One row of keys, each sending its own label; `None` where a label does not fit: it can be
/// typed as well.
fn keyboard(buttons: &[String]) -> Option<Markup<'_>> {
    let fits = (1..=BUTTONS_MAX).contains(&buttons.len())
        && buttons.iter().all(|label| (1..=DATA_MAX).contains(&label.len()));
    let keys = buttons.iter().map(|label| Key { text: label, callback_data: label });
    fits.then(|| Markup { inline_keyboard: [keys.collect()] })
}

/// Telegram tells kinds of 400 apart by words only; these mean that the chat is closed to us.
const CLOSED_CHAT: [&str; 6] = [
    "chat not found",
    "peer_id_invalid",
    "not enough rights",
    "have no rights",
    "chat_write_forbidden",
    "need administrator rights",
];

fn classify(heard: &Heard, reply: Reply, now: SystemTime) -> SendOutcome {
    if heard.status.is_success() && reply.ok != Some(false) {
        let id = reply.result.and_then(|message| message.message_id);
        return SendOutcome::Sent { provider_id: id.map(|id| id.to_string()) };
    }
    let said = reply.description.map(|text| platform_text(text.as_str())).unwrap_or_default();
    let code = reply.error_code.unwrap_or_else(|| heard.status.as_u16());
    let reason = format!("Telegram error {code}: {said}");
    match code {
        429 => {
            let asked = reply.parameters.and_then(|p| p.retry_after).map(Duration::from_secs);
            let after = asked.or_else(|| retry_after(&heard.headers, now));
            SendOutcome::RetryAfter { after: after.unwrap_or(Duration::from_secs(1)), reason }
        }
        401 | 404 => SendOutcome::PermanentChannel { reason },
        403 => SendOutcome::PermanentContact { reason },
        400 => {
            let said = said.to_ascii_lowercase();
            if CLOSED_CHAT.iter().any(|words| said.contains(words)) {
                SendOutcome::PermanentContact { reason }
            } else {
                by_status(heard, &said, now)
            }
        }
        _ => by_status(heard, &said, now),
    }
}

#[derive(Serialize)]
struct Message<'a> {
    chat_id: ChatId<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_parameters: Option<ReplyParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Markup<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ChatId<'a> {
    Number(i64),
    Name(&'a str),
}

#[derive(Serialize)]
struct ReplyParameters {
    message_id: i64,
    allow_sending_without_reply: bool,
}

#[derive(Serialize)]
struct Markup<'a> {
    inline_keyboard: [Vec<Key<'a>>; 1],
}

#[derive(Serialize)]
struct Key<'a> {
    text: &'a str,
    callback_data: &'a str,
}

#[derive(Serialize)]
struct CallbackAnswer<'a> {
    callback_query_id: &'a str,
}

#[derive(Deserialize, Default)]
struct Reply {
    ok: Option<bool>,
    error_code: Option<u16>,
    description: Option<Text>,
    parameters: Option<Parameters>,
    result: Option<SentMessage>,
}

impl Reply {
    fn read(heard: &Heard) -> Self {
        let body = heard.body.as_deref().unwrap_or_default();
        serde_json::from_slice(body).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

#[derive(Deserialize)]
struct SentMessage {
    message_id: Option<i64>,
}
