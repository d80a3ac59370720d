use lumi_domain::{ChannelKind, Peer, TenantId};
use lumi_store::manifest::{
    ApplyError, ApplyOptions, ChannelSpec, OwnerSpec, Prune, Run, TenantSpec,
};
use lumi_store::{Change, Faq, Topic};
use lumi_testing::{TestDb, keys};
use serde_json::json;

use crate::ledger::{End, message, work};

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

fn letters(text: &str) -> Vec<String> {
    text.chars().map(String::from).collect()
}

const KEEP: ApplyOptions = ApplyOptions { run: Run::Commit, prune: Prune::Keep, tokens: words };
const PRUNE: ApplyOptions = ApplyOptions { run: Run::Commit, prune: Prune::Remove, tokens: words };

fn channel(key: &str, account: &str) -> ChannelSpec {
    let serde_json::Value::Object(settings) = json!({"phone_number_id": account}) else { panic!() };
    ChannelSpec {
        key: key.into(),
        kind: ChannelKind::Whatsapp,
        account: account.into(),
        settings,
        secrets: [("app_secret".to_owned(), vec!["s3cret".into()])].into(),
    }
}

fn faq(id: &str, question: &str) -> Faq {
    Faq {
        id: id.into(),
        question: question.into(),
        variants: vec![format!("{question} please please")],
        answer: "The answer".into(),
        language: Some("en".into()),
    }
}

fn spec(id: &str, key: &str, account: &str) -> TenantSpec {
    TenantSpec {
        id: TenantId::parse(id).unwrap(),
        name: "Chez Nous".into(),
        timezone: "Europe/Paris".parse().unwrap(),
        country: None,
        language: "fr".into(),
        instructions: String::new(),
        handoff: true,
        messages_days: 365,
        replies_per_contact_per_hour: 120,
        tokens_per_day: 0,
        channels: vec![channel(key, account)],
        owners: vec![OwnerSpec { channel: key.into(), peer: Peer::new("+331"), name: None }],
        faqs: vec![faq("hours", "when open"), faq("park", "where park")],
    }
}

