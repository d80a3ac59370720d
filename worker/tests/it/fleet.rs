use std::time::Duration;

use lumi_channels::SendConfig;
use lumi_domain::ChannelKind;
use lumi_queue::{Consumer, ConsumerOptions, Envelope, Publisher, partition};
use lumi_telemetry::Metrics;
use lumi_testing::{Platform, TestDb, keys};
use lumi_worker::{Parts, Worker, WorkerConfig};

/// A tenant `t` with one WhatsApp channel, a database and a queue of its own, and workers to start.
pub(crate) struct Fleet {
    pub(crate) db: TestDb,
    publisher: Publisher,
    sent: std::cell::Cell<i64>,
    started_ms: i64,
}

pub(crate) const OWNER: &str = "33600000000";
pub(crate) const CONTACT: &str = "33700000000";

impl Fleet {
    pub(crate) async fn new(platform: &Platform) -> Self {
        let db = TestDb::new().await;
        db.tenant("t", "fr").await;
        let settings = serde_json::json!({
            "phone_number_id": "111", "api_base": platform.base, "rate_per_second": 0, "rate_per_chat": 0,
        });
        let secrets = [("app_secret", "s"), ("access_token", "token"), ("verify_token", "v")];
        let channel = db.channel("t", "wa", "whatsapp", "111", &settings, &secrets).await;
        db.execute(&format!(
            "INSERT INTO owners (tenant, channel_id, peer) VALUES ('t', {channel}, '{OWNER}')"
        ))
        .await;
        let publisher = Publisher::table(db.db.pool().clone());
        for _ in 0..500 {
            if publisher.health().borrow().ready() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let started_ms = i64::try_from(now.as_millis()).unwrap();
        Self { db, publisher, sent: std::cell::Cell::new(0), started_ms }
    }

    pub(crate) fn worker(&self) -> Worker {
        self.worker_with(self.db.db.clone())
    }

    /// On connections that end with the runtime it is started in.
    pub(crate) fn worker_on_its_own_pool(&self) -> Worker {
        let url = self.db.url.clone();
        let config = lumi_store::DbConfig { url, connections: 10, name: "lumi-test" };
        self.worker_with(lumi_store::Db::open(&config).unwrap())
    }

    fn worker_with(&self, db: lumi_store::Db) -> Worker {
        let consumer = Consumer::table(
            db.pool().clone(),
            &ConsumerOptions { name: "test".into(), prefetch: 100 },
        );
        let config = WorkerConfig {
            concurrency: 16,
            top_k: 6,
            grace: Duration::from_secs(10),
            meta_app_secret: None,
            send: SendConfig {
                outbound_allow: vec!["127.0.0.0/8".parse().unwrap()],
                timeout: Duration::from_secs(2),
                ..SendConfig::default()
            },
        };
        let parts = Parts {
            db,
            keys: keys(),
            consumer,
            cache: lumi_cache::Cache::off(),
            metrics: Metrics::new(),
        };
        Worker::start(config, parts)
    }

    /// A message of `from`, as the ingress publishes it; returns its id.
    pub(crate) async fn write(&self, from: &str, text: &str) -> String {
        let n = self.sent.replace(self.sent.get() + 1);
        let id = format!("wamid.{n}");
        self.deliver(&body("111", from, &id, text), n).await;
        id
    }

    /// A webhook that reached the ingress so many ms after the test began.
    pub(crate) async fn deliver(&self, body: &serde_json::Value, after_ms: i64) {
        self.publish(ChannelKind::Whatsapp, "wa", body, after_ms).await;
    }

    /// What a chat visitor sent.
    pub(crate) async fn deliver_web(&self, body: &serde_json::Value, after_ms: i64) {
        self.publish(ChannelKind::Web, "chat", body, after_ms).await;
    }

    async fn publish(&self, kind: ChannelKind, key: &str, body: &serde_json::Value, after_ms: i64) {
        let envelope = Envelope {
            kind,
            endpoint: key.into(),
            received_at_ms: self.started_ms + after_ms,
            webhook_id: None,
            traceparent: None,
            body: body.to_string().into(),
        };
        self.publisher.publish(partition("x"), envelope).await.unwrap();
    }

    /// Waits until the query gives this text.
    pub(crate) async fn until(&self, sql: &str, wanted: &str) {
        let mut last = String::new();
        for _ in 0..3000 {
            last = self.db.text(sql).await;
            if last == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{sql}: {last:?} instead of {wanted:?} after 30 s");
    }
}

pub(crate) fn body(account: &str, from: &str, id: &str, text: &str) -> serde_json::Value {
    serde_json::json!({"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": [{
        "field": "messages", "value": {"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1", "phone_number_id": account},
        "contacts": [{"profile": {"name": "Ann"}, "wa_id": from}],
        "messages": [{"from": from, "id": id, "timestamp": "1790000000", "type": "text",
                      "text": {"body": text}}]}}]}]})
}
