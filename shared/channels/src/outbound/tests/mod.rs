//! A stand-in for other people's servers, and the tests of what all platforms share.

mod fake;
mod guard;
mod transport;

pub(crate) use fake::{Fake, Step};

use std::time::{Duration, SystemTime};

use lumi_domain::{Channel, ChannelKind, Lang, Part, TenantId};
use secrecy::SecretString;
use serde_json::Value;

use super::{SendConfig, SendMeta, Sender};

pub(crate) fn channel(kind: ChannelKind, settings: &Value, secrets: &[(&str, &str)]) -> Channel {
    let secrets = secrets.iter().map(|(name, value)| {
        let values = value.split(',').map(SecretString::from).collect();
        ((*name).to_owned(), values)
    });
    Channel {
        id: 1,
        tenant: TenantId::parse("demo").unwrap(),
        key: "key".to_owned(),
        kind,
        account: "key".to_owned(),
        settings: settings.as_object().cloned().unwrap(),
        secrets: secrets.collect(),
        enabled: true,
    }
}

/// May reach this machine; patient, for a busy one.
pub(crate) fn sender() -> Sender {
    waiting(Duration::from_secs(20))
}

/// Loses patience quickly, for servers that say nothing.
pub(crate) fn hasty() -> Sender {
    waiting(Duration::from_millis(700))
}

fn waiting(timeout: Duration) -> Sender {
    let outbound_allow = vec!["127.0.0.0/8".parse().unwrap()];
    Sender::new(SendConfig { outbound_allow, timeout, ..SendConfig::default() })
}

pub(crate) fn part(text: &str, buttons: &[&str]) -> Part {
    Part {
        text: text.to_owned(),
        language: Lang::parse("fr").unwrap(),
        buttons: buttons.iter().map(|&label| label.to_owned()).collect(),
    }
}

/// 2023-11-14T22:13:20Z
pub(crate) const NOW: u64 = 1_700_000_000;

pub(crate) fn meta() -> SendMeta<'static> {
    SendMeta {
        idempotency_key: "lumi_1_7",
        in_reply_to: Some("msg_1"),
        index: 0,
        attempt: 0,
        now: SystemTime::UNIX_EPOCH + Duration::from_secs(NOW),
    }
}
