use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use lumi_domain::ChannelKind;
use lumi_queue::{Envelope, Publisher, partition};
use lumi_telemetry::{Metrics, Trace};
use tokio_util::task::TaskTracker;

use crate::answer::Refusal;
use crate::body::Held;

/// Stores verified bodies in the queue.
#[derive(Clone, Debug)]
pub(crate) struct Acceptor {
    publisher: Arc<Publisher>,
    metrics: Metrics,
    tasks: TaskTracker,
}

/// A verified body with what is known about it.
#[derive(Debug)]
pub(crate) struct Verified<'a> {
    pub(crate) kind: ChannelKind,
    /// The `{key}` of the path; empty for `/webhook`.
    pub(crate) endpoint: &'a str,
    pub(crate) webhook_id: Option<String>,
    pub(crate) traceparent: Option<&'a str>,
    pub(crate) body: Held,
}

impl Acceptor {
    pub(crate) fn new(publisher: Arc<Publisher>, metrics: Metrics) -> Self {
        Self { publisher, metrics, tasks: TaskTracker::new() }
    }

    /// `Ok` means stored. The confirm is awaited in a task of its own: a client that hangs up drops this
    /// future, not the message.
    pub(crate) async fn accept(&self, verified: Verified<'_>) -> Result<(), Refusal> {
        let (body, share) = verified.body.split();
        let partition = {
            let hint = lumi_channels::route_hint(verified.kind, &body);
            partition(hint.as_deref().unwrap_or(verified.endpoint))
        };
        let trace = Trace::of(verified.traceparent);
        let envelope = Envelope {
            kind: verified.kind,
            endpoint: verified.endpoint.to_owned(),
            received_at_ms: now_ms(),
            webhook_id: verified.webhook_id,
            traceparent: Some(trace.to_string()),
            body,
        };
        let (publisher, metrics) = (Arc::clone(&self.publisher), self.metrics.clone());
        let stored = self.tasks.spawn(async move {
            let begun = Instant::now();
            let stored = publisher.publish(partition, envelope).await;
            drop(share);
            match stored {
                Ok(()) => metrics.confirmed(begun.elapsed()),
                Err(error) => tracing::debug!(%error, trace_id = %trace.trace_id(), "Not stored"),
            }
            stored
        });
        match stored.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Refusal::Queue),
        }
    }

    /// Waits for the confirms under way.
    pub(crate) async fn settled(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
