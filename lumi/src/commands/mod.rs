//! The operator's command line: one file per group of commands.

pub(crate) mod apply;
pub(crate) mod ask;
mod check;
pub(crate) mod config;
pub(crate) mod contact;
pub(crate) mod conversation;
pub(crate) mod dlq;
pub(crate) mod doctor;
mod lines;
mod migrate;
pub(crate) mod secrets;
pub(crate) mod tenant;
pub(crate) mod understand;
pub(crate) mod vacation;

use std::path::PathBuf;

use lumi_config::{Env, Program};
use lumi_store::Db;
use lumi_store::seal::Keyring;

use crate::cli::{Cli, Command};
use crate::ending::Ended;
use crate::target::{DATA, Target};

/// Runs one command.
///
/// # Errors
/// Why it failed.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<Ended> {
    let data = cli.data;
    match cli.command {
        Command::Dev(mut args) => {
            args.data = data.unwrap_or_else(|| DATA.into());
            crate::dev::run(args).await
        }
        Command::Serve(args) => crate::serve::run(args).await,
        Command::Config(args) => config::run(&args),
        Command::Understand => understand::run(),
        Command::Check => check::run(data.as_deref()).await,
        Command::Migrate => migrate::run(&Session::open(data).await?).await,
        Command::Apply(args) => apply::run(&args, data).await,
        Command::Tenant(command) => tenant::run(command, &Session::open(data).await?).await,
        Command::Vacation(command) => vacation::run(command, &Session::open(data).await?).await,
        Command::Conversation(command) => {
            conversation::run(command, &Session::open(data).await?).await
        }
        Command::Contact(command) => contact::run(command, &Session::open(data).await?).await,
        Command::Ask(args) => ask::run(args, &Session::open(data).await?).await,
        Command::Dlq(command) => dlq::run(command, &Session::open(data).await?).await,
        Command::Doctor(args) => doctor::run(&args, &Session::open(data).await?).await,
        Command::Secrets(command) => secrets::run(&command, &Session::open(data).await?).await,
    }
}

/// What most commands need: the configuration, and the data they work on.
pub(crate) struct Session {
    /// The configuration.
    pub(crate) env: Env,
    /// Which data it is.
    pub(crate) target: Target,
    /// That data.
    pub(crate) db: Db,
}

impl Session {
    /// # Errors
    /// A variable is bad, or there is no data to work on.
    pub(crate) async fn open(data: Option<PathBuf>) -> anyhow::Result<Self> {
        let env = Env::load()?;
        env.check(Program::Cli)?;
        let target = Target::find(&env, data.as_deref()).await?;
        let db = target.db()?;
        Ok(Self { env, target, db })
    }

    /// The keys that open the data's secrets.
    ///
    /// # Errors
    /// There are none, or they are malformed.
    pub(crate) fn keys(&self) -> anyhow::Result<Keyring> {
        self.target.keys(&self.env)
    }
}
