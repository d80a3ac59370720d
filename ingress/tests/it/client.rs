use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;

/// Names and values of headers.
pub(crate) type Headers<'a> = &'a [(&'a str, &'a str)];

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// A request over a connection of its own.
pub(crate) async fn send(
    address: SocketAddr,
    method: Method,
    path: &str,
    headers: Headers<'_>,
    body: impl Into<Bytes>,
) -> Reply {
    let response = open(address, method, path, headers, Full::new(body.into())).await;
    read(response).await
}

/// A body without a length, in pieces.
pub(crate) async fn send_chunked(
    address: SocketAddr,
    path: &str,
    headers: Headers<'_>,
    pieces: Vec<Bytes>,
) -> Reply {
    let frames = pieces.into_iter().map(|piece| Ok::<_, std::io::Error>(Frame::data(piece)));
    let body = StreamBody::new(futures::stream::iter(frames));
    read(open(address, Method::POST, path, headers, body).await).await
}

pub(crate) async fn open<B>(
    address: SocketAddr,
    method: Method,
    path: &str,
    headers: Headers<'_>,
    body: B,
) -> Response<Incoming>
where
    B: hyper::body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    TaskTracker::new().spawn(connection);
    let mut request =
        Request::builder().method(method).uri(path).header("host", address.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = sender.send_request(request.body(body).unwrap()).await;
    response.unwrap_or_else(|error| panic!("{path}: {error}"))
}

async fn read(response: Response<Incoming>) -> Reply {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let status = StatusCode::as_u16(&head.status);
    Reply { status, headers: head.headers, body: String::from_utf8_lossy(&body).into_owned() }
}
