//! Bad days. Tests named `fault_*` run alone: failpoints belong to the whole process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lumi_store::dead::{DeadFilter, DeadSelection};
use lumi_testing::{Answer, Platform};
use serde_json::json;

use crate::fleet::{CONTACT, Fleet};

fn now() -> chrono::DateTime<chrono::Utc> {
    std::time::SystemTime::now().into()
}

fn all() -> DeadSelection {
    DeadSelection::All(DeadFilter::default())
}

#[tokio::test]
async fn fault_poison_is_dead_with_one_apology_and_its_neighbours_go_on() {
    let scenario = fail::FailScenario::setup();
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    let worker = fleet.worker();
    fail::cfg("decide", "panic").unwrap();
    fleet.write(CONTACT, "Combien coûte la livraison, s'il vous plaît ?").await;
    fleet
        .until("SELECT state || ' ' || reason || ' ' || attempts FROM inbox", "dead poison 5")
        .await;
    let apology = platform.wait(1).await;
    assert!(apology[0].body["text"]["body"].as_str().unwrap().len() > 10);

    fail::remove("decide");
    fleet.write(CONTACT, "Merci de votre réponse, quand même.").await;
    platform.wait(2).await;
    fleet.db.db.replay_dead(&all(), now()).await.unwrap();
    fleet.until("SELECT count(*) FROM inbox WHERE state = 'done' AND input = 'text'", "2").await;
    fleet.until("SELECT count(*) FROM outbox WHERE state <> 'sent'", "0").await;
    let to_contact = platform.taken().iter().filter(|s| s.body["to"] == CONTACT).count();
    assert_eq!(
        to_contact,
        3,
        "an apology, an answer, and the replayed one's: {:?}",
        platform.texts()
    );
    worker.stop().await;
    scenario.teardown();
}

#[tokio::test]
async fn refused_replies_are_replayed_in_order_once_each() {
    let platform = Platform::scripted(|_| {
        Answer::Json(400, json!({"error": {"code": 131_009, "message": "no"}}))
    })
    .await;
    let fleet = Fleet::new(&platform).await;
    let worker = fleet.worker();
    for n in 0..5 {
        fleet.write(CONTACT, &format!("Bonjour, voici la question numéro {n} ?")).await;
    }
    fleet.until("SELECT count(*) FROM outbox WHERE state = 'dead' AND idx = 0", "6").await;
    platform.script(|_| Answer::Json(200, json!({"messages": [{"id": "x"}]})));
    let plan = fleet.db.db.plan_replay(&all(), now()).await.unwrap();
    assert!(platform.taken().is_empty(), "a plan changes nothing: {plan:?}");
    // The owner has never written: WhatsApp's window to them is closed.
    assert_eq!(plan.refused.len(), 1);
    fleet.db.db.replay_dead(&all(), now()).await.unwrap();
    fleet.until("SELECT count(*) FROM outbox WHERE state = 'sent'", "5").await;
    assert_eq!(platform.taken().len(), 5);
    let order =
        "SELECT string_agg(seq::text, ' ' ORDER BY finished_at) FROM outbox WHERE state = 'sent'";
    assert_eq!(fleet.db.text(order).await, "1 2 3 4 5");
    worker.stop().await;
}

