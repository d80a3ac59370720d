//! What every queue has to do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::future::join_all;
use lumi_queue::{Consumer, Delay, MalformedReason, Payload, PublishError, Source, Trouble};
use serde_json::json;

use crate::world::{World, ack, envelope, part, silence, take, text, texts, within};

pub(crate) async fn a_partition_keeps_its_order(world: World) {
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(500).await);
    for n in 0..90_u8 {
        publisher.publish(part(n % 3), envelope(n.to_string())).await.unwrap();
    }
    let taken = take(&mut consumer, 90).await;
    for partition in 0..3_u8 {
        let own = taken.iter().filter(|d| d.source == Source::Partition(part(partition)));
        let expected: Vec<String> = (partition..90).step_by(3).map(|n| n.to_string()).collect();
        assert_eq!(own.map(text).collect::<Vec<_>>(), expected);
    }
    assert!(taken.iter().all(|d| !d.redelivered && d.seen == 1 && d.death.is_none()));
    assert!(taken.iter().any(|d| d.fresh), "the first of a subscription are fresh");
    ack(&mut consumer, &taken).await;
    consumer.close().await;
    publisher.close().await;
    world.finish().await;
}

pub(crate) async fn an_ack_removes_and_nothing_else_does(world: World) {
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(10).await);
    for n in 0..3 {
        publisher.publish(part(7), envelope(n.to_string())).await.unwrap();
    }
    let taken = take(&mut consumer, 3).await;
    ack(&mut consumer, &taken[..2]).await;
    ack(&mut consumer, &taken[..2]).await;
    consumer.close().await;
    let mut second = world.consumer(10).await;
    let rest = take(&mut second, 1).await;
    assert_eq!(texts(&rest), ["2"]);
    silence(&mut second, 0.5).await;
    ack(&mut second, &rest).await;
    second.close().await;
    world.finish().await;
}

pub(crate) async fn what_was_not_acked_comes_back(world: World) {
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(10).await);
    for n in 0..5 {
        publisher.publish(part(1), envelope(n.to_string())).await.unwrap();
    }
    let first = take(&mut consumer, 5).await;
    assert!(first.iter().all(|d| !d.redelivered));
    drop(consumer);
    let mut second = world.consumer(10).await;
    let again = take(&mut second, 5).await;
    assert_eq!(texts(&again), ["0", "1", "2", "3", "4"]);
    assert!(again.iter().all(|d| d.redelivered && d.seen == 2 && d.fresh), "{again:?}");
    ack(&mut second, &again).await;
    second.close().await;
    world.finish().await;
}

pub(crate) async fn a_partition_has_one_reader_at_a_time(world: World) {
    let publisher = world.publisher().await;
    let (mut left, mut right) = (world.consumer(500).await, world.consumer(500).await);
    for n in 0..160_u8 {
        publisher.publish(part(n % 8), envelope(n.to_string())).await.unwrap();
    }
    let (mut lefts, mut rights) = (Vec::new(), Vec::new());
    while lefts.len() + rights.len() < 160 {
        let either = async {
            tokio::select! {
                more = left.next(200, Duration::ZERO) => lefts.extend(more),
                more = right.next(200, Duration::ZERO) => rights.extend(more),
            }
        };
        within(20, either).await;
    }
    let by_left: BTreeSet<Source> = lefts.iter().map(|d| d.source).collect();
    let by_right: BTreeSet<Source> = rights.iter().map(|d| d.source).collect();
    assert!(by_left.is_disjoint(&by_right), "{by_left:?} {by_right:?}");
    assert_eq!(by_left.len() + by_right.len(), 8);
    ack(&mut left, &lefts).await;
    ack(&mut right, &rights).await;
    // Whoever is left takes over.
    left.close().await;
    for n in 0..8 {
        publisher.publish(part(n), envelope("later")).await.unwrap();
    }
    let taken_over = take(&mut right, 8).await;
    ack(&mut right, &taken_over).await;
    right.close().await;
    world.finish().await;
}

