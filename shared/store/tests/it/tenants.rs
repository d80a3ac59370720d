use lumi_store::pipeline::RawLetter;

use crate::ledger::{End, demo, message, now, work};

#[tokio::test]
async fn a_tenant_is_shown_counted_and_deleted() {
    let (t, channel) = demo("web").await;
    t.tenant("other", "en").await;
    let letter = RawLetter {
        tenant: Some("demo".into()),
        kind: "web".into(),
        endpoint: "ch".into(),
        webhook_id: None,
        traceparent: None,
        received_at: now(),
        body: b"{".to_vec(),
        reason: "unparseable".into(),
        detail: "no JSON".into(),
    };
    t.db.store_messages(
        &[message(channel, "a", "m1", 1), message(channel, "b", "m2", 1)],
        &[],
        &[letter],
    )
    .await
    .unwrap();
    work(&t, End::Sent).await;
    t.db.store_messages(&[message(channel, "a", "m3", 1)], &[], &[]).await.unwrap();
    t.execute(
        "INSERT INTO vacations (tenant, starts_on, ends_on, owner) VALUES ('demo', '2026-01-01', '2026-01-02', 'x')",
    )
    .await;

    let list = t.db.tenant_list().await.unwrap();
    let row = list.iter().find(|x| x.id == "demo").unwrap();
    assert_eq!((list.len(), row.channels, row.conversations), (2, 1, 2));
    let details = t.db.tenant_details("demo").await.unwrap().unwrap();
    assert_eq!(details.channel_list[0].key, "ch");
    assert!(t.db.tenant_details("none").await.unwrap().is_none());

    let f = t.db.tenant_footprint("demo").await.unwrap().unwrap();
    assert_eq!((f.conversations, f.messages, f.replies), (2, 3, 2));
    assert_eq!((f.open, f.vacations, f.raw_letters), (1, 1, 1));

    t.db.delete_tenant("demo").await.unwrap();
    assert!(t.db.tenant_footprint("demo").await.unwrap().is_none());
    for table in
        ["channels", "conversations", "inbox", "outbox", "dedupe", "vacations", "raw_letters"]
    {
        assert_eq!(t.text(&format!("SELECT count(*) FROM {table}")).await, "0", "{table}");
    }
    assert_eq!(t.db.tenant_list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_conversation_tells_its_story() {
    let (t, channel) = demo("web").await;
    let rows = [message(channel, "a", "m1", 5), message(channel, "a", "m2", 4)];
    t.db.store_messages(&rows, &[], &[]).await.unwrap();
    work(&t, End::Sent).await;
    let id: i64 = t.text("SELECT id FROM conversations").await.parse().unwrap();
    let story = t.db.conversation_story(id, 50).await.unwrap().unwrap();
    assert_eq!((story.channel.as_str(), story.peer.as_str()), ("ch", "a"));
    assert_eq!(story.wake_at, None);
    let texts: Vec<_> = story.messages.iter().map(|m| m.text.clone().unwrap()).collect();
    assert_eq!(texts, ["text of m1", "text of m2"]);
    assert_eq!(story.messages[0].replies[0].state, "sent");
    let last = t.db.conversation_story(id, 1).await.unwrap().unwrap();
    assert_eq!(last.messages[0].external_id, "m2");
    assert!(t.db.conversation_story(id + 1, 50).await.unwrap().is_none());
}
