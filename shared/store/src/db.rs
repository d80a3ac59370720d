use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Executor as _};

use crate::StoreError;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct DbConfig {
    /// `DATABASE_URL`, `postgres://…`.
    pub url: String,
    /// Connections at most.
    pub connections: u32,
    /// Shown in `pg_stat_activity`.
    pub name: &'static str,
}

/// The database. Clones share one pool.
#[derive(Debug, Clone)]
pub struct Db {
    pub(crate) pool: PgPool,
}

impl Db {
    /// Opens a pool without waiting for a first connection, so that a process starts while the
    /// database is away.
    ///
    /// # Errors
    /// The URL is not one of PostgreSQL.
    pub fn open(config: &DbConfig) -> Result<Self, StoreError> {
        let options: PgConnectOptions = config.url.parse().map_err(StoreError::Database)?;
        let options = options
            .application_name(config.name)
            // Deadlines live in the server: a cancelled future can leave a connection inside a
            // transaction (launchbadge/sqlx#4385), so no `timeout` is put around database futures.
            .options([
                ("statement_timeout", "20s"),
                ("lock_timeout", "10s"),
                ("idle_in_transaction_session_timeout", "20s"),
            ])
            .log_slow_statements(tracing::log::LevelFilter::Debug, Duration::from_secs(1));
        let pool = PgPoolOptions::new()
            .max_connections(config.connections)
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
            .after_release(|connection, _| {
                Box::pin(async move {
                    // sqlx 0.9.0 gives a connection back inside an open transaction when `begin()`
                    // was cancelled; whatever is written next would be lost. BEGIN first: a lone ROLLBACK
                    // outside a transaction is a warning in the server's log each time.
                    connection.execute("BEGIN; ROLLBACK").await.map(|_| true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self { pool })
    }

    /// Brings the schema up to date. Several processes may call it at once: one does it.
    ///
    /// # Errors
    /// The database is away, or a migration failed (none is half done).
    pub async fn migrate(&self) -> Result<(), StoreError> {
        // An older program beside a newer one must not stop at migrations it does not know.
        let mut migrations = sqlx::migrate!("../../migrations");
        migrations.set_ignore_missing(true);
        Ok(migrations.run(&self.pool).await?)
    }

    /// Migrations that this build knows and the database has not run yet.
    ///
    /// # Errors
    /// The database is away.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let known = MIGRATIONS.iter().map(|m| (m.version, m.description.to_string()));
        let table = sqlx::query_scalar!("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
            .fetch_one(&self.pool)
            .await?;
        if table != Some(true) {
            return Ok(known.map(|(_, name)| name).collect());
        }
        let done: Vec<i64> =
            sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
                .fetch_all(&self.pool)
                .await?;
        Ok(known.filter(|(v, _)| !done.contains(v)).map(|(_, name)| name).collect())
    }

    /// Creates a database on this server, unless there is one of that name (`[a-z_]+`).
    ///
    /// # Errors
    /// The server refuses.
    pub async fn create_database(&self, name: &str) -> Result<(), StoreError> {
        let known: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
                .bind(name)
                .fetch_one(&self.pool)
                .await?;
        if known {
            return Ok(());
        }
        if !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            return Err(StoreError::Row { row: name.into(), problem: "no database name".into() });
        }
        // Checked above: an identifier cannot be a parameter.
        let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(sql).execute(&self.pool).await?;
        Ok(())
    }

    /// A short name for this build's schema: equal migrations, equal name.
    pub fn schema_version() -> String {
        let mut all: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in MIGRATIONS.iter().flat_map(|m| m.checksum.iter()) {
            all = (all ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        format!("{all:016x}")
    }

    /// One round trip.
    ///
    /// # Errors
    /// The database is away.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.pool.execute("SELECT 1").await?;
        Ok(())
    }

    /// The pool, for the table queue, which keeps its rows in the same database.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Closes every connection after what runs has ended.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