pub(crate) async fn a_publish_whose_caller_left_is_stored(world: World) {
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(100).await);
    for n in 0..20 {
        let mut publish = Box::pin(publisher.publish(part(2), envelope(n.to_string())));
        assert!(futures::poll!(publish.as_mut()).is_pending(), "no confirm comes at once");
        drop(publish);
    }
    let taken = take(&mut consumer, 20).await;
    assert_eq!(texts(&taken), (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
    ack(&mut consumer, &taken).await;
    consumer.close().await;
    world.finish().await;
}

pub(crate) async fn a_parked_message_comes_back_once_each_time(world: World) {
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(10).await);
    publisher.publish(part(9), envelope("wait")).await.unwrap();
    let newer = json!({"x-lumi-version": 2, "x-lumi-mood": "new"});
    world.store(part(10), newer.as_object().unwrap(), b"newer").await;
    let first = take(&mut consumer, 2).await;
    let seen_at: BTreeMap<Source, i64> =
        first.iter().map(|d| (d.source, d.first_seen_ms)).collect();
    let mut held = first;
    for _ in 0..2 {
        let parked = Instant::now();
        for delivery in &held {
            consumer.park(delivery, Delay::S5).await.unwrap();
        }
        held = take(&mut consumer, 2).await;
        let rested = parked.elapsed();
        assert!(rested > Duration::from_millis(4_500), "came back after {rested:?}");
        assert!(rested < Duration::from_secs(9), "came back after {rested:?}");
        for delivery in &held {
            assert_eq!(delivery.first_seen_ms, seen_at[&delivery.source]);
            assert!(!delivery.redelivered && delivery.seen == 1, "{delivery:?}");
        }
    }
    held.sort_by_key(|d| d.source);
    assert_eq!(text(&held[0]), "wait");
    let Payload::NewerVersion { version: 2, raw } = &held[1].payload else { panic!("{held:?}") };
    assert_eq!(json!(raw.headers), newer);
    assert_eq!(raw.body, "newer");
    ack(&mut consumer, &held).await;
    silence(&mut consumer, 0.5).await;
    consumer.close().await;
    world.finish().await;
}

/// Parking fails: nobody waits long for it, nothing else is held back, and nothing is forgotten.
pub(crate) async fn what_cannot_be_parked_comes_again(world: World) {
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(10).await);
    for n in 0..4 {
        publisher.publish(part(n), envelope(n.to_string())).await.unwrap();
    }
    let mut held = take(&mut consumer, 4).await;
    held.sort_by_key(text);
    world.break_parking().await;
    let asked = Instant::now();
    consumer.park(&held[0], Delay::S5).await.unwrap_err();
    let (first, asked) = (asked.elapsed(), Instant::now());
    consumer.park(&held[1], Delay::S5).await.unwrap_err();
    assert!(first < Duration::from_millis(2_200), "{first:?}");
    assert!(asked.elapsed() < Duration::from_millis(50), "{:?}", asked.elapsed());
    ack(&mut consumer, &held[2..]).await;
    world.mend_parking().await;
    let mut again = take(&mut consumer, 2).await;
    let rested = asked.elapsed();
    assert!((500..5_000).contains(&rested.as_millis()), "came back after {rested:?}");
    again.sort_by_key(text);
    assert_eq!(texts(&again), ["0", "1"]);
    ack(&mut consumer, &again[..1]).await;
    // Acks go on behind what came back, and parking too.
    let until = Instant::now() + Duration::from_secs(10);
    while let Err(error) = consumer.park(&again[1], Delay::S5).await {
        assert!(Instant::now() < until, "{error}");
        again[1] = take(&mut consumer, 1).await.remove(0);
    }
    publisher.publish(part(5), envelope("5")).await.unwrap();
    let mut last = take(&mut consumer, 2).await;
    last.sort_by_key(text);
    assert_eq!(texts(&last), ["1", "5"]);
    ack(&mut consumer, &last).await;
    consumer.close().await;
    world.finish().await;
}

pub(crate) async fn strange_messages_are_told_apart(world: World) {
    let mut consumer = world.consumer(10).await;
    let newer = json!({"x-lumi-version": 3, "x-lumi-kind": "pigeon"});
    world.store(part(4), newer.as_object().unwrap(), b"new").await;
    world.store(part(4), json!({"who": "me"}).as_object().unwrap(), b"bad").await;
    let taken = take(&mut consumer, 2).await;
    let Payload::NewerVersion { version: 3, raw } = &taken[0].payload else { panic!("{taken:?}") };
    assert_eq!(json!(raw.headers), newer);
    let Payload::Malformed { reason, raw } = &taken[1].payload else { panic!("{taken:?}") };
    assert_eq!(*reason, MalformedReason::Missing("x-lumi-version"));
    assert_eq!(json!(raw.headers), json!({"who": "me"}));
    assert_eq!(raw.body, "bad");
    ack(&mut consumer, &taken).await;
    consumer.close().await;
    world.finish().await;
}

pub(crate) async fn ten_thousand_messages_come_once_each(world: World) {
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(200).await);
    let publishing = async {
        for chunk in 0..40_u32 {
            let batch = (0..250).map(|n| {
                let id = chunk * 250 + n;
                let partition = part(u8::try_from(id % 32).unwrap());
                publisher.publish(partition, envelope(id.to_string()))
            });
            for outcome in join_all(batch).await {
                outcome.unwrap();
            }
        }
    };
    let consuming = async {
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        let mut last: BTreeMap<Source, u32> = BTreeMap::new();
        while counts.len() < 10_000 {
            let taken = within(20, consumer.next(100, Duration::from_millis(2))).await;
            for delivery in &taken {
                let id: u32 = text(delivery).parse().unwrap();
                *counts.entry(id).or_default() += 1;
                let before = last.insert(delivery.source, id);
                assert!(before < Some(id), "{id} came after {before:?} in {}", delivery.source);
            }
            ack(&mut consumer, &taken).await;
        }
        counts
    };
    let ((), counts) = tokio::join!(publishing, consuming);
    silence(&mut consumer, 0.5).await;
    assert!(counts.values().all(|&count| count == 1));
    consumer.close().await;
    world.finish().await;
}

