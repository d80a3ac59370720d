use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::{BodyExt as _, Empty};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use super::*;

fn request(method: Method, path: &str) -> Request<Empty<Bytes>> {
    Request::builder().method(method).uri(path).body(Empty::new()).expect("a request")
}

async fn get(ops: &Ops, path: &str) -> (StatusCode, String) {
    let response = handle(ops, &request(Method::GET, path)).await.expect("an ops route");
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

fn fixed(health: Health) -> Ops {
    Ops::new("1.2.3", Metrics::new(), move || std::future::ready(health.clone()))
}

#[tokio::test]
async fn health_is_told_as_the_contract_says() {
    let table = [
        (
            Health::idle(),
            r#"{"status":"ok","version":"1.2.3","database":null,"queue":null,"redis":null,"redis_latency_ms":null}"#,
            200,
        ),
        (
            Health {
                database: Some(true),
                queue: Some(true),
                redis: Some(true),
                redis_latency: Some(Duration::from_micros(1500)),
                ready: Ok(()),
            },
            r#"{"status":"ok","version":"1.2.3","database":true,"queue":true,"redis":true,"redis_latency_ms":1.5}"#,
            200,
        ),
        (
            Health { redis: Some(false), ..Health::idle() },
            r#"{"status":"degraded","version":"1.2.3","database":null,"queue":null,"redis":false,"redis_latency_ms":null}"#,
            200,
        ),
        (
            Health {
                queue: Some(false),
                ready: Err("the broker is away".into()),
                ..Health::idle()
            },
            r#"{"status":"degraded","version":"1.2.3","database":null,"queue":false,"redis":null,"redis_latency_ms":null}"#,
            503,
        ),
    ];
    for (health, json, ready) in table {
        let ops = fixed(health);
        assert_eq!(get(&ops, "/healthz").await, (StatusCode::OK, json.to_owned()));
        let (status, reason) = get(&ops, "/readyz").await;
        assert_eq!(status.as_u16(), ready);
        assert_eq!(reason.contains("the broker is away"), ready == 503, "{reason}");
    }
    let ops = fixed(Health::idle());
    assert!(get(&ops, "/metrics").await.1.ends_with("# EOF\n"));
    assert!(handle(&ops, &request(Method::GET, "/healthz/x")).await.is_none());
    let refused = handle(&ops, &request(Method::POST, "/healthz")).await.expect("an ops route");
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_hangs_is_told_as_broken_and_asked_once() {
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    let ops = Ops::new("1", Metrics::new(), || async {
        if LOOKS.fetch_add(1, Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        Health { database: Some(true), ..Health::idle() }
    });
    assert_eq!(ops.health().await.database, Some(true));
    std::thread::sleep(FRESH);
    let hung = ops.health().await;
    assert_eq!(hung.database, Some(false));
    assert!(hung.ready.is_err());
    std::thread::sleep(FRESH);
    assert_eq!(ops.health().await.database, Some(true), "the same look ended meanwhile");
    assert_eq!(LOOKS.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_server_answers_and_a_taken_port_is_a_configuration_error() {
    let any = "127.0.0.1:0".parse().expect("an address");
    let listener = listen("OPS_ADDR", any).await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let taken = listen("OPS_ADDR", address).await.expect_err("taken").to_string();
    assert!(taken.starts_with(&format!("OPS_ADDR={address}: cannot listen")), "{taken}");

    let shutdown = CancellationToken::new();
    let tasks = TaskTracker::new();
    let server = tasks.spawn(serve(listener, fixed(Health::idle()), shutdown.clone()));
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("the server");
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let mut answer = vec![0; 1024];
    let read = stream.read(&mut answer).await.expect("an answer");
    assert!(answer[..read].starts_with(b"HTTP/1.1 200 OK"));
    shutdown.cancel();
    server.await.expect("the server ends, though a connection is idle");
}
