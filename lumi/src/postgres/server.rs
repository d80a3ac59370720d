use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use lumi_store::{Db, DbConfig};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use super::account::{self, Account};
use super::home;

/// Name of the database and of its only user.
const NAME: &str = "lumi";

/// A running server. Stop it with [`Postgres::stop`]; one that is dropped is told to stop, and one
/// that outlives a killed parent is stopped by the next start.
#[derive(Debug)]
pub(crate) struct Postgres {
    child: Child,
    account: Account,
    home: PathBuf,
    /// `postgres://…` with its password.
    pub(crate) url: String,
}

impl Postgres {
    /// Makes the cluster when there is none, starts the server and waits until it answers. `None`:
    /// `stop` was cancelled meanwhile, and nothing runs.
    ///
    /// # Errors
    /// No server is installed, or it does not start: its log's last lines are in the error.
    pub(crate) async fn start(
        data: &Path,
        configured_home: Option<&str>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<Self>> {
        let home = home::find(configured_home)?;
        let account = account::prepare(data)?;
        let password = password(data)?;
        if account.cluster.join("PG_VERSION").is_file() {
            stop_leftover(&home, &account).await?;
        } else {
            initialise(&home, &account, data, &password).await?;
        }
        if stop.is_cancelled() {
            return Ok(None);
        }
        let port = free_port()?;
        let log = data.join("postgres.log");
        let out =
            std::fs::File::create(&log).with_context(|| format!("write {}", log.display()))?;
        let child = run_as(&account, &home.join("bin/postgres"))
            .arg("-D")
            .arg(&account.cluster)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", "max_connections=100", "-c", "shared_buffers=128MB"])
            .args(["-p", &port.to_string()])
            .stdout(Stdio::from(out.try_clone()?))
            .stderr(Stdio::from(out))
            // Ctrl-C at a terminal goes to the whole group; the server is stopped last, by us.
            .process_group(0)
            .spawn()
            .context("start PostgreSQL")?;
        let base = format!("postgres://{NAME}:{password}@127.0.0.1:{port}");
        let mut server = Self { child, account, home, url: format!("{base}/{NAME}") };
        let answers = server.wait(&format!("{base}/postgres"), &log, stop).await;
        match answers {
            Ok(()) if !stop.is_cancelled() => return Ok(Some(server)),
            // It may be down already: that it does not start is what has to be said.
            Err(_) => drop(server.stop().await),
            Ok(()) => server.stop().await?,
        }
        answers.map(|()| None)
    }

    /// Stops the server that a killed `lumi dev` left behind on this data.
    ///
    /// # Errors
    /// It does not end, or no installation is found to tell it with.
    pub(crate) async fn stop_leftover(
        data: &Path,
        configured_home: Option<&str>,
    ) -> anyhow::Result<()> {
        if !data.join("postgres/postmaster.pid").is_file() {
            return Ok(());
        }
        let home = home::find(configured_home)?;
        stop_leftover(&home, &account::prepare(data)?).await
    }

    /// Until it answers, or `stop` is cancelled.
    async fn wait(
        &mut self,
        admin_url: &str,
        log: &Path,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        let config = DbConfig { url: admin_url.to_owned(), connections: 1, name: "lumi-dev" };
        let admin = Db::open(&config)?;
        for _ in 0..600 {
            if stop.is_cancelled() {
                return Ok(());
            }
            if admin.ping().await.is_ok() {
                admin.create_database(NAME).await.context("create the database")?;
                admin.close().await;
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                bail!("PostgreSQL ended ({status}):\n{}", tail(log));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("PostgreSQL does not answer after a minute:\n{}", tail(log))
    }

    /// Stops the server: ends sessions, writes a checkpoint.
    ///
    /// # Errors
    /// It cannot be told, or does not end within 30 s.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        stop(&self.home, &self.account).await?;
        tokio::time::timeout(Duration::from_secs(30), self.child.wait())
            .await
            .context("PostgreSQL is still running after 30 s")??;
        Ok(())
    }
}

impl Drop for Postgres {
    /// The last resort, for a panic: told to stop, not waited for.
    fn drop(&mut self) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // SIGINT is its "fast shutdown". Already gone is as good.
            kill_process(pid, Signal::INT).ok();
        }
    }
}

async fn initialise(
    home: &Path,
    account: &Account,
    data: &Path,
    password: &str,
) -> anyhow::Result<()> {
    // initdb reads the password from a file, as the server's account.
    let file = std::env::temp_dir().join(format!("lumi-{}", uuid::Uuid::new_v4().simple()));
    crate::files::write_private(&file, password)?;
    if let Some(user) = account.user {
        std::os::unix::fs::chown(&file, Some(user), Some(user))
            .with_context(|| format!("give {} to the server's account", file.display()))?;
    }
    let output = run_as(account, &home.join("bin/initdb"))
        .arg("-D")
        .arg(&account.cluster)
        .args(["-U", NAME, "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256"])
        .arg(format!("--pwfile={}", file.display()))
        // Ctrl-C must not leave half a cluster.
        .process_group(0)
        .output()
        .await;
    std::fs::remove_file(&file).ok();
    let output = output.context("start initdb")?;
    if !output.status.success() {
        bail!(
            "initdb could not make a database cluster for {}:\n{}",
            data.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// A server that a killed `lumi dev` left behind is stopped in order, so that nothing is lost.
async fn stop_leftover(home: &Path, account: &Account) -> anyhow::Result<()> {
    if belongs_to_another(&account.cluster) {
        return Ok(());
    }
    let status = run_as(account, &home.join("bin/pg_ctl"))
        .arg("status")
        .arg("-D")
        .arg(&account.cluster)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await?;
    if status.success() { stop(home, account).await } else { Ok(()) }
}

/// After a power cut the number in postmaster.pid may be that of any process, which must not be
/// told to stop. The server itself sees through a stale file.
fn belongs_to_another(cluster: &Path) -> bool {
    let pid = std::fs::read_to_string(cluster.join("postmaster.pid")).ok();
    let Some(pid) = pid.as_deref().and_then(|text| text.lines().next()) else { return false };
    std::fs::read(format!("/proc/{}/cmdline", pid.trim())).is_ok_and(|line| {
        !line.split(|byte| *byte == 0).any(|arg| arg == cluster.as_os_str().as_bytes())
    })
}

async fn stop(home: &Path, account: &Account) -> anyhow::Result<()> {
    let output = run_as(account, &home.join("bin/pg_ctl"))
        .args(["stop", "-m", "fast", "-w", "-t", "30", "-D"])
        .arg(&account.cluster)
        .output()
        .await?;
    if !output.status.success() {
        bail!("PostgreSQL could not be stopped: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

fn run_as(account: &Account, program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some(user) = account.user {
        command.uid(user).gid(user);
    }
    // The folder we were started in may be closed to that account.
    command.current_dir("/").env("LC_ALL", "C.UTF-8").kill_on_drop(false);
    command
}

/// Made once, kept beside the cluster, readable by us only.
fn password(data: &Path) -> anyhow::Result<String> {
    let file = data.join("postgres.password");
    if let Ok(known) = std::fs::read_to_string(&file) {
        return Ok(known.trim().to_owned());
    }
    let fresh = uuid::Uuid::new_v4().simple().to_string();
    crate::files::write_private(&file, &fresh)?;
    Ok(fresh)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").context("find a free port")?.local_addr()?.port())
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
}
