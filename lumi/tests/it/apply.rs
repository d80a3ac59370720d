use lumi_testing::TestDb;

use crate::lumi::Lumi;

const MANIFEST: &str = r#"tenant: demo
name: Chez Nous
timezone: Europe/Paris
language: fr
owners:
  - {channel: wa, id: "+33123456789", name: Claire}
channels:
  - key: wa
    kind: whatsapp
    settings: {phone_number_id: "106540352242922"}
    secrets: {app_secret: {env: WA_APP_SECRET}, verify_token: {file: verify.txt}, access_token: "do-not-show"}
faqs:
  - {id: hours, question: "À quelle heure ouvrez-vous ?", answer: "Nous ouvrons à 9 h.", language: fr}
  - {id: park, question: "Where can I park?", answer: "There is a car park behind the house."}
"#;

fn on(t: &TestDb) -> Lumi {
    let lumi = Lumi::on(t).var("WA_APP_SECRET", "from the environment");
    lumi.file("m.yaml", MANIFEST).file("verify.txt", "from a file\n");
    lumi
}

#[tokio::test]
async fn applies_once_and_then_nothing() {
    let t = TestDb::new().await;
    let lumi = on(&t);
    let dry = lumi.run(&["apply", "-f", "m.yaml", "--dry-run"]);
    assert!(dry.out.contains("demo: tenant created"), "{dry:?}");
    assert!(dry.err.contains("nothing was written"), "{dry:?}");
    assert_eq!(lumi.json(&["tenant", "list", "--json"]), serde_json::json!([]));

    let first = lumi.run(&["apply", "-f", "m.yaml"]);
    assert_eq!((first.code, first.out), (0, dry.out), "{}", first.err);
    assert!(
        first.err.contains("m.yaml:11:97: secrets.access_token is written out here"),
        "{}",
        first.err
    );
    assert!(first.err.contains("Using the database 127.0.0.1"), "{}", first.err);
    assert!(!first.err.contains("do-not-show"));
    assert_eq!(lumi.ok(&["apply", "-f", "m.yaml"]), "demo: nothing to change\n");
    assert_eq!(lumi.json(&["apply", "-f", "m.yaml", "--json"]), serde_json::json!([]));

    lumi.file(
        "m.yaml",
        &MANIFEST.replace("Chez Nous", "Chez Toi").replace("do-not-show", "nor-this"),
    );
    assert_eq!(
        lumi.ok(&["apply", "-f", "m.yaml"]),
        "demo: tenant updated: name \"Chez Nous\" -> \"Chez Toi\"\ndemo: channel wa updated: secrets changed\n"
    );
    lumi.file("m.yaml", &MANIFEST.replace("Chez Nous", "Elsewhere"));
    let changes = lumi.json(&["apply", "-f", "m.yaml", "--json"]);
    assert_eq!(changes[0]["verb"], "updated");
    assert_eq!(changes[0]["fields"][0]["to"], "Elsewhere");

    let shown = lumi.ok(&["tenant", "show", "demo"]);
    assert!(shown.contains("owner 33123456789 on wa  Claire"), "{shown}");
    assert!(!shown.contains("do-not-show"), "{shown}");
    assert_eq!(t.text("SELECT language FROM faqs WHERE id = 'park'").await, "en");
}

#[tokio::test]
async fn a_mistake_anywhere_applies_nothing() {
    let t = TestDb::new().await;
    let lumi = on(&t);
    lumi.file("bad.yaml", "tenant: bad\ntimezone: UTC\nfaks: []\n");
    let run = lumi.run(&["apply", "-f", "m.yaml", "-f", "bad.yaml"]);
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(
        run.err.contains("bad.yaml:3:1: unknown key `faks`; allowed here: tenant, name,"),
        "{}",
        run.err
    );
    assert!(run.err.contains("nothing was applied"), "{}", run.err);
    lumi.file("bad.yaml", "tenant: bad\ntimezone: UTC\ndocuments: [{id: menu, path: menu.md}]\n");
    let run = lumi.run(&["apply", "-f", "m.yaml", "bad.yaml"]);
    assert!(run.code == 1 && run.err.contains("documents are not supported yet"), "{run:?}");
    lumi.file("bad.yaml", MANIFEST);
    let run = lumi.run(&["apply", "-f", "m.yaml", "-f", "bad.yaml"]);
    assert!(
        run.code == 1 && run.err.contains("bad.yaml:1:9: tenant `demo` is in m.yaml too"),
        "{run:?}"
    );
    assert_eq!(lumi.json(&["tenant", "list", "--json"]), serde_json::json!([]));
    let run = lumi.run(&["apply", "-f", "none.yaml"]);
    assert!(run.code == 1 && run.err.contains("none.yaml"), "{run:?}");
}

#[tokio::test]
async fn a_foreign_key_or_account_is_refused_by_name() {
    let t = TestDb::new().await;
    let lumi = on(&t);
    lumi.ok(&["apply", "-f", "m.yaml"]);
    let second =
        MANIFEST.replace("tenant: demo", "tenant: second").replace("\"+33123456789\"", "\"1\"");
    lumi.file("second.yaml", &second);
    let run = lumi.run(&["apply", "-f", "second.yaml"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("the key is taken by channel `wa` of tenant `demo`"), "{}", run.err);
    lumi.file(
        "second.yaml",
        &second.replace("key: wa", "key: wb").replace("channel: wa", "channel: wb"),
    );
    let run = lumi.run(&["apply", "-f", "second.yaml"]);
    assert!(
        run.err.contains(
            "the whatsapp account 106540352242922 is taken by channel `wa` of tenant `demo`"
        ),
        "{}",
        run.err
    );
}

#[tokio::test]
async fn prune_needs_yes() {
    let t = TestDb::new().await;
    let lumi = on(&t);
    lumi.ok(&["apply", "-f", "m.yaml"]);
    let less: String =
        MANIFEST.lines().filter(|l| !l.contains("id: park")).map(|l| format!("{l}\n")).collect();
    lumi.file("m.yaml", &less);
    let run = lumi.run(&["apply", "-f", "m.yaml", "--prune"]);
    assert!(run.code == 2 && run.err.contains("--yes"), "{run:?}");
    assert_eq!(
        lumi.ok(&["apply", "-f", "m.yaml", "--prune", "--dry-run"]),
        "demo: faq park removed\n"
    );
    assert_eq!(lumi.ok(&["apply", "-f", "m.yaml"]), "demo: nothing to change\n");
    assert_eq!(lumi.ok(&["apply", "-f", "m.yaml", "--prune", "--yes"]), "demo: faq park removed\n");
}

#[tokio::test]
async fn the_key_is_required() {
    let t = TestDb::new().await;
    let lumi = Lumi::bare().var("DATABASE_URL", &t.url);
    lumi.file("m.yaml", "tenant: demo\ntimezone: UTC\n");
    let run = lumi.run(&["apply", "-f", "m.yaml"]);
    assert_eq!(run.code, 64);
    assert!(run.err.contains("LUMI_SECRET_KEY"), "{}", run.err);
}
