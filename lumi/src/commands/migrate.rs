use anyhow::Context as _;

use super::Session;
use crate::ending::Ended;
use crate::output;

pub(super) async fn run(session: &Session) -> anyhow::Result<Ended> {
    let pending = session.db.pending_migrations().await.context("read the schema's version")?;
    if pending.is_empty() {
        output::line("The schema is up to date.")?;
        return Ok(Ended::Well);
    }
    session.db.migrate().await.context("migrate")?;
    for name in pending {
        output::line(format_args!("migrated: {name}"))?;
    }
    Ok(Ended::Well)
}
