use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::Method;
use lumi_config::Env;
use lumi_ingress::Config;
use lumi_queue::{Consumer, ConsumerOptions, Delivery, Envelope, Payload, Topology};
use lumi_testing::{TestDb, service_url};
use serde_json::json;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::client::{Reply, send};

pub(crate) const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
pub(crate) const APP_SECRET: &str = "meta-app-secret";
pub(crate) const WHSEC: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
pub(crate) const IDENTITY: &str = "identity-secret";

/// The program, running, with a tenant of three channels: `std`, `wa` and `chat`.
pub(crate) struct World {
    pub(crate) db: TestDb,
    pub(crate) public: SocketAddr,
    pub(crate) ops: SocketAddr,
    pub(crate) consumer: Consumer,
    pub(crate) chat_id: i64,
    stop: CancellationToken,
    program: JoinHandle<anyhow::Result<()>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With variables besides (or instead of) the usual ones.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        let db = TestDb::new().await;
        Self::on(db, variables).await
    }

    pub(crate) async fn on(db: TestDb, variables: &[(&str, &str)]) -> Self {
        let chat_id = Self::seed(&db).await;
        Self::again(db, chat_id, variables).await
    }

    async fn seed(db: &TestDb) -> i64 {
        db.tenant("demo", "en").await;
        let none = json!({});
        db.channel("demo", "std", "standard", "std", &none, &[("secret", WHSEC)]).await;
        let secrets = [("app_secret", APP_SECRET), ("verify_token", "hello")];
        db.channel("demo", "wa", "whatsapp", "1065", &none, &secrets).await;
        let settings = json!({"title": "Chez <Nous>", "allowed_origins": ["https://shop.example"]});
        let secrets = [("identity_secret", IDENTITY)];
        db.channel("demo", "chat", "web", "chat", &settings, &secrets).await
    }

    /// On a database that has the channels.
    pub(crate) async fn again(db: TestDb, chat_id: i64, variables: &[(&str, &str)]) -> Self {
        let amqp = service_url("LUMI_TEST_AMQP_URL");
        let mut pairs = vec![
            ("AMQP_URL", amqp.as_str()),
            ("DATABASE_URL", &db.url),
            ("LUMI_SECRET_KEY", KEY),
            ("SHUTDOWN_GRACE_SECONDS", "15"),
        ];
        pairs.extend_from_slice(variables);
        let mut config = Config::from_env(&Env::from_map(pairs)).unwrap();
        config.topology = Topology::with_prefix(&format!("test.{}", Uuid::new_v4()));
        let consumer = consumer(&amqp, &config.topology).await;

        let bind = || TcpListener::bind("127.0.0.1:0");
        let (public, probes) = (bind().await.unwrap(), bind().await.unwrap());
        let addresses = (public.local_addr().unwrap(), probes.local_addr().unwrap());
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let program = TaskTracker::new().spawn(lumi_ingress::run(config, public, probes, stopped));
        let world =
            Self { db, public: addresses.0, ops: addresses.1, consumer, chat_id, stop, program };
        world.ready().await;
        world
    }

    pub(crate) async fn ready(&self) {
        for _ in 0..200 {
            if self.probe("/readyz").await.status == 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("not ready in 10 s: {:?}", self.probe("/readyz").await);
    }

    pub(crate) async fn probe(&self, path: &str) -> Reply {
        send(self.ops, Method::GET, path, &[], "").await
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        send(self.public, Method::GET, path, headers, "").await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        send(self.public, Method::POST, path, headers, body).await
    }

    /// A signed webhook to a `standard` channel.
    pub(crate) async fn standard(&self, key: &str, secret: &str, id: &str, body: &[u8]) -> Reply {
        let headers = standard_headers(secret, id, body);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.post(&format!("/webhooks/standard/{key}"), &headers, body.to_vec()).await
    }

    /// What reached the queue next.
    pub(crate) async fn envelope(&mut self) -> Envelope {
        let next = self.consumer.next(1, Duration::ZERO);
        let taken = tokio::time::timeout(Duration::from_secs(10), next).await;
        let Delivery { payload, ticket, .. } = taken.unwrap().pop().unwrap();
        self.consumer.ack(&[ticket]).await;
        match payload {
            Payload::Envelope(envelope) => envelope,
            other @ (Payload::NewerVersion { .. } | Payload::Malformed { .. }) => {
                panic!("no envelope: {other:?}")
            }
        }
    }

    /// Nothing more reached the queue.
    pub(crate) async fn nothing_queued(&mut self) {
        let next = self.consumer.next(1, Duration::ZERO);
        let taken = tokio::time::timeout(Duration::from_millis(500), next).await;
        assert!(taken.is_err(), "{taken:?}");
    }

    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// The program ends by itself and without a complaint. Its database is left.
    pub(crate) async fn ended(self) -> TestDb {
        self.stop();
        let ended = tokio::time::timeout(Duration::from_secs(20), self.program).await;
        ended.unwrap().unwrap().unwrap();
        self.consumer.close().await;
        self.db
    }
}

/// A consumer, which declares the topology; the ingress only looks whether it is there.
async fn consumer(amqp: &str, topology: &Topology) -> Consumer {
    let url = lumi_queue::BrokerUrl::parse(amqp).unwrap();
    let options = ConsumerOptions { name: "test".into(), prefetch: 10 };
    let consumer = Consumer::rabbit(&url, topology, &options);
    let mut health = consumer.health();
    let ready = health.wait_for(lumi_queue::Health::ready);
    tokio::time::timeout(Duration::from_secs(30), ready).await.unwrap().unwrap();
    consumer
}

pub(crate) fn standard_headers(secret: &str, id: &str, body: &[u8]) -> [(&'static str, String); 3] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let mac = mac.chain_update(format!("{id}.{now}.")).chain_update(body);
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", now.to_string()),
        ("webhook-signature", format!("v1,{signature}")),
    ]
}

pub(crate) fn hmac_hex(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hex::encode(mac.chain_update(body).finalize().into_bytes())
}

/// `X-Hub-Signature-256` of Meta.
pub(crate) fn meta(body: &[u8]) -> String {
    format!("sha256={}", hmac_hex(APP_SECRET, body))
}
