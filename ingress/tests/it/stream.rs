use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::Method;
use hyper::body::Incoming;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::open;
use crate::world::World;

/// An open event stream.
struct Events {
    body: Incoming,
    text: String,
}

impl Events {
    async fn follow(world: &World, token: &str, last: Option<&str>) -> Self {
        let mut headers = vec![("authorization", token)];
        headers.extend(last.map(|id| ("last-event-id", id)));
        let path = "/chat/chat/events";
        let response = open(world.public, Method::GET, path, &headers, Empty::<Bytes>::new()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut events = Self { body: response.into_body(), text: String::new() };
        assert_eq!(events.block().await, "retry: 1000");
        events
    }

    /// The next block, without the blank line; empty at the end of the stream.
    async fn block(&mut self) -> String {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return block;
            }
            let frame = tokio::time::timeout(Duration::from_secs(20), self.body.frame()).await;
            match frame.expect("an event within 20 s") {
                Some(frame) => {
                    let bytes = frame.unwrap().into_data().unwrap();
                    self.text += std::str::from_utf8(&bytes).unwrap();
                }
                None => return String::new(),
            }
        }
    }

    async fn message(&mut self) -> Value {
        let (id, data) = self.message_and_id().await;
        assert_eq!(data["seq"].to_string(), id);
        data
    }

    async fn message_and_id(&mut self) -> (String, Value) {
        loop {
            let block = self.block().await;
            if let Some(rest) = block.strip_prefix("event: message\nid: ") {
                let (id, data) = rest.split_once("\ndata: ").unwrap();
                return (id.to_owned(), serde_json::from_str(data).unwrap());
            }
            assert!(block.starts_with(':') || block.starts_with("event: typing"), "{block:?}");
        }
    }
}

async fn session(world: &World) -> (String, String) {
    let opened = world.post("/chat/chat/session", &[], "{}").await.json();
    let text = |name: &str| opened[name].as_str().unwrap().to_owned();
    (text("visitor"), format!("Bearer {}", text("token")))
}

/// What a worker leaves behind, told as it tells it.
async fn reply(world: &World, visitor: &str, seq: i64, state: &str, text: &str) {
    let chat = world.chat_id;
    world
        .db
        .execute(&format!(
            "INSERT INTO conversations (tenant, channel_id, peer) VALUES ('demo', {chat}, '{visitor}')
                 ON CONFLICT DO NOTHING;
             INSERT INTO inbox (seq, tenant, channel_id, conversation_id, external_id, received_at,
                                sender, input)
                 SELECT nextval('inbox_seq'), 'demo', {chat}, id, '{visitor}:cid-{seq}', now(), peer, 'text'
                 FROM conversations WHERE peer = '{visitor}';
             INSERT INTO outbox (conversation_id, seq, tenant, channel_id, inbox_seq, idx, state,
                                 expires_at, key, body, language, buttons)
                 SELECT id, {seq}, 'demo', {chat}, currval('inbox_seq'), 0, '{state}',
                        now(), 'k{seq}', '{text}', 'fr', '{{✅,❌}}'
                 FROM conversations WHERE peer = '{visitor}';
             SELECT pg_notify('lumi_web', id::text) FROM conversations WHERE peer = '{visitor}'"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_come_as_they_are_sent_and_again_from_where_one_was() {
    let mut world = World::start().await;
    let (visitor, token) = session(&world).await;
    let (other, other_token) = session(&world).await;
    let mut events = Events::follow(&world, &token, None).await;
    let mut others = Events::follow(&world, &other_token, None).await;

    let message = json!({"client_msg_id": Uuid::new_v4(), "text": "Vacances"}).to_string();
    let sent = world.post("/chat/chat/messages", &[("authorization", &token)], message).await;
    assert_eq!(sent.status, 202);
    world.envelope().await;
    assert_eq!(events.block().await, "event: typing\ndata: {}");

    let begun = Instant::now();
    reply(&world, &visitor, 1, "sent", "un").await;
    let first = events.message().await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(
        first,
        json!({"seq": 1, "in_reply_to": "cid-1", "text": "un", "language": "fr", "buttons": ["✅", "❌"]})
    );
    let begun = Instant::now();
    reply(&world, &visitor, 2, "sent", "deux").await;
    assert_eq!(events.message().await["text"], "deux");
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());

    // What is not sent yet is not shown; it comes when it is.
    reply(&world, &visitor, 3, "sending", "trois").await;
    reply(&world, &other, 1, "sent", "pour un autre").await;
    assert_eq!(others.message().await["text"], "pour un autre");
    world.db.execute("UPDATE outbox SET state = 'sent' WHERE seq = 3").await;
    world
        .db
        .execute(&format!(
            "SELECT pg_notify('lumi_web', id::text) FROM conversations WHERE peer = '{visitor}'"
        ))
        .await;
    assert_eq!(events.message().await["text"], "trois");
    drop(events);

    let mut resumed = Events::follow(&world, &token, Some("1")).await;
    assert_eq!(resumed.message().await["seq"], 2);
    assert_eq!(resumed.message().await["seq"], 3);
    let mut anew = Events::follow(&world, &token, None).await;
    for seq in 1..=3 {
        assert_eq!(anew.message().await["seq"], seq);
    }

    // Every connection to the database is cut: the stream stays and goes on.
    world
        .db
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'lumi-ingress'",
        )
        .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    reply(&world, &visitor, 4, "sent", "quatre").await;
    assert_eq!(anew.message().await["text"], "quatre");
    assert_eq!(resumed.message().await["text"], "quatre");

    // A stopping program ends its streams at once.
    let begun = Instant::now();
    world.stop();
    while !anew.block().await.is_empty() {}
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    world.ended().await;
}

