use std::collections::HashMap;

use sqlx::{PgConnection, PgPool};

use super::types::{Decision, DecisionState, NewPart, Notice, Unit};
use crate::StoreError;

/// Writes decisions: message state, dialogue, replies and effects.
pub(super) async fn decisions(tx: &mut PgConnection, ours: &[&Unit]) -> Result<(), StoreError> {
    let decided: Vec<(&Unit, &Decision)> =
        ours.iter().filter_map(|u| u.decision.as_ref().map(|d| (*u, d))).collect();
    if decided.is_empty() {
        return Ok(());
    }
    finish_messages(tx, &decided).await?;
    let mut parts = Vec::with_capacity(decided.len());
    for (unit, decision) in &decided {
        effects(tx, unit, decision).await?;
        for (idx, part) in decision.parts.iter().enumerate() {
            if wanted(tx, unit, part).await? {
                parts.push((*unit, *decision, i16::try_from(idx).unwrap_or(i16::MAX), part));
            }
        }
    }
    let mut count: HashMap<i64, i64> = HashMap::new();
    for (unit, ..) in &parts {
        *count.entry(unit.id).or_default() += 1;
    }
    let first = remember(tx, &decided, &count).await?;
    insert_parts(tx, &parts, first).await
}

/// A notice about a block is told once per conversation: the row decides.
async fn wanted(tx: &mut PgConnection, unit: &Unit, part: &NewPart) -> Result<bool, StoreError> {
    let Some(vacation) = part.once_per_vacation else { return Ok(true) };
    let new = sqlx::query!(
        "INSERT INTO vacation_notices (vacation_id, conversation_id)
         SELECT id, $2 FROM vacations WHERE id = $1 ON CONFLICT DO NOTHING",
        vacation,
        unit.id
    )
    .execute(&mut *tx)
    .await?;
    Ok(new.rows_affected() == 1)
}

