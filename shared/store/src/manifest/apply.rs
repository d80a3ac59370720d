use lumi_domain::TenantId;
use sqlx::PgConnection;

use super::change::{ChangeLine, Diff, Verb};
use super::{
    ApplyError, ApplyOptions, Prune, Run, TenantSpec, channels, faqs, owners, prune, tenant,
};
use crate::seal::Keyring;
use crate::{Db, StoreError};

impl Db {
    /// Brings a tenant to what its manifest says, in one transaction; a second call changes
    /// nothing. Other processes hear of it at commit.
    ///
    /// # Errors
    /// The database is away, secrets cannot be sealed, or another tenant has a key or an account:
    /// then nothing was written.
    pub async fn apply(
        &self,
        keys: &Keyring,
        spec: &TenantSpec,
        options: ApplyOptions,
    ) -> Result<Vec<ChangeLine>, ApplyError> {
        let mut tx = self.pool.begin().await?;
        match write(&mut tx, keys, spec, options).await {
            Ok(log) => {
                match options.run {
                    Run::Commit => tx.commit().await?,
                    Run::Dry => tx.rollback().await?,
                }
                Ok(log.lines)
            }
            Err(error) => {
                tx.rollback().await?;
                Err(self.name_holder(spec, error).await?)
            }
        }
    }

    /// A violated unique constraint becomes an error that says who has the key or the account.
    async fn name_holder(
        &self,
        spec: &TenantSpec,
        error: ApplyError,
    ) -> Result<ApplyError, StoreError> {
        let ApplyError::Store(store) = &error else { return Ok(error) };
        let by_key = match store.constraint() {
            Some("channels_key_unique") => true,
            Some("channels_account_unique") => false,
            _ => return Ok(error),
        };
        for channel in &spec.channels {
            let holder = sqlx::query!(
                "SELECT tenant, key, enabled FROM channels
                 WHERE (tenant, key) <> ($1, $2)
                   AND CASE WHEN $5 THEN key = $2 ELSE kind = $3 AND account = $4 END",
                spec.id.as_str(),
                channel.key,
                channel.kind.as_str(),
                channel.account,
                by_key,
            )
            .fetch_optional(&self.pool)
            .await?;
            if let Some(holder) = holder {
                return Ok(ApplyError::Taken {
                    channel: channel.key.clone(),
                    what: if by_key {
                        "the key".to_owned()
                    } else {
                        format!("the {} account {}", channel.kind, channel.account)
                    },
                    tenant: holder.tenant,
                    other: holder.key,
                    note: if holder.enabled { "" } else { " (disabled)" },
                });
            }
        }
        Ok(error)
    }
}

async fn write(
    tx: &mut PgConnection,
    keys: &Keyring,
    spec: &TenantSpec,
    options: ApplyOptions,
) -> Result<Log, ApplyError> {
    let mut log = Log::new(&spec.id);
    tenant::write(tx, spec, &mut log).await?;
    if options.prune == Prune::Remove {
        // First of all, so that a channel under a new key can take over the account.
        prune::owners(tx, spec, &mut log).await?;
        prune::channels(tx, spec, &mut log).await?;
        prune::faqs(tx, spec, &mut log).await?;
    }
    for channel in &spec.channels {
        channels::write(tx, keys, spec, channel, &mut log).await?;
    }
    for owner in &spec.owners {
        owners::write(tx, spec, owner, &mut log).await?;
    }
    faqs::write(tx, spec, options.tokens, &mut log).await?;
    announce(tx, &log).await?;
    Ok(log)
}

/// Other processes drop what they remember of the tenant and of the channels that changed.
async fn announce(tx: &mut PgConnection, log: &Log) -> Result<(), StoreError> {
    if log.lines.is_empty() && !log.reindexed {
        return Ok(());
    }
    sqlx::query!(
        "WITH up AS (UPDATE tenants SET version = version + 1, updated_at = now() WHERE id = $1
                     RETURNING id)
         SELECT pg_notify('lumi_settings', 'tenant:' || id) FROM up",
        log.tenant
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "SELECT pg_notify('lumi_settings', 'channel:' || key) FROM unnest($1::text[]) AS u(key)",
        &log.channels
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What an apply did so far.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) tenant: String,
    pub(super) lines: Vec<ChangeLine>,
    /// Keys of the channels that changed.
    pub(super) channels: Vec<String>,
    /// The index was rebuilt although no FAQ changed: the tokens are made differently now.
    pub(super) reindexed: bool,
}

impl Log {
    fn new(tenant: &TenantId) -> Self {
        Self {
            tenant: tenant.as_str().to_owned(),
            lines: Vec::new(),
            channels: Vec::new(),
            reindexed: false,
        }
    }

    pub(super) fn add(&mut self, verb: Verb, what: impl Into<String>, diff: Diff) {
        let (tenant, what) = (self.tenant.clone(), what.into());
        self.lines.push(ChangeLine { tenant, verb, what, fields: diff.fields });
    }
}
