use chrono::TimeDelta;
use lumi_store::pipeline::{EventRow, RawLetter};

use crate::ledger::{End, demo, message, now, work};

const DAY: i64 = 24 * 60;

#[tokio::test]
async fn old_texts_go_and_the_ledger_stays() {
    let (t, channel) = demo("web").await;
    t.execute("UPDATE tenants SET messages_days = 30").await;
    for (peer, days, end) in [
        ("old", 31, End::Sent),
        ("dead", 31, End::Poison),
        ("young", 29, End::Sent),
        ("unsent", 31, End::ReplyDead("expired")),
    ] {
        t.db.store_messages(&[message(channel, peer, peer, days * DAY)], &[], &[]).await.unwrap();
        work(&t, end).await;
    }
    t.db.store_messages(&[message(channel, "open", "open", 31 * DAY)], &[], &[]).await.unwrap();
    t.execute(
        "UPDATE outbox o SET created_at = i.received_at FROM inbox i WHERE i.seq = o.inbox_seq",
    )
    .await;

    let pruned = t.db.prune(now()).await.unwrap();
    assert_eq!((pruned.messages, pruned.replies, pruned.dead), (3, 2, 2), "{pruned:?}");
    let kept = t
        .text("SELECT string_agg(external_id, ' ' ORDER BY seq) FROM inbox WHERE body IS NOT NULL")
        .await;
    assert_eq!(kept, "young open");
    assert_eq!(t.text("SELECT count(*) FROM outbox WHERE body IS NOT NULL").await, "1");
    assert_eq!(
        t.text(
            "SELECT string_agg(peer, ' ' ORDER BY id) FROM conversations WHERE name IS NOT NULL"
        )
        .await,
        "young"
    );
    assert_eq!(t.db.prune(now()).await.unwrap().messages, 0);

    // The one that waited held the mark back: its text goes when it is done.
    work(&t, End::Sent).await;
    assert_eq!(t.db.prune(now()).await.unwrap().messages, 1);
    assert!(!t.db.doctor(now() - TimeDelta::days(60)).await.unwrap().has_gap());
    t.execute("UPDATE tenants SET messages_days = 0, texts_pruned_to = NULL").await;
    assert_eq!(t.db.prune(now() + TimeDelta::days(400)).await.unwrap().messages, 0, "0 = for ever");
}

#[tokio::test]
async fn traces_go_unless_they_are_needed() {
    let (t, channel) = demo("web").await;
    for (peer, end) in [("done", End::Sent), ("dead", End::Poison)] {
        t.db.store_messages(&[message(channel, peer, peer, 1)], &[], &[]).await.unwrap();
        work(&t, end).await;
    }
    t.db.store_messages(&[message(channel, "open", "open", 1)], &[], &[]).await.unwrap();
    let event = EventRow {
        channel_id: channel,
        external_id: "e".into(),
        what: "status.read".into(),
        peer: None,
        received_at: now(),
    };
    let letter = RawLetter {
        tenant: None,
        kind: "web".into(),
        endpoint: "ch".into(),
        webhook_id: None,
        traceparent: None,
        received_at: now(),
        body: b"{".to_vec(),
        reason: "unparseable".into(),
        detail: String::new(),
    };
    t.db.store_messages(&[], &[event], std::slice::from_ref(&letter)).await.unwrap();
    t.db.store_messages(&[], &[], &[RawLetter { body: b"[".to_vec(), ..letter }]).await.unwrap();
    let id: i64 = t.text("SELECT min(id) FROM raw_letters").await.parse().unwrap();
    t.db.finish_raw(id).await.unwrap();

    let early = t.db.prune(now() + TimeDelta::days(13)).await.unwrap();
    assert_eq!((early.dedupe, early.events, early.leftovers), (0, 0, 0));
    let late = t.db.prune(now() + TimeDelta::days(31)).await.unwrap();
    assert_eq!((late.dedupe, late.events, late.leftovers), (1, 1, 1));
    assert_eq!(
        t.text("SELECT string_agg(external_id, ' ' ORDER BY inbox_seq) FROM dedupe").await,
        "dead open"
    );
}
