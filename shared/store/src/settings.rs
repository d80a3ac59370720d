use lumi_domain::{Channel, ChannelKind, TenantId};

use crate::seal::Keyring;
use crate::{Db, StoreError};

/// What the worker knows of a tenant.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Name of the business.
    pub name: String,
    /// IANA time zone.
    pub timezone: chrono_tz::Tz,
    /// ISO 3166; decides whether 03/04 is in March or April.
    pub country: Option<String>,
    /// Only where nothing can be detected.
    pub language: String,
    /// Questions without an answer are passed to the owners.
    pub handoff: bool,
    /// Loop guard; 0 = none.
    pub replies_per_contact_per_hour: i32,
    /// The owners, as (channel, peer, name).
    pub owners: Vec<(i64, String, Option<String>)>,
    /// Blocks of days off, by start.
    pub vacations: Vec<VacationRow>,
    /// Goes up with every change of the tenant or of what it knows.
    pub version: i64,
    /// When it was made.
    pub created_at: chrono::DateTime<chrono::Utc>,
}

/// A saved block.
#[derive(Debug, Clone, serde::Serialize)]
pub struct VacationRow {
    /// Row id.
    pub id: i64,
    /// First day.
    pub starts_on: chrono::NaiveDate,
    /// Last day, inclusive.
    pub ends_on: chrono::NaiveDate,
    /// Who saved it.
    pub owner: String,
    /// When.
    pub created_at: chrono::DateTime<chrono::Utc>,
}

/// A channel as its row is.
pub(crate) struct ChannelRow {
    pub(crate) id: i64,
    pub(crate) tenant: String,
    pub(crate) key: String,
    pub(crate) kind: String,
    pub(crate) account: String,
    pub(crate) settings: serde_json::Value,
    pub(crate) sealed: Vec<u8>,
    pub(crate) seal_key_id: String,
    pub(crate) enabled: bool,
}

impl Db {
    /// The channel behind `/webhooks/{kind}/{key}`.
    ///
    /// # Errors
    /// The database is away, or the secrets do not open.
    pub async fn channel_by_key(
        &self,
        keys: &Keyring,
        key: &str,
    ) -> Result<Option<Channel>, StoreError> {
        let row = sqlx::query_as!(
            ChannelRow,
            "SELECT id, tenant, key, kind, account, settings, sealed, seal_key_id, enabled
             FROM channels WHERE key = $1",
            key
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|r| open(keys, r)).transpose()
    }

    /// The channel of a platform account: (kind, account) is unique in the deployment.
    ///
    /// # Errors
    /// The database is away, or the secrets do not open.
    pub async fn channel_by_account(
        &self,
        keys: &Keyring,
        kind: ChannelKind,
        account: &str,
    ) -> Result<Option<Channel>, StoreError> {
        let row = sqlx::query_as!(
            ChannelRow,
            "SELECT id, tenant, key, kind, account, settings, sealed, seal_key_id, enabled
             FROM channels WHERE kind = $1 AND account = $2",
            kind.as_str(),
            account
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|r| open(keys, r)).transpose()
    }

    /// A channel by row id.
    ///
    /// # Errors
    /// The database is away, or the secrets do not open.
    pub async fn channel_by_id(
        &self,
        keys: &Keyring,
        id: i64,
    ) -> Result<Option<Channel>, StoreError> {
        let row = sqlx::query_as!(
            ChannelRow,
            "SELECT id, tenant, key, kind, account, settings, sealed, seal_key_id, enabled
             FROM channels WHERE id = $1",
            id
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|r| open(keys, r)).transpose()
    }

