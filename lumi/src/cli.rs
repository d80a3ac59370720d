use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{
    apply, ask, config, contact, conversation, dlq, doctor, secrets, tenant, understand, vacation,
};
use crate::dev::DevArgs;
use crate::serve::ServeArgs;

const EXAMPLES: &str = "\
Examples:
  lumi dev                                  everything on this machine, nothing to configure
  lumi apply -f chez-nous.yaml              create or update a tenant
  lumi ask --tenant demo \"Are you open on Sunday?\"
  lumi dlq list --since 2h                  what could not be answered or sent
  lumi doctor                               is anything lost or stuck?

Which data a command works on: --data, else DATABASE_URL of the environment, else a `lumi dev` that
runs on .lumi, else DATABASE_URL in .env. It is said on stderr.

Exit codes: 0 ok, 1 failed, 2 bad usage, 64 bad configuration.";

/// Lumi answers the customers of small businesses, on the channels they use, in their language.
#[derive(Debug, Parser)]
#[command(name = "lumi", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// Folder of the `lumi dev` whose data is meant
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process, on this machine, with a demo tenant
    Dev(DevArgs),
    /// Run everything in one process, against configured backends
    Serve(ServeArgs),
    /// Bring the database's schema up to date
    Migrate,
    /// Validate the configuration and reach every backend
    Check,
    /// Show which variables there are
    Config(config::Args),
    /// Create or update tenants from manifests
    Apply(apply::Args),
    /// List, show and delete tenants
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// List the vacations of a tenant
    #[command(subcommand)]
    Vacation(vacation::Command),
    /// Show a conversation
    #[command(subcommand)]
    Conversation(conversation::Command),
    /// Export or erase what is kept of a person
    #[command(subcommand)]
    Contact(contact::Command),
    /// Ask a tenant's assistant a question, without any channel
    Ask(ask::Args),
    /// Read messages: language, intent and dates, as the worker does
    #[command(after_help = understand::EXAMPLES)]
    Understand,
    /// Dead letters: list, show, replay, discard
    #[command(subcommand)]
    Dlq(dlq::Command),
    /// Check that nothing is lost and nothing is stuck
    Doctor(doctor::Args),
    /// Manage the keys that seal stored secrets
    #[command(subcommand)]
    Secrets(secrets::Command),
}

/// Reads the command line; help and mistakes are said here.
///
/// # Errors
/// With which code the program ends.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        let _lost = error.print();
        u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
