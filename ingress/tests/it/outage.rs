use std::time::{Duration, Instant};

use lumi_testing::{TestDb, service_url};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::wire::Wire;
use crate::world::{WHSEC, World, standard_headers};

const BODY: &[u8] = br#"{"type":"message.received","data":{}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn without_the_broker_it_is_503_at_once_and_200_again_when_it_is_back() {
    let amqp = service_url("LUMI_TEST_AMQP_URL");
    let wire = Wire::to(&amqp).await;
    let mut world = World::with(&[("AMQP_URL", &wire.through(&amqp))]).await;
    assert_eq!(world.standard("std", WHSEC, "msg_1", BODY).await.status, 200);
    world.envelope().await;

    wire.cut();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(6) {
        let asked = Instant::now();
        let reply = world.standard("std", WHSEC, "msg_2", BODY).await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, "1"));
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let ready = world.probe("/readyz").await;
    assert_eq!(ready.status, 503, "away for more than 5 s: {ready:?}");
    let health = world.probe("/healthz").await;
    assert_eq!(health.status, 200);
    assert_eq!(health.json()["status"], "degraded");
    assert_eq!(health.json()["queue"], false);

    wire.mend();
    world.ready().await;
    assert_eq!(world.standard("std", WHSEC, "msg_3", BODY).await.status, 200);
    assert_eq!(world.envelope().await.webhook_id.as_deref(), Some("msg_3"));
    assert_eq!(world.probe("/healthz").await.json()["status"], "ok");
    world.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_known_channels_go_on_and_others_are_asked_to_come_back() {
    let db = TestDb::new().await;
    let wire = Wire::to(&db.url).await;
    let url = wire.through(&db.url);
    let mut world = World::on(db, &[("DATABASE_URL", &url)]).await;
    assert_eq!(world.standard("std", WHSEC, "msg_1", BODY).await.status, 200);
    world.envelope().await;

    wire.cut();
    let begun = Instant::now();
    for _ in 0..50 {
        assert_eq!(world.standard("std", WHSEC, "msg_2", BODY).await.status, 200);
        world.envelope().await;
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let begun = Instant::now();
    let reply = world.post("/webhooks/whatsapp/wa", &[], BODY).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, "1"), "not known yet");
    assert!(begun.elapsed() < Duration::from_secs(3));
    // Probes within 200 ms share one look; the last one may be from before the cut.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(world.probe("/readyz").await.status, 200);
    assert_eq!(world.probe("/healthz").await.json()["database"], false);

    wire.mend();
    let mut status = 503;
    for _ in 0..100 {
        status = world.post("/webhooks/whatsapp/wa", &[], BODY).await.status;
        if status == 401 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(status, 401, "known again, and the signature is missing");
    world.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_finished_before_the_program_ends() {
    let mut world = World::start().await;
    let mut head = format!(
        "POST /webhooks/standard/std HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n",
        BODY.len()
    );
    for (name, value) in standard_headers(WHSEC, "msg_1", BODY) {
        head += &format!("{name}: {value}\r\n");
    }
    let (first, rest) = BODY.split_at(10);
    let mut stream = TcpStream::connect(world.public).await.unwrap();
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    stream.write_all(first).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;

    world.stop();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(TcpStream::connect(world.public).await.is_err(), "no new connections");
    stream.write_all(rest).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(world.envelope().await.body, BODY);
    world.ended().await;
}
