//! Manifests: YAML or JSON files that describe tenants. Everything that is wrong with them is
//! found here, with file, line and column, before anything is written.

mod check;
mod faq;
mod schema;
mod secret;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use lumi_config::Env;
use lumi_store::manifest::TenantSpec;
use serde_saphyr::Location;

/// A mistake, or something worth a warning, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remark {
    file: PathBuf,
    line: u64,
    column: u64,
    text: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file.display(), self.line, self.column, self.text)
    }
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Manifests {
    /// One per file, in the order given; complete only when there are no mistakes.
    pub(crate) tenants: Vec<TenantSpec>,
    /// Why nothing may be applied.
    pub(crate) mistakes: Vec<Remark>,
    /// What should be mended some day.
    pub(crate) warnings: Vec<Remark>,
}

/// Reads files; `env` answers `{env: NAME}`.
///
/// # Errors
/// A file cannot be read.
pub(crate) fn read(files: &[PathBuf], env: &Env) -> anyhow::Result<Manifests> {
    use anyhow::Context as _;
    let mut all = Manifests::default();
    let mut taken = Taken::default();
    for file in files {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("read the manifest {}", file.display()))?;
        let mut reader = Reader { file, env, found: Manifests::default() };
        if let Some(manifest) = reader.parse(&text) {
            taken.note(&mut reader, &manifest);
            reader.check(&manifest);
        }
        all.tenants.append(&mut reader.found.tenants);
        all.mistakes.append(&mut reader.found.mistakes);
        all.warnings.append(&mut reader.found.warnings);
    }
    Ok(all)
}

/// Reads one file.
struct Reader<'a> {
    file: &'a Path,
    env: &'a Env,
    found: Manifests,
}

impl Reader<'_> {
    fn parse(&mut self, text: &str) -> Option<schema::Manifest> {
        // "yes" and "no" are words here: Norway's code is NO.
        let options = serde_saphyr::options! { strict_booleans: true };
        match serde_saphyr::from_str_with_options(text, options) {
            Ok(manifest) => Some(manifest),
            Err(error) => {
                let text = schema::words(error.without_snippet());
                self.mistake(error.location().unwrap_or(Location::UNKNOWN), text);
                None
            }
        }
    }

    fn mistake(&mut self, at: Location, text: impl Into<String>) {
        let remark = self.remark(at, text.into());
        self.found.mistakes.push(remark);
    }

    fn warn(&mut self, at: Location, text: impl Into<String>) {
        let remark = self.remark(at, text.into());
        self.found.warnings.push(remark);
    }

    fn remark(&self, at: Location, text: String) -> Remark {
        Remark {
            file: self.file.to_owned(),
            line: at.line().max(1),
            column: at.column().max(1),
            text,
        }
    }
}

/// What the files before have claimed: one tenant is one file, a key is one channel.
#[derive(Default)]
struct Taken {
    tenants: BTreeMap<String, PathBuf>,
    channels: BTreeMap<String, PathBuf>,
}

impl Taken {
    fn note(&mut self, reader: &mut Reader<'_>, manifest: &schema::Manifest) {
        let claim = |map: &mut BTreeMap<String, PathBuf>, name: &str| {
            map.insert(name.to_owned(), reader.file.to_owned())
        };
        let tenant = &manifest.tenant;
        if let Some(other) = claim(&mut self.tenants, &tenant.value) {
            reader.mistake(
                tenant.referenced,
                format!(
                    "tenant `{}` is in {} too: one file describes one tenant",
                    tenant.value,
                    other.display()
                ),
            );
        }
        for channel in manifest.channels.iter().flatten() {
            let key = &channel.value.key;
            let before = self.channels.insert(key.value.clone(), reader.file.to_owned());
            if let Some(other) = before {
                reader.mistake(
                    key.referenced,
                    format!(
                        "channel key `{}` is in {} already: keys are unique in the deployment",
                        key.value,
                        other.display()
                    ),
                );
            }
        }
    }
}
