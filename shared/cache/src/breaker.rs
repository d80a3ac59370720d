use std::sync::atomic::{AtomicU32, Ordering};

use lumi_telemetry::{Breaker as State, Metrics};

/// Failures in a row after which Redis is left alone.
const LIMIT: u32 = 3;

/// Counts failures in a row; open, it lets nothing through until a ping worked.
#[derive(Debug)]
pub(crate) struct Breaker {
    failures: AtomicU32,
    metrics: Metrics,
}

impl Breaker {
    pub(crate) fn new(metrics: Metrics) -> Self {
        metrics.breaker("redis", State::Closed);
        Self { failures: AtomicU32::new(0), metrics }
    }

    pub(crate) fn open(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= LIMIT
    }

    pub(crate) fn succeeded(&self) {
        // A load first: the usual case must not take the cache line from the other cores.
        if self.failures.load(Ordering::Relaxed) > 0
            && self.failures.swap(0, Ordering::Relaxed) >= LIMIT
        {
            self.metrics.breaker("redis", State::Closed);
            tracing::info!("Redis works again");
        }
    }

    pub(crate) fn failed(&self, error: &str) {
        let before = self
            .failures
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| Some(n.saturating_add(1)))
            .unwrap_or_default();
        if before.saturating_add(1) == LIMIT {
            self.metrics.breaker("redis", State::Open);
            tracing::warn!(error, "Redis does not work; going on without it");
        }
    }

    /// The next ping decides.
    pub(crate) fn probing(&self) {
        if self.open() {
            self.metrics.breaker("redis", State::HalfOpen);
        }
    }

    /// The ping decided that it stays open.
    pub(crate) fn probed_in_vain(&self) {
        if self.open() {
            self.metrics.breaker("redis", State::Open);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_open_it_and_a_success_closes_it() {
        let breaker = Breaker::new(Metrics::new());
        for _ in 0..5 {
            breaker.failed("a");
            breaker.failed("b");
            breaker.succeeded();
        }
        assert!(!breaker.open(), "never three in a row");
        for _ in 0..3 {
            breaker.failed("c");
        }
        assert!(breaker.open());
        breaker.probing();
        breaker.probed_in_vain();
        assert!(breaker.open());
        breaker.succeeded();
        assert!(!breaker.open());
    }
}
