use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::list::Candidate;
use super::plan::{refusal, window};
use super::{DeadSelection, LetterId, Plan, Refusal};
use crate::{Db, StoreError};

/// Rows of one transaction: locks are held for a moment only.
const BATCH: usize = 500;

impl Db {
    /// What [`Db::replay_dead`] would do; `now` decides about the platforms' windows.
    ///
    /// # Errors
    /// The database is away.
    pub async fn plan_replay(
        &self,
        selection: &DeadSelection,
        now: DateTime<Utc>,
    ) -> Result<Plan, StoreError> {
        let found = self.select_dead(selection).await?;
        let (can, refused) = sort_out(found.clone(), now);
        Ok(Plan { refused, ..Plan::new(selection, &found, &can) })
    }

    /// Gives dead letters another chance, in their original order. A message stands by the order
    /// in which it was received, a reply by its place in the sending order.
    ///
    /// # Errors
    /// The database is away; the batches written before stay replayed.
    pub async fn replay_dead(
        &self,
        selection: &DeadSelection,
        now: DateTime<Utc>,
    ) -> Result<Plan, StoreError> {
        let found = self.select_dead(selection).await?;
        let (can, refused) = sort_out(found.clone(), now);
        let mut done = Vec::new();
        for batch in can.chunks(BATCH) {
            let mut tx = self.pool.begin().await?;
            let changed = replay(&mut tx, batch).await?;
            tx.commit().await?;
            done.extend(batch.iter().filter(|c| changed.contains(&c.letter.id)).cloned());
        }
        Ok(Plan { refused, ..Plan::new(selection, &found, &done) })
    }
}

fn sort_out(found: Vec<Candidate>, now: DateTime<Utc>) -> (Vec<Candidate>, Vec<Refusal>) {
    let (mut can, mut refused) = (Vec::new(), Vec::new());
    for c in found {
        match refusal(&c, now) {
            Some(why) => refused.push(Refusal { id: c.letter.id, why }),
            None => can.push(c),
        }
    }
    (can, refused)
}

async fn replay(tx: &mut PgConnection, batch: &[Candidate]) -> Result<Vec<LetterId>, StoreError> {
    let conversations: Vec<i64> = batch.iter().filter_map(|c| c.conversation).collect();
    // In id order, as everywhere; a release then sees these rows, or comes before them.
    sqlx::query!(
        "SELECT id FROM conversations WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        &conversations
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut changed = replies(tx, batch).await?;
    changed.extend(messages(tx, batch).await?);
    changed.extend(raw(tx, batch).await?);
    // A statement of its own: only what really changed is woken, and never to later.
    sqlx::query!(
        "UPDATE conversations SET wake_at = least(wake_at, clock_timestamp()) WHERE id = ANY($1)",
        &conversations
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("SELECT pg_notify('lumi_wake', '')").execute(&mut *tx).await?;
    Ok(changed)
}

/// The stored text goes again, for another day at most and not beyond the platform's window.
async fn replies(tx: &mut PgConnection, batch: &[Candidate]) -> Result<Vec<LetterId>, StoreError> {
    let (mut ids, mut seqs, mut hours) = (vec![], vec![], vec![]);
    for c in batch {
        if let LetterId::Reply { conversation, seq } = c.letter.id {
            ids.push(conversation);
            seqs.push(seq);
            hours.push(window(&c.channel_kind).map(|w| w.num_hours()));
        }
    }
    let rows = sqlx::query!(
        "UPDATE outbox o SET state = 'waiting', attempt = 0, due_at = clock_timestamp(), reason = NULL,
            finished_at = NULL, expires_at = least(clock_timestamp() + interval '24 h',
                CASE WHEN u.hours IS NULL THEN 'infinity'::timestamptz
                     ELSE v.last_inbound_at + make_interval(hours => u.hours::int) END)
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u(id, seq, hours)
         JOIN conversations v ON v.id = u.id
         WHERE o.conversation_id = u.id AND o.seq = u.seq AND o.state = 'dead' AND o.body IS NOT NULL
         RETURNING o.conversation_id, o.seq",
        &ids,
        &seqs,
        &hours as &[Option<i64>],
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| LetterId::Reply { conversation: r.conversation_id, seq: r.seq })
        .collect())
}

/// `replayed_at` tells the worker that later messages may have been decided meanwhile.
async fn messages(tx: &mut PgConnection, batch: &[Candidate]) -> Result<Vec<LetterId>, StoreError> {
    let seqs: Vec<i64> = batch
        .iter()
        .filter_map(|c| match c.letter.id {
            LetterId::Message(seq) => Some(seq),
            LetterId::Reply { .. } | LetterId::Raw(_) => None,
        })
        .collect();
    let rows = sqlx::query_scalar!(
        "UPDATE inbox SET state = 'pending', attempts = 0, due_at = clock_timestamp(),
            replayed_at = clock_timestamp(), reason = NULL, finished_at = NULL
         WHERE seq = ANY($1) AND state = 'dead' AND body IS NOT NULL RETURNING seq",
        &seqs
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows.into_iter().map(LetterId::Message).collect())
}

async fn raw(tx: &mut PgConnection, batch: &[Candidate]) -> Result<Vec<LetterId>, StoreError> {
    let ids: Vec<i64> = batch
        .iter()
        .filter_map(|c| match c.letter.id {
            LetterId::Raw(id) => Some(id),
            LetterId::Reply { .. } | LetterId::Message(_) => None,
        })
        .collect();
    let rows = sqlx::query_scalar!(
        "UPDATE raw_letters SET state = 'pending', attempts = 0, replayed_at = clock_timestamp(),
            finished_at = NULL
         WHERE id = ANY($1) AND state = 'dead' RETURNING id",
        &ids
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows.into_iter().map(LetterId::Raw).collect())
}
