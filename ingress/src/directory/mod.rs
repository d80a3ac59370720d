//! Channels by key: from memory, then Redis, then SQL. What is known stays known while the database is away.

mod dirty;
mod unknown;
mod watch;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use lumi_cache::{Cache, Class, Entry, Wanted};
use lumi_domain::Channel;
use lumi_store::seal::Keyring;
use lumi_store::{Db, SealedChannel, StoreError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use dirty::Dirty;
use unknown::Unknown;

pub(crate) use watch::watch;

/// A request waits no longer for settings that are not in memory.
const PATIENCE: Duration = Duration::from_secs(2);
/// Lookups at a time: unknown keys must not take the database from known ones.
const LOOKUPS: usize = 64;
/// After a failure the database is left alone for so long.
const PAUSE: Duration = Duration::from_millis(500);
/// Before a channel that changed is tried again.
const AGAIN: Duration = Duration::from_millis(200);
/// How often a lookup starts again because something changed meanwhile.
const SETTLING: usize = 5;
/// The longest key a channel can have.
const LONGEST_KEY: usize = 128;

/// What a key is.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// A channel, enabled or not.
    Channel(Arc<Channel>),
    /// Nobody's key.
    Unknown,
    /// Not known here, and nobody can be asked now.
    Away,
}

#[derive(Debug)]
pub(crate) struct Directory {
    known: DashMap<String, Arc<Channel>>,
    unknown: Unknown,
    /// Keys whose row changed and was not read since.
    dirty: Dirty,
    under_way: Mutex<HashMap<String, Shared<BoxFuture<'static, Found>>>>,
    /// Goes up with every change that is heard of, so that a lookup knows that it may be outdated.
    changes: AtomicU64,
    trust: Mutex<Trust>,
    db: Db,
    keys: Keyring,
    cache: Cache,
    tasks: TaskTracker,
}

/// Until when whom not to ask.
#[derive(Debug, Default)]
struct Trust {
    database_after: Option<Instant>,
    cache_after: Option<Instant>,
}

impl Directory {
    pub(crate) fn new(db: Db, keys: Keyring, cache: Cache) -> Self {
        Self {
            known: DashMap::new(),
            unknown: Unknown::default(),
            dirty: Dirty::default(),
            under_way: Mutex::default(),
            changes: AtomicU64::new(0),
            trust: Mutex::default(),
            db,
            keys,
            cache,
            tasks: TaskTracker::new(),
        }
    }

    /// The channel of a key: at once when it is known, within 2 s in any case.
    pub(crate) async fn find(self: &Arc<Self>, key: &str) -> Found {
        if let Some(channel) = self.known.get(key) {
            return Found::Channel(Arc::clone(&channel));
        }
        if key.len() > LONGEST_KEY || self.unknown.contains(key) {
            return Found::Unknown;
        }
        let Some(lookup) = self.lookup(key) else { return Found::Away };
        tokio::time::timeout(PATIENCE, lookup).await.unwrap_or(Found::Away)
    }