pub(crate) async fn an_interrupted_next_loses_nothing(world: World) {
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(1_000).await);
    let publishing = async {
        for n in 0..300 {
            publisher.publish(part(5), envelope(n.to_string())).await.unwrap();
        }
    };
    let consuming = async {
        let (mut got, mut interrupted) = (Vec::new(), 0);
        while got.len() < 300 {
            let next = consumer.next(50, Duration::from_millis(20));
            match tokio::time::timeout(Duration::from_millis(3), next).await {
                Ok(taken) => got.extend(taken),
                Err(_) => interrupted += 1,
            }
            // Messages that an interrupted call had taken already come from the next one.
            if got.len() < 300 {
                got.extend(within(20, consumer.next(1, Duration::ZERO)).await);
            }
        }
        (got, interrupted)
    };
    let ((), (got, interrupted)) = tokio::join!(publishing, consuming);
    assert!(interrupted > 0, "no call was interrupted");
    assert_eq!(texts(&got), (0..300).map(|n| n.to_string()).collect::<Vec<_>>());
    ack(&mut consumer, &got).await;
    consumer.close().await;
    world.finish().await;
}

pub(crate) async fn the_prefetch_bounds_what_is_held(world: World) {
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(10).await);
    for n in 0..25 {
        publisher.publish(part(6), envelope(n.to_string())).await.unwrap();
    }
    for round in 0..2 {
        let held = take(&mut consumer, 10).await;
        silence(&mut consumer, 0.7).await;
        assert_eq!(text(&held[0]), (round * 10).to_string());
        ack(&mut consumer, &held).await;
    }
    let rest = take(&mut consumer, 5).await;
    ack(&mut consumer, &rest).await;
    consumer.close().await;
    world.finish().await;
}

pub(crate) async fn a_cancelled_consumer_hands_out_what_it_has(world: World) {
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(4).await);
    for n in 0..6 {
        publisher.publish(part(8), envelope(n.to_string())).await.unwrap();
    }
    let mut held = take(&mut consumer, 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    consumer.cancel().await;
    loop {
        let more = within(2, consumer.next(10, Duration::ZERO)).await;
        if more.is_empty() {
            break;
        }
        held.extend(more);
    }
    assert_eq!(texts(&held), ["0", "1", "2", "3"]);
    ack(&mut consumer, &held[..2]).await;
    consumer.close().await;
    let mut second = world.consumer(10).await;
    let rest = take(&mut second, 4).await;
    assert_eq!(texts(&rest), ["2", "3", "4", "5"]);
    ack(&mut second, &rest).await;
    second.close().await;
    world.finish().await;
}

pub(crate) async fn without_its_queues_a_publisher_refuses(world: World) {
    let publisher = world.publisher().await;
    world.tear_down().await;
    let mut health = publisher.health();
    let not_set_up = |h: &lumi_queue::Health| matches!(h.trouble, Some(Trouble::Topology(_)));
    within(10, health.wait_for(not_set_up)).await.unwrap();
    let asked = Instant::now();
    let refused = publisher.publish(part(0), envelope("x")).await;
    assert_eq!(refused, Err(PublishError::Topology));
    assert!(asked.elapsed() < Duration::from_millis(100), "it is known, so it is said at once");
    publisher.close().await;
    world.remove().await;
}

pub(crate) async fn depth_counts_what_waits(world: World) {
    let publisher = world.publisher().await;
    for n in 0..7 {
        publisher.publish(part(n % 2), envelope("x")).await.unwrap();
    }
    let depth = wait_for_work(&world, 7).await;
    assert_eq!((depth.partitions[0], depth.partitions[1], depth.work()), (4, 3, 7));
    assert_eq!((depth.unrouted, depth.dead, depth.delayed), (0, 0, 0));
    let mut consumer: Consumer = world.consumer(10).await;
    let taken = take(&mut consumer, 7).await;
    consumer.park(&taken[0], Delay::S5).await.unwrap();
    ack(&mut consumer, &taken[1..]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let depth = consumer.depth().await.unwrap();
    assert_eq!((depth.work(), depth.delayed, depth.total()), (0, 1, 1), "{depth:?}");
    let back = take(&mut consumer, 1).await;
    ack(&mut consumer, &back).await;
    consumer.close().await;
    world.finish().await;
}

/// RabbitMQ's counters lag a little.
async fn wait_for_work(world: &World, messages: u64) -> lumi_queue::Depth {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        let depth = world.depth().await;
        if depth.work() == messages || Instant::now() > until {
            return depth;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
