use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use lumi_config::ConfigError;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Ops, handle};

/// A connection that says nothing for so long is closed.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Listens on an address that a variable (or flag) names.
///
/// # Errors
/// [`ConfigError::Listen`] when the port is taken or the address is not this machine's.
pub async fn listen(name: &'static str, address: SocketAddr) -> Result<TcpListener, ConfigError> {
    TcpListener::bind(address).await.map_err(|error| ConfigError::Listen {
        name,
        address: address.to_string(),
        reason: error.to_string(),
    })
}

/// Serves the ops routes until the shutdown. Answers under way are finished.
pub async fn serve(listener: TcpListener, ops: Ops, shutdown: CancellationToken) {
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                tasks.spawn(connection(TokioIo::new(stream), ops.clone(), shutdown.clone()));
            }
            Err(error) => {
                // Out of file descriptors, as a rule: waiting lets some be closed.
                tracing::warn!(%error, "An ops connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    tasks.close();
    tasks.wait().await;
}

async fn connection(io: TokioIo<tokio::net::TcpStream>, ops: Ops, shutdown: CancellationToken) {
    let service = service_fn(move |request| {
        let ops = ops.clone();
        async move { Ok::<_, Infallible>(handle(&ops, &request).await.unwrap_or_else(missing)) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(io, service);
    tokio::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = shutdown.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "An ops connection ended early");
    }
}

fn missing() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
