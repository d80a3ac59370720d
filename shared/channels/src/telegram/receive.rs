//! One update per POST; the bot is the endpoint.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::HeaderMap;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;

use lumi_domain::{Event, Inbound, InputKind, Lang, MessageText, Peer, Update};

use super::TOPIC;
use super::shapes::{Callback, Membership, Message, Reaction, Somewhere, User};
use crate::payload::{ParseError, Stamp, Text, external_id, other, what};
use crate::signature::{Verified, VerifyError, header, same, usable};

const TOKEN: &str = "x-telegram-bot-api-secret-token";
const READ: [&str; 4] = ["message", "callback_query", "message_reaction", "my_chat_member"];

/// Telegram signs nothing: it repeats the `secret_token` that `setWebhook` was given.
pub(crate) fn verify(
    secrets: &[SecretString],
    headers: &HeaderMap,
) -> Result<Verified, VerifyError> {
    let token = header(headers, TOKEN)?;
    let mut secrets = usable(secrets).peekable();
    if secrets.peek().is_none() {
        return Err(VerifyError::NoSecret("secret_token"));
    }
    if secrets.fold(false, |found, ours| found | same(ours, token)) {
        Ok(Verified { webhook_id: None })
    } else {
        Err(VerifyError::Mismatch(TOKEN))
    }
}

pub(crate) fn parse(text: &str) -> Result<Vec<Update>, ParseError> {
    let members: BTreeMap<Text, &RawValue> =
        serde_json::from_str(text).map_err(|e| ParseError::from_json(&e, "it is no object"))?;
    let update_id = members
        .iter()
        .find(|(name, _)| name.as_str() == "update_id")
        .and_then(|(_, raw)| serde_json::from_str::<i64>(raw.get()).ok())
        .map(|id| id.to_string());
    // The member beside `update_id` says what happened; a kind that is read goes before others.
    let mut kinds = members.iter().filter(|(name, _)| name.as_str() != "update_id");
    let read_kind = kinds.clone().find(|(name, _)| READ.contains(&name.as_str()));
    let Some((kind, raw)) = read_kind.or_else(|| kinds.next()) else {
        return Err(ParseError::shape("it holds no update"));
    };
    let id = update_id.as_deref();
    let event = match kind.as_str() {
        "message" => read_message(id, text, read(raw)?),
        "callback_query" => read_callback(id, text, &read(raw)?),
        "message_reaction" => read_reaction(id, text, read(raw)?),
        "my_chat_member" => {
            let change: Membership = read(raw)?;
            let status = change.new_chat_member.and_then(|member| member.status);
            let what = what("my_chat_member", &status.unwrap_or_default().0);
            let peer = Peer::new(&change.chat.id.to_string());
            other(what, external_id(id, "", None, text), Some(peer))
        }
        // edited_message, channel_post, business_message, polls, payments and later inventions.
        kind => {
            let chat = serde_json::from_str::<Somewhere>(raw.get()).ok().and_then(|at| at.chat);
            let peer = chat.map(|chat| Peer::new(&chat.id.to_string()));
            other(what("update", kind), external_id(id, "", None, text), peer)
        }
    };
    Ok(vec![Update { account: None, event }])
}

fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, ParseError> {
    serde_json::from_str(raw.get())
        .map_err(|e| ParseError::from_json(&e, "the update has not the documented shape"))
}

fn read_message(update_id: Option<&str>, raw: &str, message: Message) -> Event {
    let peer = conversation(&message);
    let at = message.date.map(Stamp::from_number);
    let Some(from) = message.from.as_ref() else {
        let id = external_id(update_id, peer.as_str(), at, raw);
        return other("message.no_sender".to_owned(), id, Some(peer));
    };
    let sender = Peer::new(&from.id.to_string());
    let id = external_id(update_id, sender.as_str(), at, raw);
    if from.is_bot {
        // Two bots in one group would talk for ever.
        return other("message.bot".to_owned(), id, Some(peer));
    }
    let media = message.has_media();
    let in_group = peer != sender;
    let (name, language) = (display_name(from), language(from));
    let (input, text) = match (message.text, message.caption) {
        (Some(text), _) if !text.as_str().is_empty() => (InputKind::Text, text.0),
        (_, caption) if media => (InputKind::Media, caption.unwrap_or_default().0),
        _ => return other("message.service".to_owned(), id, Some(peer)),
    };
    Event::Message(Box::new(Inbound {
        external_id: id,
        peer,
        sender,
        name,
        text: MessageText(text),
        input,
        language,
        platform_ms: at.map(|Stamp(ms)| ms),
        reply_ref: match message.message_id {
            Some(id) if in_group => serde_json::json!({"message_id": id}),
            _ => serde_json::Value::Null,
        },
    }))
}

