use lumi_testing::TestDb;
use serde_json::json;

use crate::lumi::Lumi;

/// A dead reply (r1-1) and a dead message (m2), an hour apart.
async fn dead() -> TestDb {
    let t = TestDb::new().await;
    t.tenant("demo", "fr").await;
    let c = t.channel("demo", "ch", "whatsapp", "1", &json!({}), &[("app_secret", "s")]).await;
    t.execute(&format!(
        "INSERT INTO conversations (tenant, channel_id, peer, last_inbound_at)
         VALUES ('demo', {c}, 'a', now()), ('demo', {c}, 'b', now());
         INSERT INTO inbox (seq, tenant, channel_id, conversation_id, external_id, received_at, state, reason,
                            attempts, sender, input, body, finished_at)
         VALUES (1, 'demo', {c}, 1, 'x1', now() - interval '2 h', 'done', NULL, 1, 'a', 'text', 'Bonjour', now()),
                (2, 'demo', {c}, 2, 'x2', now() - interval '1 h', 'dead', 'poison', 5, 'b', 'text', 'Salut', now() - interval '30 m');
         INSERT INTO outbox (conversation_id, seq, tenant, channel_id, inbox_seq, idx, state, attempt, expires_at,
                             key, body, language, reason, finished_at)
         VALUES (1, 1, 'demo', {c}, 1, 0, 'dead', 1, now(), 'k', 'Bonjour !', 'fr', 'message: 400 no such button', now())"
    ))
    .await;
    t
}

#[tokio::test]
async fn list_show_and_filters() {
    let t = dead().await;
    let lumi = Lumi::on(&t);
    let list = lumi.ok(&["dlq", "list"]);
    assert_eq!(list.lines().count(), 3, "{list}");
    assert!(list.starts_with("ID    KIND     TENANT  CHANNEL"), "{list}");
    assert!(
        list.contains("r1-1  reply    demo    ch") && list.contains("400 no such button"),
        "{list}"
    );
    assert!(!list.contains("Bonjour"), "a list shows nothing of what was written: {list}");
    for (args, expected) in [
        (&["--kind", "message"][..], "m2"),
        (&["--reason", "poison"], "m2"),
        (&["--since", "10m"], "r1-1"),
        (&["--until", "10m"], "m2"),
        (&["--limit", "1"], "r1-1"),
        (&["--tenant", "demo", "--channel", "ch", "--kind", "reply"], "r1-1"),
    ] {
        let args: Vec<&str> = ["dlq", "list", "--json"].iter().chain(args).copied().collect();
        let found = lumi.json(&args);
        assert_eq!(found.as_array().unwrap().len(), 1, "{args:?}");
        assert_eq!(found[0]["id"], expected, "{args:?}");
    }
    assert_eq!(lumi.ok(&["dlq", "list", "--tenant", "none"]), "No dead letters.\n");
    let story = lumi.ok(&["dlq", "show", "r1-1"]);
    assert!(story.contains("> Bonjour") && story.contains("< Bonjour !"), "{story}");
    assert_eq!(lumi.json(&["dlq", "show", "m2", "--json"])["reason"], "poison");
    let run = lumi.run(&["dlq", "show", "m99"]);
    assert!(run.code == 1 && run.err.contains("m99 is not dead"), "{run:?}");
}

#[tokio::test]
async fn replay_says_first_and_does_then() {
    let t = dead().await;
    let lumi = Lumi::on(&t);
    let plan = lumi.run(&["dlq", "replay", "--all"]);
    assert_eq!(plan.code, 0);
    assert_eq!(plan.out, "would replay: 1 reply (message)\nwould replay: 1 message (poison)\n");
    assert!(plan.err.contains("Nothing was changed: add --yes."), "{}", plan.err);
    assert_eq!(t.text("SELECT count(*) FROM outbox WHERE state = 'dead'").await, "1");

    let one = lumi.ok(&["dlq", "replay", "m2", "--yes"]);
    assert_eq!(one, "replayed: 1 message (poison)\n");
    assert_eq!(t.text("SELECT state FROM inbox WHERE seq = 2").await, "pending");
    let again = lumi.run(&["dlq", "replay", "m2", "--yes"]);
    assert!(again.code == 1 && again.err.contains("m2 is not dead"), "{again:?}");

    t.execute("UPDATE conversations SET last_inbound_at = now() - interval '2 d'").await;
    let closed = lumi.run(&["dlq", "replay", "--all", "--yes"]);
    assert_eq!(closed.code, 1);
    assert!(
        closed.out.contains("replayed: nothing")
            && closed.out.contains("refused: r1-1: the contact last wrote at"),
        "{closed:?}"
    );
    let json = lumi.json(&["dlq", "discard", "--all", "--yes", "--json"]);
    assert_eq!(json["lines"][0]["count"], 1);
    assert_eq!(lumi.ok(&["dlq", "list"]), "No dead letters.\n");
    let mixed = lumi.run(&["dlq", "replay", "m2", "--reason", "poison"]);
    assert!(mixed.code == 2 && mixed.err.contains("filters go with --all"), "{mixed:?}");
}