#[tokio::test]
async fn five_hundreds_are_tried_again_and_hold_nobody_else() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    let tries = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&tries);
    platform.script(move |sent| {
        if sent.body["to"] == "33799999999" && seen.fetch_add(1, Ordering::Relaxed) < 2 {
            return Answer::Json(503, json!({}));
        }
        Answer::Json(200, json!({"messages": [{"id": "x"}]}))
    });
    let worker = fleet.worker();
    fleet.write("33799999999", "Première question ?").await;
    fleet.write("33799999999", "Deuxième question ?").await;
    fleet.write(CONTACT, "Et moi alors ?").await;
    fleet
        .until(
            "SELECT count(*) FROM outbox o JOIN conversations c ON c.id = o.conversation_id
        WHERE peer = '33700000000' AND o.state = 'sent'",
            "1",
        )
        .await;
    fleet
        .until(
            "SELECT count(*) FROM outbox o JOIN conversations c ON c.id = o.conversation_id
        WHERE peer = '33799999999' AND o.state = 'sent'",
            "2",
        )
        .await;
    assert_eq!(
        fleet.db.text("SELECT max(attempt) || ' ' || min(attempt) FROM outbox").await,
        "3 1",
        "the second waited for the first and went at once"
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_a_killed_worker_is_taken_over_and_only_the_reply_in_flight_may_double() {
    let platform = Platform::scripted(|_| Answer::TakeAndHang).await;
    let fleet = Fleet::new(&platform).await;
    // A worker on a runtime of its own that is torn down is as dead as one that was killed.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let doomed = {
        let _guard = runtime.enter();
        fleet.worker_on_its_own_pool()
    };
    fleet.write(CONTACT, "Une première question ?").await;
    platform.wait(1).await;
    fleet.write(CONTACT, "Une deuxième question ?").await;
    fleet.until("SELECT count(*) FROM inbox WHERE state = 'pending'", "1").await;
    drop(doomed);
    runtime.shutdown_background();
    platform.script(|_| Answer::Json(200, json!({"messages": [{"id": "x"}]})));

    let worker = fleet.worker();
    fleet.until("SELECT count(*) FROM inbox WHERE state = 'done' AND input = 'text'", "2").await;
    fleet.until("SELECT count(*) FROM outbox WHERE state <> 'sent'", "0").await;
    let to_contact = platform.taken().iter().filter(|s| s.body["to"] == CONTACT).count();
    assert_eq!(to_contact, 3, "two replies, the first one twice");
    assert_eq!(
        fleet.db.text("SELECT max(fence) FROM conversations WHERE peer = '33700000000'").await,
        "2"
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_hold_channel_prefers_a_dead_letter_to_a_second_reply() {
    let platform = Platform::scripted(|_| Answer::TakeAndHang).await;
    let fleet = Fleet::new(&platform).await;
    fleet
        .db
        .execute("UPDATE channels SET settings = settings || '{\"on_unknown\": \"hold\"}'")
        .await;
    let worker = fleet.worker();
    fleet.write(CONTACT, "Une question ?").await;
    fleet
        .until(
            "SELECT split_part(reason, ':', 1) FROM outbox o JOIN conversations c
        ON c.id = o.conversation_id WHERE o.state = 'dead' AND peer = '33700000000'",
            "unknown",
        )
        .await;
    assert_eq!(platform.taken().iter().filter(|s| s.body["to"] == CONTACT).count(), 1);
    worker.stop().await;
}

/// launchbadge/sqlx#4385: a cancelled `begin()` gives the connection back inside a transaction, and
/// what the next borrower writes is lost. The pool rolls back on release. The wire is slow, so that
/// `BEGIN` is always under way when it is cancelled.
#[tokio::test]
async fn writes_after_a_cancelled_begin_survive() {
    let direct = lumi_testing::TestDb::new().await;
    let url = lumi_testing::slow(&direct.url, Duration::from_millis(50)).await;
    let config = lumi_store::DbConfig { url, connections: 1, name: "lumi-test" };
    let db = lumi_store::Db::open(&config).unwrap();
    db.ping().await.unwrap();
    for n in 0..5_u128 {
        // The connection is back in the pool by then: it is `BEGIN` that is cancelled, not a wait.
        tokio::time::sleep(Duration::from_millis(400)).await;
        let begin = tokio::time::timeout(Duration::from_millis(70), db.pool().begin()).await;
        assert!(begin.is_err(), "BEGIN takes 100 ms");
        db.heartbeat(uuid::Uuid::from_u128(n + 1)).await.unwrap();
    }
    assert_eq!(direct.text("SELECT count(*) FROM workers").await, "5", "every row is there");
    db.close().await;
}

#[tokio::test]
async fn foreign_accounts_and_rubbish_become_raw_letters() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    fleet
        .db
        .channel(
            "t",
            "other",
            "whatsapp",
            "222",
            &json!({"api_base": platform.base}),
            &[("app_secret", "another")],
        )
        .await;
    let worker = fleet.worker();
    fleet.deliver(&crate::fleet::body("222", CONTACT, "a", "Bonjour"), 1).await;
    fleet.deliver(&crate::fleet::body("999", CONTACT, "b", "Bonjour"), 2).await;
    fleet.deliver(&json!({"object": 7}), 3).await;
    fleet
        .until(
            "SELECT string_agg(reason, ' ' ORDER BY id) FROM raw_letters",
            "foreign_account foreign_account unparseable",
        )
        .await;
    assert_eq!(fleet.db.text("SELECT count(*) FROM inbox").await, "0");
    worker.stop().await;
}

#[tokio::test]
async fn a_newer_envelope_waits_for_a_newer_worker_and_then_is_a_dead_letter() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    let worker = fleet.worker();
    fleet.db.execute(r#"INSERT INTO queue_messages (partition, headers, body)
        VALUES (3, '{"x-lumi-version": 2, "x-lumi-first-seen": 1000}', 'old'), (4, '{"x-lumi-version": 2}', 'new'),
               (5, '{}', 'no envelope')"#).await;
    fleet.until("SELECT string_agg(reason || ' ' || convert_from(body, 'UTF8'), ', ' ORDER BY body) FROM raw_letters",
        "unparseable no envelope, newer_version old").await;
    fleet
        .until(
            "SELECT count(*) FROM queue_messages WHERE delay_until > now() + interval '50 s'",
            "1",
        )
        .await;
    worker.stop().await;
}

#[tokio::test]
async fn a_raw_letter_is_parsed_again_once_its_cause_is_mended() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    let worker = fleet.worker();
    fleet.deliver(&crate::fleet::body("222", CONTACT, "a", "Bonjour"), 1).await;
    fleet.until("SELECT reason FROM raw_letters WHERE state = 'dead'", "foreign_account").await;
    // The number is added to the tenant, under the same app.
    let settings = json!({"phone_number_id": "222", "api_base": platform.base, "rate_per_chat": 0});
    let secrets = [("app_secret", "s"), ("access_token", "token")];
    fleet.db.channel("t", "second", "whatsapp", "222", &settings, &secrets).await;
    fleet.db.db.replay_dead(&all(), now()).await.unwrap();
    platform.wait(1).await;
    fleet.until("SELECT string_agg(state, ' ') FROM raw_letters", "done").await;
    assert_eq!(fleet.db.text("SELECT replayed_at IS NOT NULL FROM inbox").await, "true");
    worker.stop().await;
}

