use sqlx::PgConnection;

use super::TenantSpec;
use super::apply::Log;
use super::change::{Diff, Verb};
use crate::StoreError;

/// Writes the tenant's own row, and holds it locked: two applies of one tenant come one after
/// the other.
pub(super) async fn write(
    tx: &mut PgConnection,
    spec: &TenantSpec,
    log: &mut Log,
) -> Result<(), StoreError> {
    let new = sqlx::query!(
        "INSERT INTO tenants (id, name, timezone) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        spec.id.as_str(),
        spec.name,
        spec.timezone.name(),
    )
    .execute(&mut *tx)
    .await?
    .rows_affected()
        == 1;
    let diff = differences(tx, spec).await?;
    if !new && diff.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE tenants SET name = $2, timezone = $3, country = $4, language = $5, instructions = $6,
            handoff = $7, messages_days = $8, replies_per_contact_per_hour = $9, tokens_per_day = $10
         WHERE id = $1",
        spec.id.as_str(),
        spec.name,
        spec.timezone.name(),
        spec.country,
        spec.language,
        spec.instructions,
        spec.handoff,
        spec.messages_days,
        spec.replies_per_contact_per_hour,
        spec.tokens_per_day,
    )
    .execute(&mut *tx)
    .await?;
    if new {
        log.add(Verb::Created, "tenant", Diff::default());
    } else {
        log.add(Verb::Updated, "tenant", diff);
    }
    Ok(())
}

async fn differences(tx: &mut PgConnection, spec: &TenantSpec) -> Result<Diff, StoreError> {
    let row = sqlx::query!(
        "SELECT name, timezone, country, language, instructions, handoff, messages_days,
                replies_per_contact_per_hour, tokens_per_day
         FROM tenants WHERE id = $1 FOR UPDATE",
        spec.id.as_str()
    )
    .fetch_one(&mut *tx)
    .await?;
    let mut diff = Diff::default();
    diff.field("name", &row.name, &spec.name);
    diff.field("timezone", &row.timezone, &spec.timezone.name());
    diff.optional("country", row.country, spec.country.clone());
    diff.field("language", &row.language, &spec.language);
    diff.field("assistant.instructions", &row.instructions, &spec.instructions);
    diff.field("assistant.handoff", &row.handoff, &spec.handoff);
    diff.field("retention.messages_days", &row.messages_days, &spec.messages_days);
    diff.field(
        "limits.replies_per_contact_per_hour",
        &row.replies_per_contact_per_hour,
        &spec.replies_per_contact_per_hour,
    );
    diff.field("limits.tokens_per_day", &row.tokens_per_day, &spec.tokens_per_day);
    Ok(diff)
}
