use std::time::Duration;

use lumi_domain::{ChannelKind, Event, InputKind, Peer, SendOutcome, Update};
use serde_json::{Value, json};

use super::{parse, route_hint};
use crate::outbound::tests::{Fake, Step, channel, meta, part, sender};
use crate::payload::ParseError;
use crate::{SendMeta, Sender};

const NUMBER: &str = "106540352242922";
const WAMID: &str = "wamid.HBgLNTY3OA==";

macro_rules! payload {
    ($name:literal) => {
        include_str!(concat!("payloads/", $name, ".json"))
    };
}

fn only(text: &str) -> Event {
    let mut updates = parse(text).unwrap();
    assert_eq!(updates.len(), 1);
    let Update { account, event } = updates.remove(0);
    assert_eq!(account.as_deref(), Some(NUMBER));
    event
}

#[test]
fn what_people_say() {
    use InputKind::{Button, Media, Reaction, Text};
    let table = [
        (payload!("text"), Text, "Hello World"),
        (payload!("image"), Media, "Our table"),
        (payload!("voice"), Media, ""),
        (payload!("location"), Media, ""),
        (payload!("button_reply"), Button, "✅"),
        (payload!("list_reply"), Button, "Lundi"),
        (payload!("quick_reply"), Button, "Oui"),
        (payload!("reaction"), Reaction, "✅"),
    ];
    for (body, input, text) in table {
        let Event::Message(message) = only(body) else { panic!("no message: {body}") };
        assert_eq!((message.input, message.text.0.as_str()), (input, text));
        assert_eq!(message.external_id, WAMID);
        assert_eq!((message.peer.as_str(), message.sender.as_str()), ("5678", "5678"));
        assert_eq!(message.name.as_deref(), Some("Kerry Fisher"));
        assert_eq!(message.platform_ms, Some(1_454_119_029_000));
        assert_eq!((message.language, &message.reply_ref), (None, &Value::Null));
        assert_eq!(route_hint(body.as_bytes()).as_deref(), Some("5678"));
    }
}

#[test]
fn what_is_no_saying() {
    let table = [
        (payload!("flow_reply"), "message.interactive.nfm_reply", WAMID),
        (payload!("reaction_removed"), "message.reaction.removed", WAMID),
        (payload!("edit"), "message.edit", "wamid.NEW"),
        (payload!("revoke"), "message.revoke", "wamid.NEW"),
        (payload!("system"), "message.system", WAMID),
        (payload!("unsupported"), "message.unsupported", WAMID),
        (payload!("invented_type"), "message.hologram", WAMID),
        (payload!("text_without_sender"), "message.no_sender", WAMID),
        (payload!("own_echo"), "message.echo", WAMID),
    ];
    for (body, expected, id) in table {
        let Event::Other { what, external_id, .. } = only(body) else { panic!("{expected}") };
        assert_eq!((what.as_str(), external_id.as_str()), (expected, id));
    }
}

#[test]
fn a_person_without_a_number() {
    let body = payload!("text_without_number");
    let Event::Message(message) = only(body) else { panic!("no message") };
    assert_eq!(message.sender, Peer::new("US.1234"));
    assert_eq!(message.peer, message.sender);
    assert_eq!(message.name.as_deref(), Some("Анна"));
    assert_eq!(route_hint(body.as_bytes()).as_deref(), Some("US.1234"));
}

#[test]
fn a_group_is_one_conversation() {
    let body = payload!("text_in_group");
    let Event::Message(message) = only(body) else { panic!("no message") };
    assert_eq!(message.peer.as_str(), "Y2FwaV9ncm91cDo1");
    assert_eq!(message.sender.as_str(), "5678");
    assert_eq!(message.reply_ref, json!({"group": true}));
    assert_eq!(route_hint(body.as_bytes()).as_deref(), Some("Y2FwaV9ncm91cDo1"));
}

#[test]
fn a_missing_id_is_a_hash_of_the_message() {
    let body = payload!("text_without_id");
    let id = |body: &str| match only(body) {
        Event::Message(message) => message.external_id,
        Event::Other { external_id, .. } => external_id,
    };
    assert!(id(body).starts_with("sha256:"), "{}", id(body));
    assert_eq!(id(body), id(body));
    for (from, to) in [("No id", "No ID"), ("\"5678\"", "\"5679\""), ("1454119029", "1454119030")] {
        assert_ne!(id(body), id(&body.replace(from, to)), "{from}");
    }
    let long = payload!("text").replace(WAMID, &"w".repeat(300));
    assert_eq!(id(&long).len(), "sha256:".len() + 64);
}

