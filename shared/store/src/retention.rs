use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::{Db, StoreError};

/// Rows changed by one statement: short enough to stay far below the statement timeout.
const STEP: i64 = 5_000;

/// What was let go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Messages that lost their text.
    pub messages: u64,
    /// Replies that lost their text.
    pub replies: u64,
    /// Dead letters older than their tenant keeps texts, now discarded.
    pub dead: u64,
    /// Dedupe rows older than 14 days.
    pub dedupe: u64,
    /// Event rows older than 30 days.
    pub events: u64,
    /// Raw letters dealt with more than 30 days ago, and used or expired owner links.
    pub leftovers: u64,
}

impl Db {
    /// Lets go of what is past its time; to be called about once an hour, by one process or by
    /// several. Nothing that still waits to be decided or sent is touched.
    ///
    /// # Errors
    /// The database is away; what was done stays done.
    pub async fn prune(&self, now: DateTime<Utc>) -> Result<Pruned, StoreError> {
        let mut pruned = Pruned::default();
        let tenants = sqlx::query!(
            "SELECT id, messages_days, texts_pruned_to FROM tenants WHERE messages_days > 0 ORDER BY id"
        )
        .fetch_all(&self.pool)
        .await?;
        for tenant in tenants {
            let before = now - TimeDelta::days(i64::from(tenant.messages_days));
            let from = tenant.texts_pruned_to.unwrap_or(DateTime::UNIX_EPOCH);
            if from < before {
                self.prune_texts(&tenant.id, from, before, &mut pruned).await?;
            }
        }
        self.forget_names(now).await?;
        self.prune_dedupe(now - TimeDelta::days(14), &mut pruned).await?;
        self.prune_traces(now - TimeDelta::days(30), &mut pruned).await?;
        Ok(pruned)
    }

    /// Texts received in [from, before). How far it came is remembered, so that the next hour
    /// reads only an hour's rows; a message that still waits holds the mark back.
    async fn prune_texts(
        &self,
        tenant: &str,
        from: DateTime<Utc>,
        before: DateTime<Utc>,
        pruned: &mut Pruned,
    ) -> Result<(), StoreError> {
        pruned.dead += self.discard_old(tenant, from, before).await?;
        pruned.messages += self.empty_messages(tenant, from, before).await?;
        pruned.replies += self.empty_replies(tenant, from, before).await?;
        sqlx::query!(
            "UPDATE tenants SET texts_pruned_to = least($2::timestamptz,
                (SELECT min(received_at) FROM inbox
                 WHERE tenant = $1 AND state = 'pending' AND received_at < $2),
                (SELECT min(created_at) FROM outbox
                 WHERE tenant = $1 AND state IN ('waiting', 'sending') AND created_at < $2))
             WHERE id = $1",
            tenant,
            before
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Names and half-finished dialogues of contacts who have been silent for as long.
    async fn forget_names(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query!(
            "WITH silent AS (
                SELECT v.id FROM conversations v JOIN tenants t ON t.id = v.tenant
                WHERE t.messages_days > 0 AND (v.name IS NOT NULL OR v.dialogue IS NOT NULL)
                  AND v.last_inbound_at < $1::timestamptz - make_interval(days => t.messages_days)
                ORDER BY v.id LIMIT $2 FOR NO KEY UPDATE OF v)
             UPDATE conversations v SET name = NULL, dialogue = NULL FROM silent WHERE v.id = silent.id",
            now,
            STEP
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A dead letter without its text could not be replayed: it is discarded, and says why.
    async fn discard_old(
        &self,
        tenant: &str,
        from: DateTime<Utc>,
        before: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let messages = sqlx::query!(
            "UPDATE inbox SET state = 'discarded', reason = 'retention: ' || coalesce(reason, '')
             WHERE tenant = $1 AND state = 'dead' AND received_at >= $2 AND received_at < $3",
            tenant,
            from,
            before
        )
        .execute(&self.pool)
        .await?;
        let replies = sqlx::query!(
            "UPDATE outbox SET state = 'discarded', reason = 'retention: ' || coalesce(reason, '')
             WHERE tenant = $1 AND state = 'dead' AND created_at >= $2 AND created_at < $3",
            tenant,
            from,
            before
        )
        .execute(&self.pool)
        .await?;
        let raw = sqlx::query!(
            "UPDATE raw_letters SET state = 'discarded', finished_at = now(), body = '',
                detail = 'retention: ' || detail
             WHERE tenant = $1 AND state = 'dead' AND received_at < $2",
            tenant,
            before
        )
        .execute(&self.pool)
        .await?;
        Ok(messages.rows_affected() + replies.rows_affected() + raw.rows_affected())
    }

    async fn empty_messages(
        &self,
        tenant: &str,
        from: DateTime<Utc>,
        before: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let done = sqlx::query!(
                "UPDATE inbox SET body = NULL, reply_ref = NULL WHERE seq IN (
                    SELECT seq FROM inbox WHERE tenant = $1 AND state IN ('done', 'discarded')
                      AND received_at >= $2 AND received_at < $3 AND body IS NOT NULL LIMIT $4)",
                tenant,
                from,
                before,
                STEP
            )
            .execute(&self.pool)
            .await?
            .rows_affected();
            total += done;
            if done == 0 {
                return Ok(total);
            }
        }
    }

