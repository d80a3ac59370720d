//! The tenant that `lumi dev` makes on its first start.

use std::path::Path;

use anyhow::{Context as _, ensure};
use lumi_config::Env;
use lumi_domain::retrieval;
use lumi_store::Db;
use lumi_store::manifest::{ApplyOptions, Prune, Run};
use lumi_store::seal::Keyring;

/// Makes the demo tenant unless there is any tenant already; true when it was made. Its manifest
/// is left in the data folder, to be edited and applied.
///
/// # Errors
/// The folder cannot be written, or the database refuses.
pub(crate) async fn seed(data: &Path, env: &Env, db: &Db, keys: &Keyring) -> anyhow::Result<bool> {
    if !db.tenant_list().await?.is_empty() {
        return Ok(false);
    }
    let file = data.join("demo.yaml");
    std::fs::write(&file, include_str!("demo.yaml"))
        .with_context(|| format!("write {}", file.display()))?;
    let manifests = crate::manifest::read(&[file], env)?;
    ensure!(manifests.mistakes.is_empty(), "the demo's manifest: {:?}", manifests.mistakes);
    let options = ApplyOptions { run: Run::Commit, prune: Prune::Keep, tokens: retrieval::tokens };
    for tenant in &manifests.tenants {
        db.apply(keys, tenant, options).await?;
    }
    Ok(true)
}
