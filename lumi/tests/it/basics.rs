use lumi_testing::TestDb;

use crate::lumi::{KEY, Lumi};

#[test]
fn help_reads_well_everywhere() {
    let lumi = Lumi::bare();
    let help = lumi.ok(&["--help"]);
    for word in ["dev", "apply", "dlq", "doctor", "Examples:", "Exit codes: 0 ok", "--data"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    for command in [
        "dev",
        "serve",
        "migrate",
        "check",
        "config",
        "apply",
        "tenant",
        "vacation",
        "conversation",
        "contact",
        "ask",
        "understand",
        "dlq",
        "doctor",
        "secrets",
        "dlq replay",
        "tenant delete",
    ] {
        let args: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = lumi.ok(&args);
        assert!(help.contains("Usage: lumi"), "{command}: {help}");
    }
    assert!(lumi.ok(&["--version"]).starts_with("lumi 0."));
}

#[test]
fn bad_usage_is_2_and_bad_configuration_64() {
    let lumi = Lumi::bare();
    for args in [
        &["nonsense"][..],
        &["apply"],
        &["dlq", "replay"],
        &["dlq", "replay", "x12"],
        &["dlq", "replay", "m1", "--all"],
        &["dlq", "list", "--since", "yesterday"],
        &["doctor", "--since", "1y"],
        &["apply", "-f", "x.yaml", "--prune"],
        &[],
    ] {
        let run = lumi.run(args);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}: {run:?}");
        assert!(!run.err.is_empty(), "{args:?}");
    }
    let run = lumi.run(&["tenant", "list"]);
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.err.contains("DATABASE_URL") && run.err.contains("lumi dev"), "{run:?}");
    for (name, value) in
        [("DATABASE_URL", "mysql://x/y"), ("RAG_TOP_K", "many"), ("LUMI_SECRET_KEY", "short")]
    {
        let lumi = Lumi::bare().var("DATABASE_URL", "postgres://127.0.0.1:1/x").var(name, value);
        let run = lumi.run(&["tenant", "list"]);
        assert_eq!((run.code, run.err.lines().count()), (64, 1), "{run:?}");
        assert!(run.err.contains(name) && !run.err.contains("short"), "{run:?}");
    }
}

#[test]
fn every_variable_is_listed() {
    let page = Lumi::bare().ok(&["config", "--markdown"]);
    for name in ["DATABASE_URL", "LUMI_SECRET_KEY", "WORKER_CONCURRENCY"] {
        assert!(page.contains(name), "{name}");
    }
    assert_eq!(Lumi::bare().run(&["config"]).code, 2);
}

#[tokio::test]
async fn check_and_migrate_reach_the_database() {
    let t = TestDb::new().await;
    let lumi = Lumi::on(&t);
    assert_eq!(lumi.ok(&["migrate"]), "The schema is up to date.\n");
    t.tenant("demo", "fr").await;
    t.channel("demo", "ch", "web", "ch", &serde_json::json!({}), &[("identity_secret", "s")]).await;
    let report = lumi.ok(&["check"]);
    for line in [
        "ok    configuration",
        "ok    database: reached, the schema is up to date",
        "ok    channel ch: web of tenant demo: its secrets open",
        "ok    queue: in the database",
        "ok    redis: not used",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }

    let other = Lumi::bare()
        .var("DATABASE_URL", &t.url)
        .var("LUMI_SECRET_KEY", "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=")
        .var("AMQP_URL", "amqp://127.0.0.1:1")
        .var("REDIS_URL", "redis://127.0.0.1:1");
    let run = other.run(&["check"]);
    assert_eq!(run.code, 1, "{run:?}");
    for line in ["FAIL  channel ch:", "FAIL  queue: RabbitMQ", "FAIL  redis:", "ok    database"] {
        assert!(run.out.contains(line), "{line}: {run:?}");
    }

    let run = Lumi::bare()
        .var("DATABASE_URL", "postgres://lumi@127.0.0.1:1/none")
        .var("LUMI_SECRET_KEY", KEY)
        .run(&["check"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("FAIL  database:"), "{run:?}");
    t.execute("DELETE FROM _sqlx_migrations").await;
    let run = lumi.run(&["check"]);
    assert!(run.code == 1 && run.out.contains("migrations are pending"), "{run:?}");
}

#[tokio::test]
async fn secrets_are_sealed_anew() {
    let t = TestDb::new().await;
    t.tenant("demo", "fr").await;
    t.channel("demo", "ch", "web", "ch", &serde_json::json!({}), &[("identity_secret", "s")]).await;
    let new = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    let alone = Lumi::bare().var("DATABASE_URL", &t.url).var("LUMI_SECRET_KEY", new);
    let run = alone.run(&["secrets", "rekey"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("channel ch: ") && run.err.contains("keep the old keys"), "{run:?}");
    let both =
        Lumi::bare().var("DATABASE_URL", &t.url).var("LUMI_SECRET_KEY", &format!("{new},{KEY}"));
    assert!(both.ok(&["secrets", "rekey"]).starts_with("1 channels sealed anew with key "));
    assert!(alone.ok(&["secrets", "rekey"]).contains("1 were already"));
}
