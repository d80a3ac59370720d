use lumi_domain::{Event, Inbound, InputKind};
use serde_json::{Value, json};

use super::{parse, route_hint};
use crate::payload::ParseError;

const VISITOR: &str = "0190a3c5-7a6e-7c3a-9c1e-2f1f2f3a4b5c";
const ID: &str = "0190a3c5-7a6e-7c3a-9c1e-2f1f2f3a4b5c:7f1d0f1e-3b1a-4b61-8d3b-0b7d7a3d9a10";

fn message(body: &str) -> Inbound {
    match parse(body).unwrap().remove(0).event {
        Event::Message(message) => *message,
        Event::Other { what, .. } => panic!("{what}"),
    }
}

#[test]
fn messages() {
    let press = include_str!("payloads/button.json");
    let flagged = press
        .replace(r#""text": "","#, r#""text": "✅","#)
        .replace(r#""button": "✅""#, r#""button": true"#);
    let table = [
        (include_str!("payloads/message.json"), InputKind::Text, "Vacances"),
        (press, InputKind::Button, "✅"),
        (&flagged, InputKind::Button, "✅"),
    ];
    for (body, input, text) in table {
        let message = message(body);
        assert_eq!((message.input, message.text.0.as_str()), (input, text));
        assert_eq!((message.peer.as_str(), message.sender.as_str()), (VISITOR, VISITOR));
        assert_eq!((message.external_id.as_str(), message.reply_ref), (ID, Value::Null));
        assert_eq!(route_hint(body.as_bytes()).as_deref(), Some(VISITOR));
    }
}

#[test]
fn an_owner_link_is_a_message_without_words() {
    let message = message(include_str!("payloads/owner_link.json"));
    assert_eq!((message.input, message.text.0.as_str()), (InputKind::Text, ""));
    assert_eq!(message.reply_ref, json!({"owner_link": "one-time-token"}));
    assert!(message.external_id.starts_with("owner_link:sha256:"));
}

#[test]
fn other_bodies() {
    let unknown = parse(r#"{"type":"web.typing","visitor":"v"}"#).unwrap().remove(0).event;
    assert!(matches!(unknown, Event::Other { what, .. } if what == "type.web.typing"));
    let odd = [
        r#"{"type":"web.message","visitor":"v"}"#,
        r#"{"type":"web.message","visitor":"","text":"x"}"#,
        r#"{"type":"web.owner_link","visitor":"v"}"#,
        r#"{"visitor":"v"}"#,
        "null",
    ];
    for body in odd {
        assert!(matches!(parse(body), Err(ParseError::Shape { .. })), "{body}");
    }
}
