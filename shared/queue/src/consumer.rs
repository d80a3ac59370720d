use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::watch;

use crate::delivery::{Delay, Delivery, Ticket};
use crate::depth::Depth;
use crate::error::{PublishError, QueueError};
use crate::health::Health;
use crate::rabbit::{BrokerUrl, RabbitConsumer, Topology};
use crate::table::TableConsumer;

/// How a consumer takes messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerOptions {
    /// Shown in the broker's management pages.
    pub name: String,
    /// Unacked messages held at most: of each of the 34 queues on RabbitMQ (quorum queues know no limit
    /// per connection), in all on PostgreSQL. At least 1.
    pub prefetch: u16,
}

/// Takes messages from every queue. They stay stored until they are acked.
#[derive(Debug)]
pub struct Consumer(Variant);

#[derive(Debug)]
enum Variant {
    Rabbit(RabbitConsumer),
    Table(TableConsumer),
}

impl Consumer {
    /// Consumes from RabbitMQ, and declares what is missing there. Starts connecting, reconnects for ever
    /// and returns at once. Needs a tokio runtime.
    pub fn rabbit(url: &BrokerUrl, topology: &Topology, options: &ConsumerOptions) -> Self {
        let prefetch = options.prefetch.max(1);
        let consumer = RabbitConsumer::start(url, topology.clone(), &options.name, prefetch);
        Self(Variant::Rabbit(consumer))
    }

    /// Consumes from the table of `pool`'s database, over a connection of its own beside the pool's and
    /// one of the pool's for LISTEN. Needs a tokio runtime.
    pub fn table(pool: PgPool, options: &ConsumerOptions) -> Self {
        let prefetch = usize::from(options.prefetch.max(1));
        Self(Variant::Table(TableConsumer::start(pool, &options.name, prefetch)))
    }

    /// Waits for messages and returns at most `max`, in order within each source. Returns as soon as there
    /// is one, or after `linger` from then on while there are fewer than `max`. Connections lost are made
    /// again inside. After [`Consumer::cancel`] it returns what is already here, and then nothing.
    ///
    /// Cancel-safe. Pausing means not calling it: the prefetch bounds what is held.
    pub async fn next(&mut self, max: usize, linger: Duration) -> Vec<Delivery> {
        match &mut self.0 {
            Variant::Rabbit(consumer) => consumer.next(max.max(1), linger).await,
            Variant::Table(consumer) => consumer.next(max.max(1), linger).await,
        }
    }

    /// Removes messages from the queue. Never fails: what could not be acked comes again.
    pub async fn ack(&mut self, tickets: &[Ticket]) {
        match &mut self.0 {
            Variant::Rabbit(consumer) => consumer.ack(tickets).await,
            Variant::Table(consumer) => consumer.ack(tickets),
        }
    }

    /// Puts a message aside; it comes again after `delay` as a new delivery of its partition, behind what
    /// waits there by then. Takes at most 2 s, and for some seconds after a failure fails at once.
    ///
    /// # Errors
    /// It is not known to be put aside, so it comes again from its queue, after 1 to 4 s of calling
    /// [`Consumer::next`]; it must not be acked, and it may come twice.
    pub async fn park(&mut self, delivery: &Delivery, delay: Delay) -> Result<(), PublishError> {
        match &mut self.0 {
            Variant::Rabbit(consumer) => consumer.park(delivery, delay).await,
            Variant::Table(consumer) => consumer.park(delivery, delay).await,
        }
    }

    /// Whether messages can come now.
    pub fn health(&self) -> watch::Receiver<Health> {
        match &self.0 {
            Variant::Rabbit(consumer) => consumer.health(),
            Variant::Table(consumer) => consumer.health(),
        }
    }

    /// How many messages wait. Answers in about the time of one round trip per queue.
    pub async fn depth(&self) -> Result<Depth, QueueError> {
        match &self.0 {
            Variant::Rabbit(consumer) => consumer.depth().await,
            Variant::Table(consumer) => consumer.depth().await,
        }
    }

    /// Stops new messages from coming; what was returned can still be acked. For SIGTERM only: another
    /// worker gets the following messages while this one still holds older ones.
    pub async fn cancel(&mut self) {
        match &mut self.0 {
            Variant::Rabbit(consumer) => consumer.cancel().await,
            Variant::Table(consumer) => consumer.cancel(),
        }
    }

    /// Gives everything unacked back and closes the connection.
    pub async fn close(self) {
        match self.0 {
            Variant::Rabbit(consumer) => consumer.close().await,
            Variant::Table(consumer) => consumer.close().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Workers run these in spawned tasks.
    #[test]
    fn every_future_can_be_spawned() {
        fn spawnable<T: Send>(_: impl Fn(Consumer, Delivery) -> T) {}
        spawnable(|mut consumer, _| async move { consumer.next(1, Duration::ZERO).await });
        spawnable(|mut consumer, _| async move { consumer.ack(&[]).await });
        spawnable(|mut consumer, d| async move { consumer.park(&d, Delay::S5).await });
        spawnable(|mut consumer, _| async move { consumer.cancel().await });
        spawnable(|consumer, _| async move { consumer.depth().await });
        spawnable(|consumer, _| async move { consumer.close().await });
    }
}
