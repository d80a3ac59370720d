//! What only a broker can do to us.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::{Duration, Instant};

use futures::StreamExt;
use lapin::options::{BasicRejectOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lumi_queue::{Health, PublishError, Publisher, Source, Trouble};

use crate::proxy::Proxy;
use crate::world::{
    World, ack, alarm, envelope, no_alarm, optional, part, required, take, text, texts, within,
};

/// Publishers go on all the time; the queue of partition 3 is deleted at a moment at which it is empty
/// (messages inside a queue go with it, whoever deletes it). Every message that was confirmed is consumed:
/// from its queue, or from the catch-all.
#[tokio::test(flavor = "multi_thread")]
async fn a_work_queue_deleted_under_load_loses_nothing() {
    let _quiet = no_alarm().await;
    let world = World::rabbit().await;
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(100).await);
    let load = Load::default();
    let consumed = Mutex::new(BTreeSet::new());
    let deleting = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        load.lane_3_paused.store(true, SeqCst);
        while !load.lane_3_is_through(&consumed.lock().unwrap()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let (connection, channel) = world.channel().await;
        let queue = world.topology().queue(Source::Partition(part(3)));
        channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
        load.lane_3_paused.store(false, SeqCst);
        connection.close(200, "bye".into()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(3)).await;
        load.over.store(true, SeqCst);
    };
    let consuming = async {
        let mut unrouted = 0;
        let mut patience = Instant::now() + Duration::from_secs(30);
        while !load.all_in(&consumed.lock().unwrap()) && Instant::now() < patience {
            let next = consumer.next(200, Duration::from_millis(2));
            let Ok(taken) = tokio::time::timeout(Duration::from_secs(1), next).await else {
                continue;
            };
            unrouted += taken.iter().filter(|d| d.source == Source::Unrouted).count();
            consumed.lock().unwrap().extend(taken.iter().map(text));
            ack(&mut consumer, &taken).await;
            if !load.over.load(SeqCst) {
                patience = Instant::now() + Duration::from_secs(30);
            }
        }
        unrouted
    };
    let lanes = futures::future::join_all((0..4).map(|lane| load.lane(lane, &publisher)));
    let (unrouted, ..) = tokio::join!(consuming, deleting, lanes);
    let confirmed = load.confirmed.lock().unwrap().clone();
    let consumed = consumed.into_inner().unwrap();
    let lost: Vec<_> = confirmed.difference(&consumed).collect();
    assert!(lost.is_empty(), "{} of {} lost: {lost:?}", lost.len(), confirmed.len());
    assert!(unrouted > 0, "the catch-all was not needed, so the test shows nothing");
    assert!(world.depth().await.missing.is_empty(), "the worker declared the queue again");
    consumer.close().await;
    world.finish().await;
}

/// Four publishers, one for each of the partitions 0 to 3, that never wait but for their confirms.
#[derive(Default)]
struct Load {
    confirmed: Mutex<BTreeSet<String>>,
    lane_3_paused: AtomicBool,
    lane_3_idle: AtomicBool,
    over: AtomicBool,
    lanes_done: AtomicU32,
}

