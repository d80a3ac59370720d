use std::time::Duration;

use http::HeaderMap;
use lumi_domain::{ChannelKind, Event, InputKind, Lang, Peer, SendOutcome, Update};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{parse, route_hint, verify};
use crate::outbound::tests::{Fake, Step, channel, meta, part, sender};
use crate::payload::ParseError;
use crate::signature::VerifyError;

macro_rules! payload {
    ($name:literal) => {
        include_str!(concat!("payloads/", $name, ".json"))
    };
}

const UPDATE: &str = "174114370";
const NIC: &str = "3527065";
const GROUP: &str = "-1001234567890";

fn only(text: &str) -> Event {
    let mut updates = parse(text).unwrap();
    assert_eq!(updates.len(), 1);
    let Update { account, event } = updates.remove(0);
    assert_eq!(account, None, "the endpoint is the account");
    event
}

#[test]
fn what_people_say() {
    use InputKind::{Button, Media, Reaction, Text};
    let at = Some(1_454_119_029_000);
    let in_group = json!({"message_id": 41});
    let query = json!({"callback_query_id": "4382bfdwdsb323b2d9"});
    let topic = format!("{GROUP}:7");
    let table = [
        (payload!("text"), Text, "Hello", NIC, at, Value::Null),
        (payload!("group"), Text, "Bonjour", GROUP, at, in_group.clone()),
        (payload!("topic"), Text, "Bonjour", &topic, at, in_group),
        (payload!("photo"), Media, "Our table", NIC, at, Value::Null),
        (payload!("sticker"), Media, "", NIC, at, Value::Null),
        (payload!("button"), Button, "❌", NIC, None, query.clone()),
        (payload!("button_of_old_message"), Button, "✅", NIC, None, query),
        (payload!("reaction"), Reaction, "👍", NIC, Some(1_454_119_031_000), Value::Null),
    ];
    for (body, input, text, peer, at, reply_ref) in table {
        let Event::Message(message) = only(body) else { panic!("no message: {body}") };
        assert_eq!((message.input, message.text.0.as_str()), (input, text));
        assert_eq!(message.external_id, UPDATE);
        assert_eq!((message.peer.as_str(), message.sender.as_str()), (peer, NIC));
        assert_eq!(message.name.as_deref(), Some("Nic Pottier"));
        assert_eq!(message.language, Lang::parse("fr"));
        assert_eq!((message.platform_ms, message.reply_ref), (at, reply_ref));
        // A topic is a conversation of its chat: they share a partition.
        let chat = peer.split(':').next();
        assert_eq!(route_hint(body.as_bytes()).as_deref(), chat);
    }
}

#[test]
fn what_is_no_saying() {
    let table = [
        (payload!("edited"), "update.edited_message", Some(NIC)),
        (payload!("joined"), "message.service", Some(GROUP)),
        (payload!("bot"), "message.bot", Some(GROUP)),
        (payload!("reaction_removed"), "message_reaction.removed", Some(NIC)),
        (payload!("blocked"), "my_chat_member.kicked", Some(NIC)),
        (payload!("channel_post"), "update.channel_post", Some("-100999")),
        (payload!("invented_type"), "update.hologram", None),
    ];
    for (body, expected, chat) in table {
        let Event::Other { what, external_id, peer } = only(body) else { panic!("{expected}") };
        assert_eq!((what.as_str(), external_id.as_str()), (expected, UPDATE));
        assert_eq!(peer.as_ref().map(Peer::as_str), chat, "{expected}");
        assert_eq!(route_hint(body.as_bytes()).as_deref(), chat, "{expected}");
    }
}

#[test]
fn a_missing_update_id_is_a_hash() {
    let Event::Message(message) = only(payload!("without_update_id")) else { panic!("no message") };
    assert!(message.external_id.starts_with("sha256:"));
}

#[test]
fn bodies_of_another_shape() {
    let no_chat = r#"{"update_id":1,"message":{"text":"hi"}}"#;
    for body in ["[]", "{}", r#"{"update_id":1}"#, r#"{"update_id":1,"message":7}"#, no_chat] {
        assert!(matches!(parse(body), Err(ParseError::Shape { .. })), "{body}");
    }
    assert!(matches!(parse("{"), Err(ParseError::NotJson { .. })));
}

#[test]
fn the_secret_token_must_be_equal() {
    let name = "x-telegram-bot-api-secret-token";
    let secrets: Vec<SecretString> = vec!["new".into(), "old".into(), "".into()];
    for (token, good) in [("new", true), ("old", true), ("New", false), ("ne", false), ("", false)]
    {
        let mut headers = HeaderMap::new();
        headers.insert(name, token.parse().unwrap());
        assert_eq!(verify(&secrets, &headers).is_ok(), good, "{token}");
        assert_eq!(verify(&[], &headers), Err(VerifyError::NoSecret("secret_token")));
    }
    assert_eq!(verify(&secrets, &HeaderMap::new()), Err(VerifyError::MissingHeader(name)));
}

const SECRETS: [(&str, &str); 1] = [("bot_token", "123456:ABC-def")];
const SENT: &str = r#"{"ok":true,"result":{"message_id":42}}"#;