#[tokio::test]
async fn fault_a_worker_that_lost_a_part_says_so() {
    let scenario = fail::FailScenario::setup();
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    let worker = fleet.worker();
    fail::cfg("intake_before_store", "1*panic").unwrap();
    fleet.write(CONTACT, "Bonjour").await;
    tokio::time::timeout(Duration::from_secs(20), worker.broken()).await.unwrap();
    worker.stop().await;
    // Nothing was acked: the next worker has it.
    let next = fleet.worker();
    platform.wait(1).await;
    next.stop().await;
    scenario.teardown();
}

#[tokio::test]
async fn a_tenant_whose_receiver_hangs_leaves_slots_for_others() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    let hanging = Platform::scripted(|_| Answer::TakeAndHang).await;
    fleet.db.tenant("noisy", "fr").await;
    let settings = json!({"phone_number_id": "777", "api_base": hanging.base, "rate_per_chat": 0, "rate_per_second": 0});
    let secrets = [("app_secret", "s"), ("access_token", "token")];
    fleet.db.channel("noisy", "slow", "whatsapp", "777", &settings, &secrets).await;
    for n in 0..40 {
        let from = format!("3361111{n:04}");
        fleet.deliver(&crate::fleet::body("777", &from, &format!("n{n}"), "Bonjour"), n).await;
    }
    fleet.until("SELECT count(*) FROM queue_messages", "40").await;
    let worker = fleet.worker();
    hanging.wait(4).await;
    fleet.write(CONTACT, "Bonjour").await;
    platform.wait(1).await;
    // A send is given up after 2 s here; with all 16 slots taken this would take several rounds.
    assert!(hanging.taken().len() < 16, "{} of the noisy ones at once", hanging.taken().len());
    worker.stop().await;
}
