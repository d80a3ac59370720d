//! Where a request may go. A manifest is written by a tenant, so an address in it must not reach
//! the deployment's own network (server-side request forgery).

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use ipnet::IpNet;
use tower_service::Service;

/// Whether an address belongs to the public internet, by the special-purpose registries of IANA
/// (RFC 6890 and its successors). IPv6 forms that carry an IPv4 address inside (mapped, NAT64,
/// 6to4, Teredo) are judged by what they carry or refused.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

const fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)                    // this network, private, loopback
            | (100, 64..=127, _)                // shared by carriers
            | (169, 254, _)                     // link-local; clouds' metadata
            | (172, 16..=31, _)                 // private
            | (192, 0, 0 | 2)                   // protocol assignments, documentation
            | (192, 88, 99)                     // 6to4 relay
            | (192, 168, _)                     // private
            | (198, 18 | 19, _)                 // benchmarking
            | (198, 51, 100) | (203, 0, 113)    // documentation
            | (224..=255, _, _) // multicast, reserved, broadcast
    )
}

/// Only global unicast (2000::/3) is public, less the parts of it that are not.
const fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let global_unicast = a & 0xe000 == 0x2000;
    let special = match a {
        0x2001 => b < 0x0200 || b == 0x0db8, // protocols (Teredo, benchmarking), documentation
        0x2002 => true,                      // 6to4
        0x3fff => b < 0x1000,                // documentation
        _ => false,
    };
    global_unicast && !special
}

/// The rule of one deployment: public addresses, and what `OUTBOUND_ALLOW` adds.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    allow: Arc<[IpNet]>,
}

impl Guard {
    pub(super) fn new(allow: &[IpNet]) -> Self {
        Self { allow: allow.into() }
    }

    pub(super) fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.allow.iter().any(|net| net.contains(&address))
    }

    /// Addresses written into the URL never pass the resolver, so they are checked here.
    pub(super) fn check_literal(&self, uri: &Uri) -> Result<(), Denied> {
        let host = uri.host().unwrap_or_default();
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        match bare.parse::<IpAddr>() {
            Ok(address) if !self.permits(address) => Err(Denied { address }),
            _ => Ok(()),
        }
    }
}

/// A name or address that only leads where a manifest may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Denied {
    pub(super) address: IpAddr,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no public address and is not in OUTBOUND_ALLOW", self.address)
    }
}

impl std::error::Error for Denied {}

/// Resolves a name and keeps the permitted addresses: the very ones that are dialled, so a name
/// that changes its address between check and use gains nothing.
#[derive(Clone, Debug)]
pub(super) struct GuardedResolver {
    inner: GaiResolver,
    guard: Guard,
}

impl GuardedResolver {
    pub(super) fn new(guard: Guard) -> Self {
        Self { inner: GaiResolver::new(), guard }
    }
}

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (lookup, guard) = (self.inner.call(name), self.guard.clone());
        Box::pin(async move {
            let found: Vec<SocketAddr> = lookup.await?.collect();
            let permitted: Vec<SocketAddr> =
                found.iter().copied().filter(|socket| guard.permits(socket.ip())).collect();
            match found.first() {
                Some(denied) if permitted.is_empty() => Err(Denied { address: denied.ip() }.into()),
                Some(_) => Ok(permitted.into_iter()),
                None => Err(io::Error::other("the name has no address").into()),
            }
        })
    }
}
