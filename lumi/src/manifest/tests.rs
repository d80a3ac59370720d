use std::path::PathBuf;

use lumi_config::Env;
use secrecy::ExposeSecret as _;

use super::{Manifests, Reader, Taken};

fn read(text: &str) -> Manifests {
    let env = Env::from_map([("WA_APP_SECRET", "from the environment")]);
    let file = PathBuf::from("m.yaml");
    let mut reader = Reader { file: &file, env: &env, found: Manifests::default() };
    if let Some(manifest) = reader.parse(text) {
        Taken::default().note(&mut reader, &manifest);
        reader.check(&manifest);
    }
    reader.found
}

const WHATSAPP: &str = r#"tenant: demo
name: Chez Nous
timezone: Europe/Paris
country: NO
language: fr
owners:
  - {channel: wa, id: "+33123456789", name: Claire}
channels:
  - key: wa
    kind: whatsapp
    settings: {phone_number_id: "106540352242922", api_version: v25.0, rate_per_second: 10}
    secrets: {app_secret: [{env: WA_APP_SECRET}, old], verify_token: v, access_token: t}
faqs:
  - {id: hours, question: "À quelle heure ouvrez-vous ?", variants: ["Vos horaires ?"], answer: "Nous ouvrons à 9 h.", language: fr}
  - {question: "Where can I park?", answer: "There is a car park behind the house, and it is free."}
assistant: {instructions: "Tutoie les clients.", handoff: false}
retention: {messages_days: 30}
limits: {replies_per_contact_per_hour: 0, tokens_per_day: 5}
documents: []
"#;

#[test]
fn a_whole_manifest_is_read() {
    let found = read(WHATSAPP);
    assert_eq!(found.mistakes, []);
    assert_eq!(found.warnings.len(), 3, "{:?}", found.warnings);
    let t = found.tenants.first().unwrap();
    assert_eq!((t.id.as_str(), t.name.as_str()), ("demo", "Chez Nous"));
    assert_eq!((t.timezone.name(), t.country.as_deref()), ("Europe/Paris", Some("NO")));
    assert_eq!((t.handoff, t.messages_days), (false, 30));
    assert_eq!((t.replies_per_contact_per_hour, t.tokens_per_day), (0, 5));
    assert_eq!(t.owners[0].peer.as_str(), "33123456789");
    assert_eq!(t.channels[0].account, "106540352242922");
    let secrets: Vec<&str> =
        t.channels[0].secrets["app_secret"].iter().map(|s| s.expose_secret()).collect();
    assert_eq!(secrets, ["from the environment", "old"]);
    assert_eq!(t.faqs[0].id, "hours");
    assert!(t.faqs[1].id.starts_with("where-can-i-park-"));
    assert_eq!(t.faqs[1].language.as_deref(), Some("en"));
}

#[test]
fn json_is_read_too_also_with_tabs() {
    let found = read(
        "{\n\t\"tenant\": \"demo\",\n\t\"timezone\": \"UTC\",\n\t\"limits\": {\"tokens_per_day\": 3}\n}\n",
    );
    assert_eq!(found.mistakes, []);
    assert_eq!(found.tenants[0].tokens_per_day, 3);
}

