use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fred::clients::{Client, WithOptions};
use fred::error::{Error, ErrorKind};
use fred::interfaces::{ClientLike as _, KeysInterface as _};
use fred::types::Builder;
use fred::types::Expiration;
use fred::types::config::{Options, ReconnectPolicy, TcpConfig, UnresponsiveConfig};
use lumi_telemetry::Metrics;
use tokio_util::sync::CancellationToken;

use crate::CacheConfig;
use crate::breaker::Breaker;

/// No caller waits longer.
const DEADLINE: Duration = Duration::from_millis(50);
/// How often an open breaker tries.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// A connection on which nothing is answered for so long is made again.
const SILENCE: Duration = Duration::from_secs(1);

/// The connection to Redis: every call has a deadline and goes through the breaker.
#[derive(Debug)]
pub(crate) struct Link {
    client: Client,
    quick: WithOptions<Client>,
    breaker: Breaker,
    ping_deadline: Duration,
    closed: CancellationToken,
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// The key holds another Redis type.
    #[error("the key holds another type")]
    WrongType,
    /// Redis was not asked, or did not answer as it should.
    #[error("no answer")]
    NoAnswer,
}

impl Link {
    pub(crate) fn new(config: &CacheConfig, metrics: Metrics) -> Result<Self, Error> {
        let client = Builder::from_config(config.server.clone())
            // For ever, and soon: a Redis that is back should be used again.
            .set_policy(ReconnectPolicy::new_exponential(0, 100, 2_000, 2))
            .with_connection_config(|connection| {
                connection.connection_timeout = config.connect_timeout;
                connection.internal_command_timeout = config.connect_timeout.max(SILENCE);
                connection.max_command_attempts = 1;
                connection.reconnect_on_auth_error = true;
                connection.tcp = TcpConfig { nodelay: Some(true), ..TcpConfig::default() };
                connection.unresponsive =
                    UnresponsiveConfig { max_timeout: Some(SILENCE), interval: SILENCE / 2 };
            })
            .build()?;
        let quick = client.with_options(&call(DEADLINE));
        Ok(Self {
            client,
            quick,
            breaker: Breaker::new(metrics),
            ping_deadline: config.connect_timeout,
            closed: CancellationToken::new(),
        })
    }

    /// Keeps the connection and asks it how it is, until [`Link::close`].
    pub(crate) async fn keep(&self, ping_every: Duration) {
        tokio::select! {
            () = self.closed.cancelled() => {}
            () = self.connected() => {}
            () = self.pinged(ping_every) => {}
        }
    }

    /// The client gives up on some errors (a refused password, for one), which an operator may mend.
    async fn connected(&self) {
        loop {
            let ended = self.client.connect().await;
            let error = match ended {
                Ok(Ok(())) => "closed".to_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            tracing::debug!(error, "The connection to Redis ended");
            tokio::time::sleep(PROBE_EVERY).await;
        }
    }

    async fn pinged(&self, every: Duration) {
        loop {
            let wait = if self.breaker.open() { every.min(PROBE_EVERY) } else { every };
            // A breaker that opens meanwhile must not wait for the long interval to end.
            let mut waited = Duration::ZERO;
            while waited < wait && !(self.breaker.open() && waited >= PROBE_EVERY) {
                let step = PROBE_EVERY.min(wait - waited);
                tokio::time::sleep(step).await;
                waited += step;
            }
            self.ping().await;
        }
    }

    /// How long Redis took to answer; `None` when it did not.
    pub(crate) async fn ping(&self) -> Option<Duration> {
        self.breaker.probing();
        let begun = Instant::now();
        let ping = self.client.with_options(&call(self.ping_deadline));
        let answer = bounded(self.ping_deadline, Box::pin(ping.ping::<()>(None))).await;
        match answer {
            Ok(()) => {
                self.breaker.succeeded();
                Some(begun.elapsed())
            }
            Err(error) => {
                self.breaker.failed(error.details());
                self.breaker.probed_in_vain();
                None
            }
        }
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<Bytes>, LinkError> {
        self.through(Box::pin(self.quick.get(key))).await
    }

    pub(crate) async fn set(
        &self,
        key: &str,
        value: Vec<u8>,
        ttl: Duration,
    ) -> Result<(), LinkError> {
        let millis = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
        let value = Bytes::from(value);
        let expiration = Some(Expiration::PX(millis));
        self.through(Box::pin(self.quick.set(key, value, expiration, None, false))).await
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<(), LinkError> {
        self.through(Box::pin(self.quick.del::<(), _>(key))).await
    }

    pub(crate) async fn close(&self) {
        self.closed.cancel();
        if let Err(error) = bounded(DEADLINE, Box::pin(self.client.quit())).await {
            tracing::debug!(%error, "Redis was not told goodbye");
        }
    }

    /// The client's futures are some 20 KB, hence the boxes.
    async fn through<T>(&self, answer: Answer<'_, T>) -> Result<T, LinkError> {
        if self.breaker.open() {
            return Err(LinkError::NoAnswer);
        }
        match bounded(DEADLINE, answer).await {
            Ok(value) => {
                self.breaker.succeeded();
                Ok(value)
            }
            // An answer about this key says nothing about the server.
            Err(error) if *error.kind() == ErrorKind::InvalidArgument => Err(LinkError::WrongType),
            Err(error) => {
                self.breaker.failed(error.details());
                Err(LinkError::NoAnswer)
            }
        }
    }
}

/// The client's own deadline is tried first, since it takes the command back; this one also holds while
/// the command waits for a connection.
async fn bounded<T>(deadline: Duration, answer: Answer<'_, T>) -> Result<T, Error> {
    tokio::time::timeout(deadline + Duration::from_millis(5), answer)
        .await
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout, "no answer in time")))
}

fn call(timeout: Duration) -> Options {
    Options { max_attempts: Some(1), timeout: Some(timeout), fail_fast: true, ..Options::default() }
}
