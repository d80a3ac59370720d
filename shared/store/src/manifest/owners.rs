use sqlx::PgConnection;

use super::apply::Log;
use super::change::{Diff, Verb};
use super::{ApplyError, OwnerSpec, TenantSpec};

/// Makes somebody an owner. One who became an owner by a link stays one when the manifest no
/// longer names them.
pub(super) async fn write(
    tx: &mut PgConnection,
    spec: &TenantSpec,
    owner: &OwnerSpec,
    log: &mut Log,
) -> Result<(), ApplyError> {
    let channel = sqlx::query_scalar!(
        "SELECT id FROM channels WHERE tenant = $1 AND key = $2",
        spec.id.as_str(),
        owner.channel
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| ApplyError::OwnerChannel {
        peer: owner.peer.as_str().to_owned(),
        channel: owner.channel.clone(),
    })?;
    let before = sqlx::query!(
        "SELECT name FROM owners WHERE tenant = $1 AND channel_id = $2 AND peer = $3",
        spec.id.as_str(),
        channel,
        owner.peer.as_str()
    )
    .fetch_optional(&mut *tx)
    .await?;
    let mut diff = Diff::default();
    if let Some(before) = &before {
        diff.optional("name", before.name.clone(), owner.name.clone());
        if diff.is_empty() {
            return Ok(());
        }
    }
    sqlx::query!(
        "INSERT INTO owners (tenant, channel_id, peer, name) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant, channel_id, peer) DO UPDATE SET name = excluded.name",
        spec.id.as_str(),
        channel,
        owner.peer.as_str(),
        owner.name
    )
    .execute(&mut *tx)
    .await?;
    let verb = if before.is_some() { Verb::Updated } else { Verb::Created };
    log.add(verb, format!("owner {} on {}", owner.peer.as_str(), owner.channel), diff);
    Ok(())
}
