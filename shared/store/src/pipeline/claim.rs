use chrono::{DateTime, Utc};
use sqlx::types::Uuid;

use super::next;
use super::types::{Claimed, Next};
use crate::{Db, StoreError};

impl Db {
    /// Leases up to `limit` conversations that are due and free, each with its next work.
    /// `expired` also takes over leases that ran out: the caller says so only when it has itself
    /// reached the database without a break for 10 s; that the server has been up as long is
    /// checked here (nobody could renew while it was away). Tenants in `without` have as much at
    /// work already as one tenant may.
    ///
    /// # Errors
    /// The database is away.
    pub async fn claim(
        &self,
        worker: Uuid,
        limit: i64,
        expired: bool,
        without: &[String],
    ) -> Result<Vec<Claimed>, StoreError> {
        let mut tx = self.pool.begin().await?;
        let rows = sqlx::query!(
            r#"WITH due AS (
                SELECT id FROM conversations
                WHERE wake_at <= clock_timestamp()
                  AND (lease_until IS NULL OR ($3 AND lease_until < clock_timestamp()
                       AND pg_postmaster_start_time() < clock_timestamp() - interval '10 s'))
                  AND tenant <> ALL($4)
                ORDER BY wake_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
            UPDATE conversations c SET lease_owner = $1, fence = c.fence + 1,
                lease_until = clock_timestamp() + interval '10 s'
            FROM due WHERE c.id = due.id
            RETURNING c.id, c.fence, c.tenant, c.channel_id, c.peer, c.name, c.dialogue, c.language,
                c.decided_at, c.decided_seq, c.hour_started, c.hour_replies,
                c.owner_asked_at, c.last_inbound_at"#,
            worker,
            limit,
            expired,
            without,
        )
        .fetch_all(&mut *tx)
        .await?;
        let held: Vec<(i64, i64)> = rows.iter().map(|r| (r.id, r.fence)).collect();
        let mut next = next::choose(&mut tx, &held).await?;
        tx.commit().await?;
        Ok(rows
            .into_iter()
            .map(|r| Claimed {
                id: r.id,
                fence: r.fence,
                tenant: r.tenant,
                channel_id: r.channel_id,
                peer: r.peer,
                name: r.name,
                dialogue: r.dialogue,
                language: r.language,
                decided: r.decided_at.zip(r.decided_seq),
                hour: (r.hour_started, r.hour_replies),
                owner_asked_at: r.owner_asked_at,
                last_inbound_at: r.last_inbound_at,
                next: next.remove(&r.id).unwrap_or(Next::Released),
            })
            .collect())
    }

    /// Keeps this worker's leases alive for another 10 s. A lease that ran out is renewed too
    /// while its fence stands. Returns the conversations that are still ours.
    ///
    /// # Errors
    /// The database is away.
    pub async fn renew(&self, worker: Uuid, ids: &[i64]) -> Result<Vec<i64>, StoreError> {
        Ok(sqlx::query_scalar!(
            "WITH mine AS (SELECT id FROM conversations WHERE id = ANY($2) AND lease_owner = $1
                           ORDER BY id FOR NO KEY UPDATE)
             UPDATE conversations c SET lease_until = clock_timestamp() + interval '10 s'
             FROM mine WHERE c.id = mine.id RETURNING c.id",
            worker,
            ids,
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Writes the heartbeat row of a worker and forgets those silent for a minute; returns how
    /// many are alive (seen within 5 s), this one included.
    ///
    /// # Errors
    /// The database is away.
    pub async fn heartbeat(&self, worker: Uuid) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"WITH me AS (INSERT INTO workers (id) VALUES ($1)
                           ON CONFLICT (id) DO UPDATE SET seen_at = now()),
                 gone AS (DELETE FROM workers WHERE seen_at < now() - interval '60 s' AND id <> $1)
               SELECT 1 + count(*) AS "alive!" FROM workers
               WHERE seen_at > now() - interval '5 s' AND id <> $1"#,
            worker
        )
        .fetch_one(&self.pool)
        .await?)
    }

    /// This worker is going: it no longer counts as alive.
    ///
    /// # Errors
    /// The database is away.
    pub async fn leave(&self, worker: Uuid) -> Result<(), StoreError> {
        sqlx::query!("DELETE FROM workers WHERE id = $1", worker).execute(&self.pool).await?;
        Ok(())
    }

    /// How many conversations are due and free, replayed messages not counted: the measure that
    /// pauses consumption. At most `limit` are counted.
    ///
    /// # Errors
    /// The database is away.
    pub async fn due_conversations(&self, limit: i64) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT count(*) AS "due!" FROM (
                SELECT 1 FROM conversations c
                WHERE c.wake_at <= now() AND c.lease_until IS NULL AND EXISTS (
                    SELECT 1 FROM inbox i WHERE i.conversation_id = c.id AND i.state = 'pending'
                    AND i.replayed_at IS NULL)
                LIMIT $1) due"#,
            limit
        )
        .fetch_one(&self.pool)
        .await?)
    }

    /// Wakes the sweeps of other workers: this one's slots are full.
    ///
    /// # Errors
    /// The database is away.
    pub async fn wake_others(&self, worker: Uuid) -> Result<(), StoreError> {
        sqlx::query!("SELECT pg_notify('lumi_wake', $1)", worker.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// When the oldest message that is not decided reached the ingress.
    ///
    /// # Errors
    /// The database is away.
    pub async fn oldest_pending(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(sqlx::query_scalar!("SELECT min(received_at) FROM inbox WHERE state = 'pending'")
            .fetch_one(&self.pool)
            .await?)
    }

    /// Messages of the last 24 hours by state.
    ///
    /// # Errors
    /// The database is away.
    pub async fn inbox_states(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT state, count(*) AS "count!" FROM inbox
               WHERE received_at > now() - interval '24 hours' GROUP BY state"#
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|r| (r.state, r.count)).collect())
    }
}
