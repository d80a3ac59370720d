use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::watch;

use crate::envelope::Envelope;
use crate::error::PublishError;
use crate::health::Health;
use crate::partition::Partition;
use crate::rabbit::{BrokerUrl, ConfirmedSender, Outgoing, Topology, to_field_table};
use crate::table::TableSender;

/// Stores messages, with the queue's word that they are stored.
#[derive(Debug)]
pub struct Publisher(Variant);

#[derive(Debug)]
enum Variant {
    Rabbit { sender: ConfirmedSender, exchange: Arc<str> },
    Table(TableSender),
}

impl Publisher {
    /// Publishes to RabbitMQ over a connection of its own, shown there as `name`. Starts connecting, goes
    /// on for ever, and returns at once: see [`Publisher::health`]. Needs a tokio runtime.
    pub fn rabbit(url: &BrokerUrl, topology: &Topology, name: &str) -> Self {
        let exchange = topology.work_exchange().into();
        let sender = ConfirmedSender::start(url.clone(), topology.clone(), name);
        Self(Variant::Rabbit { sender, exchange })
    }

    /// Publishes to the table of `pool`'s database; takes one connection at a time. The pool needs the
    /// `after_release` hook that rolls back (sqlx 0.9.0 can return a connection inside a transaction).
    /// Needs a tokio runtime.
    pub fn table(pool: PgPool) -> Self {
        Self(Variant::Table(TableSender::start(pool)))
    }

    /// Stores a message: `Ok` means that it survives a crash of everything. At most 1.5 s, and an error
    /// at once when the queue is known not to work. Dropping the future takes nothing back.
    pub async fn publish(
        &self,
        partition: Partition,
        envelope: Envelope,
    ) -> Result<(), PublishError> {
        match &self.0 {
            Variant::Rabbit { sender, exchange } => {
                let message = Outgoing {
                    exchange: Arc::clone(exchange),
                    routing_key: partition.to_string(),
                    headers: to_field_table(&envelope.headers()),
                    body: envelope.body,
                };
                sender.send(message).await
            }
            Variant::Table(sender) => sender.send(partition, envelope).await,
        }
    }

    /// Whether a publish can work now.
    pub fn health(&self) -> watch::Receiver<Health> {
        match &self.0 {
            Variant::Rabbit { sender, .. } => sender.health(),
            Variant::Table(sender) => sender.health(),
        }
    }

    /// Waits for the confirms under way (at most 1.5 s) and closes the connection.
    pub async fn close(self) {
        match self.0 {
            Variant::Rabbit { sender, .. } => sender.close().await,
            Variant::Table(sender) => sender.close().await,
        }
    }
}
