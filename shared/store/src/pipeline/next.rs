use std::collections::HashMap;

use chrono::{DateTime, Utc};
use lumi_domain::MessageText;
use sqlx::PgConnection;

use super::types::{InboxRow, Next, OutboxRow};
use crate::StoreError;

/// Says what is next in conversations that we hold locked, each as (id, fence): the first unsent
/// reply when it is due (now marked `sending` under our fence), else the first pending message
/// when it is due (its attempt now counted), else nothing (released).
///
/// Due times are compared with `clock_timestamp()`, not with the transaction's start: a message
/// that was committed while we waited for the row lock is due now.
pub(super) async fn choose(
    tx: &mut PgConnection,
    held: &[(i64, i64)],
) -> Result<HashMap<i64, Next>, StoreError> {
    if held.is_empty() {
        return Ok(HashMap::new());
    }
    let mut found = heads(tx, held).await?;
    let (mut send, mut decide, mut free) = (vec![], vec![], vec![]);
    for &(id, _) in held {
        match found.get(&id) {
            Some(Next::Send(row)) => send.push((id, row.seq)),
            Some(Next::Decide(row)) => decide.push(row.seq),
            Some(Next::Released) | None => free.push(id),
        }
    }
    let marked = mark_sending(tx, held, &send).await?;
    // A late `sent` of an earlier holder got in between: its row is no longer ours to send, and
    // the next claim looks again.
    free.extend(send.iter().map(|s| s.0).filter(|id| !marked.contains(id)));
    if !decide.is_empty() {
        sqlx::query!("UPDATE inbox SET attempts = attempts + 1 WHERE seq = ANY($1)", &decide)
            .execute(&mut *tx)
            .await?;
    }
    release(tx, &free, 0).await?;
    for id in free {
        found.insert(id, Next::Released);
    }
    Ok(found)
}

