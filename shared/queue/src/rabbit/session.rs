//! The consumer's connection: set up, kept complete, and set up again when lost.

use std::collections::BTreeSet;
use std::future::{Future, ready};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use lapin::message::{Delivery as Message, DeliveryResult};
use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConsumerDelegate, Event};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::field_table;
use super::link::{self, BrokerUrl, Dialler};
use super::topology::{self, Conflict, Topology, short};
use crate::delivery::{FreshWindow, Source};
use crate::health::{HealthSender, Trouble};

/// How often the queues are looked for.
const CHECK: Duration = Duration::from_secs(5);

/// How long a burst of deletions may last before the queues are declared again.
const AFTER_DELETION: Duration = Duration::from_millis(200);

/// A connection that stands. What was delivered over an older one can no longer be acked.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) generation: u64,
    pub(super) connection: Arc<Connection>,
    pub(super) channel: Channel,
}

/// A message as it came, in the order of the channel's tags.
pub(super) struct Arrival {
    pub(super) generation: u64,
    pub(super) source: Source,
    pub(super) fresh: bool,
    pub(super) message: Message,
}

pub(super) struct Supervisor {
    pub(super) url: BrokerUrl,
    pub(super) topology: Topology,
    pub(super) name: String,
    pub(super) prefetch: u16,
    pub(super) health: HealthSender,
    pub(super) session: watch::Sender<Option<Session>>,
    pub(super) arrivals: mpsc::UnboundedSender<Arrival>,
    /// No new subscription, no new connection: the consumer was cancelled.
    pub(super) draining: CancellationToken,
    pub(super) stop: CancellationToken,
}

impl Supervisor {
    pub(super) async fn run(self) {
        let mut dialler = Dialler::new(self.url.clone(), self.name.clone());
        let mut generation = 0;
        while !self.stop.is_cancelled() && !self.draining.is_cancelled() {
            generation += 1;
            let reason = self.connected(generation, &mut dialler).await;
            self.session.send_replace(None);
            self.health.set(Some(Trouble::Away(reason)));
            tokio::select! {
                () = sleep(dialler.pause()) => {}
                () = self.stop.cancelled() => {}
                () = self.draining.cancelled() => {}
            }
        }
    }

    /// One connection from its opening to its end; returns why it ended.
    async fn connected(&self, generation: u64, dialler: &mut Dialler) -> String {
        let opened = self.stop.run_until_cancelled(dialler.dial()).await;
        let connection = match opened {
            Some(Ok(connection)) => Arc::new(connection),
            Some(Err(error)) => return error.to_string(),
            None => return "closed".to_owned(),
        };
        let mut events = pin!(connection.events_listener());
        let mut last_error = None;
        let mut consuming = pin!(self.consume(&connection, generation, dialler));
        let ended = loop {
            tokio::select! {
                ended = &mut consuming => break ended.err(),
                Some(event) = events.next() => {
                    if let Event::Error(error) = event {
                        last_error = Some(error);
                    }
                }
                () = self.stop.cancelled() => break None,
            }
        };
        link::close(&connection).await;
        let reason = ended.or(last_error).map(|error| error.to_string());
        reason.unwrap_or_else(|| "connection lost".to_owned())
    }

    async fn consume(
        &self,
        connection: &Arc<Connection>,
        generation: u64,
        dialler: &mut Dialler,
    ) -> lapin::Result<()> {
        let mut conflicts = topology::declare(connection, &self.topology).await?;
        let channel = connection.create_channel().await?;
        channel.basic_qos(self.prefetch, BasicQosOptions::default()).await?;
        let session =
            Session { generation, connection: Arc::clone(connection), channel: channel.clone() };
        self.session.send_replace(Some(session));
        let (gone, mut ended) = mpsc::unbounded_channel();
        let mut missing: BTreeSet<Source> = Source::all().collect();
        let mut check = tokio::time::interval(CHECK);
        check.reset();
        let mut tick = tokio::time::interval(Duration::from_millis(250));
        loop {
            while let Some(source) = missing.first().copied() {
                if self.draining.is_cancelled() {
                    break;
                }
                self.subscribe(&channel, source, generation, &gone).await?;
                missing.remove(&source);
            }
            dialler.works();
            self.health.set(trouble(&conflicts));
            tokio::select! {
                Some(source) = ended.recv() => {
                    missing.insert(source);
                    sleep(AFTER_DELETION).await;
                    while let Ok(source) = ended.try_recv() {
                        missing.insert(source);
                    }
                    if !self.draining.is_cancelled() && channel.status().connected() {
                        conflicts = topology::declare(connection, &self.topology).await?;
                    }
                }
                _ = check.tick() => {
                    let (exchanges, queues) = (self.topology.exchanges(), self.topology.queues());
                    let absent = topology::find_missing(connection, &exchanges, &queues).await?;
                    if absent.is_some() || !conflicts.is_empty() {
                        conflicts = topology::declare(connection, &self.topology).await?;
                    }
                }
                _ = tick.tick() => {}
            }
            if !connection.status().connected() || !channel.status().connected() {
                return Ok(());
            }
        }
    }

    async fn subscribe(
        &self,
        channel: &Channel,
        source: Source,
        generation: u64,
        gone: &mpsc::UnboundedSender<Source>,
    ) -> lapin::Result<()> {
        let queue = self.topology.queue(source);
        let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
        let consumer =
            channel.basic_consume(short(&queue), short(&queue), options, arguments).await?;
        consumer.set_delegate(Inlet {
            generation,
            source,
            fresh: Mutex::default(),
            arrivals: self.arrivals.clone(),
            gone: gone.clone(),
        });
        Ok(())
    }
}

fn trouble(conflicts: &[Conflict]) -> Option<Trouble> {
    conflicts.first().map(|conflict| Trouble::Topology(conflict.to_string()))
}

/// Takes what lapin delivers for one queue. lapin calls it from its reading thread, in the order of the
/// channel; so everything is handed over before the returned future exists.
struct Inlet {
    generation: u64,
    source: Source,
    fresh: Mutex<FreshWindow>,
    arrivals: mpsc::UnboundedSender<Arrival>,
    gone: mpsc::UnboundedSender<Source>,
}

impl ConsumerDelegate for Inlet {
    fn on_new_delivery(
        &self,
        delivery: DeliveryResult,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let handed_over = match delivery {
            Ok(Some(message)) => {
                let headers = message.properties.headers();
                let counted = headers.as_ref().is_some_and(|h| field_table::delivery_count(h) > 0);
                let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
                let fresh = fresh.observe(Instant::now(), message.redelivered || counted);
                let (generation, source) = (self.generation, self.source);
                self.arrivals.send(Arrival { generation, source, fresh, message }).is_ok()
            }
            Ok(None) | Err(_) => self.gone.send(self.source).is_ok(),
        };
        if !handed_over {
            tracing::trace!(source = %self.source, "Nobody takes deliveries any more");
        }
        Box::pin(ready(()))
    }
}
