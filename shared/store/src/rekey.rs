use serde::Serialize;

use crate::seal::{Keyring, SealError};
use crate::{Db, StoreError};

/// What a change of keys did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Rekeyed {
    /// Id of the key that seals now.
    pub key_id: String,
    /// Channels sealed anew.
    pub resealed: Vec<String>,
    /// Channels that the first key sealed already.
    pub current: usize,
    /// Channels that no configured key opens, and why.
    pub failed: Vec<(String, String)>,
}

impl Db {
    /// Seals every channel's secrets with the first key; afterwards the others can be dropped
    /// from `LUMI_SECRET_KEY`, when none failed.
    ///
    /// # Errors
    /// The database is away, or there is no key.
    pub async fn rekey(&self, keys: &Keyring) -> Result<Rekeyed, StoreError> {
        let mut done = Rekeyed { key_id: keys.current()?.to_owned(), ..Rekeyed::default() };
        let ids = sqlx::query_scalar!("SELECT id FROM channels ORDER BY id")
            .fetch_all(&self.pool)
            .await?;
        for id in ids {
            self.rekey_one(keys, id, &mut done).await?;
        }
        Ok(done)
    }

    async fn rekey_one(
        &self,
        keys: &Keyring,
        id: i64,
        done: &mut Rekeyed,
    ) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        let row = sqlx::query!(
            "SELECT tenant, key, sealed, seal_key_id FROM channels WHERE id = $1 FOR UPDATE",
            id
        )
        .fetch_optional(&mut *tx)
        .await?;
        // Gone meanwhile: nothing to seal.
        let Some(row) = row else { return Ok(tx.rollback().await?) };
        if row.seal_key_id == done.key_id {
            done.current += 1;
            return Ok(tx.rollback().await?);
        }
        match reseal(keys, &row.tenant, &row.key, &row.seal_key_id, &row.sealed) {
            Ok(sealed) => {
                sqlx::query!(
                    "UPDATE channels SET sealed = $2, seal_key_id = $3, secrets_digest = $4 WHERE id = $1",
                    id,
                    sealed.bytes,
                    sealed.key_id,
                    sealed.digest
                )
                .execute(&mut *tx)
                .await?;
                sqlx::query!("SELECT pg_notify('lumi_settings', 'channel:' || $1::text)", row.key)
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
                done.resealed.push(row.key);
            }
            Err(error) => {
                tx.rollback().await?;
                done.failed.push((row.key, error.to_string()));
            }
        }
        Ok(())
    }
}

fn reseal(
    keys: &Keyring,
    tenant: &str,
    channel: &str,
    key_id: &str,
    sealed: &[u8],
) -> Result<crate::seal::Sealed, SealError> {
    keys.seal(tenant, channel, &keys.open(tenant, channel, key_id, sealed)?)
}
