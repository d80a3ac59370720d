use std::collections::HashSet;

use sqlx::PgConnection;

use super::types::{Advanced, Record, RecordOutcome, Unit};
use super::{apply, next};
use crate::{Db, StoreError};

impl Db {
    /// Writes what was done in some conversations and says what is next in each, in one
    /// transaction. A conversation in which nothing is due is released. Answers in the order of
    /// `units`, of which none may name a conversation twice.
    ///
    /// # Errors
    /// The database is away, or a unit's values are refused ([`StoreError::is_data`]): then
    /// nothing was written, and the units should be tried one by one.
    pub async fn advance(&self, units: &[Unit]) -> Result<Vec<Advanced>, StoreError> {
        apply::ensure_notice_conversations(&self.pool, units).await?;
        let mut tx = self.pool.begin().await?;
        let held = lock(&mut tx, units).await?;
        let ours: Vec<&Unit> = units.iter().filter(|u| held.contains(&(u.id, u.fence))).collect();
        record_sent(&mut tx, units).await?;
        wake_after_late_records(&mut tx, units, &held).await?;
        record_unsent(&mut tx, &ours).await?;
        apply::take_back(&mut tx, &ours).await?;
        apply::decisions(&mut tx, &ours).await?;
        let going: Vec<(i64, i64)> =
            ours.iter().filter(|u| !u.release).map(|u| (u.id, u.fence)).collect();
        let mut next = next::choose(&mut tx, &going).await?;
        for unit in ours.iter().filter(|u| u.release) {
            next::put_back(&mut tx, unit.id, unit.fence).await?;
            next::release(&mut tx, &[unit.id], unit.pause_ms).await?;
        }
        announce(&mut tx, units).await?;
        tx.commit().await?;
        Ok(units
            .iter()
            .map(|u| {
                if !held.contains(&(u.id, u.fence)) {
                    return Advanced::Lost;
                }
                Advanced::Held(next.remove(&u.id).unwrap_or(super::Next::Released))
            })
            .collect())
    }
}

/// Locks the conversations, and those that get a notice, in id order; returns those whose fence
/// still stands. A lease that ran out meanwhile is renewed: while the fence stands it is ours.
/// Those that were lost are locked too: a late `sent` may change what is due there.
async fn lock(tx: &mut PgConnection, units: &[Unit]) -> Result<HashSet<(i64, i64)>, StoreError> {
    let mut ids: Vec<i64> = units.iter().map(|u| u.id).collect();
    let mut fences: Vec<Option<i64>> = units.iter().map(|u| Some(u.fence)).collect();
    for notice in units.iter().filter_map(|u| u.decision.as_ref()).flat_map(|d| &d.notices) {
        let id = apply::notice_conversation(tx, notice).await?;
        if let Some(id) = id.filter(|id| !ids.contains(id)) {
            ids.push(id);
            fences.push(None);
        }
    }
    let rows = sqlx::query!(
        r#"SELECT c.id, c.fence, coalesce(c.fence = u.fence, false) AS "ours!",
                  coalesce(c.lease_until > clock_timestamp(), false) AS "alive!"
           FROM unnest($1::bigint[], $2::bigint[]) AS u(id, fence)
           JOIN conversations c ON c.id = u.id
           ORDER BY c.id FOR NO KEY UPDATE OF c"#,
        &ids,
        &fences as &[Option<i64>],
    )
    .fetch_all(&mut *tx)
    .await?;
    let late: Vec<i64> = rows.iter().filter(|r| r.ours && !r.alive).map(|r| r.id).collect();
    if !late.is_empty() {
        sqlx::query!(
            "UPDATE conversations SET lease_until = clock_timestamp() + interval '10 s' WHERE id = ANY($1)",
            &late
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(rows.into_iter().filter(|r| r.ours).map(|r| (r.id, r.fence)).collect())
}

/// `sent` is final and needs no fence: the key says which attempt chain it belongs to.
async fn record_sent(tx: &mut PgConnection, units: &[Unit]) -> Result<(), StoreError> {
    let (mut ids, mut seqs, mut keys, mut provider) = (vec![], vec![], vec![], vec![]);
    for (unit, record) in records(units) {
        if let RecordOutcome::Sent { provider_id } = &record.outcome {
            ids.push(unit.id);
            seqs.push(record.seq);
            keys.push(record.key.clone());
            provider.push(provider_id.clone());
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE outbox o SET state = 'sent', provider_id = u.provider_id, reason = NULL,
                finished_at = clock_timestamp()
         FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS u(id, seq, key, provider_id)
         WHERE o.conversation_id = u.id AND o.seq = u.seq AND o.key = u.key AND o.state <> 'sent'",
        &ids,
        &seqs,
        &keys,
        &provider as &[Option<String>],
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// A reply that we sent before we lost the conversation was the first in its order; somebody may
/// have put the conversation to sleep until that reply's next try. What is behind it is due now.
async fn wake_after_late_records(
    tx: &mut PgConnection,
    units: &[Unit],
    held: &HashSet<(i64, i64)>,
) -> Result<(), StoreError> {
    let late: Vec<i64> = records(units)
        .filter(|(u, r)| {
            !held.contains(&(u.id, u.fence)) && matches!(r.outcome, RecordOutcome::Sent { .. })
        })
        .map(|(u, _)| u.id)
        .collect();
    if !late.is_empty() {
        sqlx::query!(
            "UPDATE conversations SET wake_at = least(wake_at, clock_timestamp()) WHERE id = ANY($1)",
            &late
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// A refusal or a delay counts only under our fence.
async fn record_unsent(tx: &mut PgConnection, ours: &[&Unit]) -> Result<(), StoreError> {
    for unit in ours {
        let Some(record) = &unit.record else { continue };
        let (state, after_ms, reason, unsent) = match &record.outcome {
            RecordOutcome::Sent { .. } => continue,
            RecordOutcome::Retry { after_ms, reason } => ("waiting", Some(*after_ms), reason, 0),
            RecordOutcome::Wait { after_ms, reason } => ("waiting", Some(*after_ms), reason, 1),
            RecordOutcome::Dead { reason } => ("dead", None, reason, 0),
        };
        sqlx::query!(
            "UPDATE outbox SET state = $4, reason = $5, attempt = attempt - $8,
                    due_at = clock_timestamp() + make_interval(secs => coalesce($6::bigint, 0) / 1000.0),
                    finished_at = CASE WHEN $4 = 'dead' THEN clock_timestamp() END
             WHERE conversation_id = $1 AND seq = $2 AND key = $3 AND state = 'sending' AND fence = $7",
            unit.id,
            record.seq,
            record.key,
            state,
            reason,
            after_ms,
            unit.fence,
            unsent,
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Wakes the streams of the chat page; delivered at commit.
async fn announce(tx: &mut PgConnection, units: &[Unit]) -> Result<(), StoreError> {
    for (unit, record) in records(units) {
        if record.announce {
            sqlx::query!("SELECT pg_notify('lumi_web', $1)", unit.id.to_string())
                .execute(&mut *tx)
                .await?;
        }
    }
    Ok(())
}

fn records(units: &[Unit]) -> impl Iterator<Item = (&Unit, &Record)> {
    units.iter().filter_map(|u| u.record.as_ref().map(|r| (u, r)))
}
