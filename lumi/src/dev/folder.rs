use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::keys;
use crate::target::RunFile;

/// Says that a process has the folder: an advisory lock that ends with the process, however it
/// ends. The file holds the process id, for whoever is refused.
const LOCK: &str = "lock";

/// The data folder, ours until this is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Absolute, without links.
    pub(crate) path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes it and takes it; nothing else in it is touched.
    ///
    /// # Errors
    /// Another process has it, also one that is still starting; or it cannot be written.
    pub(crate) fn take(data: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data).with_context(|| format!("make {}", data.display()))?;
        let path = data.canonicalize().with_context(|| format!("find {}", data.display()))?;
        let name = path.join(LOCK);
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&name)
            .with_context(|| format!("write {}", name.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("{}", taken(data, &mut file)),
            Err(TryLockError::Error(e)) => {
                return Err(e).with_context(|| format!("lock {}", name.display()));
            }
        }
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())?;
        Ok(Self { path, _lock: file })
    }

    /// Only what `lumi dev` makes is removed: a wrong `--data` costs nothing else. The server has
    /// to be stopped.
    ///
    /// # Errors
    /// The cluster cannot be removed.
    pub(crate) fn erase(&self) -> anyhow::Result<()> {
        let cluster = self.path.join("postgres");
        if let Ok(outside) = std::fs::read_link(&cluster) {
            std::fs::remove_dir_all(&outside).ok();
            std::fs::remove_file(&cluster)
                .with_context(|| format!("remove {}", cluster.display()))?;
        } else if cluster.exists() {
            std::fs::remove_dir_all(&cluster)
                .with_context(|| format!("remove {}", cluster.display()))?;
        }
        for file in [
            "run.json",
            keys::FILE,
            "postgres.password",
            "postgres.log",
            "admin.token",
            "demo.yaml",
        ] {
            std::fs::remove_file(self.path.join(file)).ok();
        }
        Ok(())
    }
}

/// Who has it. A run.json of that same process says where it serves; else it is still starting.
fn taken(data: &Path, lock: &mut File) -> String {
    let mut pid = String::new();
    lock.read_to_string(&mut pid).ok();
    let pid: Option<u32> = pid.trim().parse().ok();
    let run: Option<RunFile> = std::fs::read_to_string(data.join("run.json"))
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .filter(|run: &RunFile| Some(run.pid) == pid);
    let who = match (pid, run) {
        (Some(pid), Some(run)) => format!("process {pid}, {}", run.base_url),
        (Some(pid), None) => format!("process {pid}, starting or stopping"),
        (None, _) => "starting".to_owned(),
    };
    format!(
        "a lumi dev already runs on {} ({who}); stop it, or give another --data",
        data.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_once_and_says_by_whom() {
        let data = std::env::temp_dir().join(format!("lumi-folder-{}", uuid::Uuid::new_v4()));
        let first = Folder::take(&data).unwrap();
        let pid = std::process::id();
        let refused = || Folder::take(&data).unwrap_err().to_string();
        assert!(refused().contains(&format!("(process {pid}, starting")), "{}", refused());
        let run = |pid| {
            let run = RunFile {
                pid,
                base_url: "http://127.0.0.1:1".into(),
                admin_token: String::new(),
                database_url: String::new(),
            };
            std::fs::write(data.join("run.json"), serde_json::to_string(&run).unwrap()).unwrap();
        };
        run(pid);
        assert!(refused().contains(&format!("(process {pid}, http://127.0.0.1:1)")));
        // Left by one that was killed.
        run(pid + 1);
        assert!(refused().contains("starting"), "{}", refused());

        std::fs::write(data.join("mine.txt"), "kept").unwrap();
        std::fs::create_dir(data.join("postgres")).unwrap();
        first.erase().unwrap();
        assert!(!data.join("run.json").exists() && !data.join("postgres").exists());
        assert!(data.join("mine.txt").exists());
        drop(first);
        Folder::take(&data).unwrap();
        std::fs::remove_dir_all(&data).unwrap();
    }
}
