//! The queue on PostgreSQL: rows of `queue_messages`, see `migrations/`.

mod consumer;
mod sender;
mod session;

pub(crate) use consumer::TableConsumer;
pub(crate) use sender::TableSender;

use sqlx::PgPool;

use crate::delivery::Source;
use crate::depth::Depth;
use crate::error::QueueError;
use crate::health::Trouble;
use crate::partition::Partition;

/// Deliveries of one message before it is handed out as dead, as on RabbitMQ.
const DELIVERY_LIMIT: i32 = 50;

/// How many messages wait in each partition of the table.
pub async fn table_depth(pool: &PgPool) -> Result<Depth, QueueError> {
    let rows = sqlx::query!(
        r#"SELECT partition,
                  count(*) FILTER (WHERE delay_until > now()) AS "delayed!",
                  count(*) FILTER (WHERE delay_until IS NULL OR delay_until <= now()) AS "due!"
             FROM queue_messages
            GROUP BY partition"#
    )
    .fetch_all(pool)
    .await?;
    let mut depth = Depth::default();
    for row in rows {
        depth.add(None, u64::try_from(row.delayed).unwrap_or_default());
        if let Some(partition) = partition_of(row.partition) {
            let due = u64::try_from(row.due).unwrap_or_default();
            depth.add(Some(Source::Partition(partition)), due);
        }
    }
    Ok(depth)
}

fn partition_of(column: i16) -> Option<Partition> {
    u8::try_from(column).ok().and_then(Partition::new)
}

/// What a failed statement means for the queue.
fn trouble(error: &sqlx::Error) -> Trouble {
    let code = error.as_database_error().and_then(|e| e.code().map(|code| code.into_owned()));
    match code.as_deref() {
        // undefined_table, invalid_schema_name, insufficient_privilege
        Some("42P01" | "3F000" | "42501") => {
            Trouble::Topology(format!("table `queue_messages` cannot be used: {error}"))
        }
        _ => Trouble::Away(error.to_string()),
    }
}
