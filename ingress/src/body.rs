//! Bounded reading of a request's body.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::HeaderMap;
use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_ENCODING;

use crate::answer::Refusal;

/// Time for a whole body.
const DEADLINE: Duration = Duration::from_secs(10);
/// Bytes of bodies that the process holds at a time.
const IN_FLIGHT: usize = 64 * 1024 * 1024;
/// Room made for bytes that are only claimed: they are in no budget.
const CLAIMED: usize = 16 * 1024;

/// The bytes of bodies that are in memory, counted over all requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budget(Arc<AtomicUsize>);

/// A body, and its share of the budget for as long as this lives.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) bytes: Bytes,
    share: Share,
}

#[derive(Debug)]
struct Share {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    /// Reads a body of at most `cap` bytes. Bytes count when they have come: a length that is only
    /// claimed takes nothing from others.
    pub(crate) async fn read(
        &self,
        headers: &HeaderMap,
        body: Incoming,
        cap: usize,
    ) -> Result<Held, Refusal> {
        if headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            return Err(Refusal::Encoded);
        }
        if body.size_hint().lower() > cap as u64 {
            return Err(Refusal::TooLarge);
        }
        match tokio::time::timeout(DEADLINE, self.collect(body, cap)).await {
            Ok(read) => read,
            Err(_) => Err(Refusal::Slow),
        }
    }

    async fn collect(&self, mut body: Incoming, cap: usize) -> Result<Held, Refusal> {
        let mut share = Share { budget: self.clone(), bytes: 0 };
        let Some(first) = next(&mut body).await? else {
            return Ok(Held { bytes: Bytes::new(), share });
        };
        share.grow(first.len(), cap)?;
        let Some(second) = next(&mut body).await? else {
            // The usual webhook comes in one piece, which needs no copy.
            return Ok(Held { bytes: first, share });
        };
        let come = first.len() + second.len();
        let mut whole = BytesMut::with_capacity(first_room(come, body.size_hint().lower()));
        whole.extend_from_slice(&first);
        let mut piece = Some(second);
        while let Some(bytes) = piece {
            share.grow(bytes.len(), cap)?;
            whole.extend_from_slice(&bytes);
            piece = next(&mut body).await?;
        }
        Ok(Held { bytes: whole.freeze(), share })
    }
}

impl Held {
    /// A body of our own making, too small to count.
    pub(crate) fn small(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into(), share: Share { budget: Budget::default(), bytes: 0 } }
    }

    /// The budget's share alone, to be kept by whoever holds the bytes from now on.
    pub(crate) fn split(self) -> (Bytes, impl Send + 'static) {
        (self.bytes, self.share)
    }
}

impl Share {
    fn grow(&mut self, by: usize, cap: usize) -> Result<(), Refusal> {
        if self.bytes + by > cap {
            return Err(Refusal::TooLarge);
        }
        let before = self.budget.0.fetch_add(by, Ordering::Relaxed);
        self.bytes += by;
        if before + by > IN_FLIGHT { Err(Refusal::Busy) } else { Ok(()) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The bytes to reserve when `come` are here and `claimed` are said to follow; more is made as they come.
fn first_room(come: usize, claimed: u64) -> usize {
    come + usize::try_from(claimed).map_or(CLAIMED, |claimed| claimed.min(CLAIMED))
}

/// The next piece that has bytes.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Refusal> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::Bad("the body broke off"))?;
        if let Ok(bytes) = frame.into_data()
            && !bytes.is_empty()
        {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_reserves_little() {
        for (come, claimed, room) in
            [(2, 0, 2), (10, 500, 510), (10, 3 << 20, 10 + CLAIMED), (10, u64::MAX, 10 + CLAIMED)]
        {
            assert_eq!(first_room(come, claimed), room, "{come} {claimed}");
        }
    }

    #[test]
    fn a_share_is_capped_and_given_back() {
        let budget = Budget::default();
        let share = || Share { budget: budget.clone(), bytes: 0 };
        let mut one = share();
        assert_eq!(one.grow(10, 10), Ok(()));
        assert_eq!(one.grow(1, 10), Err(Refusal::TooLarge));
        let mut rest = share();
        assert_eq!(rest.grow(IN_FLIGHT - 10, IN_FLIGHT), Ok(()));
        let mut late = share();
        assert_eq!(late.grow(1, 10), Err(Refusal::Busy));
        drop((one, rest, late));
        assert_eq!(budget.0.load(Ordering::Relaxed), 0);
        assert_eq!(share().grow(IN_FLIGHT, IN_FLIGHT), Ok(()));
    }
}
