use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::join_all;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicNackOptions};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::ack_window::AckWindow;
use super::confirmed::{ConfirmedSender, Outgoing};
use super::depth;
use super::field_table::{death_reason, delivery_count, from_field_table, to_field_table};
use super::link::{self, BrokerUrl};
use super::session::{Arrival, Session, Supervisor};
use super::topology::{Topology, short};
use crate::arrivals::Arrivals;
use crate::delivery::{Delay, Delivery, Source, Ticket, parked_headers, take_first_seen};
use crate::depth::Depth;
use crate::envelope::Payload;
use crate::error::{PublishError, QueueError};
use crate::health::{Health, HealthSender};
use crate::park_pause::{PATIENCE, ParkPause};

/// How long parking waits for its connection; with the deadline of a publish it is [`PATIENCE`].
const PARKING_READY: Duration = Duration::from_millis(500);

/// Consumes every queue over one connection and parks over another: a broker that is blocked stops
/// reading from connections that publish, and acks must go on.
pub(crate) struct RabbitConsumer {
    arrivals: Arrivals<Arrival>,
    session: watch::Receiver<Option<Session>>,
    health: watch::Receiver<Health>,
    topology: Topology,
    /// The generation whose tags the window counts, and the window.
    window: (u64, AckWindow),
    parking: ConfirmedSender,
    pause: ParkPause,
    /// What could not be parked goes back to the broker, not before its time: it would come again at once.
    returns: Vec<(Instant, Ticket)>,
    draining: CancellationToken,
    stop: DropGuard,
    tasks: TaskTracker,
}

impl RabbitConsumer {
    pub(crate) fn start(url: &BrokerUrl, topology: Topology, name: &str, prefetch: u16) -> Self {
        let (arrivals_in, arrivals) = Arrivals::new();
        let (session_in, session) = watch::channel(None);
        let health = HealthSender::new(name.to_owned());
        let (draining, stop) = (CancellationToken::new(), CancellationToken::new());
        let tasks = TaskTracker::new();
        let parking =
            ConfirmedSender::start(url.clone(), topology.clone(), &format!("{name} parking"));
        let this = Self {
            arrivals,
            session,
            health: health.subscribe(),
            topology: topology.clone(),
            window: (0, AckWindow::default()),
            parking,
            pause: ParkPause::default(),
            returns: Vec::new(),
            draining: draining.clone(),
            stop: stop.clone().drop_guard(),
            tasks: tasks.clone(),
        };
        let supervisor = Supervisor {
            url: url.clone(),
            topology,
            name: name.to_owned(),
            prefetch,
            health,
            session: session_in,
            arrivals: arrivals_in,
            draining,
            stop,
        };
        tasks.spawn(supervisor.run());
        tasks.close();
        this
    }

