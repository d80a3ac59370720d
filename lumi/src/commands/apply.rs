use std::path::PathBuf;

use anyhow::Context as _;
use lumi_config::{Env, Program};
use lumi_domain::retrieval;
use lumi_store::manifest::{ApplyOptions, ChangeLine, Prune, Run};

use super::Session;
use crate::ending::{Ended, Usage};
use crate::{manifest, output};

const EXAMPLES: &str = "\
Examples:
  lumi apply -f chez-nous.yaml
  lumi apply -f chez-nous.yaml -f garage.json --dry-run
  lumi apply -f chez-nous.yaml --prune --yes

Every file describes one tenant. All files are checked before anything is written, and each is
applied in one transaction; applying it again changes nothing. --prune removes what an earlier
apply created and the file no longer names: owners, channels, FAQs of that tenant. A channel with
conversations is disabled instead.";

/// What `lumi apply` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A manifest, YAML or JSON; may be given several times
    #[arg(short = 'f', long = "file", value_name = "FILE", required = true, num_args = 1..)]
    files: Vec<PathBuf>,
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    /// Remove what an earlier apply created and the manifest no longer names; only with --yes
    #[arg(long)]
    prune: bool,
    /// Really remove it
    #[arg(long)]
    yes: bool,
    /// Changes as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, data: Option<PathBuf>) -> anyhow::Result<Ended> {
    if args.prune && !args.yes && !args.dry_run {
        return Err(
            Usage("--prune removes rows: add --yes, or --dry-run to see which".into()).into()
        );
    }
    let env = Env::load()?;
    env.check(Program::Cli)?;
    let manifests = manifest::read(&args.files, &env)?;
    for warning in &manifests.warnings {
        output::note(format_args!("warning: {warning}"));
    }
    if !manifests.mistakes.is_empty() {
        for mistake in &manifests.mistakes {
            output::note(mistake);
        }
        output::error("nothing was applied");
        return Ok(Ended::Badly);
    }
    let session = Session::open(data).await?;
    let keys = session.keys()?;
    let options = ApplyOptions {
        run: if args.dry_run { Run::Dry } else { Run::Commit },
        prune: if args.prune { Prune::Remove } else { Prune::Keep },
        tokens: retrieval::tokens,
    };
    let mut all = Vec::new();
    for spec in &manifests.tenants {
        let changes = session
            .db
            .apply(&keys, spec, options)
            .await
            .with_context(|| format!("apply tenant {}", spec.id))?;
        if args.json {
            all.extend(changes);
        } else {
            say(spec.id.as_str(), &changes)?;
        }
    }
    if args.json {
        output::json(&all)?;
    }
    if args.dry_run {
        output::note("A dry run: nothing was written.");
    }
    Ok(Ended::Well)
}

fn say(tenant: &str, changes: &[ChangeLine]) -> std::io::Result<()> {
    if changes.is_empty() {
        output::line(format_args!("{tenant}: nothing to change"))?;
    }
    changes.iter().try_for_each(output::line)
}
