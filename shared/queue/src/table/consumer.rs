use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::session::{Command, Reader};
use super::table_depth;
use crate::arrivals::Arrivals;
use crate::delivery::{Delay, Delivery, Ticket, parked_headers};
use crate::depth::Depth;
use crate::error::{PublishError, QueueError};
use crate::health::{Health, HealthSender};
use crate::park_pause::{PATIENCE, ParkPause};

/// Reads in a task of its own, which holds the locks; this side only takes what it read.
#[derive(Debug)]
pub(crate) struct TableConsumer {
    pool: PgPool,
    arrivals: Arrivals<Delivery>,
    commands: mpsc::UnboundedSender<Command>,
    generation: watch::Receiver<u64>,
    health: watch::Receiver<Health>,
    pause: ParkPause,
    draining: CancellationToken,
    stop: DropGuard,
    tasks: TaskTracker,
}

impl TableConsumer {
    pub(crate) fn start(pool: PgPool, name: &str, prefetch: usize) -> Self {
        let (arrivals_in, arrivals) = Arrivals::new();
        let (commands, commanded) = mpsc::unbounded_channel();
        let (generation_in, generation) = watch::channel(0);
        let health = HealthSender::new(name.to_owned());
        let (draining, stop) = (CancellationToken::new(), CancellationToken::new());
        let (tasks, wake) = (TaskTracker::new(), Arc::new(Notify::new()));
        let this = Self {
            pool: pool.clone(),
            arrivals,
            commands,
            generation,
            health: health.subscribe(),
            pause: ParkPause::default(),
            draining: draining.clone(),
            stop: stop.clone().drop_guard(),
            tasks: tasks.clone(),
        };
        tasks.spawn(listen(pool.clone(), Arc::clone(&wake), stop.clone()));
        let reader = Reader {
            pool,
            prefetch,
            health,
            generation: generation_in,
            arrivals: arrivals_in,
            commands: commanded,
            wake,
            draining,
            stop,
            acks: Vec::new(),
        };
        tasks.spawn(reader.run());
        tasks.close();
        this
    }

    pub(crate) fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// What was read under lost locks is left out: somebody else may be reading it by now.
    pub(crate) async fn next(&mut self, max: usize, linger: Duration) -> Vec<Delivery> {
        let generation = self.generation.clone();
        let current = move |d: &Delivery| d.ticket.generation >= *generation.borrow();
        if self.draining.is_cancelled() {
            self.arrivals.rest(max, current)
        } else {
            self.arrivals.next(max, linger, current).await
        }
    }

    pub(crate) fn ack(&mut self, tickets: &[Ticket]) {
        let ids = tickets.iter().filter_map(|ticket| i64::try_from(ticket.tag).ok()).collect();
        self.command(Command::Ack(ids));
    }

    pub(crate) async fn park(
        &mut self,
        delivery: &Delivery,
        delay: Delay,
    ) -> Result<(), PublishError> {
        let id = i64::try_from(delivery.ticket.tag).unwrap_or_default();
        if let Some(error) = self.pause.refusal(Instant::now()) {
            self.command(Command::Return { id, at: self.pause.end(Instant::now()) });
            return Err(error);
        }
        let (done, parked) = oneshot::channel();
        self.command(Command::Park {
            id,
            seconds: delay.duration().as_secs_f64(),
            headers: parked_headers(delivery).into(),
            done,
        });
        let outcome = match timeout(PATIENCE, parked).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(PublishError::Away),
            // The reader still does it, or loses its connection and reads the row again.
            Err(_) => Err(PublishError::Timeout),
        };
        self.pause.note(Instant::now(), outcome);
        outcome
    }

    pub(crate) fn cancel(&mut self) {
        self.draining.cancel();
    }

    pub(crate) async fn depth(&self) -> Result<Depth, QueueError> {
        table_depth(&self.pool).await
    }

    pub(crate) async fn close(self) {
        self.draining.cancel();
        drop(self.stop);
        if timeout(Duration::from_secs(5), self.tasks.wait()).await.is_err() {
            tracing::warn!("Closed before every ack was stored; those messages will come again");
        }
    }

    fn command(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::debug!("The reader has ended; its messages will come again");
        }
    }
}

/// Turns notifications into wake-ups. Only a shortcut: the reader looks by itself every second.
async fn listen(pool: PgPool, wake: Arc<Notify>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Ok(mut listener) = PgListener::connect_with(&pool).await
            && listener.listen("lumi_queue").await.is_ok()
        {
            wake.notify_one();
            // Dropping `recv` half-way is harmless here: the listener goes with it, and never had a
            // transaction open.
            while let Some(Ok(_)) = stop.run_until_cancelled(listener.recv()).await {
                wake.notify_one();
            }
        }
        if stop.run_until_cancelled(sleep(Duration::from_secs(1))).await.is_none() {
            break;
        }
    }
}
