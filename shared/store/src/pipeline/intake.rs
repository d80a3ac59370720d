use std::collections::HashMap;

use chrono::{DateTime, Utc};
use lumi_domain::{InputKind, MessageText};
use sqlx::PgConnection;

use super::raw::{RawLetter, insert_raw};
use super::types::input_name;
use crate::{Db, StoreError};

/// A message as it goes into the inbox.
#[derive(Debug, Clone)]
pub struct MessageRow {
    /// Whose channel it came by.
    pub tenant: String,
    /// The channel.
    pub channel_id: i64,
    /// With whom the conversation is.
    pub peer: String,
    /// Their name.
    pub name: Option<String>,
    /// Dedupe key within the channel.
    pub external_id: String,
    /// The ingress's clock.
    pub received_at: DateTime<Utc>,
    /// Not to be decided before this long (the partition just changed hands).
    pub delay_ms: i64,
    /// Who wrote.
    pub sender: String,
    /// How it came about.
    pub input: InputKind,
    /// What was written.
    pub text: MessageText,
    /// Language of the user's app.
    pub hint: Option<String>,
    /// What the adapter needs to answer it.
    pub reply_ref: serde_json::Value,
    /// The platform's time.
    pub platform_ms: Option<i64>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// It comes from a dead letter that an operator replays.
    pub replayed: bool,
}

/// A status, an echo, an unknown type: kept, never answered.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// The channel it came by.
    pub channel_id: i64,
    /// Dedupe key.
    pub external_id: String,
    /// What it is, in the platform's words.
    pub what: String,
    /// Whom it concerns.
    pub peer: Option<String>,
    /// The ingress's clock.
    pub received_at: DateTime<Utc>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stored {
    /// New inbox rows.
    pub messages: usize,
    /// Messages that were there already.
    pub duplicates: usize,
}

impl Db {
    /// Stores what a batch of deliveries holds, each message once, and wakes its conversations;
    /// one transaction. Order of the slice is order of delivery.
    ///
    /// # Errors
    /// The database is away, or a value is refused ([`StoreError::is_data`]): then nothing was
    /// written, and the deliveries should be stored one by one.
    pub async fn store_messages(
        &self,
        messages: &[MessageRow],
        events: &[EventRow],
        raw: &[RawLetter],
    ) -> Result<Stored, StoreError> {
        let mut tx = self.pool.begin().await?;
        let mut stored = Stored::default();
        if !messages.is_empty() {
            let conversations = open_conversations(&mut tx, messages).await?;
            stored.messages = insert(&mut tx, messages, &conversations).await?;
            stored.duplicates = messages.len() - stored.messages;
            wake(&mut tx, messages, &conversations).await?;
        }
        insert_events(&mut tx, events).await?;
        insert_raw(&mut tx, raw).await?;
        tx.commit().await?;
        Ok(stored)
    }
}

type Conversations = HashMap<(i64, String), i64>;

