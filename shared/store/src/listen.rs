use sqlx::postgres::{PgListener, PgNotification};

use crate::{Db, StoreError};

/// What other processes tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The connection was (re)made: anything may have changed meanwhile.
    Connected,
    /// A channel's settings changed; its key.
    Channel(String),
    /// A tenant, its owners, its knowledge or its vacations changed.
    Tenant(String),
    /// There is more to do than one worker can, or something was replayed; who says so.
    Wake(String),
    /// A chat conversation has a new row.
    Web(i64),
}

/// The topics to listen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Channels and tenants.
    Settings,
    /// Work for other workers.
    Wake,
    /// New rows of chat conversations.
    Web,
}

/// A `LISTEN` connection that makes itself again when it is lost.
#[derive(Debug)]
pub struct Listener {
    topics: Vec<&'static str>,
    db: Db,
    inner: Option<PgListener>,
}

impl Db {
    /// Listens to changes. The first thing heard is [`Change::Connected`].
    pub fn listen(&self, topics: &[Topic]) -> Listener {
        let topics = topics
            .iter()
            .map(|t| match t {
                Topic::Settings => "lumi_settings",
                Topic::Wake => "lumi_wake",
                Topic::Web => "lumi_web",
            })
            .collect();
        Listener { topics, db: self.clone(), inner: None }
    }
}

impl Listener {
    /// The next change.
    ///
    /// # Errors
    /// The database is away: wait a little and call again.
    pub async fn next(&mut self) -> Result<Change, StoreError> {
        loop {
            let Some(listener) = &mut self.inner else {
                let mut listener = PgListener::connect_with(&self.db.pool).await?;
                listener.ignore_pool_close_event(true);
                listener.listen_all(self.topics.iter().copied()).await?;
                self.inner = Some(listener);
                return Ok(Change::Connected);
            };
            match listener.try_recv().await {
                Ok(Some(notification)) => {
                    if let Some(change) = read(&notification) {
                        return Ok(change);
                    }
                }
                Ok(None) => self.inner = None,
                Err(e) => {
                    self.inner = None;
                    return Err(e.into());
                }
            }
        }
    }
}

fn read(n: &PgNotification) -> Option<Change> {
    let payload = n.payload();
    match n.channel() {
        "lumi_wake" => Some(Change::Wake(payload.to_owned())),
        "lumi_web" => payload.parse().ok().map(Change::Web),
        _ => {
            let (what, id) = payload.split_once(':')?;
            match what {
                "channel" => Some(Change::Channel(id.to_owned())),
                "tenant" => Some(Change::Tenant(id.to_owned())),
                _ => None,
            }
        }
    }
}
