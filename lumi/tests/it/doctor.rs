use lumi_testing::TestDb;
use serde_json::json;

use crate::lumi::Lumi;

#[tokio::test]
async fn is_well_until_a_row_is_hidden() {
    let t = TestDb::new().await;
    t.tenant("demo", "fr").await;
    let c = t.channel("demo", "ch", "web", "ch", &json!({}), &[("identity_secret", "s")]).await;
    t.execute(&format!(
        "INSERT INTO conversations (tenant, channel_id, peer, wake_at) VALUES ('demo', {c}, 'a', now());
         INSERT INTO inbox (seq, tenant, channel_id, conversation_id, external_id, received_at, sender, input, body)
         VALUES (1, 'demo', {c}, 1, 'x1', now(), 'a', 'text', 'Bonjour')"
    ))
    .await;
    let lumi = Lumi::on(&t);
    let well = lumi.ok(&["doctor"]);
    for line in [
        "messages: 1 = 1 pending + 0 done + 0 dead + 0 discarded",
        "hidden from every sweep: none",
        "workers: none has been seen for 5 s, so nothing moves",
        "queue: not checked",
        "Nothing is lost, nothing is hidden.",
    ] {
        assert!(well.contains(line), "{line}: {well}");
    }
    t.execute("UPDATE conversations SET wake_at = 'infinity'").await;
    let ill = lumi.run(&["doctor", "--since", "2h"]);
    assert_eq!(ill.code, 1, "{ill:?}");
    assert!(
        ill.out.contains(
            "!! hidden from every sweep: 1 with work that nobody will find: conversation 1 of demo"
        ),
        "{ill:?}"
    );
    let json = lumi.run(&["doctor", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, &report["healthy"], &report["hidden"]), (1, &json!(false), &json!(1)));
    assert_eq!(report["queue"], "not_checked");
    t.execute("UPDATE conversations SET wake_at = now()").await;

    let broker = Lumi::on(&t).var("AMQP_URL", "amqp://127.0.0.1:1");
    let away = broker.ok(&["doctor"]);
    assert!(away.contains("queue: cannot be reached"), "{away}");
}
