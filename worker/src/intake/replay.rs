use lumi_queue::Envelope;
use lumi_store::StoreError;
use lumi_store::pipeline::RawRow;

use super::{Rows, read};
use crate::shared::Shared;

/// Parses raw letters that an operator replays: dedupe and order are those of the first time.
///
/// # Errors
/// The database is away.
pub(crate) async fn replay_raw(shared: &Shared) -> Result<(), StoreError> {
    let letters = shared.db.take_raw(100).await?;
    for row in letters {
        match again(shared, &row).await? {
            Ok(rows) => match shared.db.store_messages(&rows.messages, &rows.events, &[]).await {
                Ok(_) => {
                    shared.db.finish_raw(row.id).await?;
                    shared.wake.notify_one();
                }
                Err(error) if error.is_data() => {
                    shared.db.fail_raw(row.id, "refused", &error.to_string()).await?;
                }
                Err(error) => return Err(error),
            },
            Err((reason, detail)) => shared.db.fail_raw(row.id, &reason, &detail).await?,
        }
    }
    Ok(())
}

/// The rows of a letter, or why it is still none.
async fn again(
    shared: &Shared,
    row: &RawRow,
) -> Result<Result<Rows, (String, String)>, StoreError> {
    let letter = &row.letter;
    let Ok(kind) = letter.kind.parse() else {
        let detail = format!("`{}` is no channel kind of this build", letter.kind);
        return Ok(Err((letter.reason.clone(), detail)));
    };
    let envelope = Envelope {
        kind,
        endpoint: letter.endpoint.clone(),
        received_at_ms: letter.received_at.timestamp_millis(),
        webhook_id: letter.webhook_id.clone(),
        traceparent: letter.traceparent.clone(),
        body: letter.body.clone().into(),
    };
    let mut rows = Rows::default();
    Ok(match read::envelope_rows(shared, &envelope, 0, &mut rows).await? {
        read::Known::No => {
            Err(("unknown_channel".into(), format!("no channel has the key `{}`", letter.endpoint)))
        }
        read::Known::Yes => match rows.raw.pop() {
            Some(still) => Err((still.reason, still.detail)),
            None => {
                // The dialogue has gone on without it.
                rows.messages.iter_mut().for_each(|m| m.replayed = true);
                Ok(rows)
            }
        },
    })
}
