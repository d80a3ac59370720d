use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use lumi_cache::CacheConfig;
use lumi_config::{ConfigError, Env, Program, var};
use lumi_queue::{BrokerUrl, Topology};
use lumi_store::DbConfig;
use lumi_store::seal::{Keyring, SealError};
use secrecy::{ExposeSecret as _, SecretString};

/// Connections to PostgreSQL: one listens, the others read settings and replies.
const CONNECTIONS: u32 = 8;

/// Everything the program is told.
#[derive(Debug)]
pub struct Config {
    /// Where the public routes are served.
    pub public: SocketAddr,
    /// Where the ops routes are served.
    pub ops: SocketAddr,
    /// The broker.
    pub broker: BrokerUrl,
    /// The names of its exchanges and queues.
    pub topology: Topology,
    /// The database.
    pub db: DbConfig,
    /// Opens the secrets of channels and signs chat sessions.
    pub keys: Keyring,
    /// Redis, if there is one.
    pub cache: Option<CacheConfig>,
    /// `VERIFY_TOKEN` and `META_APP_SECRET`.
    pub legacy: Legacy,
    /// How long requests under way may take when the program stops.
    pub grace: Duration,
}

/// The `/webhook` path of the system that this one replaces; off when both are empty.
#[derive(Clone, Debug, Default)]
pub struct Legacy {
    /// For its handshake.
    pub verify_tokens: Vec<SecretString>,
    /// For its signature.
    pub app_secrets: Vec<SecretString>,
}

/// Why the program did not start, or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable, or an address that is taken.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The keys of `LUMI_SECRET_KEY`.
    #[error("{0}")]
    Keys(#[from] SealError),
    /// Anything else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl StartError {
    /// The program's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Keys(_) => lumi_config::EXIT,
            Self::Other(_) => 1,
        }
    }
}

impl Config {
    /// Reads it.
    ///
    /// # Errors
    /// The first variable that is missing or does not have its form.
    pub fn from_env(env: &Env) -> Result<Self, StartError> {
        env.check(Program::Ingress)?;
        let broker = env.required_secret(&var::AMQP_URL)?;
        let broker = BrokerUrl::parse(broker.expose_secret())
            .map_err(|_| env.invalid(&var::AMQP_URL, broker.expose_secret()))?;
        let db = DbConfig {
            url: env.required(&var::DATABASE_URL)?,
            connections: CONNECTIONS,
            name: Program::Ingress.name(),
        };
        Ok(Self {
            public: SocketAddr::from((Ipv4Addr::UNSPECIFIED, env.number(&var::PORT)?)),
            ops: env.addr(&var::OPS_ADDR)?,
            broker,
            topology: Topology::v1(),
            db,
            keys: Keyring::parse(&env.required_secret(&var::LUMI_SECRET_KEY)?)?,
            cache: CacheConfig::from_env(env)?,
            legacy: Legacy::from_env(env)?,
            grace: env.seconds(&var::SHUTDOWN_GRACE_SECONDS)?,
        })
    }
}

impl Legacy {
    /// Reads both variables; unset ones leave the path off.
    ///
    /// # Errors
    /// Never today: both are plain text.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            verify_tokens: env.secret(&var::VERIFY_TOKEN)?.into_iter().collect(),
            app_secrets: env.secret(&var::META_APP_SECRET)?.into_iter().collect(),
        })
    }
}
