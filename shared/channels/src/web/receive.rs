//! `web.message` and `web.owner_link`.

use std::borrow::Cow;

use serde::Deserialize;

use lumi_domain::{Event, Inbound, InputKind, Lang, MessageText, Peer, Update};

use crate::payload::{ParseError, Text, bounded, external_id, hashed, other, peer, what};

pub(crate) fn parse(text: &str) -> Result<Vec<Update>, ParseError> {
    let body: Body = serde_json::from_str(text)
        .map_err(|e| ParseError::from_json(&e, "it is no object with `type` and `visitor`"))?;
    let visitor = peer(body.visitor.as_str())
        .ok_or(ParseError::shape("`visitor` is empty or longer than 256 characters"))?;
    let event = match body.kind.as_str() {
        "web.message" => Event::Message(Box::new(read_message(body, visitor, text)?)),
        "web.owner_link" => {
            let token = body.token.ok_or(ParseError::shape("it has no `token`"))?.0;
            let id = format!("owner_link:{}", hashed(&[visitor.as_str(), &token]));
            let reply_ref = serde_json::json!({"owner_link": token});
            Event::Message(Box::new(Inbound { reply_ref, ..blank(id, visitor) }))
        }
        kind => other(
            what("type", kind),
            external_id(None, visitor.as_str(), None, text),
            Some(visitor),
        ),
    };
    Ok(vec![Update { account: None, event }])
}

fn read_message(body: Body, visitor: Peer, raw: &str) -> Result<Inbound, ParseError> {
    // Ids are drawn by browsers, so they are unique per visitor only.
    let id = match body.client_msg_id {
        Some(Text(id)) if !id.is_empty() => bounded(format!("{}:{id}", visitor.as_str())),
        _ => external_id(None, visitor.as_str(), None, raw),
    };
    let (input, text) = match (body.button, body.text) {
        (Some(Pressed::Label(label)), _) if !label.as_str().is_empty() => {
            (InputKind::Button, label)
        }
        (Some(Pressed::Flag(true)), Some(text)) => (InputKind::Button, text),
        (_, Some(text)) => (InputKind::Text, text),
        (_, None) => return Err(ParseError::shape("it has no `text`")),
    };
    let language = body.language.and_then(|tag| Lang::parse(tag.as_str()));
    Ok(Inbound { input, text: MessageText(text.0), language, ..blank(id, visitor) })
}

fn blank(external_id: String, visitor: Peer) -> Inbound {
    Inbound {
        external_id,
        sender: visitor.clone(),
        peer: visitor,
        name: None,
        text: MessageText::default(),
        input: InputKind::Text,
        language: None,
        platform_ms: None,
        reply_ref: serde_json::Value::Null,
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type")]
    kind: Text,
    visitor: Text,
    client_msg_id: Option<Text>,
    text: Option<Text>,
    button: Option<Pressed>,
    language: Option<Text>,
    token: Option<Text>,
}

/// A press is told by its label, or by a flag beside the label in `text`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Pressed {
    Flag(bool),
    Label(Text),
}

pub(crate) fn route_hint(raw: &[u8]) -> Option<Cow<'_, str>> {
    let hint: Hint<'_> = serde_json::from_slice(raw).ok()?;
    Some(hint.visitor)
}

#[derive(Deserialize)]
struct Hint<'a> {
    #[serde(borrow)]
    visitor: Cow<'a, str>,
}
