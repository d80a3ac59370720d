use std::time::{Duration, SystemTime};

use http::HeaderMap;
use lumi_domain::{ChannelKind, Event, InputKind, Lang, Peer, SendOutcome};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{parse, route_hint, verify};
use crate::outbound::tests::{Fake, NOW, channel, meta, part, sender};
use crate::payload::ParseError;
use crate::signature::VerifyError;

// The example of the specification, and a v1a (Ed25519) signature of the same content.
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const AT: u64 = 1_614_265_330;
const BODY: &str = r#"{"test": 2432232314}"#;
const GOOD: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const V1A: &str =
    "v1a,fldxM4gAKugP6nnt1hdz3sgGfZ6d99nzrMFnZOELIxbzEHoVmAb2ADpkJK7zgPePmPsle0zV9jSeGlHFG2NVAw==";
/// Well-formed, of another body.
const WRONG: &str = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";

struct Case {
    secrets: Vec<&'static str>,
    headers: Vec<(&'static str, String)>,
    now: u64,
}

fn good() -> Case {
    Case {
        secrets: vec![KEY],
        headers: vec![
            ("webhook-id", ID.to_owned()),
            ("webhook-timestamp", AT.to_string()),
            ("webhook-signature", GOOD.to_owned()),
        ],
        now: AT,
    }
}

fn with(name: &str, value: &str) -> Case {
    let mut case = good();
    case.headers.iter_mut().filter(|(n, _)| *n == name).for_each(|(_, v)| value.clone_into(v));
    case
}

fn without(name: &str) -> Case {
    let mut case = good();
    case.headers.retain(|(n, _)| *n != name);
    case
}

fn verdict(case: &Case, body: &str) -> Result<Option<String>, VerifyError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &case.headers {
        headers.append(*name, value.parse().unwrap());
    }
    let secrets: Vec<SecretString> = case.secrets.iter().map(|&secret| secret.into()).collect();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(case.now);
    verify(&secrets, &headers, body.as_bytes(), now).map(|verified| verified.webhook_id)
}

