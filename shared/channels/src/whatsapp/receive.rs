//! From webhook bodies to updates: every entry, every change, every message.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use lumi_domain::{Event, Inbound, InputKind, MessageText, Peer, Update};

use super::shapes::{Body, Change, Contact, Entry, Message, Metadata, Status, Value};
use crate::payload::{ParseError, Stamp, Text, bounded, external_id, other, peer, what};

const OBJECT: &str = "whatsapp_business_account";

pub(crate) fn parse(text: &str) -> Result<Vec<Update>, ParseError> {
    let body: Body<'_> = serde_json::from_str(text)
        .map_err(|e| ParseError::from_json(&e, "it is no object with `entry`"))?;
    let object = body.object.unwrap_or_default();
    let Some(entries) = body.entry else {
        return Err(ParseError::shape("it has no `entry`"));
    };
    let mut out = Collected::default();
    if object.as_str() != OBJECT {
        out.push(
            None,
            other(what("object", object.as_str()), external_id(None, "", None, text), None),
        );
        return Ok(out.updates);
    }
    for entry in entries {
        match serde_json::from_str::<Entry<'_>>(entry.get()) {
            Ok(entry) => {
                for change in entry.changes.unwrap_or_default() {
                    read_change(&mut out, change);
                }
            }
            Err(_) => out.odd(None, "entry.malformed", entry),
        }
    }
    if out.odd > 0 && out.odd == out.updates.len() {
        return Err(ParseError::shape("nothing in it has the documented shape"));
    }
    if out.updates.is_empty() {
        out.push(None, other("empty".to_owned(), external_id(None, "", None, text), None));
    }
    Ok(out.updates)
}

#[derive(Default)]
struct Collected {
    updates: Vec<Update>,
    /// How many of them could not be read.
    odd: usize,
}

impl Collected {
    fn push(&mut self, account: Option<&str>, event: Event) {
        self.updates.push(Update { account: account.map(str::to_owned), event });
    }

    fn odd(&mut self, account: Option<&str>, what: &str, raw: &RawValue) {
        self.odd += 1;
        self.push(account, other(what.to_owned(), external_id(None, "", None, raw.get()), None));
    }
}

fn read_change(out: &mut Collected, raw: &RawValue) {
    let Ok(Change { field, value: Some(value) }) = serde_json::from_str::<Change<'_>>(raw.get())
    else {
        return out.odd(None, "change.malformed", raw);
    };
    let Ok(value) = serde_json::from_str::<Value<'_>>(value.get()) else {
        return out.odd(None, "change.malformed", raw);
    };
    let metadata = value.metadata.unwrap_or_default();
    let account = metadata.phone_number_id.as_ref().map(Text::as_str);
    if let Some(field) = field.filter(|field| field.as_str() != "messages") {
        // Echoes of the owner's phone app, template and account news: nothing to answer.
        let id = external_id(None, "", None, raw.get());
        return out.push(account, other(what("field", field.as_str()), id, None));
    }
    let contacts = value.contacts.unwrap_or_default();
    for message in value.messages.unwrap_or_default() {
        match serde_json::from_str::<Message>(message.get()) {
            Ok(read) => out.push(account, read_message(&metadata, &contacts, read, message.get())),
            Err(_) => out.odd(account, "message.malformed", message),
        }
    }
    for status in value.statuses.unwrap_or_default() {
        match serde_json::from_str::<Status>(status.get()) {
            Ok(read) => out.push(account, read_status(&read, status.get())),
            Err(_) => out.odd(account, "status.malformed", status),
        }
    }
    for error in value.errors.unwrap_or_default() {
        let id = external_id(None, "", None, error.get());
        out.push(account, other("error".to_owned(), id, None));
    }
}

fn read_status(status: &Status, raw: &str) -> Event {
    let text = |field: &Option<Text>| field.clone().unwrap_or_default().0;
    let (id, word, recipient) =
        (text(&status.id), text(&status.status), text(&status.recipient_id));
    // A message has several statuses, each of which may be redelivered.
    let key = if id.is_empty() {
        external_id(None, &recipient, status.timestamp, raw)
    } else {
        bounded(format!("{id}:{word}"))
    };
    other(what("status", &word), key, peer(&recipient))
}

