use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{Db, StoreError};

/// A tenant in a list.
#[derive(Debug, Clone, Serialize)]
pub struct TenantSummary {
    /// Its id.
    pub id: String,
    /// Name of the business.
    pub name: String,
    /// IANA time zone.
    pub timezone: String,
    /// ISO 3166, where given.
    pub country: Option<String>,
    /// Where nothing can be detected.
    pub language: String,
    /// Channels, disabled ones included.
    pub channels: i64,
    /// FAQs.
    pub faqs: i64,
    /// Conversations so far.
    pub conversations: i64,
    /// Goes up with every change.
    pub version: i64,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

/// A tenant with what belongs to it; no secrets.
#[derive(Debug, Clone, Serialize)]
pub struct TenantDetails {
    /// The row itself.
    #[serde(flatten)]
    pub summary: TenantSummary,
    /// How the assistant should speak.
    pub instructions: String,
    /// Questions without an answer are passed to the owners.
    pub handoff: bool,
    /// Days that texts are kept; 0 = for ever.
    pub messages_days: i32,
    /// Loop guard; 0 = none.
    pub replies_per_contact_per_hour: i32,
    /// 0 = none.
    pub tokens_per_day: i64,
    /// By key.
    pub channel_list: Vec<ChannelSummary>,
    /// By channel and peer.
    pub owners: Vec<OwnerSummary>,
}

/// A channel; its secrets stay sealed.
#[derive(Debug, Clone, Serialize)]
pub struct ChannelSummary {
    /// `{key}` of the webhook path.
    pub key: String,
    /// The platform.
    pub kind: String,
    /// The platform's id of the account.
    pub account: String,
    /// As written.
    pub settings: serde_json::Value,
    /// Which key of `LUMI_SECRET_KEY` sealed its secrets.
    pub seal_key_id: String,
    /// False: webhooks get 404, replies wait.
    pub enabled: bool,
    /// Why not.
    pub disabled_reason: Option<String>,
}

/// An owner.
#[derive(Debug, Clone, Serialize)]
pub struct OwnerSummary {
    /// Key of the channel.
    pub channel: String,
    /// Who they are there.
    pub id: String,
    /// Display name.
    pub name: Option<String>,
    /// False: by a one-time link.
    pub from_manifest: bool,
}

/// How much belongs to a tenant.
#[derive(Debug, Clone, Serialize)]
pub struct TenantFootprint {
    /// Channels.
    pub channels: i64,
    /// FAQs.
    pub faqs: i64,
    /// Vacations.
    pub vacations: i64,
    /// Conversations.
    pub conversations: i64,
    /// Received messages.
    pub messages: i64,
    /// Replies.
    pub replies: i64,
    /// Of them, messages and replies not yet dealt with.
    pub open: i64,
    /// Deliveries kept in the raw.
    pub raw_letters: i64,
}

impl Db {
    /// Every tenant, by id.
    ///
    /// # Errors
    /// The database is away.
    pub async fn tenant_list(&self) -> Result<Vec<TenantSummary>, StoreError> {
        self.summaries(None).await
    }