#[test]
fn signatures_that_pass() {
    let cases = [
        good(),
        with("webhook-signature", &format!("{WRONG} {GOOD}")),
        with("webhook-signature", &format!("{V1A} v2,xyz {GOOD}")),
        Case { secrets: vec!["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], ..good() },
        Case { secrets: vec!["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", KEY], ..good() },
        Case { secrets: vec!["whsec_not base64", "", KEY], ..good() },
        Case { now: AT + 300, ..good() },
        Case { now: AT - 300, ..good() },
    ];
    for case in cases {
        assert_eq!(verdict(&case, BODY), Ok(Some(ID.to_owned())), "{:?}", case.headers);
    }
}

#[test]
fn signatures_that_fail() {
    let mismatch = VerifyError::Mismatch("webhook-signature");
    let malformed = VerifyError::Malformed {
        header: "webhook-signature",
        expected: "a list of v1, and the base64 of 32 bytes, separated by spaces",
    };
    let time = VerifyError::Malformed {
        header: "webhook-timestamp",
        expected: "seconds since 1970 as digits",
    };
    let id = VerifyError::Malformed { header: "webhook-id", expected: "1 to 256 characters" };
    let none = VerifyError::NoSecret("secret");
    let table = [
        (without("webhook-id"), VerifyError::MissingHeader("webhook-id")),
        (without("webhook-timestamp"), VerifyError::MissingHeader("webhook-timestamp")),
        (without("webhook-signature"), VerifyError::MissingHeader("webhook-signature")),
        (with("webhook-signature", WRONG), mismatch),
        (with("webhook-id", "msg_other"), mismatch),
        (with("webhook-timestamp", "1614265331"), mismatch),
        (with("webhook-signature", &GOOD.replace("v1,", "v2,")), malformed),
        (with("webhook-signature", GOOD.trim_start_matches("v1,")), malformed),
        (with("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1O"), malformed),
        (with("webhook-signature", V1A), malformed),
        (with("webhook-signature", ""), malformed),
        (with("webhook-timestamp", "yesterday"), time),
        (with("webhook-timestamp", "-1"), time),
        (with("webhook-id", ""), id),
        (with("webhook-id", &"x".repeat(257)), id),
        (Case { now: AT + 301, ..good() }, VerifyError::TooOld(301)),
        (Case { now: AT - 301, ..good() }, VerifyError::TooNew(301)),
        (Case { secrets: vec![], ..good() }, none),
        (Case { secrets: vec!["", "whsec_", "whsec_not base64"], ..good() }, none),
        (Case { secrets: vec!["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], ..good() }, mismatch),
    ];
    for (case, expected) in table {
        assert_eq!(verdict(&case, BODY), Err(expected), "{:?}", case.headers);
    }
    assert_eq!(verdict(&good(), r#"{"test": 2432232315}"#), Err(mismatch));
}

#[test]
fn a_message() {
    let body = include_str!("payloads/message.json");
    let updates = parse(body, Some("wh_1")).unwrap();
    let Event::Message(message) = &updates[0].event else { panic!("no message") };
    assert_eq!((updates.len(), updates[0].account.as_deref()), (1, None));
    assert_eq!(message.external_id, "wh_1");
    assert_eq!((message.peer.as_str(), message.sender.as_str()), ("c1", "u1"));
    assert_eq!((message.name.as_deref(), message.language), (Some("Anna"), Lang::parse("fr")));
    assert_eq!(
        (message.text.0.as_str(), message.input),
        ("Quels sont vos horaires ?", InputKind::Text)
    );
    assert_eq!(message.platform_ms, Some(1_785_578_400_250));
    assert_eq!(message.reply_ref, json!({"to": "u1", "conversation": "c1"}));
    assert_eq!(route_hint(body.as_bytes()).as_deref(), Some("c1"));
}

#[test]
fn other_bodies() {
    let minimal = parse(include_str!("payloads/minimal.json"), None).unwrap();
    let Event::Message(message) = &minimal[0].event else { panic!("no message") };
    assert!(message.external_id.starts_with("sha256:"));
    assert_eq!(message.peer.as_str(), "33123");
    // As they spelt it, so that they know it again.
    assert_eq!(message.reply_ref["to"], "+33123");

    let other = parse(include_str!("payloads/other_type.json"), Some("wh_2")).unwrap();
    let expected = Event::Other {
        what: "type.contact.updated".to_owned(),
        external_id: "wh_2".to_owned(),
        peer: None,
    };
    assert_eq!(other[0].event, expected);

    let long = format!(
        r#"{{"type":"message.received","data":{{"conversation":"{}","from":{{"id":"u"}},"text":""}}}}"#,
        "c".repeat(257)
    );
    let odd = [include_str!("payloads/without_sender.json"), "[]", "{}", "7", &long];
    for body in odd {
        assert!(matches!(parse(body, None), Err(ParseError::Shape { .. })), "{body}");
    }
}

#[tokio::test]
async fn a_reply_that_any_receiver_can_verify() {
    let fake = Fake::start([]).await;
    let settings = json!({"reply_url": format!("{}/hook?tenant=1", fake.base())});
    let old = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let both = format!("{KEY},{old}");
    let channel = channel(ChannelKind::Standard, &settings, &[("secret", &both)]);
    let reply_ref = json!({"to": "u1", "conversation": "c1"});
    let (to, sender) = (Peer::new("c1"), sender());
    let asked = part("Merci de confirmer", &["✅", "❌"]);
    let outcome = sender.send(&channel, &to, &reply_ref, &asked, &meta()).await;
    assert_eq!(outcome, SendOutcome::Sent { provider_id: None });
    let nothing = crate::SendMeta { in_reply_to: None, index: 2, ..meta() };
    sender.send(&channel, &to, &Value::Null, &part("Bonjour", &[]), &nothing).await;

    let seen = fake.seen();
    assert_eq!(seen[0].path, "/hook?tenant=1");
    assert_eq!(seen[0].headers["webhook-id"], "lumi_1_7");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
    for known in [KEY, old] {
        let secrets: [SecretString; 1] = [known.into()];
        let verified = verify(&secrets, &seen[0].headers, &seen[0].body, now).unwrap();
        assert_eq!(verified.webhook_id.as_deref(), Some("lumi_1_7"));
    }
    assert_eq!(
        seen[0].json(),
        json!({"type": "message.reply", "timestamp": "2023-11-14T22:13:20.000Z", "data": {
            "conversation": "c1", "to": "u1", "text": "Merci de confirmer", "language": "fr",
            "in_reply_to": "msg_1", "index": 0, "buttons": ["✅", "❌"]}})
    );
    assert_eq!(
        seen[1].json()["data"],
        json!({"conversation": "c1", "to": "c1", "text": "Bonjour", "language": "fr",
            "in_reply_to": null, "index": 2})
    );
}
