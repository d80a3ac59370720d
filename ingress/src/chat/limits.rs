use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use hyper::HeaderMap;
use hyper::http::request;

use crate::answer::Refusal;
use crate::ingress::PeerAddress;

/// A visitor's messages: one a second, 20 at once.
const VISITOR: (NonZeroU32, NonZeroU32) = (NonZeroU32::MIN, NonZeroU32::MIN.saturating_add(19));
/// Requests of one address, behind which a whole office may sit: 20 a second, 200 at once.
const ADDRESS: (NonZeroU32, NonZeroU32) =
    (NonZeroU32::MIN.saturating_add(19), NonZeroU32::MIN.saturating_add(199));
/// How often those who have not been seen for long are forgotten, in requests.
const SWEEP: u32 = 4096;

/// How often visitors and addresses may write.
#[derive(Debug)]
pub(super) struct Limits {
    visitors: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    requests: AtomicU32,
}

impl Default for Limits {
    fn default() -> Self {
        let quota = |(rate, burst)| Quota::per_second(rate).allow_burst(burst);
        Self {
            visitors: RateLimiter::keyed(quota(VISITOR)),
            addresses: RateLimiter::keyed(quota(ADDRESS)),
            clock: DefaultClock::default(),
            requests: AtomicU32::new(0),
        }
    }
}

impl Limits {
    pub(super) fn address(&self, head: &request::Parts) -> Result<(), Refusal> {
        if self.requests.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.visitors.retain_recent();
            self.addresses.retain_recent();
        }
        let Some(address) = address(head) else { return Ok(()) };
        self.addresses.check_key(&address).map_err(|until| self.wait(&until))
    }

    pub(super) fn visitor(&self, chat: &str, visitor: &str) -> Result<(), Refusal> {
        let key = format!("{chat}/{visitor}");
        self.visitors.check_key(&key).map_err(|until| self.wait(&until))
    }

    fn wait(
        &self,
        until: &governor::NotUntil<<DefaultClock as governor::clock::Clock>::Instant>,
    ) -> Refusal {
        let wait = until.wait_time_from(self.clock.now());
        Refusal::TooMany(wait.as_secs() + 1)
    }
}

/// The client's address. A private peer is a proxy of ours (or somebody of our own network): the last
/// entry of `X-Forwarded-For` is what it saw. Entries before it can be anybody's invention.
fn address(head: &request::Parts) -> Option<IpAddr> {
    let peer = head.extensions.get::<PeerAddress>()?.0.ip().to_canonical();
    let seen = if is_private(peer) { forwarded(&head.headers).unwrap_or(peer) } else { peer };
    Some(match seen {
        IpAddr::V4(_) => seen,
        // A home has a whole /64.
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    })
}

fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(peer: &str, forwarded: Option<&str>) -> request::Parts {
        let mut request = hyper::Request::new(());
        let peer = PeerAddress(format!("{peer}:1").parse().expect("an address"));
        request.extensions_mut().insert(peer);
        if let Some(list) = forwarded {
            request.headers_mut().insert("x-forwarded-for", list.parse().expect("a header"));
        }
        request.into_parts().0
    }

    #[test]
    fn an_address_is_the_peers_or_what_our_proxy_saw() {
        let table = [
            ("203.0.113.5", None, "203.0.113.5"),
            ("203.0.113.5", Some("198.51.100.1"), "203.0.113.5"),
            ("10.0.0.7", Some("1.1.1.1, 198.51.100.1"), "198.51.100.1"),
            ("10.0.0.7", Some("nonsense"), "10.0.0.7"),
            ("127.0.0.1", None, "127.0.0.1"),
            ("[2001:db8:1:2:3::4]", None, "2001:db8:1:2::"),
            ("[::ffff:203.0.113.5]", None, "203.0.113.5"),
        ];
        for (peer, list, expected) in table {
            let found = address(&head(peer, list));
            assert_eq!(found, expected.parse().ok(), "{peer} {list:?}");
        }
    }

    #[test]
    fn too_many_are_told_to_wait() {
        let limits = Limits::default();
        let one = head("203.0.113.5", None);
        let refused = (0..400).filter(|_| limits.address(&one).is_err()).count();
        assert!((150..=200).contains(&refused), "{refused}");
        assert_eq!(limits.address(&head("203.0.113.6", None)), Ok(()), "another address");
        for _ in 0..20 {
            assert_eq!(limits.visitor("demo", "v"), Ok(()));
        }
        assert!(matches!(limits.visitor("demo", "v"), Err(Refusal::TooMany(1..=2))));
        assert_eq!(limits.visitor("other", "v"), Ok(()));
    }
}