    /// One lookup per key at a time, in a task of its own: a client that hangs up, or the patience that
    /// ends, must not cancel a query.
    fn lookup(self: &Arc<Self>, key: &str) -> Option<Shared<BoxFuture<'static, Found>>> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lookup) = under_way.get(key) {
            return Some(lookup.clone());
        }
        if under_way.len() >= LOOKUPS {
            return None;
        }
        let (this, own) = (Arc::clone(self), key.to_owned());
        let task = self.tasks.spawn(async move {
            let found = this.look(&own).await;
            this.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&own);
            found
        });
        let lookup = task.map(|found| found.unwrap_or(Found::Away)).boxed().shared();
        under_way.insert(key.to_owned(), lookup.clone());
        Some(lookup)
    }

    async fn look(&self, key: &str) -> Found {
        let mut changes = self.changes.load(Ordering::Acquire);
        let mut found = self.ask(key).await;
        for _ in 0..SETTLING {
            self.remember(key, &found);
            let now = self.changes.load(Ordering::Acquire);
            if now == changes {
                break;
            }
            // Something changed while we asked: what we were told, and wrote down, may be from before, and
            // the next answer may not come.
            self.dirty.insert(key);
            changes = now;
            found = self.stored(key).await;
        }
        found
    }

    async fn ask(&self, key: &str) -> Found {
        let (database, cache) = {
            let trust = self.trust.lock().unwrap_or_else(PoisonError::into_inner);
            let passed = |after: Option<Instant>| after.is_none_or(|at| at <= Instant::now());
            (passed(trust.database_after), passed(trust.cache_after))
        };
        if cache && let Some(channel) = self.cached(key).await {
            return Found::Channel(channel);
        }
        let found = if database { self.stored(key).await } else { Found::Away };
        match found {
            Found::Away if !cache => self.cached(key).await.map_or(Found::Away, Found::Channel),
            Found::Away | Found::Channel(_) | Found::Unknown => found,
        }
    }

    /// From Redis. What does not open, or is another channel, is taken out.
    async fn cached(&self, key: &str) -> Option<Arc<Channel>> {
        let entry: Entry<SealedChannel> =
            self.cache.get(Class::Settings, key, Wanted::default()).await?;
        let fits = entry.value.key == key && entry.value.tenant == entry.tenant;
        match entry.value.open(&self.keys) {
            Ok(channel) if fits => Some(Arc::new(channel)),
            Ok(_) | Err(_) => {
                tracing::warn!(channel = key, "A cached channel is not what it should be");
                self.cache.forget(Class::Settings, key).await;
                None
            }
        }
    }

    async fn stored(&self, key: &str) -> Found {
        self.read(key).await.unwrap_or_else(|error| {
            self.pause(&error);
            Found::Away
        })
    }

    /// From SQL, and on to Redis. [`Found::Away`] is a row that cannot be used.
    async fn read(&self, key: &str) -> Result<Found, StoreError> {
        let Some(row) = self.db.sealed_channel(key).await? else {
            self.cache.forget(Class::Settings, key).await;
            return Ok(Found::Unknown);
        };
        let entry = Entry { tenant: row.tenant.clone(), version: row.updated_us, value: row };
        self.cache.set(Class::Settings, key, &entry).await;
        Ok(match entry.value.open(&self.keys) {
            Ok(channel) => Found::Channel(Arc::new(channel)),
            Err(error) => {
                tracing::error!(channel = key, %error, "A channel cannot be used");
                Found::Away
            }
        })
    }

    fn remember(&self, key: &str, found: &Found) {
        match found {
            Found::Channel(channel) => {
                self.unknown.remove(key);
                self.known.insert(key.to_owned(), Arc::clone(channel));
            }
            Found::Unknown => {
                self.known.remove(key);
                self.unknown.insert(key);
            }
            // What was known stays: it is the best there is.
            Found::Away => {}
        }
    }

    /// A channel changed. Until it is read the old one is served: no request waits.
    fn changed(&self, key: &str) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.unknown.remove(key);
        self.dirty.insert(key);
    }

    /// Everything may have changed, and nobody told Redis: for as long as an entry lives there, SQL is read
    /// first.
    fn all_changed(&self) {
        {
            let mut trust = self.trust.lock().unwrap_or_else(PoisonError::into_inner);
            trust.database_after = None;
            trust.cache_after = Some(Instant::now() + self.cache.ttl(Class::Settings));
        }
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.unknown.clear();
        self.some_changed(|_| true);
    }

    fn tenant_changed(&self, tenant: &str) {
        self.some_changed(|channel| channel.tenant.as_str() == tenant);
    }

    fn some_changed(&self, which: impl Fn(&Channel) -> bool) {
        let keys: Vec<String> = self
            .known
            .iter()
            .filter(|entry| which(entry.value()))
            .map(|entry| entry.key().clone())
            .collect();
        for key in keys {
            self.changed(&key);
        }
    }

    /// Reads what changed, until `closing`; what cannot be read is tried again for as long as it takes,
    /// since nobody tells of it twice. One reader, so that an old row never comes after a newer one.
    async fn read_changed(&self, closing: &CancellationToken) {
        while let Some(key) = closing.run_until_cancelled(self.dirty.next()).await {
            match self.read(&key).await {
                Ok(found) => self.remember(&key, &found),
                Err(error) => {
                    self.dirty.insert(&key);
                    self.pause(&error);
                    if closing.run_until_cancelled(tokio::time::sleep(AGAIN)).await.is_none() {
                        return;
                    }
                }
            }
        }
    }

    fn pause(&self, error: &StoreError) {
        tracing::debug!(%error, "Settings cannot be read");
        self.trust.lock().unwrap_or_else(PoisonError::into_inner).database_after =
            Some(Instant::now() + PAUSE);
    }

    pub(crate) async fn settled(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
