use std::fmt;

/// A program of the fleet, as the table names the readers of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// `lumi-ingress`, the public side.
    Ingress,
    /// `lumi-worker`.
    Worker,
    /// `lumi-admin`, the private side.
    Admin,
    /// `lumi dev`: everything in one process, nothing configured.
    Dev,
    /// `lumi serve`: everything in one process against configured backends.
    Serve,
    /// The other subcommands of `lumi`.
    Cli,
}

impl Program {
    /// The name a person types.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ingress => "lumi-ingress",
            Self::Worker => "lumi-worker",
            Self::Admin => "lumi-admin",
            Self::Dev => "lumi dev",
            Self::Serve => "lumi serve",
            Self::Cli => "lumi",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
