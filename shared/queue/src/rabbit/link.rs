use std::fmt;
use std::time::Duration;

use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Connection, ConnectionProperties};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::UrlError;

/// Seconds between heartbeats unless the URL says otherwise. lapin gives a silent peer up after two of
/// them, so a frozen broker is noticed within 10 s.
const HEARTBEAT_SECONDS: u16 = 5;

/// How long a broker may take from the first packet to an open connection.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a broker may take to answer the first packet.
const GREETING: Duration = Duration::from_secs(3);

/// How long a broker may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

/// Where the broker is and how to log in. Its `Debug` and `Display` show host, port and virtual host.
#[derive(Clone)]
pub struct BrokerUrl(AMQPUri);

impl BrokerUrl {
    /// Reads `amqp://` or `amqps://` URLs. A URL that ends in `/` means the default virtual host.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let mut uri: AMQPUri = url.trim().parse().map_err(UrlError)?;
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
        uri.query.connection_timeout.get_or_insert(5_000);
        Ok(Self(uri))
    }

    /// Waits for the first byte of the broker's greeting. Without TLS only: behind it there is nothing to
    /// see without a second TLS stack.
    async fn greet(&self) -> Result<(), OpenError> {
        if self.0.scheme == AMQPScheme::AMQPS {
            return Ok(());
        }
        let address = (self.0.authority.host.as_str(), self.0.authority.port);
        let greeting = async {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
            stream.read_u8().await
        };
        timeout(GREETING, greeting).await.map_err(|_| OpenError::Timeout)??;
        Ok(())
    }

    /// Opens a connection that shows `name` in the broker's management pages.
    pub(crate) async fn open(&self, name: &str) -> Result<Connection, OpenError> {
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let opening = Connection::connect_uri(self.0.clone(), properties);
        Ok(timeout(HANDSHAKE, opening).await.map_err(|_| OpenError::Timeout)??)
    }
}

/// Closes a connection in order, or leaves a broker that does not answer alone; it requeues what was
/// unacked all the same. To be called whenever a connection is given up: lapin's channels keep theirs
/// open for ever, even when every handle to it is dropped.
pub(crate) async fn close(connection: &Connection) {
    let closing = connection.close(200, "bye".into());
    if !matches!(timeout(FAREWELL, closing).await, Ok(Ok(()))) {
        tracing::debug!("A connection was not closed in order");
    }
}

/// Why no connection could be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("no answer to the handshake")]
    Timeout,
    #[error(transparent)]
    Amqp(#[from] lapin::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} vhost {}", self.0.authority.host, self.0.authority.port, self.0.vhost)
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrokerUrl({self})")
    }
}

/// Connects again and again, with pauses: 0.2 s, doubling to 2 s, each shortened by up to half at random
/// so that the processes of a fleet do not come back in step.
#[derive(Debug)]
pub(crate) struct Dialler {
    url: BrokerUrl,
    name: String,
    attempts: u32,
    /// The last attempt ended without an answer. lapin keeps a thread for each such attempt until the
    /// other side ends it, so the next one starts only when a broker is heard.
    hung: bool,
}

impl Dialler {
    pub(crate) fn new(url: BrokerUrl, name: String) -> Self {
        Self { url, name, attempts: 0, hung: false }
    }

    pub(crate) async fn dial(&mut self) -> Result<Connection, OpenError> {
        if self.hung {
            self.url.greet().await?;
        }
        let opened = self.url.open(&self.name).await;
        self.hung = matches!(opened, Err(OpenError::Timeout));
        opened
    }

    /// How long to wait before the next attempt.
    pub(crate) fn pause(&mut self) -> Duration {
        let full = 200_u64.saturating_mul(1 << self.attempts.min(4)).min(2_000);
        self.attempts = self.attempts.saturating_add(1);
        Duration::from_millis(rand::random_range(full / 2..=full))
    }

    /// The connection works: the next pause is short again.
    pub(crate) fn works(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_without_showing_the_password() {
        let url = BrokerUrl::parse("amqp://guest:secret@broker:5673/").unwrap();
        assert_eq!(url.to_string(), "broker:5673 vhost /");
        assert!(!format!("{url:?}").contains("secret"));
        let error = BrokerUrl::parse("http://guest:secret@broker/").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        let error = BrokerUrl::parse("amqp://guest:secret@bro ker/").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn pauses_grow_to_two_seconds() {
        let url = BrokerUrl::parse("amqp://broker").unwrap();
        let mut dialler = Dialler::new(url, "test".into());
        let pauses: Vec<u128> = (0..8).map(|_| dialler.pause().as_millis()).collect();
        assert!((100..=200).contains(&pauses[0]), "{pauses:?}");
        assert!(pauses.iter().skip(4).all(|p| (1_000..=2_000).contains(p)), "{pauses:?}");
        dialler.works();
        assert!(dialler.pause() <= Duration::from_millis(200));
    }
}
