use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::send_chunked;
use crate::world::{World, meta};

const MIB: usize = 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn bodies_over_the_cap_are_refused_whether_or_not_they_tell_their_length() {
    let mut world = World::start().await;
    let table = [("/webhooks/whatsapp/wa", 3 * MIB), ("/chat/chat/session", 4096)];
    for (path, cap) in table {
        let over = world.post(path, &[], vec![b'x'; cap + 1]).await;
        assert_eq!(over.status, 413, "{path}");
        let pieces = vec![Bytes::from(vec![b'x'; cap / 2]); 4];
        let over = send_chunked(world.public, path, &[], pieces).await;
        assert_eq!(over.status, 413, "{path} in pieces");
    }
    let large = vec![b'x'; 3 * MIB];
    let signature = meta(&large);
    let headers = [("x-hub-signature-256", signature.as_str())];
    let taken = world.post("/webhooks/whatsapp/wa", &headers, large).await;
    assert_eq!(taken.status, 200);
    assert_eq!(world.envelope().await.body.len(), 3 * MIB);
    world.ended().await;
}

/// What the server says to these bytes, and how long it took until it hung up.
async fn said(world: &World, bytes: &[u8]) -> (String, Duration) {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(world.public).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    // A reset after the answer is a way to hang up, too.
    let read = tokio::time::timeout(Duration::from_secs(20), read).await;
    assert!(read.is_ok(), "the connection is still open after 20 s");
    (String::from_utf8_lossy(&answer).into_owned(), begun.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_malformed_requests_end_and_keep_nobody_waiting() {
    let world = World::start().await;
    let half_body =
        b"POST /webhooks/standard/std HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf";
    let half_head = b"POST /webhooks/standard/std HTTP/1.1\r\nhost: x\r\ncontent-le";
    let two_lengths = b"POST /webhooks/standard/std HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nhalf!";
    let both = b"POST /webhooks/standard/std HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: xchunked\r\n\r\nhalf";
    let no_http = b"\x16\x03\x01\x00\xf8 hello\r\n\r\n";
    let closed_early = b"POST /webhooks/standard/std HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n";
    let (body, head, lengths, both, no_http, chunk) = tokio::join!(
        said(&world, half_body),
        said(&world, half_head),
        said(&world, two_lengths),
        said(&world, both),
        said(&world, no_http),
        said(&world, closed_early),
    );
    assert!(body.0.starts_with("HTTP/1.1 408"), "{body:?}");
    assert!((9..15).contains(&body.1.as_secs()), "{body:?}");
    assert!((9..15).contains(&head.1.as_secs()), "{head:?}");
    for (what, (answer, took)) in
        [("lengths", lengths), ("both", both), ("no HTTP", no_http), ("chunk", chunk)]
    {
        assert!(answer.starts_with("HTTP/1.1 400"), "{what}: {answer}");
        assert!(took < Duration::from_secs(5), "{what}: {took:?}");
    }
    // A hundred connections that say nothing are in nobody's way.
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(TcpStream::connect(world.public).await.unwrap());
    }
    let begun = Instant::now();
    assert_eq!(world.get("/webhooks/standard/std", &[]).await.status, 405);
    assert!(begun.elapsed() < Duration::from_secs(1));
    drop(idle);
    world.ended().await;
}
