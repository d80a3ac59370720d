use std::fmt;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection, ErrorKind, ExchangeKind};

use crate::delivery::{Delay, Source};
use crate::partition::Partition;

/// The exchanges and queues of one version, as `docs/queue.md` describes them. Everything is set by
/// arguments, not by policies, so that it holds wherever the broker comes from; and since arguments of a
/// queue cannot be changed, a change of this list is a new version in the names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    prefix: String,
}

/// Deliveries of one message before the broker gives it up. Far above what a worker needs (it sets
/// a message seen three times aside), but not endless: 4.x would take 20 by itself, 3.x none.
const DELIVERY_LIMIT: i64 = 50;

/// The dead queue has nowhere to give a message up to, so it practically never does. (4.x would drop it
/// after 20 deliveries; "no limit" cannot be said in a way that 3.10 accepts too.)
const DEAD_DELIVERY_LIMIT: i64 = 1_000_000;

impl Topology {
    /// The topology that ingress and workers share.
    pub fn v1() -> Self {
        Self::with_prefix("lumi.v1")
    }

    /// The same under other names, for tests that share a broker. The prefix is cut to 100 ASCII characters.
    pub fn with_prefix(prefix: &str) -> Self {
        Self { prefix: prefix.chars().filter(char::is_ascii).take(100).collect() }
    }

    /// The exchange that is published to; the routing key is the partition.
    pub fn work_exchange(&self) -> String {
        format!("{}.work", self.prefix)
    }

    /// The fanout that leads to a rung of the ladder. It keeps the routing key.
    pub(crate) fn delay_exchange(&self, delay: Delay) -> String {
        format!("{}.delay.{}s", self.prefix, delay.duration().as_secs())
    }

    /// The queue of a source.
    pub fn queue(&self, source: Source) -> String {
        match source {
            Source::Partition(partition) => format!("{}.work.{partition}", self.prefix),
            Source::Unrouted => self.unrouted(),
            Source::Dead => format!("{}.dead", self.prefix),
        }
    }

    /// Every queue, the ladder's included.
    pub fn queues(&self) -> Vec<String> {
        let sources = Source::all().map(|source| self.queue(source));
        sources.chain(Delay::ALL.map(|delay| self.delay_exchange(delay))).collect()
    }

    /// Every exchange.
    pub fn exchanges(&self) -> Vec<String> {
        let exchange = |item| match item {
            Item::Exchange { name, .. } => Some(name),
            Item::Queue { .. } | Item::Binding { .. } => None,
        };
        self.items().into_iter().filter_map(exchange).collect()
    }

    /// Exchange and queue of the catch-all have the same name.
    fn unrouted(&self) -> String {
        format!("{}.unrouted", self.prefix)
    }

    fn dead_letter_exchange(&self) -> String {
        format!("{}.dlx", self.prefix)
    }

    /// Everything in an order in which each thing finds what it refers to.
    fn items(&self) -> Vec<Item> {
        let (work, unrouted, dlx) =
            (self.work_exchange(), self.unrouted(), self.dead_letter_exchange());
        let dead = self.queue(Source::Dead);
        let mut items = vec![
            Item::exchange(&dlx, ExchangeKind::Fanout, vec![]),
            Item::queue(&dead, consumed(DEAD_DELIVERY_LIMIT)),
            Item::binding(&dead, &dlx, ""),
            Item::exchange(&unrouted, ExchangeKind::Fanout, vec![]),
            Item::queue(&unrouted, [consumed(DELIVERY_LIMIT), dead_lettered_to(&dlx)].concat()),
            Item::binding(&unrouted, &unrouted, ""),
            Item::exchange(
                &work,
                ExchangeKind::Direct,
                vec![("alternate-exchange", Argument::Text(unrouted.clone()))],
            ),
        ];
        for partition in Partition::all() {
            let name = self.queue(Source::Partition(partition));
            let arguments = [consumed(DELIVERY_LIMIT), dead_lettered_to(&dlx)].concat();
            items.push(Item::queue(&name, arguments));
            items.push(Item::binding(&name, &work, &partition.to_string()));
        }
        for delay in Delay::ALL {
            let name = self.delay_exchange(delay);
            let ttl = i64::try_from(delay.duration().as_millis()).unwrap_or(i64::MAX);
            let rung = vec![
                ("x-queue-type", Argument::Text("quorum".into())),
                ("x-message-ttl", Argument::Number(ttl)),
            ];
            items.push(Item::exchange(&name, ExchangeKind::Fanout, vec![]));
            items.push(Item::queue(&name, [rung, dead_lettered_to(&work)].concat()));
            items.push(Item::binding(&name, &name, ""));
        }
        items
    }
}

/// One active consumer at a time keeps the order of insertion in the normal case.
fn consumed(delivery_limit: i64) -> Arguments {
    vec![
        ("x-queue-type", Argument::Text("quorum".into())),
        ("x-delivery-limit", Argument::Number(delivery_limit)),
        ("x-single-active-consumer", Argument::Flag(true)),
    ]
}

/// At-least-once dead-lettering; without `reject-publish` the broker silently falls back to at-most-once.
fn dead_lettered_to(exchange: &str) -> Arguments {
    vec![
        ("x-dead-letter-exchange", Argument::Text(exchange.to_owned())),
        ("x-dead-letter-strategy", Argument::Text("at-least-once".into())),
        ("x-overflow", Argument::Text("reject-publish".into())),
    ]
}

