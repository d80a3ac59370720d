use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// How the server treats one request, after it read and recorded it.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Answer(u16, &'static str),
    /// With one header.
    With(u16, &'static str, String, &'static str),
    /// This status and a body of so many bytes.
    Long(u16, usize),
    /// The head and half a body, then nothing.
    Stall(u16),
    /// No answer, connection kept.
    Hang,
    /// No answer, connection closed.
    HangUp,
}

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Plays its steps in order, then answers `200 {}` for ever.
#[derive(Clone, Debug)]
pub(crate) struct Fake {
    pub(crate) port: u16,
    steps: Arc<Mutex<VecDeque<Step>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<Mutex<usize>>,
}

impl Fake {
    pub(crate) async fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let fake = Self {
            port: listener.local_addr().unwrap().port(),
            steps: Arc::new(Mutex::new(steps.into_iter().collect())),
            seen: Arc::default(),
            connections: Arc::default(),
        };
        let (server, tasks) = (fake.clone(), TaskTracker::new());
        let connections = tasks.clone();
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *server.connections.lock().unwrap() += 1;
                let server = server.clone();
                connections.spawn(async move {
                    let service = service_fn(move |request| server.clone().serve(request));
                    let http = hyper::server::conn::http1::Builder::new();
                    drop(http.serve_connection(TokioIo::new(stream), service).await);
                });
            }
        });
        fake
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    async fn serve(self, request: Request<Incoming>) -> io::Result<Response<FakeBody>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let path = parts.uri.path_and_query().unwrap().to_string();
        self.seen.lock().unwrap().push(Seen { path, headers: parts.headers, body });
        let step = self.steps.lock().unwrap().pop_front();
        let answer = Response::builder();
        Ok(match step.unwrap_or(Step::Answer(200, "{}")) {
            Step::Answer(status, body) => answer.status(status).body(whole(body)),
            Step::With(status, name, value, body) => {
                answer.status(status).header(name, value).body(whole(body))
            }
            Step::Long(status, bytes) => answer.status(status).body(whole(vec![b'x'; bytes])),
            Step::Stall(status) => answer.status(status).body(stalled()),
            Step::Hang => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return Err(io::Error::other("hung"));
            }
            Step::HangUp => return Err(io::Error::other("hung up")),
        }
        .unwrap())
    }
}

type FakeBody = http_body_util::combinators::BoxBody<Bytes, io::Error>;

fn whole(body: impl Into<Bytes>) -> FakeBody {
    http_body_util::Full::new(body.into()).map_err(|never| match never {}).boxed()
}

fn stalled() -> FakeBody {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    sender.try_send(Ok(Frame::data(Bytes::from_static(b"{\"half\":")))).unwrap();
    let stream = futures::stream::unfold((receiver, sender), |(mut receiver, sender)| async {
        Some((receiver.recv().await?, (receiver, sender)))
    });
    StreamBody::new(Box::pin(stream)).boxed()
}
