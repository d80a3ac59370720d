//! How a command ends: 0 ok, 1 failed, 2 bad usage, 64 bad configuration.

use std::fmt;
use std::io;
use std::process::ExitCode;

use lumi_config::{ConfigError, EXIT};

/// How a command ended that ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All is well.
    Well,
    /// It was done, and what was found or refused has been said.
    Badly,
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Well => Self::SUCCESS,
            Ended::Badly => Self::FAILURE,
        }
    }
}

/// A command line that reads well but cannot be meant.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Says why a command failed, and with which code it ends.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    if broken_pipe(error) {
        // `lumi … | head` has read enough.
        return ExitCode::SUCCESS;
    }
    crate::output::error(&format!("{error:#}"));
    if error.downcast_ref::<ConfigError>().is_some() {
        ExitCode::from(EXIT)
    } else if error.downcast_ref::<Usage>().is_some() {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}

fn broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}
