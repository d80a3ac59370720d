use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A slow wire: a TCP proxy to a service of this machine that holds back every byte for a while,
/// each way. Returns the URL of the service through it.
///
/// # Panics
/// When the URL has no address, or no port is free.
#[expect(clippy::disallowed_methods, reason = "the proxy ends with the test's runtime")]
pub async fn slow(url: &str, delay: Duration) -> String {
    let address = address(url).to_owned();
    let listener =
        TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
    let here = listener.local_addr().expect("an address").to_string();
    let through = url.replace(&address, &here);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(&address).await else { continue };
            let (near_read, near_write) = near.into_split();
            let (far_read, far_write) = far.into_split();
            tokio::spawn(carry(near_read, far_write, delay));
            tokio::spawn(carry(far_read, near_write, delay));
        }
    });
    through
}

async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    delay: Duration,
) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        tokio::time::sleep(delay).await;
        let read = bytes.get(..count).unwrap_or_default();
        if to.write_all(read).await.is_err() {
            return;
        }
    }
}

/// `host:port` of `scheme://user:password@host:port/path`.
fn address(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    rest.split(['/', '?']).next().expect("a URL with an address")
}
