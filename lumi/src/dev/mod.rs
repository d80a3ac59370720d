//! `lumi dev`: everything in one process, nothing configured.

mod folder;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use lumi_config::{Env, Program, var};
use lumi_store::seal::Keyring;
use lumi_store::{Db, DbConfig};
use lumi_telemetry::logs;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use self::folder::Folder;
use crate::compose::{self, Parts, Running, Settings};
use crate::ending::{Ended, Usage};
use crate::files::write_private;
use crate::postgres::Postgres;
use crate::serve::queue;
use crate::target::RunFile;
use crate::{keys, output};

/// What `lumi dev` is told.
#[derive(clap::Args, Debug)]
pub(crate) struct DevArgs {
    /// Port of the web pages and webhooks; 0 takes any free one [default: PORT, else 8000]
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// Throw the data away and begin anew; only with --yes
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Really do it
    #[arg(long)]
    pub(crate) yes: bool,
    /// Folder of the data: the global `--data`.
    #[arg(skip)]
    pub(crate) data: PathBuf,
}

/// The demo's channel key: its page is `/chat/demo`.
const DEMO: &str = "demo";

/// Runs until Ctrl-C, which also ends a start in order.
///
/// # Errors
/// A variable cannot be read, the port is taken, another `lumi dev` has the folder, no PostgreSQL
/// is found, or it does not start. What was started has been stopped.
pub(crate) async fn run(args: DevArgs) -> anyhow::Result<Ended> {
    let started = Instant::now();
    let stop = stop_asked()?;
    if args.fresh && !args.yes {
        let what = format!("--fresh throws {} away; say --fresh --yes", args.data.display());
        return Err(Usage(what).into());
    }
    let env = environment()?;
    logs::start(&env, logs::Format::Plain)?;
    env.check(Program::Dev)?;
    let settings = Settings::read(&env, args.port)?;
    let folder = Folder::take(&args.data)?;
    let data = folder.path.as_path();
    // Before anything is started: a taken port ends the program with one line.
    let listener = compose::listen(SocketAddr::new(args.host, settings.port)).await?;
    let home = env.text(&var::LUMI_POSTGRES_HOME);
    if args.fresh {
        Postgres::stop_leftover(data, home.as_deref()).await?;
        folder.erase()?;
    }
    keys::keep(&env, data)?;
    let keys = keys::of_data(&env, data)?;

    output::note("Starting PostgreSQL ...");
    let Some(postgres) = Postgres::start(data, home.as_deref(), &stop).await? else {
        return Ok(Ended::Well);
    };
    let dev = Dev { env: &env, data, keys, url: &postgres.url, started };
    let served = dev.serve(settings, listener, &stop).await;
    // Whatever happened, the server does not outlive us.
    let stopped = postgres.stop().await;
    served?;
    stopped?;
    Ok(Ended::Well)
}

/// Cancelled by the first SIGTERM or Ctrl-C, from now on.
fn stop_asked() -> anyhow::Result<CancellationToken> {
    let mut term = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for Ctrl-C")?;
    let asked = CancellationToken::new();
    let told = asked.clone();
    TaskTracker::new().spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        told.cancel();
    });
    Ok(asked)
}

struct Dev<'a> {
    env: &'a Env,
    data: &'a Path,
    keys: Keyring,
    url: &'a str,
    started: Instant,
}

impl Dev<'_> {
    /// From a running server on until `stop`. The start is not cut short in the middle of a step.
    async fn serve(
        self,
        settings: Settings,
        listener: TcpListener,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        let base = format!("http://{}", listener.local_addr()?);
        let db =
            Db::open(&DbConfig { url: self.url.to_owned(), connections: 16, name: "lumi-dev" })?;
        db.migrate().await.context("migrate the database")?;
        if stop.is_cancelled() {
            return Ok(());
        }
        if crate::demo::seed(self.data, self.env, &db, &self.keys).await? {
            output::note("Made the demo tenant `demo`");
        }
        if stop.is_cancelled() {
            return Ok(());
        }
        let (publisher, consumer) = queue(None, &db);
        let parts = Parts {
            db: db.clone(),
            keys: self.keys.clone(),
            publisher,
            consumer,
            worker: settings.worker,
            legacy: settings.legacy,
            cache: settings.cache,
        };
        let running = Running::start(parts, listener, settings.grace);
        let announced = self.announce(&db, &base).await;
        if announced.is_ok() {
            stop.cancelled().await;
            output::note("Finishing what was taken ... (Ctrl-C again does not hurry it)");
        }
        running.stop().await;
        std::fs::remove_file(self.data.join("run.json")).ok();
        announced
    }

    /// Tells the commands (run.json) and the reader where it is.
    async fn announce(&self, db: &Db, base: &str) -> anyhow::Result<()> {
        let owner = owner_link(db, base).await?;
        let run = RunFile {
            pid: std::process::id(),
            base_url: base.to_owned(),
            admin_token: admin_token(self.env, self.data)?,
            database_url: self.url.to_owned(),
        };
        write_private(&self.data.join("run.json"), &serde_json::to_string_pretty(&run)?)?;
        welcome(base, &owner, self.started)
    }
}

/// Quiet logs and replies to this machine, unless the environment says otherwise.
fn environment() -> anyhow::Result<Env> {
    let mut env = Env::load()?;
    for (var, value) in [(&var::LOG_LEVEL, "warn"), (&var::OUTBOUND_ALLOW, "127.0.0.0/8")] {
        if !env.is_set(var) {
            env = env.set(var, value);
        }
    }
    Ok(env)
}

/// `X_ADMIN_TOKEN`, else one that is made once and kept.
fn admin_token(env: &Env, data: &Path) -> anyhow::Result<String> {
    if let Some(given) = env.text(&var::X_ADMIN_TOKEN) {
        return Ok(given);
    }
    let file = data.join("admin.token");
    if let Ok(text) = std::fs::read_to_string(&file) {
        return Ok(text.trim().to_owned());
    }
    let text = token();
    write_private(&file, &text)?;
    Ok(text)
}

fn token() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// A new one-time link that makes the visitor who opens it the demo's owner.
async fn owner_link(db: &Db, base: &str) -> anyhow::Result<String> {
    let token = token();
    db.add_owner_link(DEMO, &Sha256::digest(&token), 24).await?;
    Ok(format!("{base}/chat/{DEMO}?owner={token}"))
}

fn welcome(base: &str, owner: &str, started: Instant) -> anyhow::Result<()> {
    output::line(format_args!("Lumi is ready after {:.1} s.\n", started.elapsed().as_secs_f64()))?;
    output::line(format_args!("chat page: {base}/chat/{DEMO}"))?;
    output::line(format_args!("owner link: {owner}"))?;
    output::line(
        "            (opens the chat as the owner, once, within 24 hours; then type \"Vacances\")\n",
    )?;
    output::line("Answers come from the stored FAQs, word for word. Try another shell:")?;
    // As it was called, so that the lines can be copied.
    let lumi = std::env::args().next().unwrap_or_else(|| "lumi".to_owned());
    output::line(format_args!("  {lumi} ask --tenant demo \"When do you open?\""))?;
    output::line(format_args!("  {lumi} doctor\n"))?;
    output::line("Ctrl-C stops it; the data stays.")?;
    Ok(())
}