async fn apply(t: &TestDb, spec: &TenantSpec, options: ApplyOptions) -> Vec<String> {
    let lines = t.db.apply(&keys(), spec, options).await.unwrap();
    lines.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn is_idempotent_and_tells_the_changes() {
    let t = TestDb::new().await;
    let mut s = spec("demo", "wa", "1");
    let dry = ApplyOptions { run: Run::Dry, ..KEEP };
    let created = apply(&t, &s, dry).await;
    assert!(t.db.tenant_list().await.unwrap().is_empty(), "a dry run writes nothing");
    assert_eq!(apply(&t, &s, KEEP).await, created);
    assert_eq!(
        created,
        [
            "demo: tenant created",
            "demo: channel wa created",
            "demo: owner 331 on wa created",
            "demo: faq hours created",
            "demo: faq park created"
        ]
    );
    let version = t.text("SELECT version FROM tenants").await;
    assert_eq!(apply(&t, &s, KEEP).await, [""; 0]);
    assert_eq!(t.text("SELECT version FROM tenants").await, version);
    let hits = t.db.search_faqs("demo", &words("open when"), 5).await.unwrap();
    assert_eq!(hits.first().map(|h| h.faq.id.as_str()), Some("hours"));

    s.name = "Chez Toi".into();
    s.country = Some("FR".into());
    s.channels[0].secrets.insert("app_secret".into(), vec!["other".into()]);
    s.channels[0].settings.insert("rate_per_second".into(), json!(5));
    s.owners[0].name = Some("Claire".into());
    s.faqs[0].question = "opening hours".into();
    assert_eq!(
        apply(&t, &s, KEEP).await,
        [
            "demo: tenant updated: name \"Chez Nous\" -> \"Chez Toi\", country nothing -> \"FR\"",
            "demo: channel wa updated: settings.rate_per_second nothing -> \"5\", secrets changed",
            "demo: owner 331 on wa updated: name nothing -> \"Claire\"",
            "demo: faq hours updated: question \"when open\" -> \"opening hours\"",
        ]
    );
    let hits = t.db.search_faqs("demo", &words("opening"), 5).await.unwrap();
    assert_eq!(hits.len(), 1, "the index follows");
    let wa = t.db.channel_by_key(&keys(), "wa").await.unwrap().unwrap();
    assert_eq!(wa.number("rate_per_second"), Some(5.0));
}

#[tokio::test]
async fn other_processes_hear_of_it_at_commit() {
    let t = TestDb::new().await;
    let mut listener = t.db.listen(&[Topic::Settings]);
    assert_eq!(listener.next().await.unwrap(), Change::Connected);
    let mut s = spec("demo", "wa", "1");
    apply(&t, &s, KEEP).await;
    assert_eq!(listener.next().await.unwrap(), Change::Tenant("demo".into()));
    assert_eq!(listener.next().await.unwrap(), Change::Channel("wa".into()));
    apply(&t, &s, KEEP).await;
    s.name = "New".into();
    apply(&t, &s, KEEP).await;
    assert_eq!(listener.next().await.unwrap(), Change::Tenant("demo".into()));
}

#[tokio::test]
async fn the_index_follows_the_tokenizer() {
    let t = TestDb::new().await;
    let s = spec("demo", "wa", "1");
    apply(&t, &s, KEEP).await;
    let changed = apply(&t, &s, ApplyOptions { tokens: letters, ..KEEP }).await;
    assert_eq!(changed, [""; 0], "no row of the manifest changed");
    assert_eq!(t.text("SELECT max(length(term)) FROM faq_terms").await, "1");
    assert_eq!(t.text("SELECT version FROM tenants").await, "3", "caches must drop it");
}

#[tokio::test]
async fn keys_and_accounts_belong_to_one_channel() {
    let t = TestDb::new().await;
    apply(&t, &spec("first", "wa", "1"), KEEP).await;
    for (key, account, expected) in [
        ("wa", "2", "channel `wa`: the key is taken by channel `wa` of tenant `first`"),
        (
            "wb",
            "1",
            "channel `wb`: the whatsapp account 1 is taken by channel `wa` of tenant `first`",
        ),
    ] {
        let error = t.db.apply(&keys(), &spec("second", key, account), KEEP).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(t.db.tenant_list().await.unwrap().len(), 1, "nothing of it was written");

    let mut s = spec("first", "wa", "1");
    s.channels[0].kind = ChannelKind::Web;
    let error = t.db.apply(&keys(), &s, KEEP).await.unwrap_err();
    assert!(matches!(error, ApplyError::Kind { .. }), "{error}");
    let mut s = spec("first", "wa", "1");
    s.owners[0].channel = "none".into();
    let error = t.db.apply(&keys(), &s, KEEP).await.unwrap_err();
    assert!(matches!(error, ApplyError::OwnerChannel { .. }), "{error}");
}

#[tokio::test]
async fn prune_removes_what_an_apply_made_and_nothing_else() {
    let t = TestDb::new().await;
    apply(&t, &spec("other", "wx", "9"), KEEP).await;
    let mut s = spec("demo", "wa", "1");
    s.channels.push(channel("wb", "2"));
    s.channels.push(channel("wc", "3"));
    apply(&t, &s, KEEP).await;
    t.execute(
        "INSERT INTO owners (tenant, channel_id, peer, from_manifest)
         SELECT 'demo', id, 'by-link', false FROM channels WHERE key = 'wa'",
    )
    .await;
    t.execute("UPDATE faqs SET from_manifest = false WHERE tenant = 'demo' AND id = 'park'").await;
    let wb = t.db.channel_by_key(&keys(), "wb").await.unwrap().unwrap().id;
    t.db.store_messages(&[message(wb, "336", "m1", 1)], &[], &[]).await.unwrap();
    work(&t, End::Sent).await;

    s.channels.truncate(1);
    s.owners.clear();
    s.faqs.clear();
    assert_eq!(apply(&t, &s, KEEP).await, [""; 0], "without prune nothing goes");
    assert_eq!(
        apply(&t, &s, PRUNE).await,
        [
            "demo: owner 331 on wa removed",
            "demo: channel wb disabled (it has a history, so it is kept)",
            "demo: channel wc removed",
            "demo: faq hours removed",
        ]
    );
    assert_eq!(apply(&t, &s, PRUNE).await, [""; 0]);
    assert_eq!(t.text("SELECT count(*) FROM owners WHERE peer = 'by-link'").await, "1");
    assert_eq!(t.text("SELECT count(*) FROM faqs WHERE tenant = 'demo'").await, "1");
    assert_eq!(
        t.text("SELECT count(*) FROM faq_phrases WHERE tenant = 'demo' AND faq_id = 'hours'").await,
        "0"
    );
    assert_eq!(t.text("SELECT count(*) FROM channels WHERE tenant = 'other'").await, "1");

    let error = t.db.apply(&keys(), &spec("third", "wb", "4"), KEEP).await.unwrap_err();
    assert!(error.to_string().ends_with("tenant `demo` (disabled)"), "{error}");
    s.channels.push(channel("wb", "2"));
    assert_eq!(
        apply(&t, &s, PRUNE).await,
        ["demo: channel wb updated: enabled \"false (no longer in the manifest)\" -> \"true\""]
    );
}

#[tokio::test]
async fn a_channel_may_take_a_new_key_when_the_old_one_is_pruned() {
    let t = TestDb::new().await;
    apply(&t, &spec("demo", "wa", "1"), KEEP).await;
    let changes = apply(&t, &spec("demo", "wb", "1"), PRUNE).await;
    assert!(changes.contains(&"demo: channel wb created".to_owned()), "{changes:?}");
}
