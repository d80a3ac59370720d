use chrono::TimeDelta;
use lumi_domain::Peer;
use lumi_store::pipeline::{EventRow, RawLetter};

use crate::ledger::{End, demo, message, now, work};

#[tokio::test]
async fn a_contact_is_exported_and_erased() {
    let (t, channel) = demo("whatsapp").await;
    let peer = Peer::new("+33612");
    t.db.store_messages(&[message(channel, "33612", "wamid.1", 9)], &[], &[]).await.unwrap();
    work(&t, End::Sent).await;
    t.db.store_messages(&[message(channel, "33612", "wamid.2", 8)], &[], &[]).await.unwrap();
    work(&t, End::Poison).await;
    t.db.store_messages(
        &[message(channel, "33612", "wamid.3", 7), message(channel, "33999", "o", 7)],
        &[],
        &[],
    )
    .await
    .unwrap();
    let letter = |body: &str| RawLetter {
        tenant: Some("demo".into()),
        kind: "whatsapp".into(),
        endpoint: "ch".into(),
        webhook_id: None,
        traceparent: None,
        received_at: now(),
        body: body.as_bytes().to_vec(),
        reason: "unparseable".into(),
        detail: String::new(),
    };
    let event = EventRow {
        channel_id: channel,
        external_id: "s".into(),
        what: "status.read".into(),
        peer: Some("33612".into()),
        received_at: now(),
    };
    let raw = [letter(r#"{"from":"33612"}"#), letter(r#"{"from":"336123"}"#)];
    t.db.store_messages(&[], &[event], &raw).await.unwrap();
    // Somebody is working on the conversation while it is erased.
    let claimed = t.db.claim(uuid::Uuid::new_v4(), 10, false, &[]).await.unwrap();
    // A question of theirs that had been passed on to an owner, and what the owner was told.
    t.execute(
        "INSERT INTO conversations (tenant, channel_id, peer) SELECT tenant, id, 'owner' FROM channels;
         INSERT INTO inbox (seq, tenant, channel_id, conversation_id, external_id, received_at, sender, input, body, state)
         SELECT 1000, v.tenant, v.channel_id, v.id, 'lumi-notice-' || i.seq, now(), 'owner', 'notice', 'the question', 'done'
         FROM conversations v, inbox i WHERE v.peer = 'owner' AND i.external_id = 'wamid.1';
         INSERT INTO outbox (conversation_id, seq, tenant, channel_id, inbox_seq, idx, expires_at, key, body, language, state)
         SELECT v.id, 1, v.tenant, v.channel_id, 1000, 0, now(), 'k', 'the question', 'fr', 'sent'
         FROM conversations v WHERE v.peer = 'owner'",
    )
    .await;

    let export = t.db.contact_export("demo", "ch", &peer).await.unwrap().unwrap();
    assert_eq!(
        (
            export.conversation.as_ref().unwrap().messages.len(),
            export.events.len(),
            export.raw_letters.len()
        ),
        (3, 1, 1)
    );
    assert!(serde_json::to_string(&export).unwrap().contains("text of wamid.2"));
    for (tenant, key, id) in
        [("demo", "ch", "0"), ("other", "ch", "33612"), ("demo", "no", "33612")]
    {
        assert!(t.db.contact_export(tenant, key, &Peer::new(id)).await.unwrap().is_none());
    }

    let erased = t.db.contact_erase("demo", "ch", &peer).await.unwrap().unwrap();
    assert_eq!((erased.messages, erased.replies, erased.discarded), (3, 1, 2));
    assert_eq!((erased.events, erased.raw_letters, erased.notices), (1, 1, 1));
    assert!(t.db.contact_export("demo", "ch", &peer).await.unwrap().is_none());
    for (table, column) in [
        ("inbox", "i::text"),
        ("outbox", "i::text"),
        ("conversations", "i::text"),
        ("events", "i::text"),
        ("raw_letters", "encode(i.body, 'escape')"),
    ] {
        for word in ["33612", "wamid", "the question", "text of wamid"] {
            let sql = format!(
                "SELECT count(*) FROM {table} i WHERE {column} LIKE '%{word}%' AND {column} NOT LIKE '%336123%'"
            );
            assert_eq!(t.text(&sql).await, "0", "{table} {word}");
        }
    }
    assert_eq!(
        t.text("SELECT count(*) FROM dedupe").await,
        "4",
        "a late redelivery is no new message"
    );
    let again =
        t.db.store_messages(&[message(channel, "33612", "wamid.1", 9)], &[], &[]).await.unwrap();
    assert_eq!(again.messages, 0);
    // Whoever worked on it has lost it; the others go on.
    for c in claimed {
        let unit = lumi_store::pipeline::Unit {
            id: c.id,
            fence: c.fence,
            release: true,
            ..Default::default()
        };
        t.db.advance(&[unit]).await.unwrap();
    }
    work(&t, End::Sent).await;
    assert_eq!(t.text("SELECT state FROM inbox WHERE external_id = 'o'").await, "done");
    assert!(!t.db.doctor(now() - TimeDelta::hours(1)).await.unwrap().has_gap());
}

#[tokio::test]
async fn an_owner_of_the_manifest_has_to_be_removed_there() {
    let (t, channel) = demo("web").await;
    t.db.store_messages(&[message(channel, "o", "1", 1), message(channel, "l", "2", 1)], &[], &[])
        .await
        .unwrap();
    t.execute(&format!(
        "INSERT INTO owners (tenant, channel_id, peer, from_manifest)
         VALUES ('demo', {channel}, 'o', true), ('demo', {channel}, 'l', false)"
    ))
    .await;
    let by_manifest = t.db.contact_erase("demo", "ch", &Peer::new("o")).await.unwrap().unwrap();
    let by_link = t.db.contact_erase("demo", "ch", &Peer::new("l")).await.unwrap().unwrap();
    assert!(by_manifest.owner_by_manifest && !by_link.owner_by_manifest);
    assert_eq!(t.text("SELECT string_agg(peer, ' ') FROM owners").await, "o");
}

#[tokio::test]
async fn owners_who_were_away_at_once_can_both_be_erased() {
    let (t, channel) = demo("web").await;
    t.db.store_messages(&[message(channel, "o", "1", 1), message(channel, "p", "2", 1)], &[], &[])
        .await
        .unwrap();
    // `q` never wrote: their block was entered for them.
    t.execute(&format!(
        "INSERT INTO owners (tenant, channel_id, peer, from_manifest) VALUES ('demo', {channel}, 'q', false);
         INSERT INTO vacations (tenant, starts_on, ends_on, owner)
         SELECT 'demo', '2024-12-24', '2025-01-08', peer FROM (VALUES ('o'), ('p'), ('q'), ('else')) v (peer)"
    ))
    .await;
    for peer in ["o", "p", "q"] {
        assert!(t.db.contact_erase("demo", "ch", &Peer::new(peer)).await.unwrap().is_some());
        assert!(t.db.contact_erase("demo", "ch", &Peer::new(peer)).await.unwrap().is_none());
    }
    let left = "SELECT count(DISTINCT owner) FILTER (WHERE owner LIKE 'erased-%') || ' ' ||
        count(*) FILTER (WHERE owner IN ('o', 'p', 'q')) FROM vacations";
    assert_eq!(t.text(left).await, "3 0");
}

#[tokio::test]
async fn a_person_without_a_conversation_is_found_in_events_and_raw_letters() {
    let (t, channel) = demo("whatsapp").await;
    let letter = |tenant: Option<&str>, endpoint: &str, peer: &str| RawLetter {
        tenant: tenant.map(Into::into),
        kind: "whatsapp".into(),
        endpoint: endpoint.into(),
        webhook_id: None,
        traceparent: None,
        received_at: now(),
        body: format!(r#"{{"from":"{peer}","to":"{endpoint}"}}"#).into_bytes(),
        reason: "unparseable".into(),
        detail: String::new(),
    };
    let event = EventRow {
        channel_id: channel,
        external_id: "s".into(),
        what: "status.read".into(),
        peer: Some("1".into()),
        received_at: now(),
    };
    let raw = [
        letter(Some("demo"), "ch", "2"),
        letter(None, "ch", "3"),
        letter(Some("demo"), "gone", "4"),
        letter(None, "gone", "5"),
    ];
    t.db.store_messages(&[], &[event], &raw).await.unwrap();
    for (channel, peer, events, letters) in
        [("ch", "1", 1, 0), ("ch", "2", 0, 1), ("ch", "3", 0, 1), ("gone", "4", 0, 1)]
    {
        let id = Peer::new(peer);
        let export = t.db.contact_export("demo", channel, &id).await.unwrap().unwrap();
        assert_eq!((export.events.len(), export.raw_letters.len()), (events, letters), "{peer}");
        assert!(export.conversation.is_none() && export.since.is_none());
        let erased = t.db.contact_erase("demo", channel, &id).await.unwrap().unwrap();
        assert_eq!((erased.events, erased.raw_letters), (events as u64, letters as u64), "{peer}");
        assert!(t.db.contact_export("demo", channel, &id).await.unwrap().is_none());
    }
    // Of whom it is cannot be known.
    assert!(t.db.contact_export("demo", "gone", &Peer::new("5")).await.unwrap().is_none());
}