/// Makes the conversations that are new and locks all of them in id order: a release, which
/// computes `wake_at`, then runs either wholly before this transaction or sees its rows.
async fn open_conversations(
    tx: &mut PgConnection,
    messages: &[MessageRow],
) -> Result<Conversations, StoreError> {
    let mut last: HashMap<(i64, &str), &MessageRow> = HashMap::new();
    for m in messages {
        last.insert((m.channel_id, m.peer.as_str()), m);
    }
    let rows: Vec<&MessageRow> = last.into_values().collect();
    let channels: Vec<i64> = rows.iter().map(|m| m.channel_id).collect();
    let peers: Vec<&str> = rows.iter().map(|m| m.peer.as_str()).collect();
    let lock = sqlx::query!(
        "SELECT c.id, c.channel_id, c.peer FROM unnest($1::bigint[], $2::text[]) AS u(channel_id, peer)
         JOIN conversations c ON c.channel_id = u.channel_id AND c.peer = u.peer
         ORDER BY c.id FOR NO KEY UPDATE OF c",
        &channels,
        &peers as &[&str],
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut found: Conversations =
        lock.into_iter().map(|r| ((r.channel_id, r.peer), r.id)).collect();
    let missing: Vec<&&MessageRow> =
        rows.iter().filter(|m| !found.contains_key(&(m.channel_id, m.peer.clone()))).collect();
    if !missing.is_empty() {
        // Another transaction may have made them since we looked: the conflict then waits for it,
        // locks its row and returns it. `ON CONFLICT DO NOTHING` would return nothing.
        let new = sqlx::query!(
            "INSERT INTO conversations AS c (tenant, channel_id, peer, name)
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS u(t, channel_id, peer, n)
             ORDER BY channel_id, peer
             ON CONFLICT (channel_id, peer) DO UPDATE SET name = coalesce(excluded.name, c.name)
             RETURNING id, channel_id, peer",
            &missing.iter().map(|m| m.tenant.as_str()).collect::<Vec<_>>() as &[&str],
            &missing.iter().map(|m| m.channel_id).collect::<Vec<_>>(),
            &missing.iter().map(|m| m.peer.as_str()).collect::<Vec<_>>() as &[&str],
            &missing.iter().map(|m| m.name.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        )
        .fetch_all(&mut *tx)
        .await?;
        found.extend(new.into_iter().map(|r| ((r.channel_id, r.peer), r.id)));
    }
    Ok(found)
}

/// A message whose conversation is not there must fail the batch: left out, it would be acked.
fn conversation_ids(
    messages: &[MessageRow],
    known: &Conversations,
) -> Result<Vec<i64>, StoreError> {
    let id = |m: &MessageRow| {
        known.get(&(m.channel_id, m.peer.clone())).copied().ok_or(sqlx::Error::RowNotFound)
    };
    Ok(messages.iter().map(id).collect::<Result<Vec<i64>, sqlx::Error>>()?)
}

async fn insert(
    tx: &mut PgConnection,
    messages: &[MessageRow],
    known: &Conversations,
) -> Result<usize, StoreError> {
    let conversations = conversation_ids(messages, known)?;
    let col = |f: fn(&MessageRow) -> &str| messages.iter().map(f).collect::<Vec<&str>>();
    let delays: Vec<i64> = messages.iter().map(|m| m.delay_ms).collect();
    let done = sqlx::query!(
        "WITH input AS (
            SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[],
                $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::jsonb[],
                $12::bigint[], $13::text[], $14::bool[]) WITH ORDINALITY AS u(tenant, channel_id, conversation_id,
                external_id, received_at, delay_ms, sender, input, body, hint, reply_ref,
                platform_ms, traceparent, replayed, ord)),
         once AS (SELECT DISTINCT ON (channel_id, external_id) * FROM input
                  ORDER BY channel_id, external_id, ord),
         numbered AS MATERIALIZED (
            SELECT o.*, nextval('inbox_seq') AS seq FROM (SELECT * FROM once ORDER BY ord) o),
         fresh AS (
            INSERT INTO dedupe (channel_id, external_id, inbox_seq)
            SELECT channel_id, external_id, seq FROM numbered ORDER BY seq
            ON CONFLICT DO NOTHING RETURNING inbox_seq)
         INSERT INTO inbox (seq, tenant, channel_id, conversation_id, external_id, received_at, due_at,
            sender, input, body, hint, reply_ref, platform_ms, traceparent, replayed_at)
         SELECT n.seq, n.tenant, n.channel_id, n.conversation_id, n.external_id, n.received_at,
            clock_timestamp() + make_interval(secs => n.delay_ms / 1000.0), n.sender, n.input, n.body,
            n.hint, n.reply_ref, n.platform_ms, n.traceparent,
            CASE WHEN n.replayed THEN clock_timestamp() END
         FROM numbered n JOIN fresh f ON f.inbox_seq = n.seq",
        &col(|m| &m.tenant) as &[&str],
        &messages.iter().map(|m| m.channel_id).collect::<Vec<_>>(),
        &conversations,
        &col(|m| &m.external_id) as &[&str],
        &messages.iter().map(|m| m.received_at).collect::<Vec<_>>(),
        &delays,
        &col(|m| &m.sender) as &[&str],
        &col(|m| input_name(m.input)) as &[&str],
        &col(|m| &m.text.0) as &[&str],
        &messages.iter().map(|m| m.hint.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &messages.iter().map(|m| m.reply_ref.clone()).collect::<Vec<_>>(),
        &messages.iter().map(|m| m.platform_ms).collect::<Vec<_>>() as &[Option<i64>],
        &messages.iter().map(|m| m.traceparent.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &messages.iter().map(|m| m.replayed).collect::<Vec<_>>(),
    )
    .execute(&mut *tx)
    .await?;
    Ok(usize::try_from(done.rows_affected()).unwrap_or(0))
}

/// A conversation that is due already is left alone: claims do not move `wake_at`, only releases.
async fn wake(
    tx: &mut PgConnection,
    messages: &[MessageRow],
    known: &Conversations,
) -> Result<(), StoreError> {
    let conversations = conversation_ids(messages, known)?;
    sqlx::query!(
        "UPDATE conversations c SET
            wake_at = least(c.wake_at, u.due),
            last_inbound_at = greatest(c.last_inbound_at, u.at)
         FROM (SELECT id, min(clock_timestamp() + make_interval(secs => delay_ms / 1000.0)) AS due,
                      max(received_at) AS at
               FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS x(id, delay_ms, received_at)
               GROUP BY id) u
         WHERE c.id = u.id AND (c.wake_at > u.due OR c.last_inbound_at IS NULL
               OR c.last_inbound_at < u.at - interval '1 minute')",
        &conversations,
        &messages.iter().map(|m| m.delay_ms).collect::<Vec<_>>(),
        &messages.iter().map(|m| m.received_at).collect::<Vec<_>>(),
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn insert_events(tx: &mut PgConnection, events: &[EventRow]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO events (channel_id, external_id, what, peer, received_at)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
         ON CONFLICT DO NOTHING",
        &events.iter().map(|e| e.channel_id).collect::<Vec<_>>(),
        &events.iter().map(|e| e.external_id.as_str()).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|e| e.what.as_str()).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|e| e.peer.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &events.iter().map(|e| e.received_at).collect::<Vec<_>>(),
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
