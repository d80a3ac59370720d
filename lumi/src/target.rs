//! Which data a command works on: `--data` given > `DATABASE_URL` of the real environment > the
//! `.lumi/run.json` of a living `lumi dev` > `DATABASE_URL` in `.env`.

use std::fmt;
use std::net::ToSocketAddrs as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use lumi_config::{Env, Origin, var};
use lumi_store::seal::Keyring;
use lumi_store::{Db, DbConfig};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{keys, output};

/// The folder of `lumi dev` when none is given.
pub(crate) const DATA: &str = ".lumi";

/// What a living `lumi dev` says about itself in `<data>/run.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunFile {
    /// Its process.
    pub(crate) pid: u32,
    /// Where it serves, `http://127.0.0.1:8000`.
    pub(crate) base_url: String,
    /// Opens its console.
    pub(crate) admin_token: String,
    /// Its database.
    pub(crate) database_url: String,
}

/// The data that a command works on.
pub(crate) struct Target {
    url: SecretString,
    /// Of `lumi dev`: its folder.
    data: Option<PathBuf>,
    name: String,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Target {
    /// Finds it, and says on stderr which it is.
    ///
    /// # Errors
    /// None is named, the named one is not running, or a variable cannot be read.
    pub(crate) async fn find(env: &Env, data: Option<&Path>) -> anyhow::Result<Self> {
        let target = Self::resolve(env, data).await?;
        output::note(format_args!("Using {target}"));
        Ok(target)
    }

    async fn resolve(env: &Env, data: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(folder) = data {
            return match of_dev(folder).await? {
                Some(target) => Ok(target),
                None => bail!(
                    "no lumi dev is running on {}: start one with `lumi dev --data {}`",
                    folder.display(),
                    folder.display()
                ),
            };
        }
        if env.origin(&var::DATABASE_URL) != Some(Origin::Environment)
            && let Some(target) = of_dev(Path::new(DATA)).await?
        {
            return Ok(target);
        }
        let url = env.required(&var::DATABASE_URL).context(
            "no data to work on: set DATABASE_URL, start `lumi dev`, or name its folder with --data",
        )?;
        let place = env
            .url(&var::DATABASE_URL)?
            .map(|u| format!("{}{}", authority(&u), u.path()))
            .unwrap_or_default();
        let origin = match env.origin(&var::DATABASE_URL) {
            Some(Origin::DotEnv) => ".env",
            Some(Origin::Environment | Origin::Flag | Origin::Default) | None => "the environment",
        };
        Ok(Self {
            url: url.into(),
            data: None,
            name: format!("the database {place} (DATABASE_URL of {origin})"),
        })
    }

    /// True for the data of `lumi dev`, which has its queue in the database.
    pub(crate) fn is_dev(&self) -> bool {
        self.data.is_some()
    }

    /// The database; nothing is reached yet.
    ///
    /// # Errors
    /// The URL is not one of PostgreSQL.
    pub(crate) fn db(&self) -> anyhow::Result<Db> {
        let config =
            DbConfig { url: self.url.expose_secret().to_owned(), connections: 4, name: "lumi" };
        Db::open(&config).context("open the database")
    }

    /// The keys that open its secrets: those of `LUMI_SECRET_KEY`, then those of the data folder
    /// where it is a `lumi dev`.
    ///
    /// # Errors
    /// There are none, or they are malformed.
    pub(crate) fn keys(&self, env: &Env) -> anyhow::Result<Keyring> {
        match &self.data {
            Some(data) => keys::of_data(env, data),
            None => Ok(lumi_worker::program::keyring(env)?),
        }
    }
}

fn authority(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or("localhost");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// `None`: there is no run.json. A stale one is an error: the data that was meant is not there.
async fn of_dev(folder: &Path) -> anyhow::Result<Option<Target>> {
    let file = folder.join("run.json");
    let text = match tokio::fs::read(&file).await {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e).with_context(|| format!("read {}", file.display())),
    };
    let run: RunFile = serde_json::from_slice(&text)
        .with_context(|| format!("{} is not as lumi dev writes it", file.display()))?;
    if !alive(&run).await {
        bail!(
            "{} is stale: the lumi dev that wrote it (pid {}) is gone; start it again with `lumi dev --data {}`, or delete the file",
            file.display(),
            run.pid,
            folder.display()
        );
    }
    Ok(Some(Target {
        url: run.database_url.into(),
        data: Some(folder.to_owned()),
        name: format!("the data of lumi dev in {} ({})", folder.display(), run.base_url),
    }))
}

/// The process is there and its port answers: the number alone may belong to another by now.
async fn alive(run: &RunFile) -> bool {
    let Some(pid) = i32::try_from(run.pid).ok().and_then(rustix::process::Pid::from_raw) else {
        return false;
    };
    // Not allowed to signal it: it is there, under another user.
    if rustix::process::test_kill_process(pid).is_err_and(|e| e != rustix::io::Errno::PERM) {
        return false;
    }
    let Some(address) = url::Url::parse(&run.base_url)
        .ok()
        .and_then(|u| (u.host_str()?, u.port_or_known_default()?).to_socket_addrs().ok()?.next())
    else {
        return false;
    };
    let connect = tokio::net::TcpStream::connect(address);
    matches!(tokio::time::timeout(Duration::from_secs(2), connect).await, Ok(Ok(_)))
}
