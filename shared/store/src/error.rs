/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is away.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A key to open or seal secrets is missing or wrong.
    #[error("secrets: {0}")]
    Seal(#[from] crate::seal::SealError),
    /// A row holds what this build does not know.
    #[error("row {row}: {problem}")]
    Row {
        /// Which row.
        row: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl StoreError {
    /// The name of the violated constraint: constraint names are the error contract.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Database(sqlx::Error::Database(e)) => e.constraint(),
            Self::Database(_) | Self::Migrate(_) | Self::Seal(_) | Self::Row { .. } => None,
        }
    }

    /// True when the statement itself is at fault (SQLSTATE classes 22 and 23), so that trying
    /// again with the same values cannot succeed. Everything else may be a matter of time.
    pub fn is_data(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(e)) => {
                e.code().is_some_and(|c| c.starts_with("22") || c.starts_with("23"))
            }
            Self::Database(_) | Self::Migrate(_) => false,
            Self::Seal(_) | Self::Row { .. } => true,
        }
    }
}