fn read_callback(update_id: Option<&str>, raw: &str, callback: &Callback) -> Event {
    let sender = Peer::new(&callback.from.id.to_string());
    let peer = callback.message.as_ref().map_or_else(|| sender.clone(), conversation);
    let query = callback.id.clone().unwrap_or_default().0;
    let fallback = if query.is_empty() { None } else { Some(format!("callback:{query}")) };
    let id = external_id(update_id.or(fallback.as_deref()), sender.as_str(), None, raw);
    if callback.from.is_bot {
        return other("callback_query.bot".to_owned(), id, Some(peer));
    }
    let Some(text) = label(callback) else {
        return other("callback_query.no_data".to_owned(), id, Some(peer));
    };
    Event::Message(Box::new(Inbound {
        external_id: id,
        name: display_name(&callback.from),
        language: language(&callback.from),
        text: MessageText(text),
        input: InputKind::Button,
        platform_ms: None,
        reply_ref: if query.is_empty() {
            serde_json::Value::Null
        } else {
            serde_json::json!({"callback_query_id": query})
        },
        peer,
        sender,
    }))
}

/// The label of the key that was pressed, as the keyboard under the message shows it. A message
/// too old to be shown comes without one; our callback data is the label itself.
fn label(callback: &Callback) -> Option<String> {
    let data = callback.data.as_ref()?;
    let markup = callback.message.as_ref().and_then(|message| message.reply_markup.as_ref());
    let keys = markup.and_then(|markup| markup.inline_keyboard.as_deref()).unwrap_or_default();
    let key = keys.iter().flatten().find(|key| key.callback_data.as_ref() == Some(data));
    let label = key.and_then(|key| key.text.as_ref()).unwrap_or(data);
    (!label.as_str().is_empty()).then(|| label.0.clone())
}

fn read_reaction(update_id: Option<&str>, raw: &str, reaction: Reaction) -> Event {
    let peer = Peer::new(&reaction.chat.id.to_string());
    let at = reaction.date.map(Stamp::from_number);
    let id = external_id(update_id, peer.as_str(), at, raw);
    let Some(user) = reaction.user.filter(|user| !user.is_bot) else {
        return other("message_reaction.no_person".to_owned(), id, Some(peer));
    };
    let emoji = reaction.new_reaction.into_iter().flatten().find_map(|reaction| reaction.emoji);
    let Some(Text(emoji)) = emoji.filter(|emoji| !emoji.as_str().is_empty()) else {
        return other("message_reaction.removed".to_owned(), id, Some(peer));
    };
    let sender = Peer::new(&user.id.to_string());
    let in_group = peer != sender;
    Event::Message(Box::new(Inbound {
        external_id: id,
        name: display_name(&user),
        language: language(&user),
        text: MessageText(emoji),
        input: InputKind::Reaction,
        platform_ms: at.map(|Stamp(ms)| ms),
        reply_ref: match reaction.message_id {
            Some(id) if in_group => serde_json::json!({"message_id": id}),
            _ => serde_json::Value::Null,
        },
        peer,
        sender,
    }))
}

fn conversation(message: &Message) -> Peer {
    let chat = message.chat.id;
    match message.message_thread_id {
        Some(topic) if message.is_topic_message == Some(true) => {
            Peer::new(&format!("{chat}{TOPIC}{topic}"))
        }
        _ => Peer::new(&chat.to_string()),
    }
}

fn display_name(user: &User) -> Option<String> {
    let names = [&user.first_name, &user.last_name].into_iter().flatten().map(Text::as_str);
    let name = names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

fn language(user: &User) -> Option<Lang> {
    user.language_code.as_ref().and_then(|tag| Lang::parse(tag.as_str()))
}

pub(crate) fn route_hint(raw: &[u8]) -> Option<Cow<'static, str>> {
    let hint: Hint = serde_json::from_slice(raw).ok()?;
    let at = [
        hint.message,
        hint.callback_query,
        hint.message_reaction,
        hint.my_chat_member,
        hint.edited_message,
        hint.channel_post,
    ];
    let at = at.into_iter().flatten().next()?;
    let chat = at.chat.or(at.message.and_then(|message| message.chat))?;
    Some(Cow::Owned(chat.id.to_string()))
}

#[derive(Deserialize)]
struct Hint {
    message: Option<Somewhere>,
    callback_query: Option<Somewhere>,
    message_reaction: Option<Somewhere>,
    my_chat_member: Option<Somewhere>,
    edited_message: Option<Somewhere>,
    channel_post: Option<Somewhere>,
}
