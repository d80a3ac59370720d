use std::time::Duration;

use lapin::Connection;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use tokio::time::timeout;

use super::link::{self, BrokerUrl, OpenError};
use super::topology::{Topology, refused, short};
use crate::delivery::{Delay, Source};
use crate::depth::Depth;
use crate::error::QueueError;

/// How many messages wait in each queue of the broker, over a connection of its own (at most 15 s).
pub async fn broker_depth(url: &BrokerUrl, topology: &Topology) -> Result<Depth, QueueError> {
    let connection = url.open("lumi depth").await.map_err(|error| match error {
        OpenError::Timeout => QueueError::Timeout,
        OpenError::Amqp(error) => QueueError::Broker(error),
        OpenError::Io(error) => QueueError::Broker(error.into()),
    })?;
    let asked = timeout(Duration::from_secs(5), ask(&connection, topology)).await;
    link::close(&connection).await;
    asked.unwrap_or(Err(QueueError::Timeout))
}

/// A queue that does not exist is `None`. Only messages that are ready are counted: what a worker holds
/// unacked is not visible over AMQP.
pub(crate) async fn ask(connection: &Connection, topology: &Topology) -> Result<Depth, QueueError> {
    let mut depth = Depth::default();
    let mut channel = connection.create_channel().await?;
    let sources = Source::all().map(|source| (Some(source), topology.queue(source)));
    let rungs = Delay::ALL.map(|delay| (None, topology.delay_exchange(delay)));
    for (source, name) in sources.chain(rungs) {
        let passive = QueueDeclareOptions { passive: true, ..Default::default() };
        match channel.queue_declare(short(&name), passive, FieldTable::default()).await {
            Ok(queue) => depth.add(source, u64::from(queue.message_count())),
            Err(error) if refused(&error) && connection.status().connected() => {
                depth.missing.push(name);
                channel = connection.create_channel().await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    channel.close(200, "done".into()).await?;
    Ok(depth)
}
