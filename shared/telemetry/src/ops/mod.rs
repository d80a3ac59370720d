//! `/healthz`, `/readyz` and `/metrics`, as a server of their own or as routes of another one.

mod health;
mod server;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::Full;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::Metrics;

pub use health::Health;
pub use server::{listen, serve};

/// A probe that takes longer is told as not working.
const DEADLINE: Duration = Duration::from_secs(2);
/// Probes that come faster than this share one look at the backends.
const FRESH: Duration = Duration::from_millis(200);

/// What the ops routes tell: the health of one process, and its metrics. A clone shares both.
#[derive(Clone)]
pub struct Ops(Arc<Shared>);

struct Shared {
    version: &'static str,
    metrics: Metrics,
    look: Box<dyn Fn() -> BoxFuture<'static, Health> + Send + Sync>,
    state: Mutex<Looking>,
    tasks: TaskTracker,
}

#[derive(Default)]
struct Looking {
    last: Option<(Instant, Health)>,
    under_way: Option<JoinHandle<Health>>,
}

impl Ops {
    /// `look` asks the backends how they are, each time that a probe comes; one look runs at a time, in a
    /// task of its own that is never cancelled. `version` is the program's.
    pub fn new<F>(
        version: &'static str,
        metrics: Metrics,
        look: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Health> + Send + 'static,
    {
        Self(Arc::new(Shared {
            version,
            metrics,
            look: Box::new(move || Box::pin(look())),
            state: Mutex::default(),
            tasks: TaskTracker::new(),
        }))
    }

    /// How the process is: fresh, or what was known last with its backends told as not working.
    pub async fn health(&self) -> Health {
        let mut state = self.0.state.lock().await;
        if let Some((at, health)) = &state.last
            && at.elapsed() < FRESH
        {
            return health.clone();
        }
        let mut task = match state.under_way.take() {
            Some(task) => task,
            None => self.0.tasks.spawn((self.0.look)()),
        };
        let health = match tokio::time::timeout(DEADLINE, &mut task).await {
            Ok(Ok(health)) => health,
            Ok(Err(_)) => Health::silent(state.last.as_ref().map(|(_, health)| health)),
            Err(_) => {
                state.under_way = Some(task);
                Health::silent(state.last.as_ref().map(|(_, health)| health))
            }
        };
        state.last = Some((Instant::now(), health.clone()));
        health
    }
}

impl std::fmt::Debug for Ops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ops").field("version", &self.0.version).finish_non_exhaustive()
    }
}

/// Answers the three routes; `None` for any other path, so that a server may go on with its own.
pub async fn handle<B>(ops: &Ops, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
    let path = request.uri().path();
    if !matches!(path, "/healthz" | "/readyz" | "/metrics") {
        return None;
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut refusal = response(StatusCode::METHOD_NOT_ALLOWED, TEXT, String::new());
        refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Some(refusal);
    }
    Some(match path {
        "/healthz" => response(StatusCode::OK, JSON, ops.health().await.to_json(ops.0.version)),
        "/readyz" => match ops.health().await.ready {
            Ok(()) => response(StatusCode::OK, TEXT, "ready\n".to_owned()),
            Err(reason) => {
                response(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("not ready: {reason}\n"))
            }
        },
        _ => response(StatusCode::OK, OPEN_METRICS, ops.0.metrics.text()),
    })
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn response(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests;