async fn finish_messages(
    tx: &mut PgConnection,
    decided: &[(&Unit, &Decision)],
) -> Result<(), StoreError> {
    let reasons: Vec<Option<&str>> = decided
        .iter()
        .map(|(_, d)| match &d.state {
            DecisionState::Done => None,
            DecisionState::Dead { reason } => Some(reason.as_str()),
        })
        .collect();
    sqlx::query!(
        "UPDATE inbox i SET state = CASE WHEN u.reason IS NULL THEN 'done' ELSE 'dead' END,
            reason = u.reason, language = u.language, action = u.action, source = u.source,
            finished_at = clock_timestamp()
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
              AS u(seq, reason, language, action, source)
         WHERE i.seq = u.seq AND i.state = 'pending'",
        &decided.iter().map(|(_, d)| d.inbox_seq).collect::<Vec<_>>(),
        &reasons as &[Option<&str>],
        &decided.iter().map(|(_, d)| d.understood.as_deref()).collect::<Vec<_>>()
            as &[Option<&str>],
        &decided.iter().map(|(_, d)| d.action).collect::<Vec<_>>() as &[&str],
        &decided.iter().map(|(_, d)| d.source.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Updates the conversations and draws the sequence numbers of their replies; returns the first
/// number of each.
async fn remember(
    tx: &mut PgConnection,
    decided: &[(&Unit, &Decision)],
    count: &HashMap<i64, i64>,
) -> Result<HashMap<i64, i64>, StoreError> {
    let ids: Vec<i64> = decided.iter().map(|(u, _)| u.id).collect();
    let parts: Vec<i64> = ids.iter().map(|id| count.get(id).copied().unwrap_or(0)).collect();
    let asked: Vec<bool> = decided.iter().map(|(_, d)| !d.notices.is_empty()).collect();
    let rows = sqlx::query!(
        r#"UPDATE conversations c SET dialogue = u.dialogue, language = u.language,
            hour_started = u.hour_started,
            hour_replies = u.hour_replies, next_seq = c.next_seq + u.parts,
            owner_asked_at = CASE WHEN u.asked THEN now() ELSE c.owner_asked_at END,
            decided_at = CASE WHEN (c.decided_at, c.decided_seq) > (u.at, u.seq) THEN c.decided_at ELSE u.at END,
            decided_seq = CASE WHEN (c.decided_at, c.decided_seq) > (u.at, u.seq) THEN c.decided_seq ELSE u.seq END
         FROM unnest($1::bigint[], $2::jsonb[], $3::text[], $4::timestamptz[], $5::int[],
                     $6::bigint[], $7::bool[], $8::timestamptz[], $9::bigint[])
              AS u(id, dialogue, language, hour_started, hour_replies, parts, asked, at, seq)
         WHERE c.id = u.id RETURNING c.id, c.next_seq - u.parts AS "first!""#,
        &ids,
        &decided.iter().map(|(_, d)| d.dialogue.clone()).collect::<Vec<_>>()
            as &[Option<serde_json::Value>],
        &decided.iter().map(|(_, d)| d.language.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &decided.iter().map(|(_, d)| d.hour.0).collect::<Vec<_>>()
            as &[Option<chrono::DateTime<chrono::Utc>>],
        &decided.iter().map(|(_, d)| d.hour.1).collect::<Vec<_>>(),
        &parts,
        &asked,
        &decided.iter().map(|(_, d)| d.received_at).collect::<Vec<_>>(),
        &decided.iter().map(|(_, d)| d.inbox_seq).collect::<Vec<_>>(),
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.id, r.first)).collect())
}

async fn insert_parts(
    tx: &mut PgConnection,
    parts: &[(&Unit, &Decision, i16, &NewPart)],
    mut next: HashMap<i64, i64>,
) -> Result<(), StoreError> {
    if parts.is_empty() {
        return Ok(());
    }
    let seqs: Vec<i64> = parts
        .iter()
        .map(|(unit, ..)| {
            let slot = next.entry(unit.id).or_insert(1);
            *slot += 1;
            *slot - 1
        })
        .collect();
    let buttons: Vec<serde_json::Value> =
        parts.iter().map(|(.., p)| serde_json::json!(p.buttons)).collect();
    sqlx::query!(
        "INSERT INTO outbox (conversation_id, seq, tenant, channel_id, inbox_seq, idx, expires_at, key,
                             body, language, buttons)
         SELECT u.id, u.seq, c.tenant, c.channel_id, u.inbox_seq, u.idx, u.expires_at,
                'msg_' || u.id || '_' || u.seq, u.body, u.language,
                ARRAY(SELECT jsonb_array_elements_text(u.buttons))
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::timestamptz[],
                     $6::text[], $7::text[], $8::jsonb[])
              AS u(id, seq, inbox_seq, idx, expires_at, body, language, buttons)
         JOIN conversations c ON c.id = u.id",
        &parts.iter().map(|(u, ..)| u.id).collect::<Vec<_>>(),
        &seqs,
        &parts.iter().map(|(_, d, ..)| d.inbox_seq).collect::<Vec<_>>(),
        &parts.iter().map(|(_, _, idx, _)| *idx).collect::<Vec<_>>(),
        &parts.iter().map(|(_, d, ..)| d.expires_at).collect::<Vec<_>>(),
        &parts.iter().map(|(.., p)| p.text.as_str()).collect::<Vec<_>>() as &[&str],
        &parts.iter().map(|(.., p)| p.language.as_str()).collect::<Vec<_>>() as &[&str],
        &buttons,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What a decision changes besides the conversation itself.
async fn effects(tx: &mut PgConnection, unit: &Unit, d: &Decision) -> Result<(), StoreError> {
    if let Some(v) = &d.vacation {
        sqlx::query!(
            "WITH saved AS (INSERT INTO vacations (tenant, starts_on, ends_on, owner)
                SELECT tenant, $2, $3, $4 FROM conversations WHERE id = $1 RETURNING tenant)
             SELECT pg_notify('lumi_settings', 'tenant:' || tenant) FROM saved",
            unit.id,
            v.starts_on,
            v.ends_on,
            v.owner
        )
        .execute(&mut *tx)
        .await?;
    }
    if let Some(hash) = &d.owner_link {
        let used = sqlx::query!(
            "WITH link AS (UPDATE owner_links l SET used_at = now() FROM conversations c
                WHERE l.token_hash = $2 AND l.used_at IS NULL AND l.expires_at > now()
                  AND c.id = $1 AND c.channel_id = l.channel_id RETURNING c.tenant, c.channel_id, c.peer),
             made AS (INSERT INTO owners (tenant, channel_id, peer, from_manifest)
                SELECT tenant, channel_id, peer, false FROM link ON CONFLICT DO NOTHING)
             SELECT pg_notify('lumi_settings', 'tenant:' || tenant) FROM link",
            unit.id,
            hash
        )
        .execute(&mut *tx)
        .await?;
        tracing::debug!(rows = used.rows_affected(), "Consumed an owner link");
    }
    for notice in &d.notices {
        pass_on(tx, notice).await?;
    }
    Ok(())
}

