use std::time::Duration;

use bytes::Bytes;
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, ExchangeDeleteOptions, QueueDeleteOptions,
};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use lumi_domain::ChannelKind;
use lumi_queue::{
    BrokerUrl, Consumer, ConsumerOptions, Delivery, Depth, Envelope, Headers, Partition, Payload,
    Publisher, Topology, broker_depth, table_depth,
};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, PgPool};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::time::{Instant, timeout_at};

/// A memory alarm stops every publisher of the broker, so that test runs alone.
static ALARM: RwLock<()> = RwLock::const_new(());

pub(crate) async fn no_alarm() -> RwLockReadGuard<'static, ()> {
    ALARM.read().await
}

pub(crate) async fn alarm() -> RwLockWriteGuard<'static, ()> {
    ALARM.write().await
}

/// A queue of this test's own.
pub(crate) struct World {
    queue: Queue,
    name: String,
}

enum Queue {
    Rabbit { url: String, topology: Topology },
    Table { pool: PgPool, server: Box<PgConnectOptions> },
}

impl World {
    /// Fresh names on the broker, declared.
    pub(crate) async fn rabbit() -> Self {
        let world = Self::rabbit_bare();
        let consumer = world.consumer(1).await;
        consumer.close().await;
        world
    }

    /// Fresh names on the broker, nothing declared.
    pub(crate) fn rabbit_bare() -> Self {
        Self::rabbit_through(&required("LUMI_TEST_AMQP_URL"))
    }

    pub(crate) fn rabbit_through(url: &str) -> Self {
        let name = fresh_name();
        let topology = Topology::with_prefix(&name);
        Self { queue: Queue::Rabbit { url: url.to_owned(), topology }, name }
    }

    /// A fresh database with the queue's table.
    pub(crate) async fn table() -> Self {
        let server: PgConnectOptions = required("LUMI_TEST_DATABASE_URL").parse().unwrap();
        let name = fresh_name();
        let admin = PgPool::connect_with(server.clone()).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        admin.execute(create).await.unwrap();
        admin.close().await;
        let pool = PgPoolOptions::new()
            .max_connections(5)
            .after_release(|connection, _| {
                Box::pin(async move { connection.execute("ROLLBACK").await.map(|_| true) })
            })
            .connect_with(server.clone().database(&name))
            .await
            .unwrap();
        sqlx::migrate!("../../migrations").run(&pool).await.unwrap();
        Self { queue: Queue::Table { pool, server: Box::new(server) }, name }
    }

    pub(crate) fn topology(&self) -> &Topology {
        match &self.queue {
            Queue::Rabbit { topology, .. } => topology,
            Queue::Table { .. } => panic!("a table has no topology"),
        }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        match &self.queue {
            Queue::Table { pool, .. } => pool,
            Queue::Rabbit { .. } => panic!("a broker has no pool"),
        }
    }

    pub(crate) fn url(&self) -> BrokerUrl {
        match &self.queue {
            Queue::Rabbit { url, .. } => BrokerUrl::parse(url).unwrap(),
            Queue::Table { .. } => panic!("a table has no broker"),
        }
    }

    /// A publisher, ready.
    pub(crate) async fn publisher(&self) -> Publisher {
        let publisher = match &self.queue {
            Queue::Rabbit { topology, .. } => Publisher::rabbit(&self.url(), topology, "test"),
            Queue::Table { pool, .. } => Publisher::table(pool.clone()),
        };
        let mut health = publisher.health();
        within(10, health.wait_for(lumi_queue::Health::ready)).await.unwrap();
        publisher
    }

    /// A consumer, ready.
    pub(crate) async fn consumer(&self, prefetch: u16) -> Consumer {
        let consumer = self.consumer_starting(prefetch);
        let mut health = consumer.health();
        within(30, health.wait_for(lumi_queue::Health::ready)).await.unwrap();
        consumer
    }

    pub(crate) fn consumer_starting(&self, prefetch: u16) -> Consumer {
        let options = ConsumerOptions { name: "test".into(), prefetch };
        match &self.queue {
            Queue::Rabbit { topology, .. } => Consumer::rabbit(&self.url(), topology, &options),
            Queue::Table { pool, .. } => Consumer::table(pool.clone(), &options),
        }
    }

    /// Stores a message that no [`Publisher`] would write.
    pub(crate) async fn store(&self, partition: Partition, headers: &Headers, body: &[u8]) {
        match &self.queue {
            Queue::Rabbit { topology, .. } => {
                let (connection, channel) = self.channel().await;
                channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
                let mut table = lapin::types::FieldTable::default();
                for (name, value) in headers {
                    let value = match value.as_i64() {
                        Some(number) => lapin::types::AMQPValue::LongLongInt(number),
                        None => lapin::types::AMQPValue::LongString(value.as_str().unwrap().into()),
                    };
                    table.insert(name.as_str().into(), value);
                }
                let confirm = channel
                    .basic_publish(
                        topology.work_exchange().into(),
                        partition.to_string().into(),
                        BasicPublishOptions::default(),
                        body,
                        BasicProperties::default().with_delivery_mode(2).with_headers(table),
                    )
                    .await
                    .unwrap();
                assert!(confirm.await.unwrap().is_ack());
                connection.close(200, "bye".into()).await.unwrap();
            }
            Queue::Table { pool, .. } => {
                sqlx::query(
                    "INSERT INTO queue_messages (partition, headers, body) VALUES ($1, $2, $3)",
                )
                .bind(i16::from(partition.number()))
                .bind(serde_json::Value::Object(headers.clone()))
                .bind(body)
                .execute(pool)
                .await
                .unwrap();
            }
        }
    }

