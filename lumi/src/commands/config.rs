use crate::ending::Ended;
use crate::output;

/// What `lumi config` is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// As a page in Markdown: every variable with its default and unit (docs/configuration.md)
    #[arg(long, required = true)]
    markdown: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ended> {
    if args.markdown {
        output::line(lumi_config::markdown().trim_end())?;
    }
    Ok(Ended::Well)
}
