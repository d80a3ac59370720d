use std::time::Duration;

use serde::Serialize;

/// How a process and its backends are. `None` is a backend that this process does not use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether PostgreSQL answers.
    pub database: Option<bool>,
    /// Whether the queue takes (or gives) messages.
    pub queue: Option<bool>,
    /// Whether Redis answers.
    pub redis: Option<bool>,
    /// How long Redis took to answer last.
    pub redis_latency: Option<Duration>,
    /// Whether the process wants traffic, or why not. One line, no secrets.
    pub ready: Result<(), String>,
}

impl Health {
    /// A process that uses no backend.
    pub const fn idle() -> Self {
        Self { database: None, queue: None, redis: None, redis_latency: None, ready: Ok(()) }
    }

    /// What is told when the backends could not be asked: those in use do not work.
    pub(super) fn silent(last: Option<&Self>) -> Self {
        let broken = |used: Option<bool>| used.map(|_| false);
        let last = last.cloned().unwrap_or(Self::idle());
        Self {
            database: broken(last.database),
            queue: broken(last.queue),
            redis: broken(last.redis),
            redis_latency: None,
            ready: Err("the health of the backends is not known: no answer in time".to_owned()),
        }
    }

    pub(super) fn to_json(&self, version: &str) -> String {
        let broken = [self.database, self.queue, self.redis].contains(&Some(false));
        let degraded = broken || self.ready.is_err();
        let page = Page {
            status: if degraded { "degraded" } else { "ok" },
            version,
            database: self.database,
            queue: self.queue,
            redis: self.redis,
            redis_latency_ms: self.redis_latency.map(|latency| latency.as_secs_f64() * 1000.0),
        };
        serde_json::to_string(&page).unwrap_or_else(|_| r#"{"status":"degraded"}"#.to_owned())
    }
}

#[derive(Serialize)]
struct Page<'a> {
    status: &'static str,
    version: &'a str,
    database: Option<bool>,
    queue: Option<bool>,
    redis: Option<bool>,
    redis_latency_ms: Option<f64>,
}
