use std::sync::atomic::{AtomicU32, Ordering};

use lumi_store::seal::{Keyring, Secrets};
use lumi_store::{Db, DbConfig};
use secrecy::SecretString;
use sqlx::{Connection as _, PgConnection};

/// A service's URL from the environment.
///
/// # Panics
/// When it is not set: `scripts/test` starts the services and sets it.
#[expect(clippy::disallowed_methods, reason = "variables of tests are no settings of the product")]
pub fn service_url(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run scripts/test, or see CONTRIBUTING.md"))
}

/// A migrated database that no other test sees.
#[derive(Debug)]
pub struct TestDb {
    /// The store on it.
    pub db: Db,
    /// Its URL.
    pub url: String,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl TestDb {
    /// Makes one.
    ///
    /// # Panics
    /// When the server does not do as asked.
    pub async fn new() -> Self {
        let server = service_url("LUMI_TEST_DATABASE_URL");
        let mut admin = PgConnection::connect(&server).await.expect("connect to PostgreSQL");
        let template = template(&mut admin, &server).await;
        let name =
            format!("lumi_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        for sql in [
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name} TEMPLATE {template}"),
        ] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                .execute(&mut admin)
                .await
                .expect("make a database");
        }
        let url = on(&server, &name);
        let db = Db::open(&DbConfig { url: url.clone(), connections: 10, name: "lumi-test" })
            .expect("open the database");
        Self { db, url }
    }

    /// Runs SQL that only a test needs.
    ///
    /// # Panics
    /// When it fails.
    pub async fn execute(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(self.db.pool())
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// The first column of the first row, as text; empty for NULL or no row.
    ///
    /// # Panics
    /// When the query fails.
    pub async fn text(&self, sql: &str) -> String {
        let sql = format!("SELECT x::text FROM ({sql}) AS q(x)");
        sqlx::query_scalar::<_, Option<String>>(sqlx::AssertSqlSafe(sql.clone()))
            .fetch_optional(self.db.pool())
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e}"))
            .flatten()
            .unwrap_or_default()
    }

    /// A tenant with these settings, as SQL columns; returns nothing.
    pub async fn tenant(&self, id: &str, language: &str) {
        self.execute(&format!(
            "INSERT INTO tenants (id, name, timezone, language, replies_per_contact_per_hour)
             VALUES ('{id}', 'Test', 'Europe/Paris', '{language}', 0)"
        ))
        .await;
    }

    /// A channel; returns its row id.
    ///
    /// # Panics
    /// When it cannot be stored.
    pub async fn channel(
        &self,
        tenant: &str,
        key: &str,
        kind: &str,
        account: &str,
        settings: &serde_json::Value,
        secrets: &[(&str, &str)],
    ) -> i64 {
        let secrets: Secrets = secrets
            .iter()
            .map(|(name, value)| ((*name).to_owned(), vec![SecretString::from(*value)]))
            .collect();
        let sealed = keys().seal(tenant, key, &secrets).expect("seal");
        sqlx::query_scalar(
            "INSERT INTO channels (tenant, key, kind, account, settings, sealed, seal_key_id, secrets_digest)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        )
        .bind(tenant)
        .bind(key)
        .bind(kind)
        .bind(account)
        .bind(settings)
        .bind(sealed.bytes)
        .bind(sealed.key_id)
        .bind(sealed.digest)
        .fetch_one(self.db.pool())
        .await
        .expect("store a channel")
    }
}

/// The key that test channels are sealed with.
///
/// # Panics
/// Never.
pub fn keys() -> Keyring {
    let key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    Keyring::parse(&SecretString::from(key)).expect("a key")
}

/// A migrated database to copy, made once for every state of the migrations.
async fn template(admin: &mut PgConnection, server: &str) -> String {
    let name = format!("lumi_template_{}", Db::schema_version());
    sqlx::query("SELECT pg_advisory_lock(72110)").execute(&mut *admin).await.expect("lock");
    let known: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
            .bind(&name)
            .fetch_one(&mut *admin)
            .await
            .expect("list databases");
    if !known {
        let raw = format!("{name}_raw");
        for sql in [
            format!("DROP DATABASE IF EXISTS {raw} WITH (FORCE)"),
            format!("CREATE DATABASE {raw}"),
        ] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                .execute(&mut *admin)
                .await
                .expect("make a template");
        }
        let db = Db::open(&DbConfig { url: on(server, &raw), connections: 1, name: "lumi-test" })
            .expect("open the template");
        db.migrate().await.expect("migrate the template");
        db.close().await;
        let rename = format!("ALTER DATABASE {raw} RENAME TO {name}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(rename)).execute(&mut *admin).await.expect("rename");
    }
    sqlx::query("SELECT pg_advisory_unlock(72110)").execute(&mut *admin).await.expect("unlock");
    name
}

/// The server's URL with another database.
fn on(server: &str, database: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, ""), |(b, q)| (b, q));
    let base = base.rsplit_once('/').map_or(base, |(b, _)| b);
    if query.is_empty() {
        format!("{base}/{database}")
    } else {
        format!("{base}/{database}?{query}")
    }
}