type Arguments = Vec<(&'static str, Argument)>;

#[derive(Clone, Debug)]
enum Argument {
    Text(String),
    Number(i64),
    Flag(bool),
}

#[derive(Clone, Debug)]
enum Item {
    Exchange { name: String, kind: ExchangeKind, arguments: Arguments },
    Queue { name: String, arguments: Arguments },
    Binding { queue: String, exchange: String, key: String },
}

impl Item {
    fn exchange(name: &str, kind: ExchangeKind, arguments: Arguments) -> Self {
        Self::Exchange { name: name.to_owned(), kind, arguments }
    }

    fn queue(name: &str, arguments: Arguments) -> Self {
        Self::Queue { name: name.to_owned(), arguments }
    }

    fn binding(queue: &str, exchange: &str, key: &str) -> Self {
        Self::Binding {
            queue: queue.to_owned(),
            exchange: exchange.to_owned(),
            key: key.to_owned(),
        }
    }

    async fn declare(&self, channel: &Channel) -> lapin::Result<()> {
        match self {
            Self::Exchange { name, kind, arguments } => {
                let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
                channel.exchange_declare(short(name), kind.clone(), options, table(arguments)).await
            }
            Self::Queue { name, arguments } => {
                let options = QueueDeclareOptions { durable: true, ..Default::default() };
                channel.queue_declare(short(name), options, table(arguments)).await.map(drop)
            }
            Self::Binding { queue, exchange, key } => {
                let (queue, exchange, key) = (short(queue), short(exchange), short(key));
                let options = QueueBindOptions::default();
                channel.queue_bind(queue, exchange, key, options, FieldTable::default()).await
            }
        }
    }
}

/// An exchange or queue that exists with other arguments, or cannot be used for another reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{item} cannot be declared as this version needs it: {answer}")]
pub(crate) struct Conflict {
    item: String,
    answer: String,
}

/// Declares what is missing. What cannot be declared is reported and the rest goes on; an error means
/// that the connection is lost.
pub(crate) async fn declare(
    connection: &Connection,
    topology: &Topology,
) -> lapin::Result<Vec<Conflict>> {
    let mut conflicts = Vec::new();
    let mut channel = connection.create_channel().await?;
    for item in topology.items() {
        let Err(error) = item.declare(&channel).await else { continue };
        if !connection.status().connected() {
            return Err(error);
        }
        conflicts.push(Conflict { item: item.to_string(), answer: error.to_string() });
        // The broker closes the channel with every refusal.
        channel = connection.create_channel().await?;
    }
    close(&channel).await;
    Ok(conflicts)
}

/// Whether the named exchanges and queues exist; `Ok(Some(..))` is the broker's word on the first that
/// does not. Declares nothing.
pub(crate) async fn find_missing(
    connection: &Connection,
    exchanges: &[String],
    queues: &[String],
) -> lapin::Result<Option<String>> {
    let channel = connection.create_channel().await?;
    let found = look(&channel, exchanges, queues).await;
    match found {
        Ok(()) => {
            close(&channel).await;
            Ok(None)
        }
        Err(error) if connection.status().connected() => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

async fn look(channel: &Channel, exchanges: &[String], queues: &[String]) -> lapin::Result<()> {
    for name in exchanges {
        let options = ExchangeDeclareOptions { passive: true, ..Default::default() };
        // The kind does not matter to a passive declaration.
        channel
            .exchange_declare(short(name), ExchangeKind::Direct, options, FieldTable::default())
            .await?;
    }
    for name in queues {
        let options = QueueDeclareOptions { passive: true, ..Default::default() };
        channel.queue_declare(short(name), options, FieldTable::default()).await?;
    }
    Ok(())
}

/// What a publisher needs to be there: the work exchange, and the catch-all that keeps what finds no
/// queue.
pub(crate) fn publishers_need(topology: &Topology) -> (Vec<String>, Vec<String>) {
    (vec![topology.work_exchange(), topology.unrouted()], vec![topology.unrouted()])
}

/// A channel that cannot be closed is closed by its connection's end.
async fn close(channel: &Channel) {
    if let Err(error) = channel.close(200, "done".into()).await {
        tracing::debug!(%error, "Could not close a channel");
    }
}

/// Names here are at most 255 bytes long because the prefix is bounded.
pub(crate) fn short(name: &str) -> ShortString {
    ShortString::try_new(name).unwrap_or_default()
}

fn table(arguments: &Arguments) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert(
            short(name),
            match value {
                Argument::Text(text) => AMQPValue::LongString(text.as_str().into()),
                Argument::Number(number) => AMQPValue::LongLongInt(*number),
                Argument::Flag(flag) => AMQPValue::Boolean(*flag),
            },
        );
    }
    table
}

/// True when the broker itself refused (404, 406, ...), as opposed to being away.
pub(crate) fn refused(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(_))
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exchange { name, .. } => write!(f, "exchange `{name}`"),
            Self::Queue { name, .. } => write!(f, "queue `{name}`"),
            Self::Binding { queue, exchange, key } => {
                write!(f, "binding of `{queue}` to `{exchange}` with key `{key}`")
            }
        }
    }
}

#[cfg(test)]
mod tests;