    async fn empty_replies(
        &self,
        tenant: &str,
        from: DateTime<Utc>,
        before: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let done = sqlx::query!(
                "UPDATE outbox SET body = NULL, buttons = '{}' WHERE (conversation_id, seq) IN (
                    SELECT conversation_id, seq FROM outbox
                    WHERE tenant = $1 AND state IN ('sent', 'discarded')
                      AND created_at >= $2 AND created_at < $3 AND body IS NOT NULL LIMIT $4)",
                tenant,
                from,
                before,
                STEP
            )
            .execute(&self.pool)
            .await?
            .rows_affected();
            total += done;
            if done == 0 {
                return Ok(total);
            }
        }
    }

    /// A platform may deliver again for 7 days; a message that is pending or dead keeps its row
    /// for as long as it is so.
    async fn prune_dedupe(
        &self,
        before: DateTime<Utc>,
        pruned: &mut Pruned,
    ) -> Result<(), StoreError> {
        loop {
            let done = sqlx::query!(
                "DELETE FROM dedupe WHERE (channel_id, external_id) IN (
                    SELECT d.channel_id, d.external_id FROM dedupe d
                    WHERE d.created_at < $1 AND NOT EXISTS (
                        SELECT 1 FROM inbox i WHERE i.seq = d.inbox_seq AND i.state IN ('pending', 'dead'))
                    LIMIT $2)",
                before,
                STEP
            )
            .execute(&self.pool)
            .await?
            .rows_affected();
            pruned.dedupe += done;
            if done == 0 {
                return Ok(());
            }
        }
    }

    async fn prune_traces(
        &self,
        before: DateTime<Utc>,
        pruned: &mut Pruned,
    ) -> Result<(), StoreError> {
        loop {
            let done = sqlx::query!(
                "DELETE FROM events WHERE (channel_id, external_id, what) IN (
                    SELECT channel_id, external_id, what FROM events WHERE received_at < $1 LIMIT $2)",
                before,
                STEP
            )
            .execute(&self.pool)
            .await?
            .rows_affected();
            pruned.events += done;
            if done == 0 {
                break;
            }
        }
        let raw = sqlx::query!(
            "DELETE FROM raw_letters WHERE state IN ('done', 'discarded') AND finished_at < $1",
            before
        )
        .execute(&self.pool)
        .await?;
        let links = sqlx::query!("DELETE FROM owner_links WHERE expires_at < $1", before)
            .execute(&self.pool)
            .await?;
        pruned.leftovers += raw.rows_affected() + links.rows_affected();
        Ok(())
    }
}