/// A dead reply that is sent again after later ones, on streams from the beginning and from a place.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_sent_late_is_shown_once_and_moves_nobody_back() {
    let world = World::start().await;
    let (visitor, token) = session(&world).await;
    let sent = |seq: i64| {
        let own = format!("(SELECT id FROM conversations WHERE peer = '{visitor}')");
        let statement = format!(
            "UPDATE outbox SET state = 'sent', finished_at = clock_timestamp()
                 WHERE seq = {seq} AND conversation_id = {own};
             SELECT pg_notify('lumi_web', {own}::text)"
        );
        let db = &world.db;
        async move { db.execute(&statement).await }
    };
    for (seq, text) in [(1, "un"), (2, "deux"), (3, "trois")] {
        reply(&world, &visitor, seq, if seq == 2 { "dead" } else { "sending" }, text).await;
    }
    sent(1).await;
    sent(3).await;
    let mut whole = Events::follow(&world, &token, None).await;
    assert_eq!(whole.message().await["seq"], 1);
    assert_eq!(whole.message().await["seq"], 3);
    let mut resumed = Events::follow(&world, &token, Some("3")).await;
    sent(2).await;
    for events in [&mut whole, &mut resumed] {
        let (id, late) = events.message_and_id().await;
        assert_eq!((id.as_str(), &late["seq"], &late["text"]), ("3", &json!(2), &json!("deux")));
    }
    reply(&world, &visitor, 4, "sending", "quatre").await;
    sent(4).await;
    let mut anew = Events::follow(&world, &token, Some("4")).await;
    reply(&world, &visitor, 5, "sent", "cinq").await;
    for seq in [4, 5] {
        assert_eq!(whole.message().await["seq"], seq);
        assert_eq!(resumed.message().await["seq"], seq);
    }
    assert_eq!(
        anew.message().await["seq"],
        5,
        "what was recorded before its place is not repeated"
    );
    world.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_only_the_visitors_and_only_so_many() {
    let world = World::start().await;
    let refused = world.get("/chat/chat/events", &[]).await;
    assert_eq!(refused.status, 401);
    let (_, token) = session(&world).await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(Events::follow(&world, &token, None).await);
    }
    let refused = world.get("/chat/chat/events", &[("authorization", &token)]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "5"));
    // Silence is broken by comments.
    assert_eq!(open[0].block().await, ":");
    world.ended().await;
}
