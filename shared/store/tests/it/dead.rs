use lumi_store::dead::{DeadFilter, DeadSelection, LetterId, LetterKind};
use lumi_store::pipeline::RawLetter;
use lumi_testing::TestDb;

use crate::ledger::{End, demo, message, now, work};

async fn ids(t: &TestDb, filter: DeadFilter) -> Vec<String> {
    t.db.dead_letters(&filter).await.unwrap().iter().map(|l| l.id.to_string()).collect()
}

/// Three dead letters: a reply, a message and a raw one; in this order of reception.
async fn three() -> (TestDb, i64) {
    let (t, channel) = demo("web").await;
    t.db.store_messages(&[message(channel, "a", "x1", 30)], &[], &[]).await.unwrap();
    work(&t, End::ReplyDead("message: 400 bad button")).await;
    t.db.store_messages(&[message(channel, "b", "x2", 20)], &[], &[]).await.unwrap();
    work(&t, End::Poison).await;
    let letter = RawLetter {
        tenant: Some("demo".into()),
        kind: "web".into(),
        endpoint: "ch".into(),
        webhook_id: None,
        traceparent: None,
        received_at: now(),
        body: b"not json".to_vec(),
        reason: "unparseable".into(),
        detail: "expected an object".into(),
    };
    t.db.store_messages(&[], &[], &[letter]).await.unwrap();
    (t, channel)
}

#[tokio::test]
async fn one_list_over_three_places() {
    let (t, _) = three().await;
    let all = t.db.dead_letters(&DeadFilter::default()).await.unwrap();
    let seen: Vec<(char, LetterKind, &str, &str)> = all
        .iter()
        .map(|l| {
            (l.id.to_string().chars().next().unwrap(), l.kind, l.reason.as_str(), l.detail.as_str())
        })
        .collect();
    assert_eq!(
        seen,
        [
            ('w', LetterKind::Message, "unparseable", "expected an object"),
            ('m', LetterKind::Message, "poison", ""),
            ('r', LetterKind::Reply, "message", "400 bad button"),
        ],
        "the latest first"
    );
    let of = |f: DeadFilter| ids(&t, f);
    let some = |s: &str| Some(s.to_owned());
    assert_eq!(
        of(DeadFilter { kind: Some(LetterKind::Reply), ..Default::default() }).await.len(),
        1
    );
    assert_eq!(of(DeadFilter { reason: some("poison"), ..Default::default() }).await.len(), 1);
    assert_eq!(of(DeadFilter { tenant: some("none"), ..Default::default() }).await.len(), 0);
    assert_eq!(of(DeadFilter { channel: some("ch"), ..Default::default() }).await.len(), 3);
    assert_eq!(of(DeadFilter { since: Some(now()), ..Default::default() }).await.len(), 0);
    assert_eq!(of(DeadFilter { until: Some(now()), ..Default::default() }).await.len(), 3);
    assert_eq!(of(DeadFilter { limit: Some(1), ..Default::default() }).await.len(), 1);
    for letter in &all {
        let story = t.db.dead_story(letter.id).await.unwrap().unwrap();
        let json = serde_json::to_string(&story).unwrap();
        let expected = match letter.id {
            LetterId::Reply { .. } => "reply to",
            LetterId::Message(_) => "text of x2",
            LetterId::Raw(_) => "not json",
        };
        assert!(json.contains(expected), "{json}");
    }
    assert!(t.db.dead_story(LetterId::Message(999)).await.unwrap().is_none());
}