    pub(crate) fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// What came over a lost connection is left out: it comes again, and would be work done twice.
    pub(crate) async fn next(&mut self, max: usize, linger: Duration) -> Vec<Delivery> {
        let session = self.session.clone();
        let current = move |arrival: &Arrival| {
            let session = session.borrow();
            session.as_ref().is_none_or(|session| arrival.generation >= session.generation)
        };
        if self.draining.is_cancelled() {
            self.give_back_due();
            return self.arrivals.rest(max, current).into_iter().map(delivery).collect();
        }
        loop {
            let due = self.returns.iter().map(|(at, _)| *at).min();
            let returning = async {
                match due {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = returning => {}
                taken = self.arrivals.next(max, linger, &current) => {
                    return taken.into_iter().map(delivery).collect();
                }
            }
            self.give_back_due();
        }
    }

    pub(crate) async fn ack(&mut self, tickets: &[Ticket]) {
        let Some(session) = self.current() else { return };
        for ticket in tickets.iter().filter(|t| t.generation == session.generation) {
            self.window.1.handle(ticket.tag);
        }
        self.ack_handled(&session).await;
    }

    /// The connection that stands, with the window over its tags.
    fn current(&mut self) -> Option<Session> {
        let session = self.session.borrow().clone()?;
        if self.window.0 != session.generation {
            self.window = (session.generation, AckWindow::default());
        }
        Some(session)
    }

    async fn ack_handled(&mut self, session: &Session) {
        let Some(tag) = self.window.1.take() else { return };
        let ack = session.channel.basic_ack(tag, BasicAckOptions { multiple: true });
        if let Err(error) = ack.await {
            tracing::debug!(%error, "Could not ack; the deliveries will come again");
        }
    }

    pub(crate) async fn park(
        &mut self,
        delivery: &Delivery,
        delay: Delay,
    ) -> Result<(), PublishError> {
        let parked = match self.pause.refusal(Instant::now()) {
            Some(error) => Err(error),
            None => {
                let stored = timeout(PATIENCE, self.store_aside(delivery, delay)).await;
                let outcome = stored.unwrap_or(Err(PublishError::Timeout));
                self.pause.note(Instant::now(), outcome);
                outcome
            }
        };
        match parked {
            Ok(()) => self.ack(&[delivery.ticket]).await,
            Err(_) => self.returns.push((self.pause.end(Instant::now()), delivery.ticket)),
        }
        parked
    }

    async fn store_aside(&self, delivery: &Delivery, delay: Delay) -> Result<(), PublishError> {
        if !self.pause.failing() {
            // The guard that `wait_for` returns must not live on: it would keep the sender from writing.
            let mut health = self.parking.health();
            let ready = async { health.wait_for(Health::ready).await.is_ok() };
            // When it does not come up, sending says why.
            if timeout(PARKING_READY, ready).await == Ok(false) {
                return Err(PublishError::Away);
            }
        }
        let message = Outgoing {
            exchange: self.topology.delay_exchange(delay).into(),
            routing_key: delivery.route.clone(),
            headers: to_field_table(&parked_headers(delivery)),
            body: delivery.payload.body().clone(),
        };
        self.parking.send(message).await
    }

    /// Gives the deliveries back whose parking failed a while ago. It must not wait, or an interrupted
    /// `next` could leave the window untrue; polling a frame once queues it in its order.
    fn give_back_due(&mut self) {
        let now = Instant::now();
        let due: Vec<Ticket> =
            self.returns.extract_if(.., |(at, _)| *at <= now).map(|(_, ticket)| ticket).collect();
        if due.is_empty() {
            return;
        }
        let Some(session) = self.current() else { return };
        for ticket in due.into_iter().filter(|t| t.generation == session.generation) {
            if !self.window.1.give_back(ticket.tag) {
                continue;
            }
            // `nack` and not `reject`: not processed is not failed.
            let alone = BasicNackOptions { multiple: false, requeue: true };
            let nack = session.channel.basic_nack(ticket.tag, alone).now_or_never();
            if let Some(Err(error)) = nack {
                tracing::debug!(%error, "Could not give a delivery back; it will come again");
            }
        }
        self.ack_handled(&session).now_or_never();
    }

    pub(crate) async fn cancel(&mut self) {
        self.draining.cancel();
        let Some(session) = self.session.borrow().clone() else { return };
        let queues: Vec<String> = Source::all().map(|source| self.topology.queue(source)).collect();
        let cancels = queues
            .iter()
            .map(|queue| session.channel.basic_cancel(short(queue), BasicCancelOptions::default()));
        for error in join_all(cancels).await.into_iter().filter_map(Result::err) {
            tracing::debug!(%error, "Could not cancel a subscription");
        }
    }

    pub(crate) async fn depth(&self) -> Result<Depth, QueueError> {
        let session = self.session.borrow().clone();
        depth::ask(&session.ok_or(QueueError::Away)?.connection, &self.topology).await
    }

    pub(crate) async fn close(mut self) {
        self.cancel().await;
        let session = self.session.borrow().clone();
        if let Some(session) = session {
            // Tag 0 means everything unacked. `nack` and not `reject`: not processed is not failed.
            let everything = BasicNackOptions { multiple: true, requeue: true };
            if let Err(error) = session.channel.basic_nack(0, everything).await {
                tracing::debug!(%error, "Could not give deliveries back in order");
            }
            link::close(&session.connection).await;
        }
        drop(self.stop);
        self.parking.close().await;
        self.tasks.wait().await;
    }
}

fn delivery(arrival: Arrival) -> Delivery {
    let Arrival { generation, source, fresh, message } = arrival;
    let table = message.properties.headers().clone().unwrap_or_default();
    let mut headers = from_field_table(&table);
    let first_seen_ms = take_first_seen(&mut headers);
    let count = delivery_count(&table);
    Delivery {
        payload: Payload::decode(headers, Bytes::from(message.data)),
        source,
        redelivered: message.redelivered || count > 0,
        seen: count.saturating_add(1),
        fresh,
        first_seen_ms,
        death: death_reason(&table),
        ticket: Ticket { generation, tag: message.delivery_tag },
        route: message.routing_key.to_string(),
    }
}

impl fmt::Debug for RabbitConsumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitConsumer").field("health", &*self.health.borrow()).finish()
    }
}
