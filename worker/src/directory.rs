use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use chrono::{DateTime, Utc};
use lumi_cache::{Cache, Class, Entry, Wanted};
use lumi_domain::{Channel, ChannelKind, retrieval};
use lumi_store::seal::Keyring;
use lumi_store::{Change, Db, Faq, StoreError, Tenant};

/// Settings in memory: channels and tenants, read on first use and dropped when they change.
/// Clones share one memory.
#[derive(Debug, Clone)]
pub struct Directory {
    db: Db,
    keys: Keyring,
    cache: Cache,
    memory: Arc<RwLock<Memory>>,
}

#[derive(Debug, Default)]
struct Memory {
    /// Goes up with every change heard: what was read before it is not kept.
    version: u64,
    by_key: HashMap<String, Arc<Channel>>,
    by_account: HashMap<(ChannelKind, String), Arc<Channel>>,
    by_id: HashMap<i64, Arc<Channel>>,
    tenants: HashMap<String, Arc<Business>>,
}

/// A tenant and what it knows.
#[derive(Debug)]
pub struct Business {
    /// Its row, owners and vacations.
    pub tenant: Tenant,
    /// Its FAQs.
    pub faqs: Vec<Faq>,
    /// Normalised question or variant to places in `faqs`.
    exact: HashMap<String, Vec<usize>>,
}

impl Business {
    fn new(tenant: Tenant, faqs: Vec<Faq>) -> Self {
        let mut exact: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, faq) in faqs.iter().enumerate() {
            for phrase in std::iter::once(&faq.question).chain(&faq.variants) {
                let places = exact.entry(retrieval::normalise(phrase)).or_default();
                if !places.contains(&at) {
                    places.push(at);
                }
            }
        }
        exact.remove("");
        Self { tenant, faqs, exact }
    }

    /// The FAQs asked in exactly these words; case, accents and punctuation do not count.
    pub fn exactly(&self, question: &str) -> impl Iterator<Item = &Faq> {
        let places = self.exact.get(&retrieval::normalise(question));
        places.into_iter().flatten().filter_map(|&at| self.faqs.get(at))
    }
}

impl Directory {
    /// Nothing is read yet.
    pub fn new(db: Db, keys: Keyring, cache: Cache) -> Self {
        Self { db, keys, cache, memory: Arc::default() }
    }

    /// The channel with the `{key}` of a webhook path.
    ///
    /// # Errors
    /// The database is away and the channel not in memory.
    pub async fn by_key(&self, key: &str) -> Result<Option<Arc<Channel>>, StoreError> {
        if let Some(found) = self.read(|m| m.by_key.get(key).cloned()) {
            return Ok(Some(found));
        }
        let version = self.read(|m| m.version);
        let found = self.db.channel_by_key(&self.keys, key).await?;
        Ok(self.keep(version, found))
    }

    /// The channel of a platform account.
    ///
    /// # Errors
    /// The database is away and the channel not in memory.
    pub async fn by_account(
        &self,
        kind: ChannelKind,
        account: &str,
    ) -> Result<Option<Arc<Channel>>, StoreError> {
        let id = (kind, account.to_owned());
        if let Some(found) = self.read(|m| m.by_account.get(&id).cloned()) {
            return Ok(Some(found));
        }
        let version = self.read(|m| m.version);
        let found = self.db.channel_by_account(&self.keys, kind, account).await?;
        Ok(self.keep(version, found))
    }

    /// A channel by row id.
    ///
    /// # Errors
    /// The database is away and the channel not in memory.
    pub async fn by_id(&self, id: i64) -> Result<Option<Arc<Channel>>, StoreError> {
        if let Some(found) = self.read(|m| m.by_id.get(&id).cloned()) {
            return Ok(Some(found));
        }
        let version = self.read(|m| m.version);
        let found = self.db.channel_by_id(&self.keys, id).await?;
        Ok(self.keep(version, found))
    }

    /// A tenant and what it knows.
    ///
    /// # Errors
    /// The database is away and the tenant not in memory.
    pub async fn business(&self, tenant: &str) -> Result<Option<Arc<Business>>, StoreError> {
        if let Some(found) = self.read(|m| m.tenants.get(tenant).cloned()) {
            return Ok(Some(found));
        }
        let version = self.read(|m| m.version);
        let Some(row) = self.db.tenant(tenant).await? else { return Ok(None) };
        let faqs = self.faqs(tenant, row.version, row.created_at).await?;
        let business = Arc::new(Business::new(row, faqs));
        self.write(|m| {
            if m.version == version {
                m.tenants.insert(tenant.to_owned(), Arc::clone(&business));
            }
        });
        Ok(Some(business))
    }

    /// The FAQs as of a version of the tenant's row: an older or newer copy in Redis is a miss.
    async fn faqs(
        &self,
        tenant: &str,
        version: i64,
        created: DateTime<Utc>,
    ) -> Result<Vec<Faq>, StoreError> {
        let wanted = Wanted { tenant: Some(tenant), version: Some(version) };
        // A tenant that was deleted and made anew counts its versions anew.
        let id = format!("{tenant}@{}", created.timestamp_micros());
        if let Some(entry) = self.cache.get::<Vec<Faq>>(Class::Faqs, &id, wanted).await {
            return Ok(entry.value);
        }
        let faqs = self.db.faqs(tenant).await?;
        let entry = Entry { tenant: tenant.to_owned(), version, value: faqs };
        self.cache.set(Class::Faqs, &id, &entry).await;
        Ok(entry.value)
    }

    /// Drops what a change made old.
    pub fn forget(&self, change: &Change) {
        self.write(|m| {
            m.version += 1;
            match change {
                Change::Connected => {
                    *m = Memory { version: m.version, ..Memory::default() };
                }
                Change::Channel(key) => {
                    if let Some(old) = m.by_key.remove(key) {
                        m.by_id.remove(&old.id);
                        m.by_account.remove(&(old.kind, old.account.clone()));
                    }
                }
                Change::Tenant(id) => {
                    m.tenants.remove(id);
                }
                Change::Wake(_) | Change::Web(_) => {}
            }
        });
    }

    fn keep(&self, version: u64, found: Option<Channel>) -> Option<Arc<Channel>> {
        let channel = Arc::new(found?);
        self.write(|m| {
            if m.version == version {
                m.by_id.insert(channel.id, Arc::clone(&channel));
                let account = (channel.kind, channel.account.clone());
                m.by_account.insert(account, Arc::clone(&channel));
                m.by_key.insert(channel.key.clone(), Arc::clone(&channel));
            }
        });
        Some(channel)
    }

    fn read<T>(&self, f: impl FnOnce(&Memory) -> T) -> T {
        f(&self.memory.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn write<T>(&self, f: impl FnOnce(&mut Memory) -> T) -> T {
        f(&mut self.memory.write().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
