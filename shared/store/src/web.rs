//! What the public side reads: a channel as its row is, and the replies of a chat conversation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lumi_domain::Channel;
use serde::{Deserialize, Serialize};

use crate::seal::Keyring;
use crate::settings::{self, ChannelRow};
use crate::{Db, StoreError};

/// A channel with its secrets still sealed: what a cache may keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedChannel {
    /// Row id.
    pub id: i64,
    /// Whose it is.
    pub tenant: String,
    /// The `{key}` of its paths.
    pub key: String,
    /// The platform's name.
    pub kind: String,
    /// The platform's id of the account.
    pub account: String,
    /// Settings of the manifest.
    pub settings: serde_json::Value,
    /// Base64 of nonce, ciphertext and tag.
    pub sealed: String,
    /// Which key sealed it.
    pub seal_key_id: String,
    /// False: webhooks get 404.
    pub enabled: bool,
    /// When the row was written, in microseconds since 1970: its version.
    pub updated_us: i64,
}

impl SealedChannel {
    /// The channel with its secrets opened.
    ///
    /// # Errors
    /// The key is not configured, the row was altered, or holds what this build does not know.
    pub fn open(self, keys: &Keyring) -> Result<Channel, StoreError> {
        let sealed = STANDARD.decode(&self.sealed).map_err(|_| StoreError::Row {
            row: format!("channel {}", self.key),
            problem: "sealed is no base64".into(),
        })?;
        let row = ChannelRow {
            id: self.id,
            tenant: self.tenant,
            key: self.key,
            kind: self.kind,
            account: self.account,
            settings: self.settings,
            sealed,
            seal_key_id: self.seal_key_id,
            enabled: self.enabled,
        };
        settings::open(keys, row)
    }
}

/// A reply as the chat page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebReply {
    /// Its place in the conversation: the id of its event.
    pub seq: i64,
    /// The external id of the message it answers; `None` when it answers none.
    pub in_reply_to: Option<String>,
    /// Its text.
    pub text: String,
    /// The language of the text.
    pub language: String,
    /// Labels that may be pressed.
    pub buttons: Vec<String>,
}

impl Db {
    /// The channel behind a key, sealed.
    ///
    /// # Errors
    /// The database is away.
    pub async fn sealed_channel(&self, key: &str) -> Result<Option<SealedChannel>, StoreError> {
        let row = sqlx::query!(
            r#"SELECT id, tenant, key, kind, account, settings, sealed, seal_key_id, enabled,
                      (extract(epoch FROM updated_at) * 1000000)::bigint AS "updated_us!"
               FROM channels WHERE key = $1"#,
            key
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| SealedChannel {
            id: row.id,
            tenant: row.tenant,
            key: row.key,
            kind: row.kind,
            account: row.account,
            settings: row.settings,
            sealed: STANDARD.encode(row.sealed),
            seal_key_id: row.seal_key_id,
            enabled: row.enabled,
            updated_us: row.updated_us,
        }))
    }

    /// The conversation of a chat visitor; `None` before the first message reached the inbox.
    ///
    /// # Errors
    /// The database is away.
    pub async fn web_conversation(
        &self,
        channel: i64,
        visitor: &str,
    ) -> Result<Option<i64>, StoreError> {
        Ok(sqlx::query_scalar!(
            "SELECT id FROM conversations WHERE channel_id = $1 AND peer = $2",
            channel,
            visitor
        )
        .fetch_optional(&self.pool)
        .await?)
    }

    /// The sent replies of a conversation behind `after` that are not `shown`, in order. A reply that was
    /// dead and is sent after later ones counts as behind: what was recorded after the reply `after` was.
    /// Erased ones are left out. With `after` = 0 it is every reply.
    ///
    /// # Errors
    /// The database is away.
    pub async fn web_replies(
        &self,
        conversation: i64,
        after: i64,
        shown: &[i64],
        limit: i64,
    ) -> Result<Vec<WebReply>, StoreError> {
        Ok(sqlx::query_as!(
            WebReply,
            r#"SELECT o.seq, i.external_id AS "in_reply_to?", o.body AS "text!", o.language, o.buttons
               FROM outbox o LEFT JOIN inbox i ON i.seq = o.inbox_seq
               WHERE o.conversation_id = $1 AND o.state = 'sent' AND o.body IS NOT NULL
                 AND (o.seq > $2 OR o.finished_at >
                      (SELECT finished_at FROM outbox WHERE conversation_id = $1 AND seq = $2))
                 AND o.seq <> ALL($3)
               ORDER BY o.seq LIMIT $4"#,
            conversation,
            after,
            shown,
            limit
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// The first questions of a tenant, to show what can be asked.
    ///
    /// # Errors
    /// The database is away.
    pub async fn first_questions(
        &self,
        tenant: &str,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar!(
            "SELECT question FROM faqs WHERE tenant = $1 ORDER BY created_at, id LIMIT $2",
            tenant,
            limit
        )
        .fetch_all(&self.pool)
        .await?)
    }
}
