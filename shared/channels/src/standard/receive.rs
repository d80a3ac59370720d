//! `message.received`; every other type is an event without words.

use std::borrow::Cow;

use chrono::DateTime;
use serde::Deserialize;
use serde_json::value::RawValue;

use lumi_domain::{Event, Inbound, InputKind, Lang, MessageText, Update};

use crate::payload::{ParseError, Text, external_id, other, peer, what};

pub(crate) fn parse(text: &str, webhook_id: Option<&str>) -> Result<Vec<Update>, ParseError> {
    let body: Body<'_> = serde_json::from_str(text)
        .map_err(|e| ParseError::from_json(&e, "it is no object with `type` and `data`"))?;
    let Some(kind) = body.kind else {
        return Err(ParseError::shape("it has no `type`"));
    };
    let event = if kind.as_str() == "message.received" {
        let data = body.data.ok_or(ParseError::shape("it has no `data`"))?;
        let data: Data = serde_json::from_str(data.get()).map_err(|e| {
            ParseError::from_json(&e, "`data` has not the members conversation, from.id and text")
        })?;
        let at = body.timestamp.as_ref().and_then(|at| millis(at.as_str()));
        Event::Message(Box::new(read_message(data, at, webhook_id, text)?))
    } else {
        other(what("type", kind.as_str()), external_id(webhook_id, "", None, text), None)
    };
    Ok(vec![Update { account: None, event }])
}

fn read_message(
    data: Data,
    platform_ms: Option<i64>,
    webhook_id: Option<&str>,
    raw: &str,
) -> Result<Inbound, ParseError> {
    const CONVERSATION: ParseError =
        ParseError::shape("`data.conversation` is empty or longer than 256 characters");
    const FROM: ParseError =
        ParseError::shape("`data.from.id` is empty or longer than 256 characters");
    let conversation = peer(data.conversation.as_str()).ok_or(CONVERSATION)?;
    let sender = peer(data.from.id.as_str()).ok_or(FROM)?;
    let at = platform_ms.map(crate::payload::Stamp);
    Ok(Inbound {
        external_id: external_id(webhook_id, sender.as_str(), at, raw),
        peer: conversation,
        name: data.from.name.map(|name| name.0).filter(|name| !name.is_empty()),
        text: MessageText(data.text.0),
        input: InputKind::Text,
        language: data.language.and_then(|tag| Lang::parse(tag.as_str())),
        platform_ms,
        // Replies name the person as it named itself, a leading `+` included.
        reply_ref: serde_json::json!({"to": data.from.id.0, "conversation": data.conversation.0}),
        sender,
    })
}

fn millis(rfc3339: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(rfc3339).ok().map(|at| at.timestamp_millis())
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: Option<Text>,
    timestamp: Option<Text>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Data {
    conversation: Text,
    from: From,
    text: Text,
    language: Option<Text>,
}

#[derive(Deserialize)]
struct From {
    id: Text,
    name: Option<Text>,
}

pub(crate) fn route_hint(raw: &[u8]) -> Option<Cow<'_, str>> {
    let hint: Hint<'_> = serde_json::from_slice(raw).ok()?;
    Some(hint.data.conversation)
}

#[derive(Deserialize)]
struct Hint<'a> {
    #[serde(borrow)]
    data: HintData<'a>,
}

#[derive(Deserialize)]
struct HintData<'a> {
    #[serde(borrow)]
    conversation: Cow<'a, str>,
}