#[tokio::test]
async fn replay_plans_then_acts() {
    let (t, channel) = three().await;
    let all = DeadSelection::All(DeadFilter::default());
    let plan = t.db.plan_replay(&all, now()).await.unwrap();
    assert_eq!(plan.count(), 3);
    assert_eq!(ids(&t, DeadFilter::default()).await.len(), 3, "a plan changes nothing");
    t.execute("UPDATE conversations SET wake_at = 'infinity'").await;

    let done = t.db.replay_dead(&all, now()).await.unwrap();
    assert_eq!((done.count(), done.refused.len()), (3, 0));
    assert!(ids(&t, DeadFilter::default()).await.is_empty());
    assert_eq!(t.text("SELECT count(*) FROM conversations WHERE wake_at <= now()").await, "2");
    assert_eq!(
        t.text("SELECT state || attempt || (reason IS NULL) || (expires_at > now() + interval '23 h') FROM outbox").await,
        "waiting0truetrue"
    );
    assert_eq!(
        t.text("SELECT state || attempts || (replayed_at IS NOT NULL) FROM inbox WHERE external_id = 'x2'").await,
        "pending0true"
    );
    assert_eq!(t.db.take_raw(10).await.unwrap().len(), 1);
    work(&t, End::Sent).await;
    assert_eq!(t.text("SELECT count(*) FROM outbox WHERE state = 'sent'").await, "2");

    t.db.store_messages(&[message(channel, "c", "x3", 0)], &[], &[]).await.unwrap();
    let missing = DeadSelection::Ids(vec![LetterId::Message(999)]);
    assert_eq!(t.db.replay_dead(&missing, now()).await.unwrap().missing, [LetterId::Message(999)]);
}

#[tokio::test]
async fn a_closed_window_or_a_lost_text_is_refused() {
    let (t, channel) = demo("whatsapp").await;
    t.db.store_messages(
        &[message(channel, "a", "x1", 30), message(channel, "b", "x2", 30)],
        &[],
        &[],
    )
    .await
    .unwrap();
    work(&t, End::ReplyDead("expired")).await;
    t.execute(
        "UPDATE conversations SET last_inbound_at = now() - interval '25 h' WHERE peer = 'a'",
    )
    .await;
    t.execute(
        "UPDATE conversations SET last_inbound_at = now() - interval '23 h' WHERE peer = 'b'",
    )
    .await;
    let done = t.db.replay_dead(&DeadSelection::All(DeadFilter::default()), now()).await.unwrap();
    assert_eq!((done.count(), done.refused.len()), (1, 1));
    assert!(
        done.refused[0].why.contains("whatsapp lets us answer for 24 h only"),
        "{:?}",
        done.refused
    );
    assert_eq!(
        t.text(
            "SELECT expires_at < now() + interval '61 minutes' FROM outbox WHERE state = 'waiting'"
        )
        .await,
        "true",
        "not beyond the window"
    );
    t.execute("UPDATE conversations SET last_inbound_at = now()").await;
    t.execute("UPDATE outbox SET body = NULL WHERE state = 'dead'").await;
    let done = t.db.replay_dead(&DeadSelection::All(DeadFilter::default()), now()).await.unwrap();
    assert_eq!(done.refused[0].why, "its text is no longer kept");
}

#[tokio::test]
async fn a_big_batch_keeps_its_order() {
    let (t, channel) = demo("web").await;
    // 600 of one conversation, received in another order than stored.
    let rows: Vec<_> =
        (0..600).map(|n| message(channel, "a", &format!("x{n}"), (n * 7) % 600)).collect();
    t.db.store_messages(&rows, &[], &[]).await.unwrap();
    t.execute("UPDATE inbox SET state = 'dead', reason = 'poison'").await;
    let done = t.db.replay_dead(&DeadSelection::All(DeadFilter::default()), now()).await.unwrap();
    assert_eq!(done.count(), 600);
    work(&t, End::Sent).await;
    assert_eq!(
        t.text(
            "SELECT count(*) FROM (SELECT i.received_at < lag(i.received_at) OVER (ORDER BY o.seq) AS late
             FROM outbox o JOIN inbox i ON i.seq = o.inbox_seq) x WHERE late"
        )
        .await,
        "0"
    );
}

#[tokio::test]
async fn discarded_letters_stay_discarded() {
    let (t, _) = three().await;
    let all = DeadSelection::All(DeadFilter::default());
    assert_eq!(t.db.plan_discard(&all).await.unwrap().count(), 3);
    assert_eq!(t.db.discard_dead(&all).await.unwrap().count(), 3);
    assert_eq!(t.db.replay_dead(&all, now()).await.unwrap().count(), 0);
    for table in ["outbox", "inbox", "raw_letters"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE state = 'discarded'");
        assert_eq!(t.text(&sql).await, "1", "{table}");
    }
}
