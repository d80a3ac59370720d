//! Publishing with confirms over one connection of its own.
//!
//! One task owns the channel. That is not only simpler than sharing it: lapin numbers a publish and queues
//! its frames in two steps, so two threads publishing on one channel can swap numbers, and a confirm then
//! answers for the wrong message. Nothing waits for a confirm before the next publish.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::link::{self, BrokerUrl, Dialler};
use super::standing::Standing;
use super::topology::{self, Topology, short};
use crate::error::PublishError;
use crate::health::{Health, HealthSender, Trouble};

/// From the call of publish to the confirm. Platforms give a webhook 3 to 10 s.
pub(crate) const DEADLINE: Duration = Duration::from_millis(1_500);

/// How often the exchanges and the catch-all are looked for, and how often while something is missing.
const CHECK: Duration = Duration::from_secs(5);
const CHECK_WHILE_MISSING: Duration = Duration::from_millis(500);

/// Messages handed over but not yet written. At 20 000 a second this is most of a second's work, so what
/// finds it full could not be confirmed in time.
const WAITING: usize = 16_384;

/// One message for an exchange.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) exchange: Arc<str>,
    pub(crate) routing_key: String,
    pub(crate) headers: FieldTable,
    pub(crate) body: Bytes,
}

struct Job {
    message: Outgoing,
    deadline: Instant,
    done: oneshot::Sender<Result<(), PublishError>>,
}

/// A connection that publishes and reconnects by itself, for as long as it lives.
#[derive(Debug)]
pub(crate) struct ConfirmedSender {
    jobs: mpsc::Sender<Job>,
    health: watch::Receiver<Health>,
    stop: DropGuard,
    tasks: TaskTracker,
}

impl ConfirmedSender {
    /// Starts connecting; must be called inside a tokio runtime.
    pub(crate) fn start(url: BrokerUrl, topology: Topology, name: &str) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let health = HealthSender::new(name.to_owned());
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let this = Self {
            jobs,
            health: health.subscribe(),
            stop: stop.clone().drop_guard(),
            tasks: tasks.clone(),
        };
        let name = name.to_owned();
        tasks.spawn(Supervisor { url, topology, name, health, waiting, stop }.run());
        tasks.close();
        this
    }

    pub(crate) fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// Stores a message and waits for the broker's word, at most [`DEADLINE`] in all. Dropping this future
    /// takes nothing back: a message that was handed over is still published.
    pub(crate) async fn send(&self, message: Outgoing) -> Result<(), PublishError> {
        self.health.borrow().admit()?;
        let deadline = Instant::now() + DEADLINE;
        let (done, confirmed) = oneshot::channel();
        match self.jobs.try_send(Job { message, deadline, done }) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => return Err(PublishError::Timeout),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(PublishError::Away),
        }
        match timeout_at(deadline, confirmed).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(PublishError::Away),
            Err(_) => Err(PublishError::Timeout),
        }
    }

    /// Lets what was handed over be confirmed, within the deadline, and closes the connection.
    pub(crate) async fn close(self) {
        drop(self.stop);
        self.tasks.wait().await;
    }
}

struct Supervisor {
    url: BrokerUrl,
    topology: Topology,
    name: String,
    health: HealthSender,
    waiting: mpsc::Receiver<Job>,
    stop: CancellationToken,
}

