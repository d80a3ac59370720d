//! Messages and replies in every state, made the way the pipeline makes them.

use chrono::{DateTime, TimeDelta, Utc};
use lumi_domain::{InputKind, MessageText};
use lumi_store::pipeline::{
    Advanced, Decision, DecisionState, MessageRow, NewPart, Next, Record, RecordOutcome, Unit,
};
use lumi_testing::TestDb;
use serde_json::json;

/// The test's clock, to the microsecond as the database keeps it.
pub(crate) fn now() -> DateTime<Utc> {
    #[allow(clippy::disallowed_methods, reason = "a test stands at the edge")]
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap()
}

/// A database with tenant `demo` and a channel of a kind, and the channel's row id.
pub(crate) async fn demo(kind: &str) -> (TestDb, i64) {
    let t = TestDb::new().await;
    t.tenant("demo", "fr").await;
    let channel = t.channel("demo", "ch", kind, "acc", &json!({}), &[("secret", "s")]).await;
    (t, channel)
}

/// A message of `peer`, received `minutes` ago.
pub(crate) fn message(channel: i64, peer: &str, id: &str, minutes: i64) -> MessageRow {
    MessageRow {
        tenant: "demo".into(),
        channel_id: channel,
        peer: peer.into(),
        name: Some("Claire".into()),
        external_id: id.into(),
        received_at: now() - TimeDelta::minutes(minutes),
        delay_ms: 0,
        sender: peer.into(),
        input: InputKind::Text,
        text: MessageText(format!("text of {id}")),
        hint: None,
        reply_ref: serde_json::Value::Null,
        platform_ms: None,
        traceparent: None,
        replayed: false,
    }
}

/// How a test wants a message to end.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// Answered, and the reply sent.
    Sent,
    /// Answered, and the reply refused with this reason.
    ReplyDead(&'static str),
    /// Dead itself.
    Poison,
}

/// Claims and decides everything that is due, once, and ends it as told.
pub(crate) async fn work(t: &TestDb, end: End) {
    let worker = uuid::Uuid::new_v4();
    loop {
        let claimed = t.db.claim(worker, 100, false, &[]).await.unwrap();
        if claimed.is_empty() {
            return;
        }
        for c in claimed {
            let mut next = c.next.clone();
            loop {
                let mut unit = Unit { id: c.id, fence: c.fence, ..Unit::default() };
                match &next {
                    Next::Released => break,
                    Next::Decide(row) => {
                        unit.decision = Some(decision(row.seq, row.received_at, end));
                    }
                    Next::Send(row) => {
                        let outcome = match end {
                            End::ReplyDead(reason) => RecordOutcome::Dead { reason: reason.into() },
                            End::Sent | End::Poison => RecordOutcome::Sent { provider_id: None },
                        };
                        let (seq, key) = (row.seq, row.key.clone());
                        unit.record = Some(Record { seq, key, outcome, announce: false });
                    }
                }
                next = match t.db.advance(&[unit]).await.unwrap().remove(0) {
                    Advanced::Held(next) => next,
                    Advanced::Lost => break,
                };
            }
        }
    }
}

fn decision(seq: i64, received_at: DateTime<Utc>, end: End) -> Decision {
    let poison = matches!(end, End::Poison);
    let part = NewPart {
        text: format!("reply to {seq}"),
        language: "fr".into(),
        buttons: vec!["✅".into()],
        once_per_vacation: None,
    };
    Decision {
        inbox_seq: seq,
        received_at,
        state: if poison {
            DecisionState::Dead { reason: "poison".into() }
        } else {
            DecisionState::Done
        },
        dialogue: None,
        language: Some("fr".into()),
        understood: Some("fr".into()),
        action: "answer",
        source: None,
        parts: if poison { vec![] } else { vec![part] },
        expires_at: now() + TimeDelta::hours(24),
        hour: (None, 0),
        vacation: None,
        owner_link: None,
        notices: vec![],
    }
}