#[test]
fn statuses_have_a_key_per_state() {
    let body = payload!("status");
    let found: Vec<_> = parse(body).unwrap().into_iter().map(|update| update.event).collect();
    let status = |word: &str| Event::Other {
        what: format!("status.{word}"),
        external_id: format!("wamid.OUT:{word}"),
        peer: Some(Peer::new("5678")),
    };
    assert_eq!(found, [status("sent"), status("delivered")]);
    assert_eq!(route_hint(body.as_bytes()).as_deref(), Some("5678"));
}

#[test]
fn a_batch_is_read_to_its_end_around_an_odd_element() {
    let found: Vec<_> = parse(payload!("batch"))
        .unwrap()
        .into_iter()
        .map(|Update { account, event }| match event {
            Event::Message(message) => (account.unwrap(), message.text.0),
            Event::Other { what, .. } => (account.unwrap(), what),
        })
        .collect();
    let found: Vec<_> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let expected = [
        (NUMBER, "one"),
        (NUMBER, "two"),
        ("206540352242922", "three"),
        (NUMBER, "four"),
        (NUMBER, "message.malformed"),
        (NUMBER, "status.read"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn news_about_the_account() {
    let what = |body: &str| match parse(body).unwrap().remove(0).event {
        Event::Other { what, .. } => what,
        Event::Message(_) => panic!("a message"),
    };
    assert_eq!(what(payload!("account_update")), "field.account_update");
    assert_eq!(what(payload!("error")), "error");
    assert_eq!(what(r#"{"object":"page","entry":[{"id":"1"}]}"#), "object.page");
    assert_eq!(what(r#"{"object":"whatsapp_business_account","entry":[]}"#), "empty");
}

#[test]
fn bodies_of_another_shape() {
    let odd = r#"{"object":"whatsapp_business_account","entry":[7, null]}"#;
    for body in ["[]", "7", "{}", r#"{"entry":7}"#, r#"{"object":7,"entry":[]}"#, odd] {
        assert!(matches!(parse(body), Err(ParseError::Shape { .. })), "{body}");
    }
    let cut = payload!("text").get(..200).unwrap();
    assert!(matches!(parse(cut), Err(ParseError::NotJson { .. })));
}

#[test]
fn text_that_no_database_takes() {
    let body = payload!("text").replace("Hello World", r"a\u0000b \ud83d! \ud83d\udc4d");
    let Event::Message(message) = only(&body) else { panic!("no message") };
    assert!(message.text.0.starts_with("a\u{fffd}b \u{fffd}"), "{}", message.text.0);
    assert!(message.text.0.ends_with("! 👍"), "{}", message.text.0);
}

fn settings(fake: &Fake) -> Value {
    json!({"phone_number_id": NUMBER, "api_version": "v17.0", "api_base": format!("{}/", fake.base())})
}

const SECRETS: [(&str, &str); 1] = [("access_token", "EAAtoken,old")];

async fn send(
    sender: &Sender,
    fake: &Fake,
    to: &str,
    reply_ref: Value,
    buttons: &[&str],
) -> SendOutcome {
    let channel = channel(ChannelKind::Whatsapp, &settings(fake), &SECRETS);
    sender.send(&channel, &Peer::new(to), &reply_ref, &part("Bonjour", buttons), &meta()).await
}

#[tokio::test]
async fn requests_as_documented() {
    let fake = Fake::start([Step::Answer(
        200,
        r#"{"messaging_product":"whatsapp","contacts":[{"input":"5678","wa_id":"5678"}],"messages":[{"id":"wamid.OUT"}]}"#,
    )])
    .await;
    let sender = sender();
    let first = send(&sender, &fake, "5678", Value::Null, &[]).await;
    assert_eq!(first, SendOutcome::Sent { provider_id: Some("wamid.OUT".to_owned()) });
    send(&sender, &fake, "US.1234", Value::Null, &["✅", "❌"]).await;
    send(&sender, &fake, "Y2Fw", json!({"group": true}), &[]).await;

    let seen = fake.seen();
    assert_eq!(seen[0].path, format!("/v17.0/{NUMBER}/messages"));
    assert_eq!(seen[0].headers["authorization"], "Bearer EAAtoken");
    assert_eq!(seen[0].headers["content-type"], "application/json");
    let text = json!({"body": "Bonjour", "preview_url": false});
    assert_eq!(
        seen[0].json(),
        json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "5678",
            "type": "text", "text": text})
    );
    let button = |label: &str| json!({"type": "reply", "reply": {"id": label, "title": label}});
    assert_eq!(
        seen[1].json(),
        json!({"messaging_product": "whatsapp", "recipient_type": "individual",
            "recipient": "US.1234", "type": "interactive", "interactive": {"type": "button",
            "body": {"text": "Bonjour"}, "action": {"buttons": [button("✅"), button("❌")]}}})
    );
    assert_eq!(
        seen[2].json(),
        json!({"messaging_product": "whatsapp", "recipient_type": "group", "to": "Y2Fw",
            "type": "text", "text": text})
    );
}

#[tokio::test]
async fn buttons_that_do_not_fit_become_text() {
    let fake = Fake::start([]).await;
    let (sender, channel) = (sender(), channel(ChannelKind::Whatsapp, &settings(&fake), &SECRETS));
    let long = "é".repeat(1025);
    let table = [
        (part("Hi", &["1", "2", "3", "4"]), "text"),
        (part("Hi", &["a label of 21 letters"]), "text"),
        (part("Hi", &["двадцать букв, ровно"]), "interactive"),
        (part(&long, &["✅"]), "text"),
        (part(&"é".repeat(1024), &["✅"]), "interactive"),
    ];
    for (part, _) in &table {
        sender.send(&channel, &Peer::new("5678"), &Value::Null, part, &meta()).await;
    }
    for ((_, kind), seen) in table.iter().zip(fake.seen()) {
        assert_eq!(seen.json()["type"], *kind);
    }
}

#[derive(Debug, PartialEq)]
enum Kind {
    After(u64),
    Retry,
    Message,
    Channel,
}

fn kind(outcome: &SendOutcome) -> Kind {
    match outcome {
        SendOutcome::RetryAfter { after, .. } => Kind::After(after.as_secs()),
        SendOutcome::Retry { .. } => Kind::Retry,
        SendOutcome::PermanentMessage { .. } => Kind::Message,
        SendOutcome::PermanentChannel { .. } => Kind::Channel,
        SendOutcome::Sent { .. }
        | SendOutcome::PermanentContact { .. }
        | SendOutcome::Unknown { .. } => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn error_codes() {
    use Kind::{After, Channel, Message, Retry};
    let table = [
        (400, r#"{"error":{"code":131056,"message":"pair"}}"#, After(16)),
        (429, r#"{"error":{"code":130429}}"#, After(16)),
        (400, r#"{"error":{"code":4}}"#, After(60)),
        (400, r#"{"error":{"code":80007}}"#, After(60)),
        (400, r#"{"error":{"code":131048}}"#, After(60)),
        (400, r#"{"error":{"code":131053}}"#, Retry),
        (400, r#"{"error":{"code":2}}"#, Retry),
        (500, r#"{"error":{"code":131000}}"#, Retry),
        // The code of every failure: its status decides.
        (400, r#"{"error":{"code":131000}}"#, Message),
        (400, r#"{"error":{"code":131047}}"#, Message),
        (400, r#"{"error":{"code":131026}}"#, Message),
        (404, r#"{"error":{"code":132001}}"#, Message),
        (400, r#"{"error":{"code":100}}"#, Message),
        (400, r#"{"error":{"code":100,"error_subcode":33}}"#, Channel),
        (401, r#"{"error":{"code":190}}"#, Channel),
        (403, r#"{"error":{"code":10}}"#, Channel),
        (403, r#"{"error":{"code":299}}"#, Channel),
        (403, r#"{"error":{"code":368}}"#, Channel),
        (400, r#"{"error":{"code":131042}}"#, Channel),
        (401, "no json", Channel),
        (400, r#"{"error":{"code":7777777,"message":"new"}}"#, Message),
        (400, "no json", Message),
        (500, "no json", Retry),
        (429, "no json", After(1)),
    ];
    let fake = Fake::start(table.iter().map(|(status, body, _)| Step::Answer(*status, body))).await;
    let channel = channel(ChannelKind::Whatsapp, &settings(&fake), &SECRETS);
    let (sender, meta) = (sender(), SendMeta { attempt: 2, ..meta() });
    for (status, body, expected) in table {
        let (to, part) = (Peer::new("5678"), part("Hi", &[]));
        let outcome = sender.send(&channel, &to, &Value::Null, &part, &meta).await;
        assert_eq!(kind(&outcome), expected, "{status} {body}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_pause_that_meta_names_goes_before_ours() {
    let body = r#"{"error":{"code":131056,"message":"(#131056)\npair rate"}}"#;
    let fake = Fake::start([Step::With(429, "retry-after", "9".to_owned(), body)]).await;
    let outcome = send(&sender(), &fake, "5678", Value::Null, &[]).await;
    let reason = "WhatsApp error 131056: (#131056) pair rate".to_owned();
    assert_eq!(outcome, SendOutcome::RetryAfter { after: Duration::from_secs(9), reason });
}

#[tokio::test]
async fn a_token_that_no_header_takes_is_not_shown() {
    let fake = Fake::start([]).await;
    let channel = channel(ChannelKind::Whatsapp, &settings(&fake), &[("access_token", "to\nken")]);
    let (to, part) = (Peer::new("5678"), part("Hi", &[]));
    let outcome = sender().send(&channel, &to, &Value::Null, &part, &meta()).await;
    let SendOutcome::PermanentChannel { reason } = outcome else { panic!("{outcome:?}") };
    assert_eq!(reason, "access_token holds characters that no header may hold");
}
