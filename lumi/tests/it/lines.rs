//! JSON lines in, JSON lines out.

use lumi_testing::TestDb;
use serde_json::{Value, json};

use crate::lumi::{Lumi, Run};

fn answers(run: &Run) -> Vec<Value> {
    run.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn understand_reads_lines() {
    let input = r#"{"text":"Vacances"}
{"text":"du 24/12/2024 au 08/01/2025","language":"fr","country":"FR","timezone":"Europe/Paris"}

{"text":"03/04/2026"}
{"text":"ok","language":"fr"}
not json
{"text":"x","timezone":"Mars/Olympus"}
{"text":"x","language":"!"}
{"text":"demain","language":"fr","now":"2026-02-28T23:30:00Z","timezone":"Europe/Paris"}
"#;
    let run = Lumi::bare().feed(&["understand"], input);
    let out = answers(&run);
    assert_eq!(
        (run.code, out.len()),
        (1, 8),
        "a bad line is answered, and told by the exit code: {run:?}"
    );
    assert_eq!((&out[0]["language"], &out[0]["intent"]), (&json!("fr"), &json!("vacation")));
    assert_eq!(out[1]["dates"], json!({"start": "2024-12-24", "end": "2025-01-08"}));
    let mut keys: Vec<&String> = out[1].as_object().unwrap().keys().collect();
    keys.sort_unstable();
    assert_eq!(keys, ["ambiguous", "confidence", "dates", "intent", "language"]);
    assert_eq!((&out[2]["ambiguous"], &out[2]["dates"]), (&json!(true), &Value::Null));
    assert_eq!(out[2]["candidates"].as_array().map(Vec::len), Some(2));
    assert_eq!((&out[3]["language"], &out[3]["intent"]), (&json!("fr"), &json!("confirm")));
    for (at, word) in [(4, "expected"), (5, "Mars/Olympus"), (6, "language tag")] {
        assert!(out[at]["error"].as_str().unwrap().contains(word), "{:?}", out[at]);
    }
    assert_eq!(out[7]["dates"]["start"], "2026-03-02", "it is March in Paris already");

    let good = Lumi::bare().feed(&["understand"], "{\"text\":\"hello\"}\n");
    assert_eq!(good.code, 0, "{good:?}");
    assert_eq!(Lumi::bare().feed(&["understand"], "").code, 0);
}

#[tokio::test]
async fn ask_answers_from_what_is_stored() {
    let t = TestDb::new().await;
    let lumi = Lumi::on(&t);
    lumi.file(
        "m.yaml",
        r#"tenant: demo
timezone: Europe/Paris
language: fr
faqs:
  - {id: hours, question: "À quelle heure ouvrez-vous ?", answer: "Nous ouvrons à 9 h.", language: fr}
  - {id: park, question: "Where can I park my car?", answer: "There is a car park behind the house.", language: en}
"#,
    );
    lumi.ok(&["apply", "-f", "m.yaml"]);
    let found = lumi.run(&["ask", "--tenant", "demo", "a quelle heure ouvrez vous"]);
    assert_eq!((found.code, found.out.as_str()), (0, "Nous ouvrons à 9 h.\n"), "{found:?}");
    let json = lumi.json(&["ask", "--tenant", "demo", "--json", "Where do I park my car?"]);
    assert_eq!((&json["action"], &json["language"]), (&json!("answer"), &json!("en")));
    assert_eq!(json["sources"][0]["ref"], "park");
    let unknown = lumi.json(&["ask", "--tenant", "demo", "--json", "Who wrote Hamlet?"]);
    assert_eq!(unknown["action"], "handoff");
    assert!(!unknown["text"].as_str().unwrap().is_empty());
    let only = lumi.json(&[
        "ask",
        "--tenant",
        "demo",
        "--json",
        "--retrieve-only",
        "--top-k",
        "1",
        "park car heure",
    ]);
    assert_eq!(only["sources"].as_array().unwrap().len(), 1);
    assert!(only.get("text").is_none() && only.get("action").is_none(), "{only}");

    let lines = lumi.feed(
        &["ask", "--tenant", "demo"],
        "{\"id\":7,\"text\":\"Where can I park my car?\"}\nnonsense\n{\"id\":\"b\",\"text\":\"À quelle heure ouvrez-vous ?\"}\n",
    );
    let out = answers(&lines);
    assert_eq!((lines.code, out.len()), (1, 3), "{lines:?}");
    assert_eq!(
        (&out[0]["id"], &out[2]["id"], &out[1]["id"]),
        (&json!(7), &json!("b"), &Value::Null)
    );
    assert!(out[1]["error"].is_string());
    assert_eq!(out[2]["text"], "Nous ouvrons à 9 h.");
    assert_eq!(lumi.run(&["ask", "--tenant", "none", "x"]).code, 1);
}
