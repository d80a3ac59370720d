use serde_json::Value;
use sqlx::PgConnection;

use super::apply::Log;
use super::change::{Diff, Verb};
use super::{ApplyError, ChannelSpec, TenantSpec};
use crate::seal::{Keyring, Sealed, Secrets};

struct Row {
    tenant: String,
    kind: String,
    account: String,
    settings: Value,
    sealed: Vec<u8>,
    seal_key_id: String,
    secrets_digest: String,
    enabled: bool,
    disabled_reason: Option<String>,
}

/// Creates a channel or brings it to what the manifest says. A disabled one is served again.
pub(super) async fn write(
    tx: &mut PgConnection,
    keys: &Keyring,
    spec: &TenantSpec,
    channel: &ChannelSpec,
    log: &mut Log,
) -> Result<(), ApplyError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT tenant, kind, account, settings, sealed, seal_key_id, secrets_digest, enabled,
                disabled_reason
         FROM channels WHERE key = $1 FOR UPDATE",
        channel.key
    )
    .fetch_optional(&mut *tx)
    .await?;
    let sealed = keys.seal(spec.id.as_str(), &channel.key, &channel.secrets)?;
    match row {
        // A key of another tenant violates the unique constraint, which names its holder.
        Some(row) if row.tenant == spec.id.as_str() => {
            change(tx, keys, spec, channel, (&row, &sealed), log).await
        }
        _ => create(tx, spec, channel, &sealed, log).await,
    }
}

async fn create(
    tx: &mut PgConnection,
    spec: &TenantSpec,
    channel: &ChannelSpec,
    sealed: &Sealed,
    log: &mut Log,
) -> Result<(), ApplyError> {
    sqlx::query!(
        "INSERT INTO channels (tenant, key, kind, account, settings, sealed, seal_key_id, secrets_digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        spec.id.as_str(),
        channel.key,
        channel.kind.as_str(),
        channel.account,
        Value::Object(channel.settings.clone()),
        sealed.bytes,
        sealed.key_id,
        sealed.digest,
    )
    .execute(&mut *tx)
    .await?;
    log.add(Verb::Created, format!("channel {}", channel.key), Diff::default());
    log.channels.push(channel.key.clone());
    Ok(())
}

async fn change(
    tx: &mut PgConnection,
    keys: &Keyring,
    spec: &TenantSpec,
    channel: &ChannelSpec,
    (row, sealed): (&Row, &Sealed),
    log: &mut Log,
) -> Result<(), ApplyError> {
    if row.kind != channel.kind.as_str() {
        return Err(ApplyError::Kind {
            channel: channel.key.clone(),
            stored: row.kind.clone(),
            wanted: channel.kind,
        });
    }
    let mut diff = Diff::default();
    diff.field("account", &row.account, &channel.account);
    settings(&mut diff, &row.settings, channel);
    if secrets_differ(keys, spec, channel, row, sealed) {
        diff.secret("secrets");
    }
    if !row.enabled {
        let reason = row.disabled_reason.as_deref().unwrap_or("no reason given");
        diff.field("enabled", &format!("false ({reason})"), &true);
    }
    if diff.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE channels SET account = $3, settings = $4, sealed = $5, seal_key_id = $6,
            secrets_digest = $7, enabled = true, disabled_reason = NULL, updated_at = now()
         WHERE tenant = $1 AND key = $2",
        spec.id.as_str(),
        channel.key,
        channel.account,
        Value::Object(channel.settings.clone()),
        sealed.bytes,
        sealed.key_id,
        sealed.digest,
    )
    .execute(&mut *tx)
    .await?;
    log.add(Verb::Updated, format!("channel {}", channel.key), diff);
    log.channels.push(channel.key.clone());
    Ok(())
}

fn settings(diff: &mut Diff, before: &Value, channel: &ChannelSpec) {
    let none = serde_json::Map::new();
    let before = before.as_object().unwrap_or(&none);
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let mut names: Vec<&String> = before.keys().chain(channel.settings.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        diff.optional(
            &format!("settings.{name}"),
            before.get(name).map(text),
            channel.settings.get(name).map(text),
        );
    }
}

/// The digest is keyed with the key that seals: under another key the row is opened instead, so
/// that a rotation is no change.
fn secrets_differ(
    keys: &Keyring,
    spec: &TenantSpec,
    channel: &ChannelSpec,
    row: &Row,
    sealed: &Sealed,
) -> bool {
    if row.seal_key_id == sealed.key_id {
        return row.secrets_digest != sealed.digest;
    }
    keys.open(spec.id.as_str(), &channel.key, &row.seal_key_id, &row.sealed)
        .map_or(true, |before| !same(&before, &channel.secrets))
}

fn same(a: &Secrets, b: &Secrets) -> bool {
    use secrecy::ExposeSecret as _;
    let plain = |s: &Secrets| -> Vec<(String, Vec<String>)> {
        s.iter()
            .map(|(k, v)| (k.clone(), v.iter().map(|x| x.expose_secret().to_owned()).collect()))
            .collect()
    };
    plain(a) == plain(b)
}
