use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{Db, StoreError};

/// A conversation with its messages. It holds texts and names: for the operator's eyes.
#[derive(Debug, Clone, Serialize)]
pub struct ConversationStory {
    /// Row id.
    pub id: i64,
    /// Whose it is.
    pub tenant: String,
    /// Key of the channel.
    pub channel: String,
    /// The platform.
    pub kind: String,
    /// With whom.
    pub peer: String,
    /// Their name.
    pub name: Option<String>,
    /// What it speaks so far.
    pub language: Option<String>,
    /// State of the vacation dialogue; `None` = idle.
    pub dialogue: Option<serde_json::Value>,
    /// When the contact last wrote.
    pub last_inbound_at: Option<DateTime<Utc>>,
    /// When a sweep looks next; `None` = nothing to do.
    pub wake_at: Option<DateTime<Utc>>,
    /// Until when somebody works on it.
    pub leased_until: Option<DateTime<Utc>>,
    /// In order.
    pub messages: Vec<MessageStory>,
}

/// A received message, what was understood and what was done.
#[derive(Debug, Clone, Serialize)]
pub struct MessageStory {
    /// Row id; the dead letter's id is `m` and this.
    pub seq: i64,
    /// The platform's id.
    pub external_id: String,
    /// The ingress's clock.
    pub received_at: DateTime<Utc>,
    /// pending, done, dead, discarded.
    pub state: String,
    /// Why dead.
    pub reason: Option<String>,
    /// Decisions begun.
    pub attempts: i16,
    /// When it was replayed.
    pub replayed_at: Option<DateTime<Utc>>,
    /// text, button, reaction, media, notice.
    pub input: String,
    /// What was written; `None` after retention or erasure.
    pub text: Option<String>,
    /// In which language.
    pub language: Option<String>,
    /// What was done: answer, handoff, dialogue …
    pub action: Option<String>,
    /// From which FAQ.
    pub source: Option<String>,
    /// When.
    pub finished_at: Option<DateTime<Utc>>,
    /// In sending order.
    pub replies: Vec<ReplyStory>,
}

/// A reply.
#[derive(Debug, Clone, Serialize)]
pub struct ReplyStory {
    /// Place in the sending order; the dead letter's id is `r<conversation>-` and this.
    pub seq: i64,
    /// waiting, sending, sent, dead, discarded.
    pub state: String,
    /// Why not sent, or not yet.
    pub reason: Option<String>,
    /// Times it was handed over.
    pub attempt: i32,
    /// What was said; `None` after retention or erasure.
    pub text: Option<String>,
    /// In which language.
    pub language: String,
    /// Labels.
    pub buttons: Vec<String>,
    /// The platform's id of it.
    pub provider_id: Option<String>,
    /// When it may be tried next.
    pub due_at: DateTime<Utc>,
    /// When it was sent or given up.
    pub finished_at: Option<DateTime<Utc>>,
}

struct ReplyRow {
    inbox_seq: i64,
    story: ReplyStory,
}

impl Db {
    /// A conversation and its last `limit` messages.
    ///
    /// # Errors
    /// The database is away.
    pub async fn conversation_story(
        &self,
        id: i64,
        limit: i64,
    ) -> Result<Option<ConversationStory>, StoreError> {
        let Some(row) = sqlx::query!(
            r#"SELECT v.id, v.tenant, c.key, c.kind, v.peer, v.name, v.language, v.dialogue,
                v.last_inbound_at, nullif(v.wake_at, 'infinity') AS wake_at, v.lease_until
             FROM conversations v JOIN channels c ON c.id = v.channel_id WHERE v.id = $1"#,
            id
        )
        .fetch_optional(&self.pool)
        .await?
        else {
            return Ok(None);
        };
        Ok(Some(ConversationStory {
            id: row.id,
            tenant: row.tenant,
            channel: row.key,
            kind: row.kind,
            peer: row.peer,
            name: row.name,
            language: row.language,
            dialogue: row.dialogue,
            last_inbound_at: row.last_inbound_at,
            wake_at: row.wake_at,
            leased_until: row.lease_until,
            messages: self.messages_of(id, limit).await?,
        }))
    }

    async fn messages_of(&self, id: i64, limit: i64) -> Result<Vec<MessageStory>, StoreError> {
        let mut messages: Vec<MessageStory> = sqlx::query!(
            "SELECT seq, external_id, received_at, state, reason, attempts, replayed_at, input, body,
                    language, action, source, finished_at
             FROM inbox WHERE conversation_id = $1 ORDER BY received_at DESC, seq DESC LIMIT $2",
            id,
            limit
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(|r| MessageStory {
            seq: r.seq,
            external_id: r.external_id,
            received_at: r.received_at,
            state: r.state,
            reason: r.reason,
            attempts: r.attempts,
            replayed_at: r.replayed_at,
            input: r.input,
            text: r.body,
            language: r.language,
            action: r.action,
            source: r.source,
            finished_at: r.finished_at,
            replies: Vec::new(),
        })
        .collect();
        messages.reverse();
        let seqs: Vec<i64> = messages.iter().map(|m| m.seq).collect();
        for reply in self.replies_to(&seqs).await? {
            if let Some(m) = messages.iter_mut().find(|m| m.seq == reply.inbox_seq) {
                m.replies.push(reply.story);
            }
        }
        Ok(messages)
    }

    async fn replies_to(&self, messages: &[i64]) -> Result<Vec<ReplyRow>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT inbox_seq AS "inbox_seq!", seq, state, reason, attempt, body, language, buttons,
                provider_id, due_at, finished_at
             FROM outbox WHERE inbox_seq = ANY($1) ORDER BY seq"#,
            messages
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|r| ReplyRow {
                inbox_seq: r.inbox_seq,
                story: ReplyStory {
                    seq: r.seq,
                    state: r.state,
                    reason: r.reason,
                    attempt: r.attempt,
                    text: r.body,
                    language: r.language,
                    buttons: r.buttons,
                    provider_id: r.provider_id,
                    due_at: r.due_at,
                    finished_at: r.finished_at,
                },
            })
            .collect())
    }
}
