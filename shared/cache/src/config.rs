use std::time::Duration;

use fred::types::config::{Config, TlsConfig, TlsHostMapping};
use lumi_config::{ConfigError, Env, var};
use url::Url;

use crate::tls;

/// Where Redis is and how long things stay in it.
#[derive(Clone)]
pub struct CacheConfig {
    pub(crate) server: Config,
    pub(crate) prefix: String,
    pub(crate) connect_timeout: Duration,
    pub(crate) ping_every: Duration,
    pub(crate) settings_ttl: Duration,
    pub(crate) faqs_ttl: Duration,
    pub(crate) metrics_by_class: bool,
}

impl CacheConfig {
    /// Reads `REDIS_*` and `CACHE_TTL_*`; `None` when `REDIS_URL` is unset.
    ///
    /// # Errors
    /// A variable that does not have its form.
    pub fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let Some(url) = env.url(&var::REDIS_URL)? else { return Ok(None) };
        let bad = || env.invalid(&var::REDIS_URL, url.as_str());
        let verify = match query(&url, "ssl_cert_reqs").as_deref() {
            None | Some("required" | "optional" | "CERT_REQUIRED" | "CERT_OPTIONAL") => true,
            Some("none" | "None" | "CERT_NONE") => false,
            Some(_) => return Err(bad()),
        };
        // The client's own reading of `rediss://` loads the machine's certificates with whatever
        // cryptography is the process's default, and may panic without one.
        let mut plain = url.clone();
        plain.set_scheme("redis").map_err(|()| bad())?;
        plain.set_query(None);
        let mut server = Config::from_url_centralized(plain.as_str()).map_err(|_| bad())?;
        if server.database.is_none() {
            server.database = Some(env.number(&var::REDIS_DB)?);
        }
        if url.scheme() == "rediss" {
            let connector = tls::connector(verify).map_err(|_| bad())?;
            server.tls = Some(TlsConfig { connector, hostnames: TlsHostMapping::None });
        }
        // A Redis that is away when the process starts is tried again like one that goes away later.
        server.fail_fast = false;
        Ok(Some(Self {
            server,
            prefix: env.required(&var::REDIS_PREFIX)?,
            connect_timeout: env.millis(&var::REDIS_CONNECT_TIMEOUT_MS)?,
            ping_every: env.seconds(&var::REDIS_HEALTHCHECK_SECONDS)?,
            settings_ttl: env.seconds(&var::CACHE_TTL_CONFIG_SEC)?,
            faqs_ttl: env.seconds(&var::CACHE_TTL_FAQS_SEC)?,
            metrics_by_class: env.flag(&var::REDIS_METRICS)?,
        }))
    }
}

fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

impl std::fmt::Debug for CacheConfig {
    /// Without the server, whose password is in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CacheConfig").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<CacheConfig>, ConfigError> {
        CacheConfig::from_env(&Env::from_map(pairs.iter().copied()))
    }

    #[test]
    fn the_url_says_server_database_and_tls() {
        assert!(read(&[]).is_ok_and(|config| config.is_none()));
        let table = [
            ("redis://h", 0, false),
            ("redis://h:6380/3", 3, false),
            ("redis://u:p%2Fq@h/", 0, false),
            ("rediss://:p@h:6380/2?ssl_cert_reqs=none", 2, true),
            ("rediss://h", 0, true),
        ];
        for (url, database, tls) in table {
            let config = read(&[("REDIS_URL", url)]).expect(url).expect(url);
            assert_eq!(config.server.database, Some(database), "{url}");
            assert_eq!(config.server.uses_tls(), tls, "{url}");
        }
        let config = read(&[("REDIS_URL", "redis://u:p%2Fq@h"), ("REDIS_DB", "5")]);
        let config = config.expect("good").expect("set");
        assert_eq!(config.server.database, Some(5));
        assert_eq!(config.server.password.as_deref(), Some("p/q"));
        assert!(!format!("{config:?}").contains("p/q"));
    }

    #[test]
    fn what_cannot_be_read_is_named_without_the_password() {
        let table = [
            ("http://h", "REDIS_URL=(hidden"),
            ("redis://:hunter2@h/x", "REDIS_URL=(hidden"),
            ("rediss://:hunter2@h?ssl_cert_reqs=maybe", "REDIS_URL=(hidden"),
        ];
        for (url, line) in table {
            let error = read(&[("REDIS_URL", url)]).expect_err(url).to_string();
            assert!(error.starts_with(line) && !error.contains("hunter2"), "{error}");
        }
        let error = read(&[("REDIS_URL", "redis://h"), ("REDIS_DB", "x")]).expect_err("a word");
        assert!(error.to_string().starts_with("REDIS_DB=\"x\""), "{error}");
    }
}
