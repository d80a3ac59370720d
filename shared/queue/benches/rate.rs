//! How fast messages go in and out: `cargo bench -p lumi-queue`, against the services that
//! `LUMI_TEST_AMQP_URL` and `LUMI_TEST_DATABASE_URL` name (a broker or database of one's own: names and
//! tables are made and removed). One line per measurement, on stdout.

use std::error::Error;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, ExchangeDeleteOptions, QueueDeleteOptions,
    QueuePurgeOptions,
};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use lumi_domain::ChannelKind;
use lumi_queue::{
    BrokerUrl, Consumer, ConsumerOptions, Envelope, Health, Partition, Publisher, Topology,
};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgPool};

/// Bytes of a message.
const SIZE: usize = 1024;
const MESSAGES: u64 = 100_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if let Some(url) = setting("LUMI_TEST_AMQP_URL") {
        let url = BrokerUrl::parse(&url)?;
        let topology = Topology::with_prefix("lumi.bench.v1");
        let declaring = Consumer::rabbit(&url, &topology, &options());
        let publisher = Publisher::rabbit(&url, &topology, "bench");
        bare(&setting("LUMI_TEST_AMQP_URL").unwrap_or_default(), &topology, declaring).await?;
        let consumer = Consumer::rabbit(&url, &topology, &options());
        measure("rabbitmq", publisher, consumer, MESSAGES).await?;
        remove(&setting("LUMI_TEST_AMQP_URL").unwrap_or_default(), &topology).await?;
    }
    if let Some(url) = setting("LUMI_TEST_DATABASE_URL") {
        let server: PgConnectOptions = url.parse()?;
        let admin = PgPool::connect_with(server.clone()).await?;
        let name = format!("lumi_bench_{:x}", rand::random::<u32>());
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
        let options_ = PgPoolOptions::new().max_connections(4);
        let pool = options_.connect_with(server.database(&name)).await?;
        sqlx::migrate!("../../migrations").run(&pool).await?;
        let consumer = Consumer::table(pool.clone(), &options());
        measure("postgresql", Publisher::table(pool.clone()), consumer, MESSAGES / 4).await?;
        pool.close().await;
        admin.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await?;
    }
    Ok(())
}

/// The yardstick: lapin alone, pipelined on one channel, one task. Nothing is consumed meanwhile but
/// what the consumer's prefetch takes, as in the measurements it is compared with.
async fn bare(url: &str, topology: &Topology, declaring: Consumer) -> Result<(), Box<dyn Error>> {
    declaring.health().wait_for(Health::ready).await?;
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let (exchange, body) = (topology.work_exchange(), vec![b'x'; SIZE]);
    let started = Instant::now();
    let mut inflight = FuturesUnordered::new();
    for n in 0..MESSAGES {
        if inflight.len() >= 256 {
            inflight.next().await;
        }
        let confirm = channel
            .basic_publish(
                exchange.as_str().into(),
                format!("{:02}", n % 32).into(),
                BasicPublishOptions::default(),
                &body,
                BasicProperties::default().with_delivery_mode(2),
            )
            .await?;
        inflight.push(confirm);
    }
    while inflight.next().await.is_some() {}
    report("rabbitmq", "lapin alone, 256 in flight", MESSAGES, started);
    declaring.close().await;
    for queue in topology.queues() {
        channel.queue_purge(queue.into(), QueuePurgeOptions::default()).await?;
    }
    connection.close(200, "bye".into()).await?;
    Ok(())
}

async fn remove(url: &str, topology: &Topology) -> Result<(), Box<dyn Error>> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    for queue in topology.queues() {
        channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
    }
    for exchange in topology.exchanges() {
        channel.exchange_delete(exchange.into(), ExchangeDeleteOptions::default()).await?;
    }
    connection.close(200, "bye".into()).await?;
    Ok(())
}

async fn measure(
    queue: &str,
    publisher: Publisher,
    mut consumer: Consumer,
    messages: u64,
) -> Result<(), Box<dyn Error>> {
    consumer.health().wait_for(Health::ready).await?;
    publisher.health().wait_for(Health::ready).await?;
    for window in [64, 256, 1000] {
        let started = Instant::now();
        // The consumer holds its prefetch and takes no more, so this is publishing alone.
        let (refused, mut waits) = publish(&publisher, messages, window).await;
        report(queue, &format!("publish, {window} in flight"), messages, started);
        waits.sort_unstable();
        let at = |share: usize| waits.get(waits.len() * share / 100).copied().unwrap_or_default();
        println!("{queue}: confirm p50 {:?} p99 {:?}, {refused} refused", at(50), at(99));
        let started = Instant::now();
        drain(&mut consumer, messages - refused).await;
        report(queue, "consume and ack", messages, started);
    }
    let started = Instant::now();
    tokio::join!(publish(&publisher, messages, 256), drain(&mut consumer, messages));
    report(queue, "both at once", messages, started);
    consumer.close().await;
    publisher.close().await;
    Ok(())
}

async fn publish(publisher: &Publisher, messages: u64, window: usize) -> (u64, Vec<Duration>) {
    let mut inflight = FuturesUnordered::new();
    let (mut refused, mut waits): (u64, Vec<Duration>) = (0, Vec::new());
    let body = Bytes::from(vec![b'x'; SIZE]);
    for n in 0..messages {
        if inflight.len() >= window
            && let Some((refusal, waited)) = inflight.next().await
        {
            refused += refusal;
            waits.push(waited);
        }
        let envelope = Envelope {
            kind: ChannelKind::Whatsapp,
            endpoint: "bench".to_owned(),
            received_at_ms: 1_700_000_000_000,
            webhook_id: None,
            traceparent: None,
            body: body.clone(),
        };
        let number = u8::try_from(n % 32).unwrap_or_default();
        let Some(partition) = Partition::new(number) else { continue };
        inflight.push(async move {
            let started = Instant::now();
            let outcome = publisher.publish(partition, envelope).await;
            (u64::from(outcome.is_err()), started.elapsed())
        });
    }
    while let Some((refusal, waited)) = inflight.next().await {
        refused += refusal;
        waits.push(waited);
    }
    (refused, waits)
}

async fn drain(consumer: &mut Consumer, messages: u64) {
    let mut taken = 0;
    while taken < messages {
        let deliveries = consumer.next(500, Duration::from_millis(2)).await;
        taken += u64::try_from(deliveries.len()).unwrap_or_default();
        let tickets: Vec<_> = deliveries.iter().map(|delivery| delivery.ticket).collect();
        consumer.ack(&tickets).await;
    }
}

fn report(queue: &str, what: &str, messages: u64, started: Instant) {
    let rate = u128::from(messages) * 1_000_000 / started.elapsed().as_micros().max(1);
    println!("{queue}: {what}: {rate} messages/s");
}

fn options() -> ConsumerOptions {
    ConsumerOptions { name: "bench".to_owned(), prefetch: 200 }
}

#[expect(clippy::disallowed_methods, reason = "where the services are is told by the caller")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
