//! One suite over every kind.

use std::time::SystemTime;

use http::HeaderMap;
use lumi_domain::{ChannelKind, Event};
use proptest::prelude::*;
use serde_json::json;

use super::{parse, route_hint, verify};
use crate::outbound::tests::channel;
use crate::payload::ParseError;
use crate::signature::VerifyError;

const EXAMPLES: [(ChannelKind, &str); 6] = [
    (ChannelKind::Whatsapp, include_str!("../whatsapp/payloads/batch.json")),
    (ChannelKind::Whatsapp, include_str!("../whatsapp/payloads/button_reply.json")),
    (ChannelKind::Telegram, include_str!("../telegram/payloads/topic.json")),
    (ChannelKind::Telegram, include_str!("../telegram/payloads/button.json")),
    (ChannelKind::Standard, include_str!("../standard/payloads/message.json")),
    (ChannelKind::Web, include_str!("../web/payloads/message.json")),
];

#[test]
fn an_unsigned_body_is_refused_by_every_kind() {
    for kind in ChannelKind::ALL {
        let channel = channel(kind, &json!({}), &[("app_secret", "s"), ("secret_token", "s")]);
        let verdict = verify(&channel, &HeaderMap::new(), b"{}", SystemTime::now());
        match kind {
            ChannelKind::Web => assert_eq!(verdict, Err(VerifyError::NotAWebhook)),
            ChannelKind::Whatsapp | ChannelKind::Telegram | ChannelKind::Standard => {
                assert!(matches!(verdict, Err(VerifyError::MissingHeader(_))), "{kind}");
            }
        }
    }
}

#[test]
fn the_hint_is_the_conversation_or_its_chat() {
    for (kind, body) in EXAMPLES {
        let hint = route_hint(kind, body.as_bytes()).unwrap();
        let Event::Message(first) = parse(kind, body.as_bytes(), None).unwrap().remove(0).event
        else {
            panic!("no message: {body}");
        };
        assert!(first.peer.as_str().starts_with(&*hint), "{kind}");
    }
    let plus = r#"{"data":{"conversation":"+33123"}}"#;
    assert_eq!(route_hint(ChannelKind::Standard, plus.as_bytes()).as_deref(), Some("33123"));
    let empty = r#"{"data":{"conversation":""}}"#;
    assert_eq!(route_hint(ChannelKind::Standard, empty.as_bytes()), None);
}

#[test]
fn hostile_bodies_have_a_reason_without_their_text() {
    for kind in ChannelKind::ALL {
        let bad_utf8 = parse(kind, b"{\"text\":\"\xff secret\"}", None).unwrap_err();
        assert_eq!(bad_utf8, ParseError::NotUtf8(9), "{kind}");
        for body in ["", "{\"secret\"", "\"secret", "nul", "{\"type\":secret}"] {
            let error = parse(kind, body.as_bytes(), None).unwrap_err();
            assert!(matches!(error, ParseError::NotJson { .. }), "{kind}: {body}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        for body in [r#""secret""#, r#"{"type":{"secret":1},"entry":"secret","message":"secret"}"#]
        {
            let error = parse(kind, body.as_bytes(), None).unwrap_err();
            assert!(matches!(error, ParseError::Shape { .. }), "{kind}: {body}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}

#[test]
fn depth_costs_no_stack() {
    for kind in ChannelKind::ALL {
        // Recursion would need far more than a thread's 2 MiB.
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for body in [
            deep.clone(),
            format!(r#"{{"object":"whatsapp_business_account","entry":[{deep}]}}"#),
            format!(r#"{{"update_id":1,"message":{deep}}}"#),
            format!(r#"{{"type":"message.received","data":{deep}}}"#),
            format!(r#"{{"type":"web.message","visitor":"v","button":{deep}}}"#),
        ] {
            drop(parse(kind, body.as_bytes(), None));
            drop(route_hint(kind, body.as_bytes()));
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body: Vec<u8>) {
        for kind in ChannelKind::ALL {
            drop(parse(kind, &body, None));
            drop(route_hint(kind, &body));
        }
    }

    #[test]
    fn damaged_bodies_never_panic(
        example in 0..EXAMPLES.len(), at: prop::sample::Index, len in 0_usize..40, with: Vec<u8>,
    ) {
        let (kind, body) = EXAMPLES[example];
        let mut body = body.as_bytes().to_vec();
        let at = at.index(body.len());
        let end = (at + len).min(body.len());
        body.splice(at..end, with);
        if let Ok(updates) = parse(kind, &body, Some("id")) {
            prop_assert!(!updates.is_empty());
            for update in updates {
                let id = match update.event {
                    Event::Message(message) => message.external_id,
                    Event::Other { external_id, .. } => external_id,
                };
                prop_assert!((1..=256).contains(&id.chars().count()));
            }
        }
        drop(route_hint(kind, &body));
    }
}
