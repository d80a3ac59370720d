use lapin::Event;
use tokio::time::Instant;

use super::confirmed::DEADLINE;
use crate::health::Trouble;

/// What is known about a publishing connection that stands.
#[derive(Debug)]
pub(super) struct Standing {
    blocked: Option<String>,
    /// `None` until the first check.
    pub(super) missing: Option<Option<String>>,
    last_progress: Instant,
    stalled: bool,
    pub(super) last_error: Option<String>,
}

impl Standing {
    pub(super) fn new(blocked: bool, now: Instant) -> Self {
        Self {
            blocked: blocked.then(|| "since before the connection".to_owned()),
            missing: None,
            last_progress: now,
            stalled: false,
            last_error: None,
        }
    }

    pub(super) fn progress(&mut self, now: Instant) {
        self.last_progress = now;
        self.stalled = false;
    }

    /// A broker that confirms nothing is as good as away, long before its heartbeat is missed.
    pub(super) fn watch(&mut self, now: Instant, inflight: usize) {
        if inflight == 0 {
            self.progress(now);
        }
        self.stalled = now.duration_since(self.last_progress) > DEADLINE;
    }

    pub(super) fn note(&mut self, event: Event) {
        match event {
            Event::ConnectionBlocked(reason) => self.blocked = Some(reason),
            Event::ConnectionUnblocked => self.blocked = None,
            Event::Error(error) => self.last_error = Some(error.to_string()),
            Event::Connected | Event::SendFlow(_) | _ => {}
        }
    }

    pub(super) fn trouble(&self) -> Option<Trouble> {
        if let Some(reason) = &self.blocked {
            return Some(Trouble::Blocked(reason.clone()));
        }
        match &self.missing {
            None => Some(Trouble::Away("still connecting".to_owned())),
            Some(Some(answer)) => {
                Some(Trouble::Topology(format!("queues are not set up: {answer}")))
            }
            Some(None) if self.stalled => {
                Some(Trouble::Away("the broker confirms nothing".to_owned()))
            }
            Some(None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn told(standing: &Standing) -> Option<String> {
        standing.trouble().map(|trouble| trouble.to_string())
    }

    #[test]
    fn a_broker_that_confirms_nothing_counts_as_away() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut standing = Standing::new(false, start);
        assert_eq!(told(&standing).as_deref(), Some("not connected: still connecting"));
        standing.missing = Some(None);
        assert_eq!(told(&standing), None);
        standing.watch(at(60_000), 0);
        assert_eq!(told(&standing), None, "silence is no fault while nothing is asked");
        standing.watch(at(61_400), 3);
        assert_eq!(told(&standing), None);
        standing.watch(at(61_600), 3);
        assert_eq!(told(&standing).as_deref(), Some("not connected: the broker confirms nothing"));
        standing.progress(at(61_700));
        standing.watch(at(61_800), 2);
        assert_eq!(told(&standing), None);
    }

    #[test]
    fn a_block_is_told_before_anything_else() {
        let mut standing = Standing::new(false, Instant::now());
        standing.missing = Some(Some("NOT_FOUND".into()));
        let missing = Some("queues are not set up: NOT_FOUND".to_owned());
        assert_eq!(told(&standing), missing);
        standing.note(Event::ConnectionBlocked("low on memory".into()));
        assert_eq!(told(&standing).as_deref(), Some("the broker is blocked: low on memory"));
        standing.note(Event::ConnectionUnblocked);
        assert_eq!(told(&standing), missing);
        assert!(matches!(Standing::new(true, Instant::now()).trouble(), Some(Trouble::Blocked(_))));
    }
}
