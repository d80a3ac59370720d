use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::trouble;
use crate::envelope::Envelope;
use crate::error::PublishError;
use crate::health::{Health, HealthSender, Trouble};
use crate::partition::Partition;

/// As on RabbitMQ.
const DEADLINE: Duration = Duration::from_millis(1_500);

/// How often the table is looked for, and how often while it or the database is away.
const CHECK: Duration = Duration::from_secs(5);
const CHECK_WHILE_AWAY: Duration = Duration::from_millis(500);

/// One statement's worth: enough that a commit's cost is shared by many, small enough to be quick.
const BATCH_ROWS: usize = 512;
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// Messages handed over and not yet in a statement.
const WAITING: usize = 8_192;

struct Job {
    partition: Partition,
    headers: Value,
    body: Bytes,
    deadline: Instant,
    done: oneshot::Sender<Result<(), PublishError>>,
}

/// Group commit: whatever is published while one statement runs goes into the next.
#[derive(Debug)]
pub(crate) struct TableSender {
    jobs: mpsc::Sender<Job>,
    health: watch::Receiver<Health>,
    stop: DropGuard,
    tasks: TaskTracker,
}

impl TableSender {
    pub(crate) fn start(pool: PgPool) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let health = HealthSender::new("table publisher".to_owned());
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let this = Self {
            jobs,
            health: health.subscribe(),
            stop: stop.clone().drop_guard(),
            tasks: tasks.clone(),
        };
        tasks.spawn(Batcher { pool, health, waiting, stop, tasks: tasks.clone() }.run());
        tasks.close();
        this
    }

    pub(crate) fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    pub(crate) async fn send(
        &self,
        partition: Partition,
        envelope: Envelope,
    ) -> Result<(), PublishError> {
        self.health.borrow().admit()?;
        // jsonb holds no NUL; found out by the statement, it would take the whole batch down.
        if holds_nul(&envelope) {
            return Err(PublishError::Nacked);
        }
        let deadline = Instant::now() + DEADLINE;
        let (done, stored) = oneshot::channel();
        let headers = Value::Object(envelope.headers());
        let job = Job { partition, headers, body: envelope.body, deadline, done };
        match self.jobs.try_send(job) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => return Err(PublishError::Timeout),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(PublishError::Away),
        }
        match timeout_at(deadline, stored).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(PublishError::Away),
            Err(_) => Err(PublishError::Timeout),
        }
    }

    pub(crate) async fn close(self) {
        drop(self.stop);
        if timeout(DEADLINE, self.tasks.wait()).await.is_err() {
            tracing::warn!("Closed before every message was known to be stored");
        }
    }
}

fn holds_nul(envelope: &Envelope) -> bool {
    let optional = [&envelope.webhook_id, &envelope.traceparent].into_iter().flatten();
    optional.chain([&envelope.endpoint]).any(|text| text.contains('\0'))
}

struct Batcher {
    pool: PgPool,
    health: HealthSender,
    waiting: mpsc::Receiver<Job>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

type Work = JoinHandle<Result<(), sqlx::Error>>;

impl Batcher {
    /// Statements run in tasks of their own, which nothing cancels: a database future that is dropped
    /// half-way leaves its connection in a state that the next borrower pays for.
    async fn run(mut self) {
        let mut since = Instant::now();
        let mut work: Option<Work> = Some(self.check());
        let mut next_check = Instant::now();
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            let idle = work.is_none();
            tokio::select! {
                job = self.waiting.recv(), if idle => {
                    let Some(job) = job else { break };
                    work = self.store(job);
                    since = Instant::now();
                }
                outcome = finished(&mut work) => {
                    work = None;
                    next_check = Instant::now() + self.note(outcome);
                }
                _ = tick.tick() => {
                    if !idle && since.elapsed() > DEADLINE {
                        let answer = "the database does not answer".to_owned();
                        self.health.set(Some(Trouble::Away(answer)));
                    } else if idle && Instant::now() >= next_check {
                        work = Some(self.check());
                        since = Instant::now();
                    }
                }
                () = self.stop.cancelled() => break,
            }
        }
        self.waiting.close();
        while work.is_some() {
            let outcome = finished(&mut work).await;
            self.health.set(outcome.err().map(|error| trouble(&error)));
            work = match self.waiting.recv().await {
                Some(job) => self.store(job),
                None => None,
            };
        }
    }

    /// Takes what waits behind `first` into one statement. `None` when nobody waits for any of it.
    fn store(&mut self, first: Job) -> Option<Work> {
        let mut bytes = first.body.len();
        let mut jobs = vec![first];
        while jobs.len() < BATCH_ROWS
            && bytes < BATCH_BYTES
            && let Ok(job) = self.waiting.try_recv()
        {
            bytes += job.body.len();
            jobs.push(job);
        }
        let now = Instant::now();
        // Their callers have been told that it failed: storing them could only make second copies.
        jobs.retain(|job| job.deadline > now);
        if jobs.is_empty() {
            return None;
        }
        let pool = self.pool.clone();
        Some(self.tasks.spawn(async move {
            let stored = insert(&pool, &mut jobs).await;
            for job in jobs {
                let outcome = if stored.is_ok() { Ok(()) } else { Err(PublishError::Away) };
                if job.done.send(outcome).is_err() {
                    tracing::trace!("Nobody waits for this message any more");
                }
            }
            stored
        }))
    }

    fn check(&self) -> Work {
        let pool = self.pool.clone();
        self.tasks.spawn(async move {
            sqlx::query!("SELECT id FROM queue_messages LIMIT 0")
                .fetch_optional(&pool)
                .await
                .map(drop)
        })
    }

    /// Notes an outcome and returns the pause until the next check.
    fn note(&self, outcome: Result<(), sqlx::Error>) -> Duration {
        let pause = if outcome.is_ok() { CHECK } else { CHECK_WHILE_AWAY };
        self.health.set(outcome.err().map(|error| trouble(&error)));
        pause
    }
}

async fn finished(work: &mut Option<Work>) -> Result<(), sqlx::Error> {
    match work {
        Some(work) => work.await.unwrap_or(Err(sqlx::Error::WorkerCrashed)),
        None => pending().await,
    }
}

/// One statement, which is its own transaction: the rows in order, and the wake-up that is sent when they
/// are committed.
async fn insert(pool: &PgPool, jobs: &mut [Job]) -> Result<(), sqlx::Error> {
    let partitions: Vec<i16> = jobs.iter().map(|job| i16::from(job.partition.number())).collect();
    let headers: Vec<Value> = jobs.iter_mut().map(|job| job.headers.take()).collect();
    let bodies: Vec<&[u8]> = jobs.iter().map(|job| job.body.as_ref()).collect();
    sqlx::query!(
        r#"WITH stored AS (
               INSERT INTO queue_messages (partition, headers, body)
               SELECT m.partition, m.headers, m.body
                 FROM unnest($1::smallint[], $2::jsonb[], $3::bytea[])
                      WITH ORDINALITY AS m (partition, headers, body, position)
                ORDER BY m.position
           )
           SELECT 1 AS "sent!" FROM pg_notify('lumi_queue', '')"#,
        &partitions,
        &headers,
        &bodies as &[&[u8]],
    )
    .fetch_one(pool)
    .await?;
    Ok(())
}
