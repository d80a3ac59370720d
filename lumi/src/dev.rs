//! `lumi dev`: everything in one process, nothing configured.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lumi_config::{Env, Program, var};
use lumi_store::seal::Keyring;
use lumi_store::{Db, DbConfig};
use lumi_telemetry::logs;
use lumi_worker::program;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::compose::{self, Parts, Running, Settings};
use crate::ending::{Ended, Usage};
use crate::files::write_private;
use crate::output;
use crate::postgres::Postgres;
use crate::serve::queue;
use crate::target::RunFile;

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

/// Runs until Ctrl-C.
///
/// # Errors
/// A variable cannot be read, the port is taken, no PostgreSQL is found, or it does not start.
pub(crate) async fn run(args: DevArgs) -> anyhow::Result<Ended> {
    let started = Instant::now();
    let env = environment()?;
    logs::start(&env, logs::Format::Plain)?;
    env.check(Program::Dev)?;
    let settings = Settings::read(&env, args.port)?;
    let data = folder(&args)?;
    // Before anything is started: a taken port ends the program with one line.
    let listener = compose::listen(SocketAddr::new(args.host, settings.port)).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let keys = Keyring::parse(&secret_key(&env, &data)?)?;

    output::note("Starting PostgreSQL ...");
    let home = env.text(&var::LUMI_POSTGRES_HOME);
    let postgres = Postgres::start(&data, home.as_deref()).await?;
    let url = postgres.url.clone();
    let db = Db::open(&DbConfig { url: url.clone(), connections: 16, name: "lumi-dev" })?;
    db.migrate().await.context("migrate the database")?;
    if crate::demo::seed(&data, &env, &db, &keys).await? {
        output::note("Made the demo tenant `demo`");
    }

    let (publisher, consumer) = queue(None, &db);
    let parts = Parts {
        db: db.clone(),
        keys,
        publisher,
        consumer,
        worker: settings.worker,
        legacy: settings.legacy,
        cache: settings.cache,
    };
    let running = Running::start(parts, listener, settings.grace);
    let owner = owner_link(&db, &base).await?;
    let run = RunFile {
        pid: std::process::id(),
        base_url: base.clone(),
        admin_token: admin_token(&env, &data)?,
        database_url: url,
    };
    write_private(&data.join("run.json"), &serde_json::to_string_pretty(&run)?)?;
    welcome(&base, &owner, started)?;
    program::stop_signal().await;

    output::note("Finishing what was taken ... (Ctrl-C again does not hurry it)");
    running.stop().await;
    postgres.stop().await?;
    std::fs::remove_file(data.join("run.json")).ok();
    Ok(Ended::Well)
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

/// The data folder: not in use by another process, emptied on `--fresh --yes`.
fn folder(args: &DevArgs) -> anyhow::Result<PathBuf> {
    let data = &args.data;
    if let Some(run) = living(data) {
        bail!(
            "a lumi dev already runs on {} (process {}, {}); stop it, or give another --data",
            data.display(),
            run.pid,
            run.base_url
        );
    }
    if args.fresh {
        if !args.yes {
            let what = format!("--fresh throws {} away; say --fresh --yes", data.display());
            return Err(Usage(what).into());
        }
        erase(data)?;
    }
    std::fs::create_dir_all(data).with_context(|| format!("make {}", data.display()))?;
    data.canonicalize().with_context(|| format!("find {}", data.display()))
}

/// Who runs on this folder, if the process still lives.
fn living(data: &Path) -> Option<RunFile> {
    let text = std::fs::read_to_string(data.join("run.json")).ok()?;
    let run: RunFile = serde_json::from_str(&text).ok()?;
    let mine = run.pid == std::process::id();
    let name = std::fs::read_to_string(format!("/proc/{}/comm", run.pid)).ok()?;
    (!mine && name.trim() == "lumi").then_some(run)
}

/// Only what `lumi dev` makes is removed: a wrong `--data` costs nothing else.
fn erase(data: &Path) -> anyhow::Result<()> {
    let cluster = data.join("postgres");
    let outside = std::fs::read_link(&cluster).ok();
    if let Some(outside) = outside {
        std::fs::remove_dir_all(&outside).ok();
        std::fs::remove_file(&cluster).with_context(|| format!("remove {}", cluster.display()))?;
    } else if cluster.exists() {
        std::fs::remove_dir_all(&cluster)
            .with_context(|| format!("remove {}", cluster.display()))?;
    }
    for file in ["run.json", "secret.key", "postgres.password", "postgres.log", "admin.token"] {
        std::fs::remove_file(data.join(file)).ok();
    }
    Ok(())
}

/// `LUMI_SECRET_KEY`, else one that is made once and kept.
fn secret_key(env: &Env, data: &Path) -> anyhow::Result<SecretString> {
    if let Some(given) = env.secret(&var::LUMI_SECRET_KEY)? {
        return Ok(given);
    }
    kept(&data.join("secret.key"), || {
        let bytes = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        STANDARD.encode(Sha256::digest(bytes))
    })
    .map(SecretString::from)
}

/// `X_ADMIN_TOKEN`, else one that is made once and kept.
fn admin_token(env: &Env, data: &Path) -> anyhow::Result<String> {
    match env.text(&var::X_ADMIN_TOKEN) {
        Some(given) => Ok(given),
        None => kept(&data.join("admin.token"), token),
    }
}

fn kept(file: &Path, make: impl FnOnce() -> String) -> anyhow::Result<String> {
    if let Ok(text) = std::fs::read_to_string(file) {
        return Ok(text.trim().to_owned());
    }
    let text = make();
    write_private(file, &text)?;
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
    output::line("  lumi ask --tenant demo \"When do you open?\"")?;
    output::line("  lumi doctor\n")?;
    output::line("Ctrl-C stops it; the data stays.")?;
    Ok(())
}
