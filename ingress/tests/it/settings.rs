use std::time::{Duration, Instant};

use lumi_config::Env;
use lumi_ingress::{Config, StartError};
use lumi_testing::{TestDb, service_url};
use uuid::Uuid;

use crate::world::{KEY, WHSEC, World};

const OTHER: &str = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=";
const BODY: &[u8] = br#"{"type":"message.received","data":{}}"#;

/// Seals `secret` for the channel `std` in another row's place, as `lumi apply` does, and tells of it.
async fn change_secret(world: &World, secret: &str) {
    let sealed = lumi_testing::keys()
        .seal("demo", "std", &[("secret".to_owned(), vec![secret.into()])].into())
        .unwrap();
    world
        .db
        .execute(&format!(
            "UPDATE channels SET sealed = '\\x{}', updated_at = clock_timestamp() WHERE key = 'std';
             SELECT pg_notify('lumi_settings', 'channel:std')",
            hex::encode(sealed.bytes)
        ))
        .await;
}

async fn in_force(world: &World, key: &str, secret: &str, status: u16) -> Duration {
    let begun = Instant::now();
    while world.standard(key, secret, "msg_1", BODY).await.status != status {
        assert!(begun.elapsed() < Duration::from_secs(2), "a change is served within 2 s");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_in_force_within_two_seconds_redis_or_not() {
    let redis = service_url("LUMI_TEST_REDIS_URL");
    let prefix = format!("test-{}", Uuid::new_v4());
    let with = [("REDIS_URL", redis.as_str()), ("REDIS_PREFIX", &prefix)];
    for variables in [&[][..], &with[..]] {
        let world = World::with(variables).await;
        assert_eq!(world.standard("std", WHSEC, "msg_1", BODY).await.status, 200);
        change_secret(&world, OTHER).await;
        in_force(&world, "std", WHSEC, 401).await;
        in_force(&world, "std", OTHER, 200).await;

        assert_eq!(world.standard("new", WHSEC, "msg_1", BODY).await.status, 404);
        let none = serde_json::json!({});
        world.db.channel("demo", "new", "standard", "new", &none, &[("secret", WHSEC)]).await;
        world.db.execute("SELECT pg_notify('lumi_settings', 'channel:new')").await;
        in_force(&world, "new", WHSEC, 200).await;

        world
            .db
            .execute(
                "UPDATE channels SET enabled = false WHERE key = 'new';
                 SELECT pg_notify('lumi_settings', 'tenant:demo')",
            )
            .await;
        in_force(&world, "new", WHSEC, 404).await;
        world.ended().await;
    }
}

/// The notification came and the row could not be read then; nobody tells a second time.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_read_at_once_is_read_later() {
    let world = World::start().await;
    assert_eq!(world.standard("std", WHSEC, "msg_1", BODY).await.status, 200);
    world.db.execute("ALTER TABLE channels RENAME TO channels_away").await;
    let sealed = lumi_testing::keys()
        .seal("demo", "std", &[("secret".to_owned(), vec![OTHER.into()])].into())
        .unwrap();
    world
        .db
        .execute(&format!(
            "UPDATE channels_away SET sealed = '\\x{}' WHERE key = 'std';
             SELECT pg_notify('lumi_settings', 'channel:std')",
            hex::encode(sealed.bytes)
        ))
        .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    // What is known is served meanwhile.
    assert_eq!(world.standard("std", WHSEC, "msg_2", BODY).await.status, 200);
    world.db.execute("ALTER TABLE channels_away RENAME TO channels").await;
    in_force(&world, "std", WHSEC, 401).await;
    in_force(&world, "std", OTHER, 200).await;
    world.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_while_nobody_listened_is_not_served_from_redis() {
    let redis = service_url("LUMI_TEST_REDIS_URL");
    let prefix = format!("test-{}", Uuid::new_v4());
    let variables = [("REDIS_URL", redis.as_str()), ("REDIS_PREFIX", &prefix)];
    let world = World::with(&variables).await;
    assert_eq!(world.standard("std", WHSEC, "msg_1", BODY).await.status, 200);
    assert_eq!(world.probe("/healthz").await.json()["redis"], true);
    // The row changes and nobody is told; every connection of the program is then cut, so it listens anew.
    world.db.execute("UPDATE channels SET enabled = false WHERE key = 'std'").await;
    world
        .db
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'lumi-ingress'",
        )
        .await;
    in_force(&world, "std", WHSEC, 404).await;

    // Nor what changed while no process was there: Redis still has the row, as it was.
    let chat_id = world.chat_id;
    let db = world.ended().await;
    db.execute("UPDATE channels SET enabled = true WHERE key = 'std'").await;
    let world = World::again(db, chat_id, &variables).await;
    assert_eq!(world.standard("std", WHSEC, "msg_1", BODY).await.status, 200);
    world.ended().await;
}

#[test]
fn a_bad_configuration_is_one_line_and_exit_code_64() {
    let good = [
        ("AMQP_URL", "amqp://localhost"),
        ("DATABASE_URL", "postgres://localhost/lumi"),
        ("LUMI_SECRET_KEY", KEY),
    ];
    assert!(Config::from_env(&Env::from_map(good)).is_ok());
    let table = [
        ("AMQP_URL", "", "AMQP_URL is not set"),
        ("AMQP_URL", "localhost:5672", "AMQP_URL=(hidden"),
        ("DATABASE_URL", "", "DATABASE_URL is not set"),
        ("DATABASE_URL", "mysql://localhost", "DATABASE_URL=(hidden"),
        ("LUMI_SECRET_KEY", "", "LUMI_SECRET_KEY is not set"),
        ("LUMI_SECRET_KEY", "c2hvcnQ=", "LUMI_SECRET_KEY=(hidden"),
        ("PORT", "http", "PORT=\"http\""),
        ("OPS_ADDR", "9464", "OPS_ADDR=\"9464\""),
        ("REDIS_DB", "first", "REDIS_DB=\"first\""),
    ];
    for (name, value, line) in table {
        let mut pairs = good.to_vec();
        pairs.retain(|(known, _)| *known != name);
        pairs.push((name, value));
        let error = Config::from_env(&Env::from_map(pairs)).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(line) && !text.contains('\n'), "{name}={value}: {text}");
        assert_eq!(error.exit_code(), 64, "{name}={value}");
    }
    assert_eq!(StartError::from(anyhow::anyhow!("anything else")).exit_code(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_that_is_read_is_the_schema_that_is_there() {
    let db = TestDb::new().await;
    assert!(db.db.sealed_channel("nobody").await.unwrap().is_none());
    assert!(db.db.web_conversation(1, "nobody").await.unwrap().is_none());
    assert!(db.db.web_replies(1, 0, &[], 10).await.unwrap().is_empty());
    assert!(db.db.first_questions("nobody", 4).await.unwrap().is_empty());
}
