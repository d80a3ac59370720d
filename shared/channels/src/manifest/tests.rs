use std::collections::BTreeMap;

use lumi_domain::ChannelKind;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::{account_of, problems};

const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn parts(settings: &Value, secrets: &[(&str, &str)]) -> (Map<String, Value>, Secrets) {
    let mut map = Secrets::new();
    for (name, value) in secrets {
        map.entry((*name).to_owned()).or_default().push((*value).into());
    }
    (settings.as_object().cloned().unwrap(), map)
}

type Secrets = BTreeMap<String, Vec<SecretString>>;

fn found(kind: ChannelKind, settings: &Value, secrets: &[(&str, &str)]) -> Vec<String> {
    let (settings, secrets) = parts(settings, secrets);
    problems(kind, &settings, &secrets).iter().map(ToString::to_string).collect()
}

const WA: [(&str, &str); 3] = [("app_secret", "s"), ("verify_token", "v"), ("access_token", "t")];
const TG: [(&str, &str); 2] = [("bot_token", "123456:ABC-d_ef"), ("secret_token", "s_-9")];

#[test]
fn complete_channels_have_no_problems() {
    let none: [String; 0] = [];
    let wa = json!({"phone_number_id": "1065", "api_version": "v25.0", "on_unknown": "hold",
        "api_base": "http://127.0.0.1:19090", "rate_per_second": 0, "rate_per_chat": 0.2});
    assert_eq!(found(ChannelKind::Whatsapp, &wa, &WA), none);
    assert_eq!(found(ChannelKind::Telegram, &json!({}), &TG), none);
    let url = json!({"reply_url": "https://example.com/hook?x=1"});
    let rotated = [("secret", WHSEC), ("secret", WHSEC)];
    assert_eq!(found(ChannelKind::Standard, &url, &rotated), none);
    let web = json!({"title": "Chat", "allowed_origins": ["https://example.com"]});
    assert_eq!(found(ChannelKind::Web, &web, &[]), none);
}

#[test]
fn every_mistake_is_named() {
    let mut wrong = found(
        ChannelKind::Whatsapp,
        &json!({"phone_number_id": 1065, "colour": "red", "on_unknown": "maybe",
            "rate_per_second": -1, "api_version": "25"}),
        &[("app_secret", ""), ("access_token", "with space"), ("acess_token", "t")],
    );
    wrong.sort();
    assert_eq!(
        wrong,
        [
            "secrets.access_token: expected visible ASCII characters without spaces",
            "secrets.acess_token: unknown; whatsapp knows app_secret, verify_token, access_token",
            "secrets.app_secret: expected a text that is not empty",
            "secrets.verify_token: missing; whatsapp needs a text that is not empty",
            "settings.api_version: expected a version like v25.0",
            "settings.colour: unknown; whatsapp knows phone_number_id, api_version, api_base, \
             on_unknown, rate_per_second, rate_per_chat",
            "settings.on_unknown: expected resend or hold",
            "settings.phone_number_id: expected an id of digits, in quotes",
            "settings.rate_per_second: expected messages per second as a number, 0 for no limit",
        ]
    );
}

#[test]
fn values_of_the_other_kinds() {
    let urls = [
        "ftp://example.com",
        "example.com/hook",
        "https://",
        "https://u:p@example.com/",
        "https://example.com/#part",
        "https://пример.рф/",
        "/hook",
        "",
    ];
    for url in urls {
        let wrong = found(ChannelKind::Standard, &json!({"reply_url": url}), &[("secret", WHSEC)]);
        assert_eq!(wrong.len(), 1, "{url}");
    }
    let short = ["whsec_AAAA", "whsec_no base64", "whsec_", "plain"];
    for secret in short {
        let settings = json!({"reply_url": "https://example.com/"});
        assert_eq!(found(ChannelKind::Standard, &settings, &[("secret", secret)]).len(), 1);
    }
    for (name, value) in [("bot_token", "98765"), ("bot_token", "x:y"), ("secret_token", "x y")] {
        let mut secrets: BTreeMap<&str, &str> = TG.into_iter().collect();
        secrets.insert(name, value);
        let secrets: Vec<_> = secrets.into_iter().collect();
        let wrong = found(ChannelKind::Telegram, &json!({}), &secrets);
        assert_eq!(wrong.len(), 1, "{name} {value}");
        assert!(!wrong[0].contains(value), "shows a secret: {wrong:?}");
    }
}

#[test]
fn accounts() {
    let table = [
        (ChannelKind::Whatsapp, json!({"phone_number_id": "1065"}), &WA[..], "1065"),
        (ChannelKind::Whatsapp, json!({}), &WA[..], "key"),
        (ChannelKind::Telegram, json!({}), &TG[..], "123456"),
        (ChannelKind::Standard, json!({}), &[][..], "key"),
        (ChannelKind::Web, json!({}), &[][..], "key"),
    ];
    for (kind, settings, secrets, expected) in table {
        let (settings, secrets) = parts(&settings, secrets);
        assert_eq!(account_of(kind, &settings, &secrets, "key"), expected, "{kind}");
    }
}
