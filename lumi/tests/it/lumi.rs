use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use lumi_testing::TestDb;

/// The key of `lumi_testing::keys`.
pub(crate) const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// The binary in a folder of its own, with an environment of its own.
pub(crate) struct Lumi {
    pub(crate) folder: PathBuf,
    vars: Vec<(String, String)>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Lumi {
    /// With nothing set.
    pub(crate) fn bare() -> Self {
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, vars: vec![] }
    }

    /// On a database.
    pub(crate) fn on(t: &TestDb) -> Self {
        Self::bare().var("DATABASE_URL", &t.url).var("LUMI_SECRET_KEY", KEY)
    }

    pub(crate) fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.push((name.into(), value.into()));
        self
    }

    /// A file in its folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> &Self {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.feed(args, "")
    }

    /// Runs it with this on stdin.
    pub(crate) fn feed(&self, args: &[&str], stdin: &str) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lumi"))
            .args(args)
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.vars.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that does not read its input has closed it.
        let _closed = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs it, expects exit code 0, returns stdout.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        run.out
    }

    /// Runs it, expects exit code 0 and JSON.
    pub(crate) fn json(&self, args: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.ok(args)).unwrap()
    }
}

impl Drop for Lumi {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.folder);
    }
}
