//! Reading from the table under the partitions' locks.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{DELIVERY_LIMIT, partition_of, trouble};
use crate::delivery::{Delivery, FreshWindow, Source, Ticket, take_first_seen};
use crate::envelope::Payload;
use crate::error::PublishError;
use crate::health::{HealthSender, Trouble};
use crate::partition::Partition;

/// The class of the partitions' advisory locks ("luqu" in ASCII); the key is the partition.
const LOCK_CLASS: i32 = 0x6c75_7175;

/// How often rows and free partitions are looked for without a notification.
const SWEEP: Duration = Duration::from_secs(1);

/// Rows read by one statement.
const BATCH: usize = 256;

/// A statement that takes longer means a connection that is cut: the server has, or will have, dropped
/// the locks.
const STATEMENT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) enum Command {
    Ack(Vec<i64>),
    Park {
        id: i64,
        seconds: f64,
        headers: Value,
        done: oneshot::Sender<Result<(), PublishError>>,
    },
    /// Reads a row that was handed out again, not before `at`.
    Return {
        id: i64,
        at: Instant,
    },
}

pub(super) struct Reader {
    pub(super) pool: PgPool,
    pub(super) prefetch: usize,
    pub(super) health: HealthSender,
    pub(super) generation: watch::Sender<u64>,
    pub(super) arrivals: mpsc::UnboundedSender<Delivery>,
    pub(super) commands: mpsc::UnboundedReceiver<Command>,
    pub(super) wake: Arc<Notify>,
    pub(super) draining: CancellationToken,
    pub(super) stop: CancellationToken,
    /// Ids to delete; kept over a lost connection, since an id is never used twice.
    pub(super) acks: Vec<i64>,
}

/// What one connection holds.
#[derive(Default)]
struct Holding {
    /// Partitions whose lock is ours.
    partitions: Vec<i16>,
    /// Rows handed out and not yet acked.
    rows: BTreeSet<i64>,
    /// Those of them that are to be read again, and when.
    returns: Vec<(Instant, i64)>,
    fresh: HashMap<i16, FreshWindow>,
}

impl Reader {
    pub(super) async fn run(mut self) {
        loop {
            self.generation.send_modify(|generation| *generation += 1);
            match self.session().await {
                Ok(()) => break,
                Err(error) => self.health.set(Some(trouble(&error))),
            }
            let pause = Duration::from_millis(rand::random_range(500..=1_000));
            if self.stop.run_until_cancelled(sleep(pause)).await.is_none() {
                break;
            }
        }
        self.health.set(Some(Trouble::Away("closed".to_owned())));
    }