impl Load {
    async fn lane(&self, lane: u8, publisher: &Publisher) {
        for n in 0.. {
            while lane == 3 && self.lane_3_paused.load(SeqCst) {
                self.lane_3_idle.store(true, SeqCst);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            if self.over.load(SeqCst) {
                break;
            }
            let id = format!("{lane}-{n}");
            if publisher.publish(part(lane), envelope(id.clone())).await.is_ok() {
                self.confirmed.lock().unwrap().insert(id);
            }
        }
        self.lanes_done.fetch_add(1, SeqCst);
    }

    /// Whether the queue of partition 3 is empty and nothing is on its way to it.
    fn lane_3_is_through(&self, consumed: &BTreeSet<String>) -> bool {
        let confirmed = self.confirmed.lock().unwrap();
        let mut lane = confirmed.iter().filter(|id| id.starts_with("3-"));
        self.lane_3_idle.load(SeqCst) && lane.all(|id| consumed.contains(id))
    }

    fn all_in(&self, consumed: &BTreeSet<String>) -> bool {
        self.lanes_done.load(SeqCst) == 4 && self.confirmed.lock().unwrap().is_subset(consumed)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_with_other_arguments_is_named_and_the_others_work() {
    let _quiet = no_alarm().await;
    let world = World::rabbit_bare();
    let (connection, channel) = world.channel().await;
    let odd = world.topology().queue(Source::Partition(part(7)));
    let classic = QueueDeclareOptions { durable: true, ..Default::default() };
    let name = odd.as_str();
    channel.queue_declare(name.into(), classic, FieldTable::default()).await.unwrap();
    let mut consumer = world.consumer_starting(10);
    let mut health = consumer.health();
    let named = |h: &Health| h.reason().is_some_and(|reason| reason.contains(name));
    within(20, health.wait_for(named)).await.unwrap();
    assert!(matches!(health.borrow().trouble, Some(Trouble::Topology(_))));
    let publisher = world.publisher().await;
    publisher.publish(part(6), envelope("six")).await.unwrap();
    publisher.publish(part(7), envelope("seven")).await.unwrap();
    let taken = take(&mut consumer, 2).await;
    assert_eq!(BTreeSet::from_iter(texts(&taken)), ["six", "seven"].map(String::from).into());
    ack(&mut consumer, &taken).await;
    // Put right by an operator, it mends itself.
    channel.queue_delete(name.into(), QueueDeleteOptions::default()).await.unwrap();
    within(20, health.wait_for(Health::ready)).await.unwrap();
    connection.close(200, "bye".into()).await.unwrap();
    consumer.close().await;
    world.finish().await;
}

/// Nothing keeps a message that is published now, so none is taken; a worker puts it right.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_exchange_is_declared_again() {
    let _quiet = no_alarm().await;
    let world = World::rabbit().await;
    let (publisher, mut consumer) = (world.publisher().await, world.consumer(10).await);
    let (connection, channel) = world.channel().await;
    let exchange = world.topology().work_exchange();
    channel.exchange_delete(exchange.into(), Default::default()).await.unwrap();
    let refused = publisher.publish(part(0), envelope("lost")).await;
    assert!(refused.is_err(), "{refused:?}");
    let mut health = publisher.health();
    within(2, health.wait_for(|h| !h.ready())).await.unwrap();
    within(10, health.wait_for(Health::ready)).await.unwrap();
    publisher.publish(part(0), envelope("kept")).await.unwrap();
    let taken = take(&mut consumer, 1).await;
    assert_eq!(texts(&taken), ["kept"]);
    ack(&mut consumer, &taken).await;
    connection.close(200, "bye".into()).await.unwrap();
    consumer.close().await;
    world.finish().await;
}

/// A fresh queue behind a line that can be cut.
async fn behind_a_proxy() -> (World, Proxy) {
    let mut uri: lapin::uri::AMQPUri = required("LUMI_TEST_AMQP_URL").parse().unwrap();
    let proxy = Proxy::to(format!("{}:{}", uri.authority.host, uri.authority.port)).await;
    uri.authority.host = proxy.address.ip().to_string();
    uri.authority.port = proxy.address.port();
    (World::rabbit_through(&uri.to_string()), proxy)
}

/// A broker that stands still and closes nothing: the deadline first, then refusals at once; after the
/// missed heartbeats a new connection, when there is somebody to talk to.
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_broker_costs_a_publisher_its_deadline_once() {
    let _quiet = no_alarm().await;
    let (world, proxy) = behind_a_proxy().await;
    let mut consumer = world.consumer(10).await;
    let publisher = world.publisher().await;
    proxy.freeze();
    let asked = Instant::now();
    let outcome = publisher.publish(part(1), envelope("maybe")).await;
    assert_eq!(outcome, Err(PublishError::Timeout));
    let waited = asked.elapsed();
    assert!((1_450..1_700).contains(&waited.as_millis()), "{waited:?}");
    let mut health = publisher.health();
    within(2, health.wait_for(|h| !h.ready())).await.unwrap();
    let asked = Instant::now();
    assert_eq!(publisher.publish(part(1), envelope("no")).await, Err(PublishError::Away));
    assert!(asked.elapsed() < Duration::from_millis(100));
    // Longer than two heartbeats and a handshake: the connections are given up, and new ones tried.
    tokio::time::sleep(Duration::from_secs(25)).await;
    proxy.mend();
    within(20, health.wait_for(Health::ready)).await.unwrap();
    publisher.publish(part(1), envelope("after")).await.unwrap();
    loop {
        let taken = take(&mut consumer, 1).await;
        ack(&mut consumer, &taken).await;
        match text(&taken[0]).as_str() {
            "after" => break,
            other => assert_eq!(other, "maybe", "what was refused at once was never sent"),
        }
    }
    consumer.close().await;
    publisher.close().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_line_is_told_at_once_and_mends_itself() {
    let _quiet = no_alarm().await;
    let (world, proxy) = behind_a_proxy().await;
    let mut consumer = world.consumer(10).await;
    let publisher = world.publisher().await;
    publisher.publish(part(1), envelope("before")).await.unwrap();
    let held = take(&mut consumer, 1).await;

    proxy.cut();
    let mut health = publisher.health();
    within(3, health.wait_for(|h| !h.ready())).await.unwrap();
    let asked = Instant::now();
    let refused = publisher.publish(part(1), envelope("meanwhile")).await;
    assert_eq!(refused, Err(PublishError::Away));
    assert!(asked.elapsed() < Duration::from_millis(100), "no waiting for the recovery");
    assert!(health.borrow().away_since.is_some());
    consumer.ack(&[held[0].ticket]).await;

    proxy.mend();
    within(10, health.wait_for(Health::ready)).await.unwrap();
    publisher.publish(part(1), envelope("after")).await.unwrap();
    let again = take(&mut consumer, 2).await;
    assert_eq!(texts(&again), ["before", "after"]);
    assert!(again[0].redelivered && !again[1].redelivered);
    // A ticket of the lost connection acks nothing on the new one.
    consumer.ack(&[held[0].ticket]).await;
    ack(&mut consumer, &again).await;
    consumer.close().await;
    publisher.close().await;
    world.finish().await;
}

/// The fifty-first delivery of a message does not come: the broker gives it up and the dead queue, which
/// is consumed like the others, hands it out.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_gives_up_comes_from_the_dead_queue() {
    let _quiet = no_alarm().await;
    let world = World::rabbit().await;
    let publisher = world.publisher().await;
    publisher.publish(part(0), envelope("poison")).await.unwrap();
    let (connection, channel) = world.channel().await;
    let queue = world.topology().queue(Source::Partition(part(0)));
    let (options, arguments) = (Default::default(), FieldTable::default());
    let mut failing =
        channel.basic_consume(queue.into(), "failing".into(), options, arguments).await.unwrap();
    let mut deliveries = 0;
    let patience = Duration::from_secs(2);
    while let Ok(Some(message)) = tokio::time::timeout(patience, failing.next()).await {
        deliveries += 1;
        message.unwrap().reject(BasicRejectOptions { requeue: true }).await.unwrap();
    }
    assert_eq!(deliveries, 51, "the first and fifty more");
    connection.close(200, "bye".into()).await.unwrap();
    let mut consumer = world.consumer(10).await;
    let dead = take(&mut consumer, 1).await;
    assert_eq!((dead[0].source, text(&dead[0]).as_str()), (Source::Dead, "poison"));
    assert_eq!(dead[0].death.as_deref(), Some("delivery_limit"));
    ack(&mut consumer, &dead).await;
    consumer.close().await;
    world.finish().await;
}

/// Needs `LUMI_TEST_RABBITMQCTL`: a command, with arguments, that runs rabbitmqctl against the broker.
#[tokio::test(flavor = "multi_thread")]
async fn a_memory_alarm_stops_publishers_and_not_consumers() {
    let Some(rabbitmqctl) = optional("LUMI_TEST_RABBITMQCTL") else {
        eprintln!("not run: LUMI_TEST_RABBITMQCTL is not set");
        return;
    };
    let _alone = alarm().await;
    let world = World::rabbit().await;
    let mut consumer = world.consumer(10).await;
    let publisher = world.publisher().await;
    for n in 0..20 {
        publisher.publish(part(0), envelope(n.to_string())).await.unwrap();
    }
    let held = take(&mut consumer, 10).await;
    ctl(&rabbitmqctl, &["set_vm_memory_high_watermark", "absolute", "1MB"]);
    let blocked = publish_while_blocked(&publisher).await;
    // The consumer's connection never publishes, so its acks go on.
    ack(&mut consumer, &held).await;
    let rest = take(&mut consumer, 10).await;
    ctl(&rabbitmqctl, &["set_vm_memory_high_watermark", "0.4"]);
    blocked.unwrap();
    let mut health = publisher.health();
    within(10, health.wait_for(Health::ready)).await.unwrap();
    publisher.publish(part(0), envelope("after")).await.unwrap();
    ack(&mut consumer, &rest).await;
    // What was written while the alarm rose may have been stored too; its caller was told otherwise.
    loop {
        let taken = take(&mut consumer, 1).await;
        ack(&mut consumer, &taken).await;
        if text(&taken[0]) == "after" {
            break;
        }
    }
    consumer.close().await;
    publisher.close().await;
    world.finish().await;
}

/// The first publish meets the alarm and runs into its deadline or the broker's word; once that has come,
/// refusals are immediate.
async fn publish_while_blocked(publisher: &Publisher) -> Result<(), String> {
    let until = Instant::now() + Duration::from_secs(10);
    let mut refused = 0;
    while Instant::now() < until {
        let asked = Instant::now();
        let outcome = publisher.publish(part(0), envelope("blocked")).await;
        let waited = asked.elapsed();
        if waited > Duration::from_millis(1_700) {
            return Err(format!("waited {waited:?}"));
        }
        if outcome == Err(PublishError::Blocked) && waited < Duration::from_millis(100) {
            refused += 1;
            if refused == 5 {
                return Ok(());
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("the alarm was not noticed".to_owned())
}

fn ctl(command: &str, arguments: &[&str]) {
    let mut words = command.split_whitespace();
    let program = words.next().expect("LUMI_TEST_RABBITMQCTL names a program");
    let done = Command::new(program).args(words).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
