use hyper::Method;
use lumi_domain::ChannelKind;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Headers, Reply, send};
use crate::world::{IDENTITY, World, hmac_hex};

fn bearer(opened: &Reply) -> String {
    format!("Bearer {}", opened.json()["token"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_served_whole_and_strictly() {
    let world = World::start().await;
    world
        .db
        .execute(
            "INSERT INTO faqs (tenant, id, question, answer) VALUES
             ('demo', 'hours', 'When do you open?', 'At 9.'), ('demo', 'xss', '</body><script>', 'No.')",
        )
        .await;
    let page = world.get("/chat/chat", &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<title>Chez &lt;Nous&gt;</title>"), "{}", page.body);
    assert!(
        page.body
            .contains("[&quot;When do you open?&quot;,&quot;&lt;/body&gt;&lt;script&gt;&quot;]")
    );
    assert!(!page.body.contains("__"), "a placeholder is left");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(policy.ends_with("frame-ancestors 'self' https://shop.example"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), "nosniff");

    let files: Vec<&str> =
        page.body.split('"').filter(|part| part.starts_with("chat/assets/")).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        let asset = world.get(&format!("/chat/{file}"), &[]).await;
        assert_eq!(asset.status, 200, "{file}");
        assert!(asset.header("cache-control").contains("immutable"), "{file}");
    }
    let table = [
        ("/chat/chat/assets/index.html", 404),
        ("/chat/nobody", 404),
        ("/chat/std", 404),
        ("/chat/chat/anything", 404),
    ];
    for (path, status) in table {
        assert_eq!(world.get(path, &[]).await.status, status, "{path}");
    }
    world.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_is_who_the_token_says() {
    let mut world = World::start().await;
    let opened = world.post("/chat/chat/session", &[], "{}").await;
    assert_eq!(opened.status, 201, "{opened:?}");
    let visitor = opened.json()["visitor"].as_str().unwrap().to_owned();
    let cookie = opened.header("set-cookie");
    for part in ["lumi_visitor=v1.", "; HttpOnly", "; SameSite=Lax", "; Max-Age=2592000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    let tls = [("x-forwarded-proto", "https")];
    let secure = world.post("/chat/chat/session", &tls, "{}").await;
    assert!(secure.header("set-cookie").ends_with("; Secure"));
    assert_ne!(secure.json()["visitor"], visitor.as_str(), "another visitor");

    // The same visitor again, by cookie and by token.
    let pair = cookie.split(';').next().unwrap();
    let again = world.post("/chat/chat/session", &[("cookie", pair)], "{}").await;
    assert_eq!(again.json()["visitor"], visitor.as_str());
    let token = bearer(&opened);
    let again = world.post("/chat/chat/session", &[("authorization", &token)], "{}").await;
    assert_eq!(again.json()["visitor"], visitor.as_str());

    // A host page's user, proved.
    let proof = hmac_hex(IDENTITY, b"42");
    let table = [
        (json!({"user": "42", "hmac": proof}), 201),
        (json!({"user": "43", "hmac": proof}), 401),
        (json!({"user": "42", "hmac": "zz"}), 400),
        (json!({"user": "42"}), 400),
        (json!({"user": "", "hmac": proof}), 400),
        (json!({"owner_link": ""}), 400),
        (json!([]), 400),
    ];
    for (body, status) in table {
        let reply = world.post("/chat/chat/session", &[], body.to_string()).await;
        assert_eq!(reply.status, status, "{body}: {reply:?}");
        if status == 201 {
            assert_eq!(reply.json()["visitor"], "user:42");
        }
    }
    world.nothing_queued().await;

    // A one-time link is a message like any other.
    let body = json!({"owner_link": "one-time"}).to_string();
    let linked = world.post("/chat/chat/session", &[("authorization", &token)], body).await;
    assert_eq!((linked.status, linked.json()["visitor"].as_str()), (201, Some(visitor.as_str())));
    let envelope = world.envelope().await;
    let sent: Value = serde_json::from_slice(&envelope.body).unwrap();
    assert_eq!((envelope.kind, envelope.endpoint.as_str()), (ChannelKind::Web, "chat"));
    assert_eq!(sent, json!({"type": "web.owner_link", "visitor": visitor, "token": "one-time"}));
    let updates = lumi_channels::parse(ChannelKind::Web, &envelope.body, None);
    assert!(updates.is_ok(), "the worker reads it: {updates:?}");
    world.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_taken_once_it_is_stored_and_keeps_its_id() {
    let mut world = World::start().await;
    let opened = world.post("/chat/chat/session", &[], "{}").await;
    let visitor = opened.json()["visitor"].clone();
    let token = bearer(&opened);
    let signed = [("authorization", token.as_str())];
    let id = Uuid::new_v4().to_string();
    let message = json!({"client_msg_id": id, "text": "Vacances ✅", "button": "✅"}).to_string();
    let mut dedupe = Vec::new();
    for _ in 0..2 {
        let taken = world.post("/chat/chat/messages", &signed, message.clone()).await;
        assert_eq!((taken.status, taken.json()), (202, json!({"id": id})));
        let envelope = world.envelope().await;
        let sent: Value = serde_json::from_slice(&envelope.body).unwrap();
        let expected = json!({
            "type": "web.message", "visitor": visitor, "client_msg_id": id,
            "text": "Vacances ✅", "button": "✅",
        });
        assert_eq!(sent, expected);
        let updates = lumi_channels::parse(ChannelKind::Web, &envelope.body, None).unwrap();
        let lumi_domain::Event::Message(message) = &updates[0].event else {
            panic!("no message: {:?}", updates[0]);
        };
        dedupe.push(message.external_id.clone());
    }
    assert_eq!(dedupe[0], dedupe[1], "the inbox sees one message");

    let text = |text: &str| json!({"client_msg_id": id, "text": text}).to_string();
    let long = text(&"x".repeat(4096));
    let own = format!("http://{}", world.public);
    let with = |origin| [signed[0], ("origin", origin)];
    let other = [("authorization", "Bearer v1.1.eA.00")];
    let table: &[(&str, Headers<'_>, String, u16)] = &[
        ("no session", &[], text("hi"), 401),
        ("a foreign token", &other, text("hi"), 401),
        ("no JSON", &signed, "{".into(), 400),
        ("no UUID", &signed, json!({"client_msg_id": "1", "text": "hi"}).to_string(), 400),
        ("no text", &signed, json!({"client_msg_id": id}).to_string(), 400),
        ("empty text", &signed, text("  "), 400),
        ("long", &signed, long, 413),
        ("own page", &with(&own), text("hi"), 202),
        ("allowed page", &with("https://shop.example"), text("hi"), 202),
        ("foreign page", &with("https://evil.example"), text("hi"), 403),
        ("nobody's page", &with("null"), text("hi"), 403),
    ];
    for (what, headers, body, status) in table {
        let reply = world.post("/chat/chat/messages", headers, body.clone()).await;
        assert_eq!(reply.status, *status, "{what}: {reply:?}");
        let allowed = reply.header("access-control-allow-origin");
        assert_eq!(allowed == "https://shop.example", *what == "allowed page", "{what}");
    }
    world.envelope().await;
    world.envelope().await;
    world.nothing_queued().await;
    world.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_too_much_is_told_to_wait_and_other_pages_are_told_what_they_may() {
    let mut world = World::start().await;
    let opened = world.post("/chat/chat/session", &[], "{}").await;
    let token = bearer(&opened);
    let mut refused = None;
    let mut taken = 0;
    for _ in 0..60 {
        let message = json!({"client_msg_id": Uuid::new_v4(), "text": "again"}).to_string();
        let reply = world.post("/chat/chat/messages", &[("authorization", &token)], message).await;
        match reply.status {
            202 => taken += 1,
            _ => {
                refused = Some(reply);
                break;
            }
        }
    }
    let refused = refused.expect("60 messages in a row are too many");
    assert_eq!(refused.status, 429);
    assert!(matches!(refused.header("retry-after"), "1" | "2"), "{refused:?}");
    for _ in 0..taken {
        world.envelope().await;
    }
    world.nothing_queued().await;

    let asked = [("origin", "https://shop.example"), ("access-control-request-method", "POST")];
    let allowed = send(world.public, Method::OPTIONS, "/chat/chat/messages", &asked, "").await;
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.header("access-control-allow-origin"), "https://shop.example");
    assert!(allowed.header("access-control-allow-headers").contains("Authorization"));
    let asked = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    let refused = send(world.public, Method::OPTIONS, "/chat/chat/messages", &asked, "").await;
    assert_eq!(refused.status, 403);
    world.ended().await;
}
