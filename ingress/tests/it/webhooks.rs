use bytes::Bytes;
use hyper::Method;
use lumi_domain::ChannelKind;

use crate::client::{Headers, send, send_chunked};
use crate::world::{APP_SECRET, WHSEC, World, meta, standard_headers};

const BODY: &[u8] = br#"{"type":"message.received","timestamp":"2026-01-01T00:00:00Z","data":{"conversation":"c1","from":{"id":"u1"},"text":"hi"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_webhook_is_in_the_queue_as_it_came() {
    let mut world = World::start().await;
    let reply = world.standard("std", WHSEC, "msg_1", BODY).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    let envelope = world.envelope().await;
    assert_eq!(envelope.kind, ChannelKind::Standard);
    assert_eq!(envelope.endpoint, "std");
    assert_eq!(envelope.webhook_id.as_deref(), Some("msg_1"));
    assert_eq!(envelope.body, BODY);
    assert!(envelope.traceparent.is_some_and(|trace| trace.len() == 55));
    let age = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()
        - u128::try_from(envelope.received_at_ms).unwrap();
    assert!(age < 10_000, "{age}");

    // Verified, so it is stored: what it means is the worker's business.
    let invalid = b"\xff\xfe{\"\x00".as_slice();
    assert_eq!(world.standard("std", WHSEC, "msg_2", invalid).await.status, 200);
    assert_eq!(world.envelope().await.body, invalid);

    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("x-hub-signature-256", meta(b"{}")), ("traceparent", trace.to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(world.post("/webhooks/whatsapp/wa", &headers, "{}").await.status, 200);
    let envelope = world.envelope().await;
    assert_eq!(envelope.kind, ChannelKind::Whatsapp);
    let kept = envelope.traceparent.unwrap();
    assert!(kept.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && kept != trace, "{kept}");

    // One HTTP chunk at a time.
    let pieces: Vec<Bytes> = BODY.chunks(7).map(Bytes::copy_from_slice).collect();
    let headers = standard_headers(WHSEC, "msg_3", BODY);
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let reply = send_chunked(world.public, "/webhooks/standard/std", &headers, pieces).await;
    assert_eq!(reply.status, 200);
    assert_eq!(world.envelope().await.body, BODY);
    let metrics = world.probe("/metrics").await.body;
    let line = r#"lumi_webhooks_total{kind="standard",outcome="accepted"} 3"#;
    assert!(metrics.lines().any(|l| l == line), "{metrics}");
    world.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_to_be_believed_is_refused_and_not_stored() {
    let mut world = World::start().await;
    world
        .db
        .channel("demo", "off", "standard", "off", &serde_json::json!({}), &[("secret", WHSEC)])
        .await;
    world.db.execute("UPDATE channels SET enabled = false WHERE key = 'off'").await;
    let good = standard_headers(WHSEC, "msg_1", BODY);
    let good = good.each_ref().map(|(name, value)| (*name, value.as_str()));
    let other = standard_headers(WHSEC, "msg_1", b"another body");
    let other = other.each_ref().map(|(name, value)| (*name, value.as_str()));
    let zipped = [good[0], good[1], good[2], ("content-encoding", "gzip")];
    let bad_meta = [("x-hub-signature-256", "sha256=00")];
    let (post, get, delete) = (Method::POST, Method::GET, Method::DELETE);
    let std = "/webhooks/standard/std";
    let table: &[(&str, &Method, &str, Headers<'_>, u16)] = &[
        ("no signature", &post, std, &[], 401),
        ("another body's signature", &post, std, &other, 401),
        ("a bad signature", &post, "/webhooks/whatsapp/wa", &bad_meta, 401),
        ("unknown key", &post, "/webhooks/standard/nobody", &good, 404),
        ("unknown key again", &post, "/webhooks/standard/nobody", &good, 404),
        ("a key of another kind", &post, "/webhooks/telegram/std", &good, 404),
        ("unknown kind", &post, "/webhooks/pigeon/std", &good, 404),
        ("chat is no webhook", &post, "/webhooks/web/chat", &good, 404),
        ("disabled", &post, "/webhooks/standard/off", &good, 404),
        ("below", &post, "/webhooks/standard/std/x", &good, 404),
        ("foreign method", &delete, std, &good, 405),
        ("no handshake", &get, std, &[], 405),
        ("encoded", &post, std, &zipped, 415),
        ("the replaced path is off", &post, "/webhook", &good, 404),
        ("its handshake too", &get, "/webhook", &[], 404),
        ("nothing there", &get, "/", &[], 404),
    ];
    for (what, method, path, headers, status) in table {
        let reply = send(world.public, (*method).clone(), path, headers, BODY).await;
        assert_eq!(reply.status, *status, "{what}: {reply:?}");
        assert!(reply.body.contains("\"error\""), "{what}: {reply:?}");
        assert_eq!(reply.header("allow"), if *status == 405 { "POST" } else { "" }, "{what}");
    }
    world.nothing_queued().await;
    world.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handshakes_answer_the_challenge_and_the_replaced_path_works() {
    let mut world =
        World::with(&[("VERIFY_TOKEN", "legacy"), ("META_APP_SECRET", APP_SECRET)]).await;
    let query = |token| format!("?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=4711");
    let table = [
        ("/webhooks/whatsapp/wa", "hello", 200),
        ("/webhooks/whatsapp/wa", "wrong", 403),
        ("/webhooks/whatsapp/nobody", "hello", 404),
        ("/webhook", "legacy", 200),
        ("/webhook", "hello", 403),
    ];
    for (path, token, status) in table {
        let reply = world.get(&format!("{path}{}", query(token)), &[]).await;
        assert_eq!(reply.status, status, "{path} {token}");
        if status == 200 {
            assert_eq!((reply.body.as_str(), reply.header("content-type")), ("4711", "text/plain"));
        }
    }
    let body = br#"{"object":"whatsapp_business_account","entry":[]}"#.as_slice();
    let signature = meta(body);
    let refused = world.post("/webhook", &[("x-hub-signature-256", "sha256=00")], body).await;
    assert_eq!(refused.status, 401);
    let taken = world.post("/webhook", &[("x-hub-signature-256", &signature)], body).await;
    assert_eq!(taken.status, 200);
    let envelope = world.envelope().await;
    assert_eq!((envelope.kind, envelope.endpoint.as_str()), (ChannelKind::Whatsapp, ""));
    assert_eq!(envelope.body, body);
    world.ended().await;
}