    /// All channels of a tenant.
    ///
    /// # Errors
    /// The database is away, or secrets do not open.
    pub async fn channels_of(
        &self,
        keys: &Keyring,
        tenant: &str,
    ) -> Result<Vec<Channel>, StoreError> {
        sqlx::query_as!(
            ChannelRow,
            "SELECT id, tenant, key, kind, account, settings, sealed, seal_key_id, enabled
             FROM channels WHERE tenant = $1 ORDER BY id",
            tenant
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(|r| open(keys, r))
        .collect()
    }

    /// A channel that the platform refuses for good stops sending; `lumi apply` enables it again.
    ///
    /// # Errors
    /// The database is away.
    pub async fn disable_channel(&self, id: i64, reason: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "WITH off AS (UPDATE channels SET enabled = false, disabled_reason = $2, updated_at = now()
                          WHERE id = $1 AND enabled RETURNING key)
             SELECT pg_notify('lumi_settings', 'channel:' || key) FROM off",
            id,
            reason
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The tenant with its owners and its coming blocks.
    ///
    /// # Errors
    /// The database is away, or the row holds an unknown time zone.
    pub async fn tenant(&self, id: &str) -> Result<Option<Tenant>, StoreError> {
        let Some(row) = sqlx::query!(
            "SELECT id, name, timezone, country, language, handoff, replies_per_contact_per_hour, version,
                    created_at
             FROM tenants WHERE id = $1",
            id
        )
        .fetch_optional(&self.pool)
        .await?
        else {
            return Ok(None);
        };
        let bad = |problem: String| StoreError::Row { row: format!("tenant {id}"), problem };
        let owners =
            sqlx::query!("SELECT channel_id, peer, name FROM owners WHERE tenant = $1", id)
                .fetch_all(&self.pool)
                .await?;
        Ok(Some(Tenant {
            id: TenantId::parse(&row.id).map_err(bad)?,
            name: row.name,
            timezone: row
                .timezone
                .parse()
                .map_err(|_| bad(format!("time zone {}", row.timezone)))?,
            country: row.country,
            language: row.language,
            handoff: row.handoff,
            replies_per_contact_per_hour: row.replies_per_contact_per_hour,
            owners: owners.into_iter().map(|o| (o.channel_id, o.peer, o.name)).collect(),
            vacations: self.vacations(id).await?,
            version: row.version,
            created_at: row.created_at,
        }))
    }

    /// Every saved block of a tenant, by start.
    ///
    /// # Errors
    /// The database is away.
    pub async fn vacations(&self, tenant: &str) -> Result<Vec<VacationRow>, StoreError> {
        Ok(sqlx::query_as!(
            VacationRow,
            "SELECT id, starts_on, ends_on, owner, created_at FROM vacations WHERE tenant = $1
             ORDER BY starts_on",
            tenant
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// True when a one-time owner link can still be used on this channel.
    ///
    /// # Errors
    /// The database is away.
    pub async fn owner_link_open(&self, channel: i64, hash: &[u8]) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM owner_links WHERE token_hash = $1 AND channel_id = $2
                AND used_at IS NULL AND expires_at > now()) AS "open!""#,
            hash,
            channel
        )
        .fetch_one(&self.pool)
        .await?)
    }

    /// Keeps the hash of a new one-time owner link, good for `hours`.
    ///
    /// # Errors
    /// The database is away, or the channel is not known.
    pub async fn add_owner_link(
        &self,
        channel: &str,
        hash: &[u8],
        hours: i32,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO owner_links (token_hash, tenant, channel_id, expires_at)
             SELECT $2, tenant, id, now() + make_interval(hours => $3) FROM channels WHERE key = $1",
            channel,
            hash,
            hours
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

/// The channel with its secrets opened.
pub(crate) fn open(keys: &Keyring, row: ChannelRow) -> Result<Channel, StoreError> {
    let bad = |problem: String| StoreError::Row { row: format!("channel {}", row.key), problem };
    let serde_json::Value::Object(settings) = row.settings else {
        return Err(bad("settings are no object".into()));
    };
    Ok(Channel {
        id: row.id,
        tenant: TenantId::parse(&row.tenant).map_err(bad)?,
        kind: row.kind.parse().map_err(|e: lumi_domain::UnknownKind| bad(e.to_string()))?,
        account: row.account,
        settings,
        secrets: keys.open(&row.tenant, &row.key, &row.seal_key_id, &row.sealed)?,
        enabled: row.enabled,
        key: row.key,
    })
}
