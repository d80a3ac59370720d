use std::fmt;

/// The exit code of every program for a bad configuration (`EX_USAGE` of sysexits.h).
pub const EXIT: u8 = 64;

/// A configuration that no program can start with. `Display` is one line; a secret's value is never in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The variable is set to something that cannot be read.
    #[error("{name}={value}: expected {expected}")]
    Invalid {
        /// The name of the variable.
        name: &'static str,
        /// Its value, or how long it is.
        value: Shown,
        /// The form that can be read.
        expected: String,
    },
    /// The variable is not set and has no default.
    #[error("{name} is not set: expected {expected}")]
    Missing {
        /// The name of the variable.
        name: &'static str,
        /// The form that can be read.
        expected: String,
    },
    /// `.env` is there and cannot be read. Its text may hold secrets, so only the place is told.
    #[error("{path}: {what}")]
    File {
        /// The file as it was opened.
        path: String,
        /// Why it cannot be read.
        what: String,
    },
    /// A port that another process has, or an address that this machine does not have.
    #[error("{name}={address}: cannot listen there: {reason}")]
    Listen {
        /// The variable (or flag) that the address came from.
        name: &'static str,
        /// The address as text.
        address: String,
        /// What the operating system said.
        reason: String,
    },
}

/// A bad value as it may be printed: cut, on one line, and hidden where it is a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// Longer values are cut: the line has to stay one line on a terminal.
    const MOST: usize = 80;

    pub(crate) fn new(value: &str, secret: bool) -> Self {
        if secret {
            return Self(format!("(hidden, {} characters)", value.chars().count()));
        }
        let cut: String = value.chars().take(Self::MOST).collect();
        Self(if cut.len() < value.len() { format!("{cut:?}…") } else { format!("{cut:?}") })
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
