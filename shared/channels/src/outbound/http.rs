//! One request and what is known about it afterwards.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::guard::{Denied, Guard, GuardedResolver};

/// Bytes of an answer that are read: enough for every platform's, and a bound for hostile ones.
const ANSWER_MAX: usize = 64 * 1024;
const CONNECT: Duration = Duration::from_secs(5);
/// Below the 5 s after which common servers (Node, uvicorn) close an idle connection: a request
/// written into a closing connection has an unknown outcome.
const IDLE: Duration = Duration::from_secs(4);

/// A request, and whose address it goes to.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) request: Request<Bytes>,
    pub(crate) reach: Reach,
}

/// Whom the address comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The platform or the operator: any address.
    Anywhere,
    /// A manifest: public addresses and `OUTBOUND_ALLOW`.
    Guarded,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The server spoke.
    Heard(Heard),
    /// Not a byte was handed over.
    NotSent(String),
    /// The address is one that a manifest may not name.
    Denied(String),
    /// Handed over, at least in part, and no answer came.
    Lost(String),
}

#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// `None`: cut off, too long or too slow.
    pub(crate) body: Option<Bytes>,
}

type Pool<R> = Client<HttpsConnector<HttpConnector<R>>, Tracked>;

/// Two pools of keep-alive connections, so that a guarded request never rides on an unguarded one.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    open: Pool<GaiResolver>,
    guarded: Pool<GuardedResolver>,
    guard: Guard,
}

impl Http {
    pub(super) fn new(guard: Guard) -> Self {
        let resolver = GuardedResolver::new(guard.clone());
        Self { open: pool(GaiResolver::new()), guarded: pool(resolver), guard }
    }

    /// Sends once; redirects are answers like any other. `limit` covers everything from the name
    /// lookup to the last byte.
    pub(crate) async fn post(&self, call: Call, limit: Duration) -> Answer {
        if call.reach == Reach::Guarded
            && let Err(denied) = self.guard.check_literal(call.request.uri())
        {
            return Answer::Denied(denied.to_string());
        }
        let handed_over = Arc::new(AtomicBool::new(false));
        let request = call.request.map(|data| Tracked { data, handed_over: handed_over.clone() });
        let response = match call.reach {
            Reach::Anywhere => self.open.request(request),
            Reach::Guarded => self.guarded.request(request),
        };
        let deadline = tokio::time::Instant::now() + limit;
        match tokio::time::timeout_at(deadline, response).await {
            Ok(Ok(response)) => {
                let (parts, body) = response.into_parts();
                let body = tokio::time::timeout_at(deadline, read(body)).await.unwrap_or(None);
                Answer::Heard(Heard { status: parts.status, headers: parts.headers, body })
            }
            Ok(Err(error)) => match denial(&error) {
                Some(denied) => Answer::Denied(denied.to_string()),
                None => unanswered(&handed_over, innermost(&error)),
            },
            Err(_) => unanswered(&handed_over, format!("no answer within {} s", limit.as_secs())),
        }
    }
}

fn unanswered(handed_over: &AtomicBool, reason: String) -> Answer {
    if handed_over.load(Ordering::Acquire) { Answer::Lost(reason) } else { Answer::NotSent(reason) }
}

async fn read(body: Incoming) -> Option<Bytes> {
    Limited::new(body, ANSWER_MAX).collect().await.ok().map(|body| body.to_bytes())
}

fn pool<R>(resolver: R) -> Pool<R>
where
    HttpConnector<R>: tower_service::Service<
            http::Uri,
            Response: hyper_util::client::legacy::connect::Connection
                          + hyper::rt::Read
                          + hyper::rt::Write
                          + Send
                          + Unpin
                          + 'static,
            Error: Into<Box<dyn Error + Send + Sync>>,
            Future: Send + 'static,
        > + Clone
        + Send
        + Sync
        + 'static,
    R: Clone,
{
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    let tls = HttpsConnectorBuilder::new()
        .with_webpki_roots()
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE)
        .pool_timer(TokioTimer::new())
        .build(tls)
}

/// The refusal of the guarded resolver, wherever in the chain it is.
fn denial<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Denied> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(denied) = error.downcast_ref::<Denied>() {
            return Some(denied);
        }
        next = error.source();
    }
    None
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// A body that knows whether the connection has taken it. Until then nothing of the request was
/// written: hyper asks for the body in the same turn in which it buffers the head.
pub(crate) struct Tracked {
    data: Bytes,
    handed_over: Arc<AtomicBool>,
}

impl Body for Tracked {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.handed_over.store(true, Ordering::Release);
        let data = std::mem::take(&mut self.data);
        Poll::Ready((!data.is_empty()).then(|| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.len() as u64)
    }
}
