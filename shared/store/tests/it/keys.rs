use lumi_domain::{ChannelKind, TenantId};
use lumi_store::manifest::{ApplyOptions, ChannelSpec, Prune, Run, TenantSpec};
use lumi_store::seal::Keyring;
use lumi_testing::TestDb;
use secrecy::{ExposeSecret as _, SecretString};

const OLD: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const NEW: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

fn ring(list: &str) -> Keyring {
    Keyring::parse(&SecretString::from(list)).unwrap()
}

fn spec() -> TenantSpec {
    TenantSpec {
        id: TenantId::parse("demo").unwrap(),
        name: "Demo".into(),
        timezone: chrono_tz::UTC,
        country: None,
        language: "en".into(),
        instructions: String::new(),
        handoff: true,
        messages_days: 365,
        replies_per_contact_per_hour: 120,
        tokens_per_day: 0,
        channels: vec![ChannelSpec {
            key: "web".into(),
            kind: ChannelKind::Web,
            account: "web".into(),
            settings: serde_json::Map::new(),
            secrets: [("identity_secret".to_owned(), vec!["hush".into()])].into(),
        }],
        owners: vec![],
        faqs: vec![],
    }
}

#[tokio::test]
async fn keys_rotate() {
    let t = TestDb::new().await;
    let options = ApplyOptions { run: Run::Commit, prune: Prune::Keep, tokens: |_| vec![] };
    t.db.apply(&ring(OLD), &spec(), options).await.unwrap();

    let both = ring(&format!("{NEW},{OLD}"));
    let changes = t.db.apply(&both, &spec(), options).await.unwrap();
    assert!(changes.is_empty(), "another key is no change of the secret: {changes:?}");

    let lost = t.db.rekey(&ring(NEW)).await.unwrap();
    assert_eq!((lost.resealed.len(), lost.failed.len()), (0, 1), "the old key is missing");

    let done = t.db.rekey(&both).await.unwrap();
    assert_eq!((done.resealed, done.current), (vec!["web".to_owned()], 0));
    let again = t.db.rekey(&both).await.unwrap();
    assert_eq!((again.resealed.len(), again.current), (0, 1));

    let web = t.db.channel_by_key(&ring(NEW), "web").await.unwrap().unwrap();
    assert_eq!(web.secret("identity_secret")[0].expose_secret(), "hush");
    assert!(t.db.channel_by_key(&ring(OLD), "web").await.is_err());
    let changes = t.db.apply(&ring(NEW), &spec(), options).await.unwrap();
    assert!(changes.is_empty(), "the digest follows the key: {changes:?}");
}