#[tokio::test]
async fn requests_as_documented() {
    let fake = Fake::start([Step::Answer(200, SENT)]).await;
    let (sender, settings) = (sender(), json!({"api_base": fake.base()}));
    let channel = channel(ChannelKind::Telegram, &settings, &SECRETS);
    let (plain, asked) = (part("Bonjour *", &[]), part("Sûr ?", &["✅", "❌"]));
    let first = sender.send(&channel, &Peer::new(NIC), &Value::Null, &plain, &meta()).await;
    assert_eq!(first, SendOutcome::Sent { provider_id: Some("42".to_owned()) });
    let topic = Peer::new(&format!("{GROUP}:7"));
    sender.send(&channel, &topic, &json!({"message_id": 41}), &asked, &meta()).await;
    let long = part("Hi", &[&"x".repeat(65)]);
    sender.send(&channel, &Peer::new("@news"), &Value::Null, &long, &meta()).await;

    let seen = fake.seen();
    assert!(seen.iter().all(|seen| seen.path == "/bot123456:ABC-def/sendMessage"));
    assert_eq!(seen[0].json(), json!({"chat_id": 3_527_065, "text": "Bonjour *"}));
    let key = |label: &str| json!({"text": label, "callback_data": label});
    assert_eq!(
        seen[1].json(),
        json!({"chat_id": -1_001_234_567_890_i64, "message_thread_id": 7, "text": "Sûr ?",
            "reply_parameters": {"message_id": 41, "allow_sending_without_reply": true},
            "reply_markup": {"inline_keyboard": [[key("✅"), key("❌")]]}})
    );
    assert_eq!(seen[2].json(), json!({"chat_id": "@news", "text": "Hi"}));
}

#[tokio::test]
async fn a_press_is_acknowledged_beside_the_reply_once() {
    let fake = Fake::start([]).await;
    let (sender, settings) = (sender(), json!({"api_base": fake.base()}));
    let channel = channel(ChannelKind::Telegram, &settings, &SECRETS);
    let (to, part, reply_ref) =
        (Peer::new(NIC), part("Ok", &[]), json!({"callback_query_id": "q"}));
    for (index, attempt) in [(0, 0), (0, 1), (1, 0)] {
        let meta = crate::SendMeta { index, attempt, ..meta() };
        sender.send(&channel, &to, &reply_ref, &part, &meta).await;
    }
    sender.close().await;
    let seen = fake.seen();
    let pressed: Vec<_> =
        seen.iter().filter(|s| s.path.ends_with("/answerCallbackQuery")).collect();
    assert_eq!((seen.len(), pressed.len()), (4, 1));
    assert_eq!(pressed[0].json(), json!({"callback_query_id": "q"}));
}

#[tokio::test]
async fn a_group_that_moved_is_followed_at_once() {
    let moved = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1009}}"#;
    let fake = Fake::start([Step::Answer(400, moved), Step::Answer(200, SENT)]).await;
    let channel = channel(ChannelKind::Telegram, &json!({"api_base": fake.base()}), &SECRETS);
    let (to, part) = (Peer::new("-9"), part("Ok", &[]));
    let outcome = sender().send(&channel, &to, &Value::Null, &part, &meta()).await;
    assert_eq!(outcome, SendOutcome::Sent { provider_id: Some("42".to_owned()) });
    let chats: Vec<_> = fake.seen().iter().map(|seen| seen.json()["chat_id"].clone()).collect();
    assert_eq!(chats, [json!(-9), json!(-1009)]);
}

#[tokio::test]
async fn refusals() {
    let after = |seconds, reason: &str| SendOutcome::RetryAfter {
        after: Duration::from_secs(seconds),
        reason: reason.to_owned(),
    };
    let contact = |reason: &str| SendOutcome::PermanentContact { reason: reason.to_owned() };
    let whole = |reason: &str| SendOutcome::PermanentChannel { reason: reason.to_owned() };
    let table = [
        (
            429,
            r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 30","parameters":{"retry_after":30}}"#,
            after(30, "Telegram error 429: Too Many Requests: retry after 30"),
        ),
        (429, "", after(1, "Telegram error 429: ")),
        (
            403,
            r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#,
            contact("Telegram error 403: Forbidden: bot was blocked by the user"),
        ),
        (
            400,
            r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#,
            contact("Telegram error 400: Bad Request: chat not found"),
        ),
        (
            401,
            r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#,
            whole("Telegram error 401: Unauthorized"),
        ),
        (
            404,
            r#"{"ok":false,"error_code":404,"description":"Not Found"}"#,
            whole("Telegram error 404: Not Found"),
        ),
        (
            400,
            r#"{"ok":false,"error_code":400,"description":"Bad Request: message text is empty"}"#,
            SendOutcome::PermanentMessage {
                reason: "HTTP 400: bad request: message text is empty".to_owned(),
            },
        ),
        (502, "<html>", SendOutcome::Retry { reason: "HTTP 502".to_owned() }),
    ];
    let fake = Fake::start(table.iter().map(|(status, body, _)| Step::Answer(*status, body))).await;
    let channel = channel(ChannelKind::Telegram, &json!({"api_base": fake.base()}), &SECRETS);
    for (status, body, expected) in table {
        let (to, part) = (Peer::new(NIC), part("Hi", &[]));
        let outcome = sender().send(&channel, &to, &Value::Null, &part, &meta()).await;
        assert_eq!(outcome, expected, "{status} {body}");
    }
}

#[tokio::test]
async fn no_reason_ever_holds_the_token() {
    let settings = json!({"api_base": "http://127.0.0.1:1"});
    for token in ["123456:ABC-def", "bad token\n"] {
        let channel = channel(ChannelKind::Telegram, &settings, &[("bot_token", token)]);
        let (to, part) = (Peer::new(NIC), part("Hi", &[]));
        let outcome = sender().send(&channel, &to, &Value::Null, &part, &meta()).await;
        assert!(!format!("{outcome:?}").contains(token.trim()), "{outcome:?}");
    }
}
