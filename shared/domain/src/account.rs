use std::collections::BTreeMap;

use secrecy::SecretString;

use crate::{ChannelKind, TenantId};

/// One configured account on a platform, secrets opened. Built by the store, used by ingress,
/// worker and the adapters. `Debug` never shows a secret.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Row id.
    pub id: i64,
    /// Whose it is.
    pub tenant: TenantId,
    /// The `{key}` of the webhook path, unique in the deployment.
    pub key: String,
    /// The platform.
    pub kind: ChannelKind,
    /// The platform's id of the account (WhatsApp `phone_number_id`, the bot's id); else the key.
    pub account: String,
    /// Settings of the manifest, as written.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Secrets of the manifest; several values while one is rotated, the first is used to sign.
    pub secrets: BTreeMap<String, Vec<SecretString>>,
    /// False: webhooks get 404, replies wait.
    pub enabled: bool,
}

impl Channel {
    /// A setting that is text.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).and_then(serde_json::Value::as_str)
    }

    /// A setting that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.settings.get(name).and_then(serde_json::Value::as_f64)
    }

    /// All values of a secret; empty when there is none.
    pub fn secret(&self, name: &str) -> &[SecretString] {
        self.secrets.get(name).map_or(&[], Vec::as_slice)
    }
}
