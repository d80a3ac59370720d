use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What was sent to a platform.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Path of the request.
    pub path: String,
    /// Its headers.
    pub headers: hyper::HeaderMap,
    /// Its body.
    pub body: serde_json::Value,
}

/// What the platform answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// This status and JSON; only 2xx counts as taken.
    Json(u16, serde_json::Value),
    /// Takes it, and never answers.
    TakeAndHang,
}

type Script = Box<dyn FnMut(&Sent) -> Answer + Send>;

/// A stand-in for other people's HTTP.
#[derive(Clone)]
pub struct Platform {
    /// `http://127.0.0.1:port`.
    pub base: String,
    inner: Arc<Inner>,
}

struct Inner {
    taken: Mutex<Vec<Sent>>,
    script: Mutex<Script>,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Platform {
    /// Takes everything.
    pub async fn start() -> Self {
        Self::scripted(|_| {
            Answer::Json(200, serde_json::json!({"messages": [{"id": "wamid.TEST"}], "ok": true, "result": {"message_id": 1}}))
        })
        .await
    }

    /// Answers what the script says.
    ///
    /// # Panics
    /// When no port is free.
    #[expect(clippy::disallowed_methods, reason = "the server ends with the test's runtime")]
    pub async fn scripted(script: impl FnMut(&Sent) -> Answer + Send + 'static) -> Self {
        let listener =
            TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let inner =
            Arc::new(Inner { taken: Mutex::default(), script: Mutex::new(Box::new(script)) });
        let serving = Arc::clone(&inner);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inner = Arc::clone(&serving);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(Arc::clone(&inner), request));
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await
                        .ok();
                });
            }
        });
        Self { base, inner }
    }

    /// From now on answers what this script says.
    pub fn script(&self, script: impl FnMut(&Sent) -> Answer + Send + 'static) {
        *lock(&self.inner.script) = Box::new(script);
    }

    /// What was taken so far, in order.
    pub fn taken(&self) -> Vec<Sent> {
        lock(&self.inner.taken).clone()
    }

    /// The texts taken so far, in order, whatever the platform.
    pub fn texts(&self) -> Vec<String> {
        self.taken().iter().map(|sent| text(&sent.body)).collect()
    }

    /// Waits until so much was taken.
    ///
    /// # Panics
    /// After 30 s.
    pub async fn wait(&self, count: usize) -> Vec<Sent> {
        for _ in 0..3000 {
            let taken = self.taken();
            if taken.len() >= count {
                return taken;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} of {count} replies after 30 s: {:?}", self.taken().len(), self.texts());
    }
}

async fn answer(
    inner: Arc<Inner>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let sent = Sent {
        path: head.uri.path().to_owned(),
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let answer = (lock(&inner.script))(&sent);
    let (status, json) = match answer {
        Answer::Json(status, json) => (status, json),
        Answer::TakeAndHang => {
            lock(&inner.taken).push(sent);
            return std::future::pending().await;
        }
    };
    if (200..300).contains(&status) {
        lock(&inner.taken).push(sent);
    }
    let mut response = Response::new(Full::new(Bytes::from(json.to_string())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    Ok(response)
}

fn text(body: &serde_json::Value) -> String {
    let places = ["/text/body", "/interactive/body/text", "/data/text", "/text"];
    places
        .iter()
        .find_map(|place| body.pointer(place).and_then(|t| t.as_str()))
        .unwrap_or_default()
        .to_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