impl Supervisor {
    async fn run(mut self) {
        let mut dialler = Dialler::new(self.url.clone(), self.name.clone());
        while !self.stop.is_cancelled() {
            let reason = match self.connect(&mut dialler).await {
                Ok((connection, channel)) => {
                    dialler.works();
                    let reason = self.session(&connection, &channel).await;
                    link::close(&connection).await;
                    reason
                }
                Err(reason) => reason,
            };
            self.health.set(Some(Trouble::Away(reason)));
            while let Ok(job) = self.waiting.try_recv() {
                answer(job.done, Err(PublishError::Away));
            }
            tokio::select! {
                () = sleep(dialler.pause()) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    async fn connect(&self, dialler: &mut Dialler) -> Result<(Connection, Channel), String> {
        let opened = tokio::select! {
            opened = dialler.dial() => opened,
            () = self.stop.cancelled() => return Err("stopped".to_owned()),
        };
        let connection = opened.map_err(|e| e.to_string())?;
        match self.set_up(&connection).await {
            Ok(channel) => Ok((connection, channel)),
            Err(error) => {
                link::close(&connection).await;
                Err(error.to_string())
            }
        }
    }

    /// Declares what is missing, so that it does not matter whether an ingress or a worker is the
    /// first to come to a new broker. From then on it only looks.
    async fn set_up(&self, connection: &Connection) -> lapin::Result<Channel> {
        for conflict in topology::declare(connection, &self.topology).await? {
            tracing::warn!(connection = %self.name, %conflict, "The broker holds another topology");
        }
        confirming_channel(connection).await
    }

    /// Publishes until the connection is lost or the sender is closed, and says which.
    async fn session(&mut self, connection: &Connection, channel: &Channel) -> String {
        let mut events = pin!(connection.events_listener());
        let mut state = Standing::new(connection.status().blocked(), Instant::now());
        let (exchanges, queues) = topology::publishers_need(&self.topology);
        let look = async |pause| {
            sleep(pause).await;
            topology::find_missing(connection, &exchanges, &queues).await
        };
        let mut check = Box::pin(look(Duration::ZERO));
        let mut inflight = FuturesUnordered::new();
        let mut batch = Vec::with_capacity(64);
        let mut tick = tokio::time::interval(Duration::from_millis(250));
        loop {
            tokio::select! {
                n = self.waiting.recv_many(&mut batch, 64) => {
                    if n == 0 { break }
                    for job in batch.drain(..) {
                        let mut publishing = Box::pin(publish(channel, job));
                        // The first poll queues the frames, which fixes the order and the number.
                        if futures::poll!(publishing.as_mut()).is_pending() {
                            inflight.push(publishing);
                        }
                    }
                }
                Some(()) = inflight.next(), if !inflight.is_empty() => state.progress(Instant::now()),
                found = &mut check => {
                    let Ok(missing) = found else { return "connection lost".to_owned() };
                    let pause = if missing.is_some() { CHECK_WHILE_MISSING } else { CHECK };
                    state.missing = Some(missing);
                    check = Box::pin(look(pause));
                }
                Some(event) = events.next() => state.note(event),
                _ = tick.tick() => state.watch(Instant::now(), inflight.len()),
                () = self.stop.cancelled() => break,
            }
            if !connection.status().connected() || !channel.status().connected() {
                return state.last_error.unwrap_or_else(|| "connection lost".to_owned());
            }
            self.health.set(state.trouble());
        }
        self.drain(channel, inflight).await;
        "closed".to_owned()
    }

    /// Publishes what was handed over before the close and waits for the confirms.
    async fn drain<F: Future<Output = ()>>(
        &mut self,
        channel: &Channel,
        mut inflight: FuturesUnordered<F>,
    ) {
        self.waiting.close();
        let rest = async {
            while let Some(job) = self.waiting.recv().await {
                publish(channel, job).await;
            }
        };
        let confirms = async { while inflight.next().await.is_some() {} };
        if timeout(DEADLINE, futures::future::join(rest, confirms)).await.is_err() {
            tracing::warn!(connection = %self.name, "Closed before every confirm had come");
        }
    }
}

async fn confirming_channel(connection: &Connection) -> lapin::Result<Channel> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

/// Publishes one message and tells the caller, if it still waits, what came of it.
async fn publish(channel: &Channel, job: Job) {
    let Job { message, deadline, done } = job;
    // Its caller has been told that it failed: publishing it now could only make a second copy.
    if Instant::now() >= deadline {
        return answer(done, Err(PublishError::Timeout));
    }
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_content_type("application/octet-stream".into())
        .with_headers(message.headers);
    let publishing = channel.basic_publish(
        short(&message.exchange),
        short(&message.routing_key),
        BasicPublishOptions::default(),
        &message.body,
        properties,
    );
    let confirmation = match publishing.await {
        Ok(confirm) => confirm.await,
        Err(error) => Err(error),
    };
    answer(
        done,
        match confirmation {
            Ok(Confirmation::Ack(_)) => Ok(()),
            Ok(Confirmation::Nack(_)) => Err(PublishError::Nacked),
            Ok(Confirmation::NotRequested) => Err(PublishError::Topology),
            Err(_) => Err(PublishError::Away),
        },
    );
}

/// A caller that went away is no failure.
fn answer(done: oneshot::Sender<Result<(), PublishError>>, outcome: Result<(), PublishError>) {
    if done.send(outcome).is_err() {
        tracing::trace!("Nobody waits for this confirm any more");
    }
}
