use lumi_testing::TestDb;
use serde_json::json;

use crate::lumi::Lumi;

async fn demo() -> TestDb {
    let t = TestDb::new().await;
    t.tenant("demo", "fr").await;
    let c = t.channel("demo", "ch", "whatsapp", "1", &json!({}), &[("app_secret", "s")]).await;
    t.execute(&format!(
        "INSERT INTO conversations (tenant, channel_id, peer, name) VALUES ('demo', {c}, '336', 'Claire');
         INSERT INTO inbox (seq, tenant, channel_id, conversation_id, external_id, received_at, state, sender, input, body, action, language)
         VALUES (1, 'demo', {c}, 1, 'x1', '2026-01-02T03:04:05Z', 'done', '336', 'text', 'Bonjour', 'answer', 'fr');
         INSERT INTO outbox (conversation_id, seq, tenant, channel_id, inbox_seq, idx, state, expires_at, key, body, language, buttons)
         VALUES (1, 1, 'demo', {c}, 1, 0, 'sent', now(), 'k', 'Bonjour !', 'fr', '{{✅}}');
         INSERT INTO vacations (tenant, starts_on, ends_on, owner) VALUES ('demo', '2024-12-24', '2025-01-08', '336')"
    ))
    .await;
    t
}

#[tokio::test]
async fn conversations_vacations_and_contacts() {
    let t = demo().await;
    let lumi = Lumi::on(&t);
    let story = lumi.ok(&["conversation", "show", "1"]);
    for part in [
        "with 336, Claire",
        "2026-01-02 03:04:05 UTC  m1  done  fr, answer",
        "> Bonjour",
        "< Bonjour ! [✅]",
    ] {
        assert!(story.contains(part), "{part}: {story}");
    }
    assert_eq!(
        lumi.json(&["conversation", "show", "1", "--json"])["messages"][0]["replies"][0]["state"],
        "sent"
    );
    assert_eq!(lumi.run(&["conversation", "show", "2"]).code, 1);

    let list = lumi.json(&["vacation", "list", "--tenant", "demo", "--json"]);
    let row = list[0].as_object().unwrap();
    let mut keys: Vec<&str> = row.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["created_at", "ends_on", "id", "owner", "starts_on"]);
    assert_eq!((&row["starts_on"], &row["ends_on"]), (&json!("2024-12-24"), &json!("2025-01-08")));
    assert!(lumi.ok(&["vacation", "list", "--tenant", "demo"]).contains("2024-12-24  2025-01-08"));
    assert_eq!(lumi.run(&["vacation", "list", "--tenant", "none"]).code, 1);

    let who = ["--tenant", "demo", "--channel", "ch", "--id", "+336"];
    let with = |command: &'static str| -> Vec<&str> {
        ["contact", command].into_iter().chain(who).collect()
    };
    assert_eq!(lumi.json(&with("export"))["conversation"]["messages"][0]["text"], "Bonjour");
    let plan = lumi.run(&with("erase"));
    assert!(
        plan.out.contains("Would erase 1 messages, 1 replies") && plan.err.contains("add --yes"),
        "{plan:?}"
    );
    let mut yes = with("erase");
    yes.push("--yes");
    assert!(lumi.ok(&yes).starts_with("Erased 1 messages, 1 replies"));
    let gone = lumi.run(&with("export"));
    assert!(gone.code == 1 && gone.err.contains("nothing is kept of `+336`"), "{gone:?}");
}

#[tokio::test]
async fn a_tenant_is_deleted_only_with_yes() {
    let t = demo().await;
    let lumi = Lumi::on(&t);
    let plan = lumi.run(&["tenant", "delete", "demo"]);
    assert!(
        plan.code == 0 && plan.out.starts_with("Would delete tenant demo with 1 channels"),
        "{plan:?}"
    );
    assert!(lumi.ok(&["tenant", "list"]).contains("demo"));
    assert!(lumi.ok(&["tenant", "delete", "demo", "--yes"]).starts_with("Deleted tenant demo"));
    let run = lumi.run(&["tenant", "show", "demo"]);
    assert!(run.code == 1 && run.err.contains("there is no tenant `demo`"), "{run:?}");
}