fn read_message(metadata: &Metadata, contacts: &[Contact], message: Message, raw: &str) -> Event {
    let kind = message.kind.clone().unwrap_or_default().0;
    let id_of = |sender: &str| {
        external_id(message.id.as_ref().map(Text::as_str), sender, message.timestamp, raw)
    };
    let named = [&message.from, &message.from_user_id];
    let Some(sender) = named.into_iter().flatten().find_map(|id| peer(id.as_str())) else {
        return other("message.no_sender".to_owned(), id_of(""), None);
    };
    let id = id_of(sender.as_str());
    let group = message.group_id.as_ref().and_then(|id| peer(id.as_str()));
    let with = group.clone().unwrap_or_else(|| sender.clone());
    if is_own(metadata, &sender) {
        return other("message.echo".to_owned(), id, Some(with));
    }
    let name = name_of(contacts, &message).map(str::to_owned);
    let platform_ms = message.timestamp.map(|Stamp(ms)| ms);
    match words(message, &kind) {
        Ok((input, text)) => Event::Message(Box::new(Inbound {
            external_id: id,
            peer: with,
            sender,
            name,
            text: MessageText(text),
            input,
            language: None,
            platform_ms,
            reply_ref: match group {
                Some(_) => serde_json::json!({"group": true}),
                None => serde_json::Value::Null,
            },
        })),
        Err(what) => other(what, id, Some(with)),
    }
}

/// What the person said, or the name of an event that is no saying.
fn words(message: Message, kind: &str) -> Result<(InputKind, String), String> {
    let said = |input, text: Option<Text>| match text {
        Some(Text(text)) if !text.is_empty() => Ok((input, text)),
        _ => Err(what("message", &format!("{kind}.empty"))),
    };
    let media = |caption: Option<Text>| Ok((InputKind::Media, caption.unwrap_or_default().0));
    match kind {
        "text" => said(InputKind::Text, message.text.and_then(|text| text.body)),
        "button" => said(InputKind::Button, message.button.and_then(|button| button.text)),
        "interactive" => {
            let Some(interactive) = message.interactive else {
                return Err("message.interactive.empty".to_owned());
            };
            match interactive.button_reply.or(interactive.list_reply) {
                Some(choice) => said(InputKind::Button, choice.title),
                None => Err(what("message.interactive", &interactive.kind.unwrap_or_default().0)),
            }
        }
        "reaction" => {
            let emoji = message.reaction.and_then(|reaction| reaction.emoji);
            said(InputKind::Reaction, emoji).map_err(|_| "message.reaction.removed".to_owned())
        }
        "image" => media(message.image.and_then(|media| media.caption)),
        "video" => media(message.video.and_then(|media| media.caption)),
        "document" => media(message.document.and_then(|media| media.caption)),
        "order" => media(message.order.and_then(|order| order.text)),
        "audio" | "voice" | "sticker" | "location" | "contacts" => media(None),
        // edit, revoke, system, unsupported and what is invented after this was written.
        _ => Err(what("message", kind)),
    }
}

/// A message from our own number would make the bot talk to itself.
fn is_own(metadata: &Metadata, sender: &Peer) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    metadata.display_phone_number.as_ref().is_some_and(|own| {
        let own = digits(own.as_str());
        !own.is_empty() && own == sender.as_str()
    })
}

fn name_of<'c>(contacts: &'c [Contact], message: &Message) -> Option<&'c str> {
    let same = |left: &Option<Text>, right: &Option<Text>| left.is_some() && left == right;
    let contact = contacts.iter().find(|contact| {
        same(&contact.wa_id, &message.from) || same(&contact.user_id, &message.from_user_id)
    })?;
    let name = contact.profile.as_ref()?.name.as_ref()?.as_str();
    (!name.is_empty()).then_some(name)
}

pub(crate) fn route_hint(raw: &[u8]) -> Option<Cow<'_, str>> {
    let body: HintBody<'_> = serde_json::from_slice(raw).ok()?;
    let value = body.entry.into_iter().flat_map(|entry| entry.changes).map(|change| change.value);
    value.flat_map(HintValue::ids).next()
}

#[derive(Deserialize)]
struct HintBody<'a> {
    #[serde(borrow)]
    entry: Vec<HintEntry<'a>>,
}

#[derive(Deserialize)]
struct HintEntry<'a> {
    #[serde(borrow)]
    changes: Vec<HintChange<'a>>,
}

#[derive(Deserialize)]
struct HintChange<'a> {
    #[serde(borrow)]
    value: HintValue<'a>,
}

/// Elements stay raw, so that an odd one does not hide the next.
#[derive(Deserialize)]
struct HintValue<'a> {
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    statuses: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct HintMessage<'a> {
    #[serde(borrow)]
    from: Option<Cow<'a, str>>,
    #[serde(borrow)]
    from_user_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    group_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct HintStatus<'a> {
    #[serde(borrow)]
    recipient_id: Option<Cow<'a, str>>,
}

impl<'a> HintValue<'a> {
    fn ids(self) -> impl Iterator<Item = Cow<'a, str>> {
        let messages = self.messages.into_iter().filter_map(read_hint::<HintMessage<'a>>);
        let statuses = self.statuses.into_iter().filter_map(read_hint::<HintStatus<'a>>);
        messages
            .filter_map(|m| m.group_id.or(m.from).or(m.from_user_id))
            .chain(statuses.filter_map(|status| status.recipient_id))
    }
}

fn read_hint<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}