/// What is wrong, and the beginning of what is said about it.
#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn mistakes_say_where_and_what() {
    let with = |from: &str, to: &str| {
        assert!(WHATSAPP.contains(from), "{from}");
        WHATSAPP.replacen(from, to, 1)
    };
    let mut wrong = Vec::new();
    for (text, expected) in [
        (
            with("name: Chez", "naem: Chez"),
            "m.yaml:2:1: unknown key `naem`; allowed here: tenant, name,",
        ),
        (
            with("name: Claire", "nom: Claire"),
            "m.yaml:7:39: unknown key `nom`; allowed here: channel, id, name",
        ),
        (with("tenant: demo", "tenant: Demo"), "m.yaml:1:9: `Demo` is no tenant id"),
        (with("tenant: demo\n", ""), "m.yaml:18:1: missing key `tenant`"),
        (with("Europe/Paris", "Europe/Pari"), "m.yaml:3:11: `Europe/Pari` is no IANA time zone"),
        (with("country: NO", "country: Norway"), "m.yaml:4:10: `Norway` is no country code"),
        (with("language: fr", "language: français"), "m.yaml:5:11: `français` is no language tag"),
        (
            with("channel: wa", "channel: wb"),
            "m.yaml:7:15: there is no channel `wb` in this manifest; it has wa",
        ),
        (
            with("kind: whatsapp", "kind: slack"),
            "m.yaml:10:11: this build does not serve slack yet; it serves whatsapp, telegram, standard, web",
        ),
        (with("kind: whatsapp", "kind: fax"), "m.yaml:10:11: `fax` is no kind of channel"),
        (with("key: wa", "key: w/a"), "m.yaml:9:10: `w/a` cannot stand in a webhook path"),
        (
            with("v25.0", "latest"),
            "m.yaml:11:65: settings.api_version: expected a version like v25.0",
        ),
        (
            with("api_version: v25.0", "api_verson: v25.0"),
            "m.yaml:11:64: settings.api_verson: unknown; whatsapp knows",
        ),
        (
            with("\"106540352242922\"", "106540352242922"),
            "m.yaml:11:33: settings.phone_number_id: expected an id of digits",
        ),
        (with("verify_token: v, ", ""), "m.yaml:9:5: secrets.verify_token: missing"),
        (
            with("WA_APP_SECRET", "NOT_SET"),
            "m.yaml:12:27: secrets.app_secret: the environment variable NOT_SET is not set",
        ),
        (
            with("{env: WA_APP_SECRET}", "{file: /none/such}"),
            "m.yaml:12:27: secrets.app_secret: the file /none/such cannot be read",
        ),
        (
            with("{env: WA_APP_SECRET}", "{vault: x}"),
            "m.yaml:12:29: unknown key `vault`; allowed here: env, file",
        ),
        (with("id: hours, ", "id: \"a b\", "), "m.yaml:14:10: `a b` is no id"),
        (with("À quelle heure ouvrez-vous ?", "??"), "m.yaml:14:27: the question has no words"),
        (with("messages_days: 30", "messages_days: -1"), "m.yaml:17:28: expected a number from 0"),
        (with("messages_days: 30", "messages_days: soon"), "m.yaml:17:28: invalid i32"),
        (
            with("documents: []", "documents: [{id: menu, path: menu.md}]"),
            "m.yaml:19:12: documents are not supported yet",
        ),
        (
            with("documents: []", "documents: [{id: menu, pth: menu.md}]"),
            "m.yaml:19:24: unknown key `pth`",
        ),
        (
            with("documents: []", "tenant: again"),
            "m.yaml:19:1: the key `tenant` stands here a second time",
        ),
        (with("documents: []", "---\ntenant: b"), "m.yaml:20:1: a second document begins here"),
        (with("timezone: Europe/Paris", "timezone:"), ""),
    ] {
        let found = read(&text);
        if expected.is_empty() {
            assert_eq!(found.mistakes, []);
            continue;
        }
        let first = found.mistakes.first().map(ToString::to_string).unwrap_or_default();
        if !first.starts_with(expected) {
            wrong.push(format!("expected {expected}\n     got {:?}", found.mistakes));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_thing_twice_is_a_mistake() {
    let twice = "tenant: a
timezone: UTC
owners: [{channel: w, id: '+1'}, {channel: w, id: '1'}]
channels: [{key: w, kind: web}, {key: w, kind: web}]
faqs: [{id: x, question: q a, answer: a}, {id: x, question: q b, answer: b}]
";
    let said: Vec<String> = read(twice).mistakes.iter().map(ToString::to_string).collect();
    for part in [
        "channel key `w` is in m.yaml already",
        "account w already",
        "this owner stands above",
        "the FAQ `x` stands in line 5",
    ] {
        assert!(said.iter().any(|s| s.contains(part)), "{part}: {said:#?}");
    }
}

#[test]
fn every_mistake_is_told_at_once_and_no_secret_ever() {
    let text = WHATSAPP
        .replace("Europe/Paris", "x")
        .replace("access_token: t", "access_token: 'ges heim'")
        .replace("country: NO", "country: Norway");
    let found = read(&text);
    assert_eq!(found.mistakes.len(), 3, "{:?}", found.mistakes);
    assert!(!format!("{found:?}").contains("ges heim"));
}
