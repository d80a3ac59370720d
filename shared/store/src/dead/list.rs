use chrono::{DateTime, Utc};

use super::{BadLetterId, DeadFilter, DeadLetter, DeadSelection, LetterId, LetterKind};
use crate::{Db, StoreError};

/// A dead letter with what decides about its replay.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) letter: DeadLetter,
    pub(super) conversation: Option<i64>,
    /// The platform of its channel.
    pub(super) channel_kind: String,
    /// When the contact last wrote.
    pub(super) last_inbound_at: Option<DateTime<Utc>>,
    /// Whether what is to be sent or decided is still kept.
    pub(super) has_text: bool,
}

impl Db {
    /// Dead letters, the latest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn dead_letters(&self, filter: &DeadFilter) -> Result<Vec<DeadLetter>, StoreError> {
        Ok(self.candidates(None, filter).await?.into_iter().map(|c| c.letter).collect())
    }

    /// Those of a selection that are dead, in their original order: by the time the message was
    /// received, then by row.
    pub(super) async fn select_dead(
        &self,
        selection: &DeadSelection,
    ) -> Result<Vec<Candidate>, StoreError> {
        let mut found = match selection {
            DeadSelection::Ids(ids) => self.candidates(Some(ids), &DeadFilter::default()).await?,
            DeadSelection::All(filter) => self.candidates(None, filter).await?,
        };
        found.sort_by_key(|c| (c.letter.received_at, c.letter.id));
        Ok(found)
    }

    async fn candidates(
        &self,
        ids: Option<&[LetterId]>,
        filter: &DeadFilter,
    ) -> Result<Vec<Candidate>, StoreError> {
        let names: Option<Vec<String>> =
            ids.map(|ids| ids.iter().map(LetterId::to_string).collect());
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT * FROM (
                SELECT 'r' || o.conversation_id || '-' || o.seq AS "id!", 'reply' AS "kind!",
                    o.tenant AS "tenant?", c.key AS "channel!", o.reason AS "reason?", '' AS "detail!",
                    o.attempt AS "attempts!", coalesce(i.received_at, o.created_at) AS "received_at!",
                    coalesce(o.finished_at, o.created_at) AS "dead_at!", o.conversation_id AS "conversation?",
                    c.kind AS "channel_kind!", v.last_inbound_at AS "last_inbound_at?",
                    o.body IS NOT NULL AS "has_text!"
                FROM outbox o JOIN channels c ON c.id = o.channel_id
                JOIN conversations v ON v.id = o.conversation_id LEFT JOIN inbox i ON i.seq = o.inbox_seq
                WHERE o.state = 'dead'
                UNION ALL
                SELECT 'm' || i.seq, 'message', i.tenant, c.key, i.reason, '', i.attempts, i.received_at,
                    coalesce(i.finished_at, i.stored_at), i.conversation_id, c.kind, v.last_inbound_at,
                    i.body IS NOT NULL
                FROM inbox i JOIN channels c ON c.id = i.channel_id
                JOIN conversations v ON v.id = i.conversation_id
                WHERE i.state = 'dead'
                UNION ALL
                SELECT 'w' || w.id, 'message', w.tenant, w.endpoint, w.reason, w.detail, w.attempts,
                    w.received_at, coalesce(w.finished_at, w.stored_at), NULL, w.kind, NULL, w.body <> ''
                FROM raw_letters w WHERE w.state = 'dead') AS dead
             WHERE ($1::text[] IS NULL OR "id!" = ANY($1))
               AND ($2::text IS NULL OR "tenant?" = $2)
               AND ($3::text IS NULL OR "channel!" = $3)
               AND ($4::text IS NULL OR split_part("reason?", ':', 1) = $4)
               AND ($5::text IS NULL OR "kind!" = $5)
               AND ($6::timestamptz IS NULL OR "dead_at!" >= $6)
               AND ($7::timestamptz IS NULL OR "dead_at!" < $7)
             ORDER BY "dead_at!" DESC, "received_at!" DESC, "id!" LIMIT $8"#,
            names.as_deref(),
            filter.tenant,
            filter.channel,
            filter.reason,
            filter.kind.map(LetterKind::as_str),
            filter.since,
            filter.until,
            filter.limit,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Candidate::read).collect()
    }
}

/// A row of any of the three places.
struct Row {
    id: String,
    kind: String,
    tenant: Option<String>,
    channel: String,
    reason: Option<String>,
    detail: String,
    attempts: i32,
    received_at: DateTime<Utc>,
    dead_at: DateTime<Utc>,
    conversation: Option<i64>,
    channel_kind: String,
    last_inbound_at: Option<DateTime<Utc>>,
    has_text: bool,
}

impl Candidate {
    fn read(row: Row) -> Result<Self, StoreError> {
        let id = row.id.parse().map_err(|e: BadLetterId| StoreError::Row {
            row: format!("dead letter {}", row.id),
            problem: e.to_string(),
        })?;
        let (reason, detail) = words(row.reason, row.detail);
        Ok(Self {
            letter: DeadLetter {
                id,
                kind: if row.kind == "reply" { LetterKind::Reply } else { LetterKind::Message },
                tenant: row.tenant,
                channel: row.channel,
                reason,
                detail,
                attempts: row.attempts,
                received_at: row.received_at,
                dead_at: row.dead_at,
            },
            conversation: row.conversation,
            channel_kind: row.channel_kind,
            last_inbound_at: row.last_inbound_at,
            has_text: row.has_text,
        })
    }
}

/// A reason may carry its detail after a colon: `rejected: 400 …`.
fn words(reason: Option<String>, detail: String) -> (String, String) {
    let reason = reason.unwrap_or_else(|| "unknown".to_owned());
    match reason.split_once(':') {
        Some((word, rest)) if detail.is_empty() => (word.to_owned(), rest.trim().to_owned()),
        _ => (reason, detail),
    }
}
