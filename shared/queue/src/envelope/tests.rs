use proptest::prelude::*;
use serde_json::json;

use super::*;

fn envelope() -> Envelope {
    Envelope {
        kind: ChannelKind::Whatsapp,
        endpoint: "wa".into(),
        received_at_ms: 1_700_000_000_123,
        webhook_id: Some("msg_1".into()),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into()),
        body: Bytes::from_static(b"{\"entry\":[]}"),
    }
}

fn headers(value: &Value) -> Headers {
    value.as_object().cloned().unwrap_or_default()
}

/// Messages of the last release still wait in queues when this one starts: never change these names or
/// types without a new version.
#[test]
fn the_headers_of_version_1_are_pinned() {
    let pinned = json!({
        "x-lumi-version": 1,
        "x-lumi-kind": "whatsapp",
        "x-lumi-endpoint": "wa",
        "x-lumi-received-at": 1_700_000_000_123_i64,
        "x-lumi-webhook-id": "msg_1",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    });
    assert_eq!(Value::Object(envelope().headers()), pinned);
    assert_eq!(X_FIRST_SEEN, "x-lumi-first-seen");
}

#[test]
fn what_is_absent_is_not_written() {
    let bare = Envelope { webhook_id: None, traceparent: None, ..envelope() };
    let names: Vec<String> = bare.headers().keys().cloned().collect();
    assert_eq!(names, ["x-lumi-endpoint", "x-lumi-kind", "x-lumi-received-at", "x-lumi-version"]);
    assert_eq!(Payload::decode(bare.headers(), bare.body.clone()), Payload::Envelope(bare));
}

#[test]
fn a_newer_build_is_recognised() {
    for (wire, version) in [
        (json!({"x-lumi-version": 2}), 2),
        (json!({"x-lumi-version": 9, "x-lumi-kind": 1}), 9),
        (json!({"x-lumi-version": 1, "x-lumi-kind": "pigeon"}), 1),
    ] {
        let raw = Raw { headers: headers(&wire), body: Bytes::from_static(b"x") };
        let got = Payload::decode(raw.headers.clone(), raw.body.clone());
        assert_eq!(got, Payload::NewerVersion { version, raw });
    }
}

#[test]
fn what_is_no_envelope_says_why() {
    use MalformedReason::{Missing, Unreadable};
    for (wire, reason) in [
        (json!({}), Missing("x-lumi-version")),
        (json!({"x-lumi-version": "1"}), Unreadable("x-lumi-version")),
        (json!({"x-lumi-version": 0}), Unreadable("x-lumi-version")),
        (json!({"x-lumi-version": 1}), Missing("x-lumi-kind")),
        (json!({"x-lumi-version": 1, "x-lumi-kind": "web"}), Missing("x-lumi-endpoint")),
        (
            json!({"x-lumi-version": 1, "x-lumi-kind": "web", "x-lumi-endpoint": "w",
                   "x-lumi-received-at": "now"}),
            Unreadable("x-lumi-received-at"),
        ),
        (
            json!({"x-lumi-version": 1, "x-lumi-kind": "web", "x-lumi-endpoint": "w",
                   "x-lumi-received-at": 1, "x-lumi-webhook-id": 7}),
            Unreadable("x-lumi-webhook-id"),
        ),
    ] {
        let Payload::Malformed { reason: got, .. } = Payload::decode(headers(&wire), Bytes::new())
        else {
            panic!("should be malformed: {reason}");
        };
        assert_eq!(got, reason);
    }
}

#[test]
fn debug_shows_no_text() {
    let secret = Envelope { body: Bytes::from_static(b"my secret"), ..envelope() };
    let raw = Raw { headers: secret.headers(), body: secret.body.clone() };
    let shown = format!("{secret:?} {raw:?}");
    assert!(!shown.contains("my secret") && shown.contains("body_bytes: 9"), "{shown}");
}

proptest! {
    #[test]
    fn an_envelope_survives_the_way(
        kind in 0..ChannelKind::ALL.len(),
        endpoint in ".*",
        received_at_ms: i64,
        webhook_id in proptest::option::of(".*"),
        traceparent in proptest::option::of(".*"),
        body: Vec<u8>,
    ) {
        let kind = ChannelKind::ALL[kind];
        let sent = Envelope {
            kind, endpoint, received_at_ms, webhook_id, traceparent, body: body.into(),
        };
        let got = Payload::decode(sent.headers(), sent.body.clone());
        prop_assert_eq!(got, Payload::Envelope(sent));
    }
}