    async fn summaries(&self, id: Option<&str>) -> Result<Vec<TenantSummary>, StoreError> {
        Ok(sqlx::query_as!(
            TenantSummary,
            r#"SELECT t.id, t.name, t.timezone, t.country, t.language, t.version, t.updated_at,
                (SELECT count(*) FROM channels c WHERE c.tenant = t.id) AS "channels!",
                (SELECT count(*) FROM faqs f WHERE f.tenant = t.id) AS "faqs!",
                (SELECT count(*) FROM channels c JOIN conversations v ON v.channel_id = c.id
                 WHERE c.tenant = t.id) AS "conversations!"
             FROM tenants t WHERE $1::text IS NULL OR t.id = $1 ORDER BY t.id"#,
            id
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// A tenant with its channels and owners.
    ///
    /// # Errors
    /// The database is away.
    pub async fn tenant_details(&self, id: &str) -> Result<Option<TenantDetails>, StoreError> {
        let Some(summary) = self.summaries(Some(id)).await?.pop() else { return Ok(None) };
        let more = sqlx::query!(
            "SELECT instructions, handoff, messages_days, replies_per_contact_per_hour, tokens_per_day
             FROM tenants WHERE id = $1",
            id
        )
        .fetch_one(&self.pool)
        .await?;
        let channel_list = sqlx::query_as!(
            ChannelSummary,
            "SELECT key, kind, account, settings, seal_key_id, enabled, disabled_reason
             FROM channels WHERE tenant = $1 ORDER BY key",
            id
        )
        .fetch_all(&self.pool)
        .await?;
        let owners = sqlx::query_as!(
            OwnerSummary,
            "SELECT c.key AS channel, o.peer AS id, o.name, o.from_manifest
             FROM owners o JOIN channels c ON c.tenant = o.tenant AND c.id = o.channel_id
             WHERE o.tenant = $1 ORDER BY c.key, o.peer",
            id
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(Some(TenantDetails {
            summary,
            instructions: more.instructions,
            handoff: more.handoff,
            messages_days: more.messages_days,
            replies_per_contact_per_hour: more.replies_per_contact_per_hour,
            tokens_per_day: more.tokens_per_day,
            channel_list,
            owners,
        }))
    }

    /// What [`Db::delete_tenant`] would remove; `None`: there is no such tenant.
    ///
    /// # Errors
    /// The database is away.
    pub async fn tenant_footprint(&self, id: &str) -> Result<Option<TenantFootprint>, StoreError> {
        let mut tx = self.pool.begin().await?;
        // Counting reads all of it; the operator waits, nobody else does.
        sqlx::query("SET LOCAL statement_timeout = '10min'").execute(&mut *tx).await?;
        let counted = sqlx::query_as!(
            TenantFootprint,
            r#"SELECT
                (SELECT count(*) FROM channels WHERE tenant = t.id) AS "channels!",
                (SELECT count(*) FROM faqs WHERE tenant = t.id) AS "faqs!",
                (SELECT count(*) FROM vacations WHERE tenant = t.id) AS "vacations!",
                (SELECT count(*) FROM conversations WHERE tenant = t.id) AS "conversations!",
                (SELECT count(*) FROM inbox WHERE tenant = t.id) AS "messages!",
                (SELECT count(*) FROM outbox WHERE tenant = t.id) AS "replies!",
                (SELECT count(*) FROM inbox WHERE tenant = t.id AND state = 'pending')
                + (SELECT count(*) FROM outbox WHERE tenant = t.id AND state IN ('waiting', 'sending'))
                    AS "open!",
                (SELECT count(*) FROM raw_letters WHERE tenant = t.id) AS "raw_letters!"
             FROM tenants t WHERE t.id = $1"#,
            id
        )
        .fetch_optional(&mut *tx)
        .await?;
        tx.rollback().await?;
        Ok(counted)
    }

    /// Removes a tenant and all that belongs to it. Its channels stop first; conversations go in
    /// small steps, so that nobody waits long: stopped in the middle, call it again.
    ///
    /// # Errors
    /// The database is away.
    pub async fn delete_tenant(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "WITH off AS (UPDATE channels SET enabled = false, disabled_reason = 'tenant is being deleted',
                             updated_at = now() WHERE tenant = $1 RETURNING key)
             SELECT pg_notify('lumi_settings', 'channel:' || key) FROM off",
            id
        )
        .execute(&self.pool)
        .await?;
        // Before the conversations: their notices are found by block, not by conversation.
        sqlx::query!("DELETE FROM vacations WHERE tenant = $1", id).execute(&self.pool).await?;
        loop {
            let gone = sqlx::query!(
                "DELETE FROM conversations WHERE id IN (
                    SELECT v.id FROM channels c JOIN conversations v ON v.channel_id = c.id
                    WHERE c.tenant = $1 ORDER BY v.id LIMIT 200 FOR UPDATE OF v)",
                id
            )
            .execute(&self.pool)
            .await?;
            if gone.rows_affected() == 0 {
                break;
            }
        }
        let mut tx = self.pool.begin().await?;
        sqlx::query!("DELETE FROM raw_letters WHERE tenant = $1", id).execute(&mut *tx).await?;
        sqlx::query!(
            "WITH gone AS (SELECT key FROM channels WHERE tenant = $1)
             SELECT pg_notify('lumi_settings', 'channel:' || key) FROM gone",
            id
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("DELETE FROM tenants WHERE id = $1", id).execute(&mut *tx).await?;
        sqlx::query!("SELECT pg_notify('lumi_settings', 'tenant:' || $1::text)", id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}
