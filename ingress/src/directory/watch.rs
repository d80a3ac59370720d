use std::sync::Arc;
use std::time::Duration;

use lumi_store::{Change, Db, Topic};
use tokio_util::sync::CancellationToken;

use super::Directory;
use crate::chat::Chat;

/// Between two attempts to listen.
const RETRY: Duration = Duration::from_millis(500);

/// Follows what other processes tell, and reads what changed, until `closing`.
pub(crate) async fn watch(
    db: Db,
    directory: Arc<Directory>,
    chat: Chat,
    closing: CancellationToken,
) {
    tokio::join!(listen(&db, &directory, &chat, &closing), directory.read_changed(&closing));
}

async fn listen(db: &Db, directory: &Directory, chat: &Chat, closing: &CancellationToken) {
    let mut listener = db.listen(&[Topic::Settings, Topic::Web]);
    let mut away = false;
    loop {
        // The connection is this loop's own and is dropped with it: nobody gets it half used.
        let change = tokio::select! {
            change = listener.next() => change,
            () = closing.cancelled() => return,
        };
        match change {
            Ok(change) => {
                if std::mem::take(&mut away) {
                    tracing::info!("The database is back: settings are read again");
                }
                follow(change, directory, chat);
            }
            Err(error) => {
                if !std::mem::replace(&mut away, true) {
                    tracing::warn!(%error, "The database is away: going on with what is known");
                }
                tokio::select! {
                    () = tokio::time::sleep(RETRY) => {}
                    () = closing.cancelled() => return,
                }
            }
        }
    }
}

fn follow(change: Change, directory: &Directory, chat: &Chat) {
    match change {
        Change::Connected => {
            directory.all_changed();
            chat.examples.clear();
            chat.bell.ring_all();
        }
        Change::Channel(key) => directory.changed(&key),
        Change::Tenant(tenant) => {
            chat.examples.remove(&tenant);
            directory.tenant_changed(&tenant);
        }
        Change::Web(conversation) => chat.bell.ring(conversation),
        Change::Wake(_) => {}
    }
}
