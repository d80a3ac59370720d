//! What only a database can do to us.

use std::time::Duration;

use lumi_queue::{Envelope, Health, PublishError, Source};
use sqlx::Executor;

use crate::world::{World, ack, envelope, part, take, text, texts, within};

/// The locks live on one connection; when it is lost, so is everything that was read under them.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_loses_its_connection_reads_again() {
    let world = World::table().await;
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(10).await);
    for n in 0..4 {
        publisher.publish(part(n), envelope(n.to_string())).await.unwrap();
    }
    let held = take(&mut consumer, 4).await;
    let mut health = consumer.health();
    let killed = world
        .pool()
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name = 'lumi queue reader' AND datname = current_database()",
        )
        .await
        .unwrap();
    assert_eq!(killed.rows_affected(), 1);
    // Noticed by the next statement, at the latest after a second.
    within(5, health.wait_for(|h| !h.ready())).await.unwrap();
    within(5, health.wait_for(Health::ready)).await.unwrap();
    let again = take(&mut consumer, 4).await;
    assert_eq!(texts(&again), ["0", "1", "2", "3"]);
    assert!(again.iter().all(|d| d.redelivered));
    // A ticket from before still names the same row.
    ack(&mut consumer, &held[..2]).await;
    ack(&mut consumer, &again[2..]).await;
    consumer.close().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_seen_too_often_comes_as_dead() {
    let world = World::table().await;
    let publisher = world.publisher().await;
    publisher.publish(part(0), envelope("poison")).await.unwrap();
    world.pool().execute("UPDATE queue_messages SET seen = 49").await.unwrap();
    let mut last = world.consumer(10).await;
    let taken = take(&mut last, 1).await;
    assert_eq!((taken[0].source, taken[0].seen), (Source::Partition(part(0)), 50));
    last.close().await;
    let mut consumer = world.consumer(10).await;
    let taken = take(&mut consumer, 1).await;
    assert_eq!((taken[0].source, text(&taken[0]).as_str()), (Source::Dead, "poison"));
    assert_eq!(taken[0].death.as_deref(), Some("delivery_limit"));
    ack(&mut consumer, &taken).await;
    consumer.close().await;
    world.finish().await;
}

/// One message that cannot be stored does not take those beside it down.
#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_jsonb_cannot_hold_is_refused_alone() {
    let world = World::table().await;
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(10).await);
    let bad = Envelope { webhook_id: Some("a\0b".into()), ..envelope("bad") };
    let (refused, stored) = tokio::join!(
        publisher.publish(part(0), bad),
        publisher.publish(part(0), envelope("a\0b is fine in a body")),
    );
    assert_eq!((refused, stored), (Err(PublishError::Nacked), Ok(())));
    let taken = take(&mut consumer, 1).await;
    assert_eq!(texts(&taken), ["a\0b is fine in a body"]);
    ack(&mut consumer, &taken).await;
    consumer.close().await;
    world.finish().await;
}

/// A notification, not the sweep of every second, brings a message.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_within_milliseconds() {
    let world = World::table().await;
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(10).await);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut quickest = Duration::MAX;
    for n in 0..5 {
        let sent = std::time::Instant::now();
        publisher.publish(part(0), envelope(n.to_string())).await.unwrap();
        let taken = take(&mut consumer, 1).await;
        quickest = quickest.min(sent.elapsed());
        ack(&mut consumer, &taken).await;
    }
    assert!(quickest < Duration::from_millis(200), "{quickest:?}");
    consumer.close().await;
    world.finish().await;
}
