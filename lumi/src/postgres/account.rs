use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// PostgreSQL refuses to run as root. Root hands its data to this account (`nobody` on Debian).
const NOBODY: u32 = 65_534;

/// As whom the server runs and where its data is.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// `None`: as ourselves.
    pub(crate) user: Option<u32>,
    /// Folder of the cluster.
    pub(crate) cluster: PathBuf,
}

/// Decides it, and makes the folder. As root the data belongs to another account; where that one
/// cannot reach into the data folder (a clone below a 0700 folder), the cluster is made in
/// `/var/tmp` and linked.
///
/// # Errors
/// A folder cannot be made.
pub(crate) fn prepare(data: &Path) -> anyhow::Result<Account> {
    let inside = data.join("postgres");
    if !rustix::process::geteuid().is_root() {
        make(&inside)?;
        return Ok(Account { user: None, cluster: inside });
    }
    let cluster = match std::fs::read_link(&inside) {
        Ok(outside) => outside,
        Err(_) if inside.is_dir() || reachable(data) => inside,
        Err(_) => link_outside(data, &inside)?,
    };
    make(&cluster)?;
    chown(&cluster, Some(NOBODY), Some(NOBODY))
        .with_context(|| format!("give {} to the server's account", cluster.display()))?;
    Ok(Account { user: Some(NOBODY), cluster })
}

/// Whether the server's account can reach that installation.
pub(crate) fn may_run(home: &Path) -> bool {
    !rustix::process::geteuid().is_root() || reachable(home)
}

fn make(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))
}

/// Whether any account may walk down to the folder.
fn reachable(folder: &Path) -> bool {
    folder.ancestors().all(|dir| {
        dir.as_os_str().is_empty()
            || std::fs::metadata(dir).is_ok_and(|m| m.permissions().mode() & 0o001 != 0)
    })
}

fn link_outside(data: &Path, inside: &Path) -> anyhow::Result<PathBuf> {
    let outside = PathBuf::from(format!("/var/tmp/lumi-data-{}", uuid::Uuid::new_v4().simple()));
    make(&outside)?;
    symlink(&outside, inside).with_context(|| format!("link {}", inside.display()))?;
    tracing::info!(data = %data.display(), cluster = %outside.display(),
        "The database's account cannot reach the data folder; its files are outside, linked");
    Ok(outside)
}
