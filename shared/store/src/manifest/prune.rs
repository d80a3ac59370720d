//! Removes what an earlier apply created and the manifest no longer names; never the tenant.

use sqlx::PgConnection;

use super::TenantSpec;
use super::apply::Log;
use super::change::{Diff, Verb};
use crate::StoreError;

/// Owners who became owners by a link stay.
pub(super) async fn owners(
    tx: &mut PgConnection,
    spec: &TenantSpec,
    log: &mut Log,
) -> Result<(), StoreError> {
    let channels: Vec<&str> = spec.owners.iter().map(|o| o.channel.as_str()).collect();
    let peers: Vec<&str> = spec.owners.iter().map(|o| o.peer.as_str()).collect();
    let gone = sqlx::query!(
        "DELETE FROM owners o USING channels c
         WHERE o.tenant = $1 AND o.from_manifest AND c.tenant = o.tenant AND c.id = o.channel_id
           AND NOT EXISTS (SELECT 1 FROM unnest($2::text[], $3::text[]) AS u(key, peer)
                           WHERE u.key = c.key AND u.peer = o.peer)
         RETURNING o.peer, c.key",
        spec.id.as_str(),
        &channels as &[&str],
        &peers as &[&str],
    )
    .fetch_all(&mut *tx)
    .await?;
    for row in gone {
        log.add(Verb::Removed, format!("owner {} on {}", row.peer, row.key), Diff::default());
    }
    Ok(())
}

/// A channel with a history is disabled: its conversations, replies and dead letters stay.
pub(super) async fn channels(
    tx: &mut PgConnection,
    spec: &TenantSpec,
    log: &mut Log,
) -> Result<(), StoreError> {
    let keep: Vec<&str> = spec.channels.iter().map(|c| c.key.as_str()).collect();
    // Locked, so that no conversation begins between the question and the removal.
    let gone = sqlx::query!(
        "SELECT id, key FROM channels
         WHERE tenant = $1 AND from_manifest AND NOT key = ANY($2::text[])
         ORDER BY id FOR UPDATE",
        spec.id.as_str(),
        &keep as &[&str],
    )
    .fetch_all(&mut *tx)
    .await?;
    for row in gone {
        let history = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM conversations WHERE channel_id = $1)
                   OR EXISTS (SELECT 1 FROM events WHERE channel_id = $1) AS "history!""#,
            row.id
        )
        .fetch_one(&mut *tx)
        .await?;
        let changed = if history {
            disable(tx, row.id).await?
        } else {
            sqlx::query!("DELETE FROM channels WHERE id = $1", row.id).execute(&mut *tx).await?;
            true
        };
        if changed {
            let verb = if history { Verb::Disabled } else { Verb::Removed };
            log.add(verb, format!("channel {}", row.key), Diff::default());
            log.channels.push(row.key);
        }
    }
    Ok(())
}

async fn disable(tx: &mut PgConnection, id: i64) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE channels SET enabled = false, disabled_reason = 'no longer in the manifest',
            updated_at = now() WHERE id = $1 AND enabled",
        id
    )
    .execute(&mut *tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// FAQs and their index.
pub(super) async fn faqs(
    tx: &mut PgConnection,
    spec: &TenantSpec,
    log: &mut Log,
) -> Result<(), StoreError> {
    let keep: Vec<&str> = spec.faqs.iter().map(|f| f.id.as_str()).collect();
    let mut gone = sqlx::query_scalar!(
        "DELETE FROM faqs WHERE tenant = $1 AND from_manifest AND NOT id = ANY($2::text[]) RETURNING id",
        spec.id.as_str(),
        &keep as &[&str],
    )
    .fetch_all(&mut *tx)
    .await?;
    gone.sort();
    for id in gone {
        log.add(Verb::Removed, format!("faq {id}"), Diff::default());
    }
    Ok(())
}