/// Gives leases back. A statement of its own, after the rows were locked: it sees every message
/// that was committed before. Nothing behind the first row counts.
pub(super) async fn release(
    tx: &mut PgConnection,
    ids: &[i64],
    pause_ms: i64,
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE conversations c SET lease_owner = NULL, lease_until = NULL,
            wake_at = greatest(clock_timestamp() + make_interval(secs => $2::bigint / 1000.0), least(
                coalesce((SELECT i.due_at FROM inbox i WHERE i.conversation_id = c.id AND i.state = 'pending'
                          ORDER BY i.received_at, i.seq LIMIT 1), 'infinity'),
                coalesce((SELECT CASE o.state WHEN 'sending' THEN clock_timestamp() ELSE o.due_at END
                          FROM outbox o WHERE o.conversation_id = c.id AND o.state IN ('waiting', 'sending')
                          ORDER BY o.seq LIMIT 1), 'infinity')))
         WHERE c.id = ANY($1)",
        ids,
        pause_ms,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn mark_sending(
    tx: &mut PgConnection,
    held: &[(i64, i64)],
    send: &[(i64, i64)],
) -> Result<Vec<i64>, StoreError> {
    if send.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = send.iter().map(|s| s.0).collect();
    let seqs: Vec<i64> = send.iter().map(|s| s.1).collect();
    let fence: HashMap<i64, i64> = held.iter().copied().collect();
    let fences: Vec<i64> = ids.iter().map(|id| fence.get(id).copied().unwrap_or(0)).collect();
    Ok(sqlx::query_scalar!(
        "UPDATE outbox o SET state = 'sending', fence = u.fence, attempt = o.attempt + 1
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u(id, seq, fence)
         WHERE o.conversation_id = u.id AND o.seq = u.seq AND o.state IN ('waiting', 'sending')
         RETURNING o.conversation_id",
        &ids,
        &seqs,
        &fences,
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// A release after a commit whose answer was lost: that commit may have marked a reply `sending`
/// which was never handed over. Everything that was handed over is recorded by now.
pub(super) async fn put_back(tx: &mut PgConnection, id: i64, fence: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE outbox SET state = 'waiting' WHERE conversation_id = $1 AND fence = $2 AND state = 'sending'",
        id,
        fence
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// The first unsent reply (`o_`), the message it answers (`oi_`) and the first pending message
/// (`i_`) of a conversation.
struct Head {
    id: i64,
    o_seq: Option<i64>,
    o_inbox_seq: Option<i64>,
    o_idx: Option<i16>,
    o_key: Option<String>,
    o_attempt: Option<i32>,
    o_expires_at: Option<DateTime<Utc>>,
    o_unknown: Option<bool>,
    o_due: Option<bool>,
    o_body: Option<String>,
    o_language: Option<String>,
    o_buttons: Option<Vec<String>>,
    oi_external_id: Option<String>,
    oi_reply_ref: Option<serde_json::Value>,
    oi_traceparent: Option<String>,
    oi_received_at: Option<DateTime<Utc>>,
    i_seq: Option<i64>,
    i_external_id: Option<String>,
    i_received_at: Option<DateTime<Utc>>,
    i_attempts: Option<i16>,
    i_replayed: bool,
    i_sender: Option<String>,
    i_input: Option<String>,
    i_body: Option<String>,
    i_hint: Option<String>,
    i_reply_ref: Option<serde_json::Value>,
    i_traceparent: Option<String>,
    i_due: Option<bool>,
}

async fn heads(
    tx: &mut PgConnection,
    held: &[(i64, i64)],
) -> Result<HashMap<i64, Next>, StoreError> {
    let ids: Vec<i64> = held.iter().map(|h| h.0).collect();
    let fences: Vec<i64> = held.iter().map(|h| h.1).collect();
    let rows = sqlx::query_as!(
        Head,
        r#"SELECT u.id AS "id!",
            o.seq AS "o_seq?", o.inbox_seq AS "o_inbox_seq?", o.idx AS "o_idx?", o.key AS "o_key?",
            o.attempt AS "o_attempt?", o.expires_at AS "o_expires_at?",
            o.state = 'sending' AND o.fence <> u.fence AS "o_unknown?",
            (o.state = 'sending' OR o.due_at <= clock_timestamp()) AS "o_due?",
            o.body AS "o_body?", o.language AS "o_language?", o.buttons AS "o_buttons?",
            oi.external_id AS "oi_external_id?", oi.reply_ref AS "oi_reply_ref?",
            oi.traceparent AS "oi_traceparent?", oi.received_at AS "oi_received_at?",
            i.seq AS "i_seq?", i.external_id AS "i_external_id?", i.received_at AS "i_received_at?",
            i.attempts AS "i_attempts?", i.replayed_at IS NOT NULL AS "i_replayed!",
            i.sender AS "i_sender?", i.input AS "i_input?", i.body AS "i_body?", i.hint AS "i_hint?",
            i.reply_ref AS "i_reply_ref?", i.traceparent AS "i_traceparent?",
            i.due_at <= clock_timestamp() AS "i_due?"
         FROM unnest($1::bigint[], $2::bigint[]) AS u(id, fence)
         LEFT JOIN LATERAL (SELECT * FROM outbox x WHERE x.conversation_id = u.id
            AND x.state IN ('waiting', 'sending') ORDER BY x.seq LIMIT 1) o ON true
         LEFT JOIN inbox oi ON oi.seq = o.inbox_seq
         LEFT JOIN LATERAL (SELECT * FROM inbox x WHERE x.conversation_id = u.id
            AND x.state = 'pending' ORDER BY x.received_at, x.seq LIMIT 1) i ON true"#,
        &ids,
        &fences,
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.next())).collect())
}

impl Head {
    fn next(self) -> Next {
        match (self.o_seq, self.o_due, self.i_seq, self.i_due) {
            (Some(seq), Some(true), ..) => Next::Send(Box::new(self.reply(seq))),
            (_, _, Some(seq), Some(true)) => Next::Decide(Box::new(self.message(seq))),
            _ => Next::Released,
        }
    }

    fn reply(self, seq: i64) -> OutboxRow {
        OutboxRow {
            seq,
            inbox_seq: self.o_inbox_seq,
            in_reply_to: self.oi_external_id,
            reply_ref: self.oi_reply_ref.unwrap_or_default(),
            idx: self.o_idx.unwrap_or(0),
            key: self.o_key.unwrap_or_default(),
            attempt: self.o_attempt.unwrap_or(0) + 1,
            expires_at: self.o_expires_at.unwrap_or_default(),
            unknown: self.o_unknown.unwrap_or(false),
            text: MessageText(self.o_body.unwrap_or_default()),
            language: self.o_language.unwrap_or_default(),
            buttons: self.o_buttons.unwrap_or_default(),
            traceparent: self.oi_traceparent,
            received_at: self.oi_received_at,
        }
    }

    fn message(self, seq: i64) -> InboxRow {
        InboxRow {
            seq,
            external_id: self.i_external_id.unwrap_or_default(),
            received_at: self.i_received_at.unwrap_or_default(),
            attempts: self.i_attempts.unwrap_or(0) + 1,
            replayed: self.i_replayed,
            sender: self.i_sender.unwrap_or_default(),
            input: self.i_input.unwrap_or_default(),
            text: MessageText(self.i_body.unwrap_or_default()),
            hint: self.i_hint,
            reply_ref: self.i_reply_ref.unwrap_or_default(),
            traceparent: self.i_traceparent,
        }
    }
}