    /// Reads until the connection fails, or all is acked after the stop.
    ///
    /// Everything runs on one connection that belongs to no pool, so that the locks live exactly as long
    /// as the reading does.
    async fn session(&mut self) -> Result<(), sqlx::Error> {
        let mut connection = self.pool.acquire().await?.detach();
        prepare(&mut connection).await?;
        let mut holding = Holding::default();
        let mut locks_due = Instant::now();
        loop {
            self.settle(&mut connection, &mut holding).await?;
            if self.stop.is_cancelled() {
                return connection.close().await;
            }
            if Instant::now() >= locks_due {
                take_locks(&mut connection, &mut holding.partitions).await?;
                locks_due = Instant::now() + SWEEP;
                self.health.set(None);
            }
            holding.return_due(Instant::now());
            let room = self.prefetch.saturating_sub(holding.rows.len()).min(BATCH);
            let full = if room == 0 || self.draining.is_cancelled() {
                false
            } else {
                self.read(&mut connection, &mut holding, room).await? == room
            };
            if full {
                continue;
            }
            // Nothing here is a database future: those must not be dropped half-way.
            tokio::select! {
                Some(command) = self.commands.recv() => {
                    self.obey(&mut connection, &mut holding, command).await?;
                }
                () = self.wake.notified() => {}
                () = sleep(SWEEP) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    /// Does what was asked for meanwhile; all acks in one statement.
    async fn settle(
        &mut self,
        connection: &mut PgConnection,
        holding: &mut Holding,
    ) -> Result<(), sqlx::Error> {
        while let Ok(command) = self.commands.try_recv() {
            self.obey(connection, holding, command).await?;
        }
        if self.acks.is_empty() {
            return Ok(());
        }
        let delete = sqlx::query!("DELETE FROM queue_messages WHERE id = ANY($1)", &self.acks);
        bounded(delete.execute(connection)).await?;
        for id in self.acks.drain(..) {
            holding.rows.remove(&id);
        }
        Ok(())
    }

    async fn obey(
        &mut self,
        connection: &mut PgConnection,
        holding: &mut Holding,
        command: Command,
    ) -> Result<(), sqlx::Error> {
        match command {
            Command::Ack(ids) => self.acks.extend(ids),
            Command::Return { id, at } => holding.returns.push((at, id)),
            Command::Park { id, seconds, headers, done } => {
                let parked = match park(connection, id, seconds, &headers).await {
                    Ok(()) => {
                        holding.rows.remove(&id);
                        Ok(())
                    }
                    // The server refused this one statement; everything else goes on.
                    Err(sqlx::Error::Database(error)) => {
                        tracing::warn!(%error, "The database refused to put a message aside");
                        holding.returns.push((Instant::now() + SWEEP, id));
                        Err(PublishError::Nacked)
                    }
                    Err(error) => return Err(error),
                };
                if done.send(parked).is_err() {
                    tracing::debug!("Nobody waits for this parking any more");
                }
            }
        }
        Ok(())
    }

    /// Hands out due rows in order and returns how many.
    async fn read(
        &mut self,
        connection: &mut PgConnection,
        holding: &mut Holding,
        room: usize,
    ) -> Result<usize, sqlx::Error> {
        let held: Vec<i64> = holding.rows.iter().copied().collect();
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let read = sqlx::query!(
            r#"WITH due AS (
                   SELECT id FROM queue_messages
                    WHERE partition = ANY($1)
                      AND (delay_until IS NULL OR delay_until <= now())
                      AND id <> ALL($2)
                    ORDER BY id
                    LIMIT $3
               ), counted AS (
                   UPDATE queue_messages AS q SET seen = q.seen + 1
                     FROM due WHERE q.id = due.id
                   RETURNING q.id, q.partition, q.headers, q.body, q.seen
               )
               SELECT id AS "id!", partition AS "partition!", headers AS "headers!: Value",
                      body AS "body!", seen AS "seen!"
                 FROM counted ORDER BY id"#,
            &holding.partitions,
            &held,
            limit,
        );
        let rows = bounded(read.fetch_all(connection)).await?;
        let (count, now) = (rows.len(), Instant::now());
        for row in rows {
            let Some(partition) = partition_of(row.partition) else { continue };
            holding.rows.insert(row.id);
            let fresh = holding.fresh.entry(row.partition).or_default().observe(now, row.seen > 1);
            let row = Row { id: row.id, headers: row.headers, body: row.body, seen: row.seen };
            let delivery = delivery(row, partition, fresh, *self.generation.borrow());
            if self.arrivals.send(delivery).is_err() {
                tracing::trace!("Nobody takes deliveries any more");
            }
        }
        Ok(count)
    }
}

impl Holding {
    fn return_due(&mut self, now: Instant) {
        for (_, id) in self.returns.extract_if(.., |(at, _)| *at <= now) {
            self.rows.remove(&id);
        }
    }
}

async fn park(
    connection: &mut PgConnection,
    id: i64,
    seconds: f64,
    headers: &Value,
) -> Result<(), sqlx::Error> {
    let park = sqlx::query!(
        "UPDATE queue_messages
            SET delay_until = now() + make_interval(secs => $2), headers = $3, seen = 0
          WHERE id = $1",
        id,
        seconds,
        headers,
    );
    bounded(park.execute(connection)).await.map(|_| ())
}

struct Row {
    id: i64,
    headers: Value,
    body: Vec<u8>,
    seen: i32,
}

fn delivery(row: Row, partition: Partition, fresh: bool, generation: u64) -> Delivery {
    let mut headers = match row.headers {
        Value::Object(headers) => headers,
        // The decoder says what is missing.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            serde_json::Map::new()
        }
    };
    let first_seen_ms = take_first_seen(&mut headers);
    let given_up = row.seen > DELIVERY_LIMIT;
    Delivery {
        payload: Payload::decode(headers, Bytes::from(row.body)),
        source: if given_up { Source::Dead } else { Source::Partition(partition) },
        redelivered: row.seen > 1,
        seen: u32::try_from(row.seen).unwrap_or(1),
        fresh,
        first_seen_ms,
        death: given_up.then(|| "delivery_limit".to_owned()),
        ticket: Ticket { generation, tag: u64::try_from(row.id).unwrap_or_default() },
        route: partition.to_string(),
    }
}

/// Losing the count of a delivery or an ack in a crash only means that a message comes once more; the
/// keepalives let the server notice within 30 s that this machine is gone, and free the locks.
async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let set = sqlx::query!(
        "SELECT count(set_config(name, value, false))
           FROM (VALUES ('synchronous_commit', 'off'),
                        ('tcp_keepalives_idle', '10'),
                        ('tcp_keepalives_interval', '5'),
                        ('tcp_keepalives_count', '4'),
                        ('application_name', 'lumi queue reader')) AS settings (name, value)"
    );
    bounded(set.fetch_one(connection)).await?;
    Ok(())
}

/// Takes the partitions that nobody reads.
async fn take_locks(connection: &mut PgConnection, held: &mut Vec<i16>) -> Result<(), sqlx::Error> {
    let wanted: Vec<i16> = Partition::all()
        .map(|partition| i16::from(partition.number()))
        .filter(|partition| !held.contains(partition))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let take = sqlx::query_scalar!(
        r#"SELECT p AS "p!" FROM unnest($1::smallint[]) AS p
            WHERE pg_try_advisory_lock($2, p::integer)"#,
        &wanted,
        LOCK_CLASS,
    );
    held.extend(bounded(take.fetch_all(connection)).await?);
    Ok(())
}

/// Gives a statement up after a time that only a cut connection takes. Dropping it half-way is right
/// here: the connection is dropped with it and returns to no pool.
async fn bounded<T>(
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(STATEMENT, statement).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}
