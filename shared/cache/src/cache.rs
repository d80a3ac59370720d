use std::sync::Arc;
use std::time::Duration;

use lumi_telemetry::{CacheRead, Metrics};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::task::TaskTracker;

use crate::CacheConfig;
use crate::entry::{Entry, Wanted, decode, encode};
use crate::link::{Link, LinkError};

/// Larger values are not worth their way.
const LARGEST: usize = 1024 * 1024;
/// Longer ids come from nobody who has an entry.
const LONGEST_ID: usize = 256;

/// A kind of entry: decides how long it stays and how it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Settings of channels and tenants: `CACHE_TTL_CONFIG_SEC`.
    Settings,
    /// FAQs of a tenant: `CACHE_TTL_FAQS_SEC`.
    Faqs,
}

/// The cache; a clone is the same one. Off, it has nothing and keeps nothing.
#[derive(Clone, Debug, Default)]
pub struct Cache(Option<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    link: Link,
    prefix: String,
    settings_ttl: Duration,
    faqs_ttl: Duration,
    metrics: Metrics,
    metrics_by_class: bool,
    tasks: TaskTracker,
}

impl Cache {
    /// The cache of a process without Redis.
    pub const fn off() -> Self {
        Self(None)
    }

    /// Starts connecting, goes on for ever, and returns at once. Needs a tokio runtime.
    pub fn connect(config: CacheConfig, metrics: Metrics) -> Self {
        let link = match Link::new(&config, metrics.clone()) {
            Ok(link) => link,
            Err(error) => {
                tracing::error!(%error, "Redis cannot be used; going on without it");
                return Self::off();
            }
        };
        let shared = Arc::new(Shared {
            link,
            prefix: config.prefix,
            settings_ttl: config.settings_ttl,
            faqs_ttl: config.faqs_ttl,
            metrics,
            metrics_by_class: config.metrics_by_class,
            tasks: TaskTracker::new(),
        });
        let kept = Arc::clone(&shared);
        shared.tasks.spawn(async move { kept.link.keep(config.ping_every).await });
        Self(Some(shared))
    }

    /// [`Cache::connect`] with a configuration, [`Cache::off`] without one.
    pub fn of(config: Option<CacheConfig>, metrics: Metrics) -> Self {
        config.map_or(Self::off(), |config| Self::connect(config, metrics))
    }

    /// The entry, if there is a valid one. At most 50 ms.
    pub async fn get<T: DeserializeOwned>(
        &self,
        class: Class,
        id: &str,
        wanted: Wanted<'_>,
    ) -> Option<Entry<T>> {
        let shared = self.0.as_ref()?;
        let key = shared.key(class, id)?;
        let found = shared.link.get(&key).await;
        let (entry, outcome) = match found {
            Ok(None) => (None, CacheRead::Miss),
            Ok(Some(bytes)) => match decode(&key, wanted, &bytes) {
                Some(entry) => (Some(entry), CacheRead::Hit),
                None => (shared.discard(&key).await, CacheRead::Miss),
            },
            Err(LinkError::WrongType) => (shared.discard(&key).await, CacheRead::Miss),
            Err(LinkError::NoAnswer) => (None, CacheRead::Error),
        };
        shared.count(class, outcome);
        entry
    }

    /// Keeps the entry for its class's time. At most 50 ms; a failure is nobody's.
    pub async fn set<T: Serialize>(&self, class: Class, id: &str, entry: &Entry<T>) {
        let Some(shared) = &self.0 else { return };
        let Some(key) = shared.key(class, id) else { return };
        let Some(bytes) = encode(&key, entry).filter(|bytes| bytes.len() <= LARGEST) else {
            return;
        };
        if let Err(error) = shared.link.set(&key, bytes, shared.ttl(class)).await {
            tracing::debug!(%error, "An entry was not cached");
        }
    }

    /// Deletes the entry. At most 50 ms.
    pub async fn forget(&self, class: Class, id: &str) {
        let Some(shared) = &self.0 else { return };
        let Some(key) = shared.key(class, id) else { return };
        if let Err(error) = shared.link.delete(&key).await {
            tracing::debug!(%error, "An entry was not deleted");
        }
    }

    /// How long entries of a class stay; zero when none are kept.
    pub fn ttl(&self, class: Class) -> Duration {
        self.0.as_ref().map_or(Duration::ZERO, |shared| shared.ttl(class))
    }

    /// Whether Redis answers a ping now, and how long it took; `None` when this process uses none.
    /// At most `REDIS_CONNECT_TIMEOUT_MS`.
    pub async fn health(&self) -> (Option<bool>, Option<Duration>) {
        match &self.0 {
            None => (None, None),
            Some(shared) => {
                let latency = shared.link.ping().await;
                (Some(latency.is_some()), latency)
            }
        }
    }

    /// Closes the connection.
    pub async fn close(&self) {
        if let Some(shared) = &self.0 {
            shared.link.close().await;
            shared.tasks.close();
            shared.tasks.wait().await;
        }
    }
}

impl Shared {
    /// `None` when the class is not kept, or no entry can have the id.
    fn key(&self, class: Class, id: &str) -> Option<String> {
        if self.ttl(class).is_zero() || id.len() > LONGEST_ID {
            return None;
        }
        Some(format!("{}:{}:{id}", self.prefix, class.word()))
    }

    fn ttl(&self, class: Class) -> Duration {
        match class {
            Class::Settings => self.settings_ttl,
            Class::Faqs => self.faqs_ttl,
        }
    }

    /// An entry that does not fit would not fit the next reader either.
    async fn discard<T>(&self, key: &str) -> Option<Entry<T>> {
        tracing::warn!(key, "A cached entry is not what it should be; deleting it");
        if let Err(error) = self.link.delete(key).await {
            tracing::debug!(%error, "An entry was not deleted");
        }
        None
    }

    fn count(&self, class: Class, outcome: CacheRead) {
        let class = if self.metrics_by_class { class.word() } else { "all" };
        self.metrics.cache(class, outcome);
    }
}

impl Class {
    const fn word(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Faqs => "faqs",
        }
    }
}
