use chrono::TimeDelta;

use crate::ledger::{End, demo, message, now, work};

#[tokio::test]
async fn the_ledger_adds_up() {
    let (t, channel) = demo("web").await;
    let store = async |peer: &str, id: &str| {
        t.db.store_messages(&[message(channel, peer, id, 1)], &[], &[]).await.unwrap();
    };
    store("a", "m1").await;
    work(&t, End::Sent).await;
    store("b", "m2").await;
    work(&t, End::ReplyDead("expired")).await;
    store("c", "m3").await;
    work(&t, End::Poison).await;
    store("d", "m4").await;
    let c = t.db.doctor(now() - TimeDelta::hours(1)).await.unwrap();
    assert!(!c.has_gap(), "{c:?}");
    assert_eq!((c.inbox.rows, c.inbox.pending, c.inbox.done, c.inbox.dead), (4, 1, 2, 1));
    assert_eq!((c.replies.rows, c.replies.sent, c.replies.dead), (2, 1, 1));
    assert!(c.oldest_pending_seconds.unwrap() >= 60.0);
    assert_eq!(c.oldest_unsent_seconds, None);
    let later = t.db.doctor(now() + TimeDelta::hours(1)).await.unwrap();
    assert_eq!(later.inbox.rows, 0, "only what was received since");
}

/// Each makes a hole in the ledger, and says which.
#[tokio::test]
async fn every_hole_is_found() {
    for (hole, hidden, lost, unanswered) in [
        ("UPDATE conversations SET wake_at = 'infinity' WHERE peer = 'open'", 1, 0, 0),
        ("UPDATE conversations SET wake_at = now() + interval '1 h' WHERE peer = 'open'", 1, 0, 0),
        (
            "UPDATE conversations SET wake_at = 'infinity', lease_owner = gen_random_uuid(),
            lease_until = now() - interval '2 minutes' WHERE peer = 'open'",
            1,
            0,
            0,
        ),
        ("UPDATE conversations SET wake_at = now() + interval '20 s' WHERE peer = 'open'", 0, 0, 0),
        (
            "UPDATE conversations SET wake_at = 'infinity', lease_owner = gen_random_uuid(),
            lease_until = now() + interval '10 s' WHERE peer = 'open'",
            0,
            0,
            0,
        ),
        ("UPDATE outbox SET state = 'waiting'", 1, 0, 0),
        ("UPDATE outbox SET state = 'sending'", 1, 0, 0),
        ("DELETE FROM inbox WHERE external_id = 'open'", 0, 1, 0),
        ("DELETE FROM outbox", 0, 0, 1),
        ("SELECT 1", 0, 0, 0),
    ] {
        let (t, channel) = demo("web").await;
        t.db.store_messages(&[message(channel, "done", "done", 1)], &[], &[]).await.unwrap();
        work(&t, End::Sent).await;
        t.db.store_messages(&[message(channel, "open", "open", 1)], &[], &[]).await.unwrap();
        t.execute(hole).await;
        let c = t.db.doctor(now() - TimeDelta::hours(1)).await.unwrap();
        assert_eq!(
            (c.hidden, c.lost.len(), c.unanswered.len()),
            (hidden, lost, unanswered),
            "{hole}"
        );
        assert_eq!(c.has_gap(), hidden + lost + unanswered > 0, "{hole}");
    }
}