    pub(crate) async fn depth(&self) -> Depth {
        match &self.queue {
            Queue::Rabbit { topology, .. } => broker_depth(&self.url(), topology).await.unwrap(),
            Queue::Table { pool, .. } => table_depth(pool).await.unwrap(),
        }
    }

    /// Takes away what a publisher needs.
    pub(crate) async fn tear_down(&self) {
        match &self.queue {
            Queue::Rabbit { .. } => self.delete_topology().await,
            Queue::Table { pool, .. } => {
                pool.execute("DROP TABLE queue_messages").await.unwrap();
            }
        }
    }

    /// Lets every park fail, on the broker until the parking connection was made anew.
    pub(crate) async fn break_parking(&self) {
        match &self.queue {
            Queue::Rabbit { topology, .. } => {
                let (connection, channel) = self.channel().await;
                for exchange in topology.exchanges().iter().filter(|name| name.contains("delay")) {
                    let options = ExchangeDeleteOptions::default();
                    channel.exchange_delete(exchange.as_str().into(), options).await.unwrap();
                }
                connection.close(200, "bye".into()).await.unwrap();
            }
            Queue::Table { pool, .. } => {
                let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
                                  AS $$ BEGIN RAISE 'no room'; END $$;
                              CREATE TRIGGER refuse BEFORE UPDATE OF delay_until ON queue_messages
                                  FOR EACH ROW EXECUTE FUNCTION refuse()";
                pool.execute(refuse).await.unwrap();
            }
        }
    }

    pub(crate) async fn mend_parking(&self) {
        if let Queue::Table { pool, .. } = &self.queue {
            pool.execute("DROP FUNCTION refuse CASCADE").await.unwrap();
        }
    }

    /// Asserts that nothing is left, and removes the queue.
    pub(crate) async fn finish(self) {
        let until = Instant::now() + Duration::from_secs(5);
        let mut depth = self.depth().await;
        while depth.total() > 0 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(100)).await;
            depth = self.depth().await;
        }
        assert_eq!(depth.total(), 0, "messages are left: {depth:?}");
        self.remove().await;
    }

    pub(crate) async fn remove(self) {
        match &self.queue {
            Queue::Rabbit { .. } => self.delete_topology().await,
            Queue::Table { pool, server } => {
                pool.close().await;
                let admin = PgPool::connect_with(server.as_ref().clone()).await.unwrap();
                let name = &self.name;
                let drop = sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
                admin.execute(drop).await.unwrap();
            }
        }
    }

    pub(crate) async fn channel(&self) -> (Connection, Channel) {
        let Queue::Rabbit { url, .. } = &self.queue else { panic!("a table has no channels") };
        let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        (connection, channel)
    }

    async fn delete_topology(&self) {
        let (connection, channel) = self.channel().await;
        for queue in self.topology().queues() {
            let options = QueueDeleteOptions::default();
            channel.queue_delete(queue.into(), options).await.unwrap();
        }
        for exchange in self.topology().exchanges() {
            let options = ExchangeDeleteOptions::default();
            channel.exchange_delete(exchange.into(), options).await.unwrap();
        }
        connection.close(200, "bye".into()).await.unwrap();
    }
}

/// An envelope whose body is `text`.
pub(crate) fn envelope(text: impl Into<String>) -> Envelope {
    Envelope {
        kind: ChannelKind::Standard,
        endpoint: "demo".into(),
        received_at_ms: 1_700_000_000_000,
        webhook_id: None,
        traceparent: None,
        body: Bytes::from(text.into()),
    }
}

pub(crate) fn text(delivery: &Delivery) -> String {
    let Payload::Envelope(envelope) = &delivery.payload else {
        panic!("no envelope: {delivery:?}")
    };
    String::from_utf8(envelope.body.to_vec()).unwrap()
}

pub(crate) fn texts(deliveries: &[Delivery]) -> Vec<String> {
    deliveries.iter().map(text).collect()
}

pub(crate) fn part(number: u8) -> Partition {
    Partition::new(number).unwrap()
}

/// Takes exactly `n` messages, without acks.
pub(crate) async fn take(consumer: &mut Consumer, n: usize) -> Vec<Delivery> {
    let until = Instant::now() + Duration::from_secs(30);
    let mut taken = Vec::new();
    while taken.len() < n {
        let next = consumer.next(n - taken.len(), Duration::ZERO);
        let more = timeout_at(until, next).await;
        taken.extend(more.unwrap_or_else(|_| panic!("{} of {n} came", taken.len())));
    }
    taken
}

/// Asserts that no message comes for a while.
pub(crate) async fn silence(consumer: &mut Consumer, seconds: f64) {
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    if let Ok(came) = timeout_at(until, consumer.next(10, Duration::ZERO)).await {
        panic!("nothing should come, but: {came:?}");
    }
}

pub(crate) async fn ack(consumer: &mut Consumer, deliveries: &[Delivery]) {
    let tickets: Vec<_> = deliveries.iter().map(|delivery| delivery.ticket).collect();
    consumer.ack(&tickets).await;
}

pub(crate) async fn within<T>(seconds: u64, future: impl Future<Output = T>) -> T {
    let bounded = tokio::time::timeout(Duration::from_secs(seconds), future).await;
    bounded.unwrap_or_else(|_| panic!("not within {seconds} s"))
}

pub(crate) fn required(name: &str) -> String {
    optional(name).unwrap_or_else(|| {
        panic!("{name} is not set; `scripts/test` starts the services and sets it")
    })
}

#[expect(clippy::disallowed_methods, reason = "where the services are is told by the test script")]
pub(crate) fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn fresh_name() -> String {
    format!("t{:016x}", rand::random::<u64>())
}
