use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use crate::{Db, StoreError};

/// A delivery that could not become a message: a dead letter in the raw.
#[derive(Debug, Clone)]
pub struct RawLetter {
    /// Tenant of the endpoint, where known.
    pub tenant: Option<String>,
    /// Channel kind, as named by the delivery.
    pub kind: String,
    /// The `{key}` it came by.
    pub endpoint: String,
    /// `webhook-id` of the delivery.
    pub webhook_id: Option<String>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// The ingress's clock.
    pub received_at: DateTime<Utc>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// `unparseable`, `foreign_account`, `unknown_channel`, `newer_version`, `broker`.
    pub reason: String,
    /// What was wrong with it, in words.
    pub detail: String,
}

/// A raw letter to parse again.
#[derive(Debug, Clone)]
pub struct RawRow {
    /// Row id.
    pub id: i64,
    /// What was delivered.
    pub letter: RawLetter,
}

/// The digest covers what tells two deliveries apart, so that a redelivery is no second row.
pub(super) async fn insert_raw(
    tx: &mut PgConnection,
    letters: &[RawLetter],
) -> Result<(), StoreError> {
    for l in letters {
        let mut hash = Sha256::new();
        for part in [l.kind.as_bytes(), l.endpoint.as_bytes(), l.reason.as_bytes()] {
            hash.update(part);
            hash.update([0]);
        }
        hash.update(l.received_at.timestamp_millis().to_le_bytes());
        hash.update(&l.body);
        let digest = hash.finalize();
        sqlx::query!(
            "INSERT INTO raw_letters (tenant, kind, endpoint, webhook_id, traceparent, received_at,
                body, digest, reason, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
            l.tenant,
            l.kind,
            l.endpoint,
            l.webhook_id,
            l.traceparent,
            l.received_at,
            l.body,
            digest.as_slice(),
            l.reason,
            l.detail,
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

impl Db {
    /// Takes raw letters that wait to be parsed again, oldest first; each try is counted, and a
    /// letter tried five times is dead again.
    ///
    /// # Errors
    /// The database is away.
    pub async fn take_raw(&self, limit: i64) -> Result<Vec<RawRow>, StoreError> {
        sqlx::query!(
            "UPDATE raw_letters SET state = 'dead', finished_at = now()
             WHERE state = 'pending' AND attempts >= 5"
        )
        .execute(&self.pool)
        .await?;
        let rows = sqlx::query!(
            "UPDATE raw_letters SET attempts = attempts + 1 WHERE id IN (
                SELECT id FROM raw_letters WHERE state = 'pending' ORDER BY received_at, id LIMIT $1
                FOR UPDATE SKIP LOCKED)
             RETURNING id, tenant, kind, endpoint, webhook_id, traceparent, received_at, body, reason, detail",
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        let mut rows: Vec<RawRow> = rows
            .into_iter()
            .map(|r| RawRow {
                id: r.id,
                letter: RawLetter {
                    tenant: r.tenant,
                    kind: r.kind,
                    endpoint: r.endpoint,
                    webhook_id: r.webhook_id,
                    traceparent: r.traceparent,
                    received_at: r.received_at,
                    body: r.body,
                    reason: r.reason,
                    detail: r.detail,
                },
            })
            .collect();
        rows.sort_by_key(|r| (r.letter.received_at, r.id));
        Ok(rows)
    }

    /// A replayed raw letter became messages.
    ///
    /// # Errors
    /// The database is away.
    pub async fn finish_raw(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE raw_letters SET state = 'done', finished_at = now() WHERE id = $1",
            id
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A replayed raw letter failed again.
    ///
    /// # Errors
    /// The database is away.
    pub async fn fail_raw(&self, id: i64, reason: &str, detail: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE raw_letters SET state = 'dead', reason = $2, detail = $3, finished_at = now()
             WHERE id = $1",
            id,
            reason,
            detail
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
