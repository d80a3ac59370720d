use std::time::Instant;

use crate::error::PublishError;

/// Whether a connection does its work now; read from the receiver of `health()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// What keeps it from working; `None` when ready.
    pub trouble: Option<Trouble>,
    /// Since when it has not been ready. A moment counts from the start of the process on.
    pub away_since: Option<Instant>,
}

/// What keeps a queue connection from working. The texts are for operators and hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Not connected, or the broker no longer answers.
    #[error("not connected: {0}")]
    Away(String),
    /// The broker takes no messages (memory or disk alarm).
    #[error("the broker is blocked: {0}")]
    Blocked(String),
    /// An exchange, queue or table is missing or is not what it should be.
    #[error("{0}")]
    Topology(String),
}

impl Health {
    /// Nothing is known yet.
    pub(crate) fn starting() -> Self {
        Self {
            trouble: Some(Trouble::Away("still connecting".to_owned())),
            away_since: Some(Instant::now()),
        }
    }

    /// True when it works.
    pub fn ready(&self) -> bool {
        self.trouble.is_none()
    }

    /// The reason it does not work, for a readiness answer.
    pub fn reason(&self) -> Option<String> {
        self.trouble.as_ref().map(ToString::to_string)
    }

    /// What a publisher answers at once in this state.
    pub(crate) fn admit(&self) -> Result<(), PublishError> {
        match &self.trouble {
            None => Ok(()),
            Some(Trouble::Away(_)) => Err(PublishError::Away),
            Some(Trouble::Blocked(_)) => Err(PublishError::Blocked),
            Some(Trouble::Topology(_)) => Err(PublishError::Topology),
        }
    }
}

/// Writes a [`Health`] and logs its changes, once each.
#[derive(Debug)]
pub(crate) struct HealthSender {
    name: String,
    state: tokio::sync::watch::Sender<Health>,
}

impl HealthSender {
    pub(crate) fn new(name: String) -> Self {
        Self { name, state: tokio::sync::watch::Sender::new(Health::starting()) }
    }

    pub(crate) fn subscribe(&self) -> tokio::sync::watch::Receiver<Health> {
        self.state.subscribe()
    }

    pub(crate) fn set(&self, trouble: Option<Trouble>) {
        self.state.send_if_modified(|health| {
            if health.trouble == trouble {
                return false;
            }
            match &trouble {
                None => tracing::info!(connection = %self.name, "Queue connection is ready"),
                Some(trouble) => {
                    tracing::warn!(connection = %self.name, %trouble, "Queue connection is not ready");
                }
            }
            health.away_since = match (&trouble, health.away_since) {
                (None, _) => None,
                (Some(_), Some(since)) => Some(since),
                (Some(_), None) => Some(Instant::now()),
            };
            health.trouble = trouble;
            true
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn away_counts_from_the_first_trouble_until_ready() {
        let sender = HealthSender::new("test".into());
        let health = sender.subscribe();
        let since = health.borrow().away_since;
        assert!(since.is_some() && !health.borrow().ready());
        sender.set(Some(Trouble::Topology("queue `x` is missing".into())));
        assert_eq!(health.borrow().away_since, since);
        assert_eq!(health.borrow().admit(), Err(PublishError::Topology));
        assert_eq!(health.borrow().reason().as_deref(), Some("queue `x` is missing"));
        sender.set(None);
        assert!(health.borrow().ready() && health.borrow().away_since.is_none());
        assert_eq!(health.borrow().admit(), Ok(()));
        sender.set(Some(Trouble::Blocked("memory".into())));
        assert!(health.borrow().away_since.is_some());
        assert_eq!(health.borrow().admit(), Err(PublishError::Blocked));
    }
}
