use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::envelope::{Headers, Payload, X_FIRST_SEEN};
use crate::partition::Partition;

/// A message handed to a worker. It stays in the queue until its [`Ticket`] is acked.
#[derive(Debug)]
pub struct Delivery {
    /// What it holds.
    pub payload: Payload,
    /// The queue it was taken from.
    pub source: Source,
    /// True when it was, or may have been, delivered before.
    pub redelivered: bool,
    /// How often it was delivered, this time included: 1 at first.
    pub seen: u32,
    /// True when older messages of the partition may still be on their way from another consumer: it came
    /// within 500 ms after the first delivery of this subscription, or after a redelivered one.
    pub fresh: bool,
    /// When a worker first saw it, in milliseconds since 1970: now, or when it was first parked.
    pub first_seen_ms: i64,
    /// Why the broker gave it up (`delivery_limit`, ...), for deliveries from [`Source::Dead`].
    pub death: Option<String>,
    /// What to ack.
    pub ticket: Ticket,
    /// The partition it was published to, as written on it; parking returns it there.
    pub(crate) route: String,
}

/// Where a delivery was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A work queue.
    Partition(Partition),
    /// The catch-all behind the work exchange: its queue was missing when it was published.
    Unrouted,
    /// Given up by the broker: delivered too often without an ack.
    Dead,
}

impl Source {
    /// Everything a worker consumes.
    pub fn all() -> impl Iterator<Item = Self> {
        Partition::all().map(Self::Partition).chain([Self::Unrouted, Self::Dead])
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition(partition) => partition.fmt(f),
            Self::Unrouted => f.write_str("unrouted"),
            Self::Dead => f.write_str("dead"),
        }
    }
}

/// The right to ack one delivery. Void once the connection it came over is lost: the message comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    pub(crate) generation: u64,
    pub(crate) tag: u64,
}

/// A rung of the ladder for messages that no worker can take yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Five seconds.
    S5,
    /// One minute.
    S60,
}

impl Delay {
    /// Every rung.
    pub const ALL: [Self; 2] = [Self::S5, Self::S60];

    /// How long a message rests on it.
    pub const fn duration(self) -> Duration {
        match self {
            Self::S5 => Duration::from_secs(5),
            Self::S60 => Duration::from_secs(60),
        }
    }
}

/// How long rows wait for stragglers, see [`Delivery::fresh`].
const STRAGGLERS: Duration = Duration::from_millis(500);

/// Decides [`Delivery::fresh`] for one queue and one subscription.
#[derive(Debug, Default)]
pub(crate) struct FreshWindow {
    until: Option<tokio::time::Instant>,
}

impl FreshWindow {
    pub(crate) fn observe(&mut self, now: tokio::time::Instant, redelivered: bool) -> bool {
        if redelivered || self.until.is_none() {
            self.until = Some(now + STRAGGLERS);
        }
        self.until.is_some_and(|until| now < until)
    }
}

/// The headers to park a message with: as it was, and when it was first seen.
pub(crate) fn parked_headers(delivery: &Delivery) -> Headers {
    let mut headers = delivery.payload.headers();
    headers.insert(X_FIRST_SEEN.to_owned(), delivery.first_seen_ms.into());
    headers
}

/// Takes the first-seen mark off the headers; without one the message is seen for the first time, now.
pub(crate) fn take_first_seen(headers: &mut Headers) -> i64 {
    headers.remove(X_FIRST_SEEN).and_then(|v| v.as_i64()).unwrap_or_else(now_ms)
}

fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_fresh_after_its_first_delivery_and_after_redelivered_ones() {
        let start = tokio::time::Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut window = FreshWindow::default();
        for (ms, redelivered, fresh) in [
            (0, false, true),
            (499, false, true),
            (500, false, false),
            (900, true, true),
            (1399, false, true),
            (1400, false, false),
            (1500, true, true),
            (1900, true, true),
            (2399, false, true),
            (2400, false, false),
        ] {
            assert_eq!(window.observe(at(ms), redelivered), fresh, "at {ms} ms");
        }
    }

    #[test]
    fn the_first_sight_is_kept_over_parking() {
        let mut headers = Headers::new();
        assert!(take_first_seen(&mut headers) > 1_700_000_000_000);
        headers.insert(X_FIRST_SEEN.into(), 5.into());
        assert_eq!(take_first_seen(&mut headers), 5);
        assert!(headers.is_empty());
    }

    #[test]
    fn a_worker_consumes_every_queue() {
        assert_eq!(Source::all().count(), 34);
    }
}