/// A question for an owner becomes a message of ours in the owner's conversation, which is locked
/// already: its own lease holder chooses the words and sends it.
async fn pass_on(tx: &mut PgConnection, notice: &Notice) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH target AS (SELECT * FROM conversations WHERE channel_id = $1 AND peer = $2),
         once AS (INSERT INTO dedupe (channel_id, external_id, inbox_seq)
                  SELECT $1, $3, nextval('inbox_seq') FROM target
                  ON CONFLICT DO NOTHING RETURNING inbox_seq),
         row AS (INSERT INTO inbox (seq, tenant, channel_id, conversation_id, external_id, received_at,
                                    sender, input, body)
                 SELECT o.inbox_seq, t.tenant, t.channel_id, t.id, $3, date_trunc('milliseconds', clock_timestamp()),
                        t.peer, 'notice', $4 FROM target t, once o RETURNING conversation_id)
         UPDATE conversations c SET wake_at = least(c.wake_at, clock_timestamp())
         FROM row WHERE c.id = row.conversation_id",
        notice.channel_id,
        notice.peer,
        notice.external_id,
        notice.body
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// An attempt that a database failure or a shutdown ended does not count.
pub(super) async fn take_back(tx: &mut PgConnection, ours: &[&Unit]) -> Result<(), StoreError> {
    let seqs: Vec<i64> = ours.iter().filter_map(|u| u.take_back).collect();
    if !seqs.is_empty() {
        sqlx::query!(
            "UPDATE inbox SET attempts = greatest(attempts - 1, 0)
             WHERE seq = ANY($1) AND state = 'pending'",
            &seqs
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// The owners' conversations must exist before the units' rows are locked in id order.
pub(super) async fn ensure_notice_conversations(
    pool: &PgPool,
    units: &[Unit],
) -> Result<(), StoreError> {
    for notice in units.iter().filter_map(|u| u.decision.as_ref()).flat_map(|d| &d.notices) {
        sqlx::query!(
            "INSERT INTO conversations (tenant, channel_id, peer)
             SELECT tenant, id, $2 FROM channels WHERE id = $1 ON CONFLICT DO NOTHING",
            notice.channel_id,
            notice.peer
        )
        .execute(pool)
        .await?;
    }
    Ok(())
}

/// The row id of an owner's conversation.
pub(super) async fn notice_conversation(
    tx: &mut PgConnection,
    notice: &Notice,
) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT id FROM conversations WHERE channel_id = $1 AND peer = $2",
        notice.channel_id,
        notice.peer
    )
    .fetch_optional(&mut *tx)
    .await?)
}
