//! From the queue into the inbox. An ack means "in the inbox", nothing else; liveness from there
//! on is the database's.

mod read;
mod replay;

use std::sync::Arc;
use std::time::Duration;

use lumi_queue::{Consumer, Delay, Delivery, Ticket};
use lumi_store::StoreError;
use lumi_store::pipeline::{EventRow, MessageRow, RawLetter, Stored};

use lumi_telemetry::Inbox;

use crate::shared::Shared;
pub(crate) use replay::replay_raw;

/// Most deliveries stored in one transaction.
const BATCH: usize = 256;

/// How long a batch may gather: small beside a commit, enough to share one.
const LINGER: Duration = Duration::from_millis(2);

/// A delivery seen this often is stored alone: it may be what kills its neighbours.
const SUSPECT: u32 = 3;

/// What deliveries come down to.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) messages: Vec<MessageRow>,
    pub(crate) events: Vec<EventRow>,
    pub(crate) raw: Vec<RawLetter>,
}

/// Takes deliveries until the process stops, then gives back what it has not stored.
pub(crate) async fn run(
    shared: Arc<Shared>,
    mut consumer: Consumer,
    mut paused: tokio::sync::watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            biased;
            () = shared.stopping.cancelled() => break,
            // Taking nothing is all it takes to pause: the prefetch bounds what is held.
            () = resumed(&mut paused) => {}
        }
        let deliveries = tokio::select! {
            biased;
            () = shared.stopping.cancelled() => break,
            deliveries = consumer.next(BATCH, LINGER) => deliveries,
        };
        store(&shared, &mut consumer, deliveries).await;
    }
    consumer.cancel().await;
    consumer.close().await;
}

async fn resumed(paused: &mut tokio::sync::watch::Receiver<bool>) {
    if paused.wait_for(|p| !p).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn store(shared: &Arc<Shared>, consumer: &mut Consumer, deliveries: Vec<Delivery>) {
    let (alone, together): (Vec<Delivery>, Vec<Delivery>) =
        deliveries.into_iter().partition(|d| d.seen >= SUSPECT);
    store_batch(shared, consumer, together).await;
    for delivery in alone {
        store_batch(shared, consumer, vec![delivery]).await;
    }
}

/// Reads and stores some deliveries, then acks them. While the database is away it goes on
/// trying and acks nothing.
async fn store_batch(shared: &Arc<Shared>, consumer: &mut Consumer, deliveries: Vec<Delivery>) {
    let mut rows = Rows::default();
    let mut stored: Vec<Ticket> = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        match read::read(shared, &delivery, &mut rows).await {
            read::Reading::Rows => stored.push(delivery.ticket),
            read::Reading::Later(delay) => park(consumer, &delivery, delay).await,
            read::Reading::Stopping => return,
        }
    }
    fail::fail_point!("intake_before_store");
    if !rows.is_empty() {
        shared.metrics.inbox(Inbox::Event, rows.events.len() as u64);
        shared.metrics.inbox(Inbox::Raw, rows.raw.len() as u64);
        let Some(count) = insert(shared, rows).await else { return };
        shared.metrics.inbox(Inbox::Stored, count.messages as u64);
        shared.metrics.inbox(Inbox::Duplicate, count.duplicates as u64);
        shared.wake.notify_one();
    }
    fail::fail_point!("intake_before_ack");
    consumer.ack(&stored).await;
}

async fn park(consumer: &mut Consumer, delivery: &Delivery, delay: Delay) {
    if let Err(error) = consumer.park(delivery, delay).await {
        // Unacked and given back: it comes again in a moment.
        tracing::warn!(source = %delivery.source, %error, "A delivery could not be put aside");
    }
}

/// Stores rows, for as long as it takes; `None` when the process stops meanwhile. Values that the
/// database refuses are found one by one and kept as raw letters.
async fn insert(shared: &Arc<Shared>, rows: Rows) -> Option<Stored> {
    let mut pause = Duration::from_millis(50);
    loop {
        match shared.db.store_messages(&rows.messages, &rows.events, &rows.raw).await {
            Ok(stored) => {
                shared.reach.ok();
                return Some(stored);
            }
            Err(error) if error.is_data() => return insert_singly(shared, rows, &error).await,
            Err(error) => {
                shared.reach.broken();
                tracing::warn!(%error, "Deliveries could not be stored; trying again");
            }
        }
        tokio::select! {
            () = shared.stopping.cancelled() => return None,
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(Duration::from_secs(2)),
        }
    }
}

async fn insert_singly(shared: &Arc<Shared>, rows: Rows, error: &StoreError) -> Option<Stored> {
    tracing::warn!(%error, "A batch was refused; storing its rows one by one");
    let mut total = Stored::default();
    let singles = rows
        .messages
        .into_iter()
        .map(|m| Rows { messages: vec![m], ..Rows::default() })
        .chain(rows.events.into_iter().map(|e| Rows { events: vec![e], ..Rows::default() }))
        .chain(rows.raw.into_iter().map(|r| Rows { raw: vec![r], ..Rows::default() }));
    for mut single in singles {
        let mut pause = Duration::from_millis(50);
        loop {
            let done = shared.db.store_messages(&single.messages, &single.events, &single.raw);
            match done.await {
                Ok(stored) => {
                    total.messages += stored.messages;
                    total.duplicates += stored.duplicates;
                    break;
                }
                // What the database refuses as a message is kept in the raw, never dropped.
                Err(error) if error.is_data() && single.raw.is_empty() => {
                    tracing::error!(%error, "A row was refused by the database");
                    single = refused(&single, &error);
                    continue;
                }
                Err(error) => tracing::error!(%error, "A row could not be stored; trying again"),
            }
            tokio::select! {
                () = shared.stopping.cancelled() => return None,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(Duration::from_secs(2)),
            }
        }
    }
    Some(total)
}

fn refused(single: &Rows, error: &StoreError) -> Rows {
    let letter = |tenant, channel_id: i64, external_id: &str, received_at, body: &str| RawLetter {
        tenant,
        kind: "refused".into(),
        endpoint: channel_id.to_string(),
        webhook_id: Some(external_id.to_owned()),
        traceparent: None,
        received_at,
        body: body.as_bytes().to_vec(),
        reason: "refused".into(),
        detail: error.to_string(),
    };
    let messages = single.messages.iter().map(|m| {
        letter(Some(m.tenant.clone()), m.channel_id, &m.external_id, m.received_at, &m.text.0)
    });
    let events = single
        .events
        .iter()
        .map(|e| letter(None, e.channel_id, &e.external_id, e.received_at, &e.what));
    Rows { raw: messages.chain(events).collect(), ..Rows::default() }
}

impl Rows {
    fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.events.is_empty() && self.raw.is_empty()
    }
}
