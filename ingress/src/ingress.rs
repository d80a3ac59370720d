use std::net::SocketAddr;
use std::sync::Arc;

use hyper::Request;
use hyper::body::Incoming;
use lumi_cache::Cache;
use lumi_queue::Publisher;
use lumi_store::Db;
use lumi_store::seal::Keyring;
use lumi_telemetry::Metrics;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accept::Acceptor;
use crate::answer::{Answer, Refusal};
use crate::body::Budget;
use crate::chat::{self, Chat};
use crate::config::Legacy;
use crate::directory::{Directory, watch};
use crate::webhook;

/// What an ingress is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where verified bodies go.
    pub publisher: Arc<Publisher>,
    /// Read only.
    pub db: Db,
    /// Opens the secrets of channels and signs chat sessions.
    pub keys: Keyring,
    /// Between memory and SQL.
    pub cache: Cache,
    /// What is counted.
    pub metrics: Metrics,
    /// The path of the replaced system.
    pub legacy: Legacy,
    /// Event streams end and changes are no longer followed when it is cancelled.
    pub closing: CancellationToken,
}

/// The public routes. A clone is the same ingress.
#[derive(Clone, Debug)]
pub struct Ingress(Arc<Shared>);

/// The peer of a connection, which [`crate::serve`] puts into the extensions of its requests.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress(pub SocketAddr);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) acceptor: Acceptor,
    pub(crate) directory: Arc<Directory>,
    pub(crate) budget: Budget,
    pub(crate) legacy: Legacy,
    pub(crate) metrics: Metrics,
    pub(crate) keys: Keyring,
    pub(crate) db: Db,
    pub(crate) chat: Chat,
    /// Cancelled with `closing` or before it.
    pub(crate) streams: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

enum Route<'a> {
    Webhook { kind: &'a str, key: &'a str },
    Legacy,
    Chat { key: &'a str, below: &'a str },
    Elsewhere,
}

impl Ingress {
    /// Starts following changes of the settings. Needs a tokio runtime.
    pub fn new(parts: Parts) -> Self {
        let Parts { publisher, db, keys, cache, metrics, legacy, closing } = parts;
        let directory = Arc::new(Directory::new(db.clone(), keys.clone(), cache));
        let chat = Chat::default();
        let tasks = TaskTracker::new();
        tasks.spawn(watch(db.clone(), Arc::clone(&directory), chat.clone(), closing.clone()));
        let acceptor = Acceptor::new(publisher, metrics.clone());
        let budget = Budget::default();
        Self(Arc::new(Shared {
            acceptor,
            directory,
            budget,
            legacy,
            metrics,
            keys,
            db,
            chat,
            streams: closing.child_token(),
            tasks,
        }))
    }

    /// Whether a path is one of the ingress's, for a server that has others too.
    pub fn owns(path: &str) -> bool {
        !matches!(route(path), Route::Elsewhere)
    }

    /// Answers a request; 404 for a path of nobody.
    pub async fn handle(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path().to_owned();
        match route(&path) {
            Route::Webhook { kind, key } => webhook::webhook(&self.0, request, kind, key).await,
            Route::Legacy => webhook::legacy(&self.0, request).await,
            Route::Chat { key, below } => {
                Box::pin(chat::handle(&self.0, request, key, below)).await
            }
            Route::Elsewhere => Refusal::Unknown("nothing is here").into(),
        }
    }

    /// Ends the event streams, which would keep a server from finishing. Pages come back elsewhere.
    pub fn end_streams(&self) {
        self.0.streams.cancel();
    }

    /// Waits for what was begun: publishes, lookups, event streams. Called after the server has ended
    /// and `closing` was cancelled.
    pub async fn settled(&self) {
        self.0.acceptor.settled().await;
        self.0.tasks.close();
        self.0.tasks.wait().await;
        self.0.directory.settled().await;
    }
}

fn route(path: &str) -> Route<'_> {
    let mut parts = path.strip_prefix('/').unwrap_or(path).splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("webhook"), None, None) => Route::Legacy,
        (Some("webhooks"), Some(kind), Some(key)) if !key.is_empty() && !key.contains('/') => {
            Route::Webhook { kind, key }
        }
        (Some("chat"), Some(key), below) if !key.is_empty() => {
            Route::Chat { key, below: below.unwrap_or_default() }
        }
        _ => Route::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_of_ours_or_not() {
        let table = [
            ("/webhook", true),
            ("/webhook/", false),
            ("/webhooks/whatsapp/wa", true),
            ("/webhooks/whatsapp/wa/x", false),
            ("/webhooks/whatsapp/", false),
            ("/webhooks/whatsapp", false),
            ("/chat/demo", true),
            ("/chat/demo/events", true),
            ("/chat/demo/assets/chat.js", true),
            ("/chat/", false),
            ("/chat", false),
            ("/", false),
            ("/healthz", false),
            ("/admin/tenants", false),
        ];
        for (path, ours) in table {
            assert_eq!(Ingress::owns(path), ours, "{path}");
        }
    }
}
