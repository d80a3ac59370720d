//! Which settings and secrets a channel has: the one table behind `lumi apply` and its errors.

mod check;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use lumi_domain::ChannelKind;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

pub use check::{Problem, problems};

/// One setting or secret of a kind of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the manifest.
    pub name: &'static str,
    /// Under which key of the channel it stands.
    pub place: Place,
    /// Whether a channel works without it.
    pub required: bool,
    /// What a value looks like.
    pub form: Form,
}

/// Where a field stands in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `settings`
    Setting,
    /// `secrets`
    Secret,
}

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text that is not empty.
    Text,
    /// A list of texts.
    Texts,
    /// An id of digits, as text: a number would lose digits beyond 2^53.
    Digits,
    /// `http://` or `https://` with a host, without user, password and fragment.
    Url,
    /// `v25.0`
    GraphVersion,
    /// `resend` or `hold`
    OnUnknown,
    /// A number from 0; 0 means no limit.
    Rate,
    /// Visible ASCII, as an HTTP header needs.
    Token,
    /// `<digits>:<rest>`
    BotToken,
    /// 1 to 256 of A-Z a-z 0-9 _ -
    TelegramSecret,
    /// `whsec_` and the base64 of 24 to 64 bytes.
    Whsec,
}

const fn setting(name: &'static str, form: Form) -> Field {
    Field { name, place: Place::Setting, required: false, form }
}

const fn secret(name: &'static str, form: Form) -> Field {
    Field { name, place: Place::Secret, required: false, form }
}

const fn required(field: Field) -> Field {
    Field { required: true, ..field }
}

const PER_SECOND: Field = setting("rate_per_second", Form::Rate);
const PER_CHAT: Field = setting("rate_per_chat", Form::Rate);

const WHATSAPP: &[Field] = &[
    required(setting("phone_number_id", Form::Digits)),
    setting("api_version", Form::GraphVersion),
    setting("api_base", Form::Url),
    setting("on_unknown", Form::OnUnknown),
    PER_SECOND,
    PER_CHAT,
    required(secret("app_secret", Form::Text)),
    required(secret("verify_token", Form::Text)),
    required(secret("access_token", Form::Token)),
];

const TELEGRAM: &[Field] = &[
    setting("api_base", Form::Url),
    setting("on_unknown", Form::OnUnknown),
    PER_SECOND,
    PER_CHAT,
    required(secret("bot_token", Form::BotToken)),
    required(secret("secret_token", Form::TelegramSecret)),
];

const STANDARD: &[Field] = &[
    required(setting("reply_url", Form::Url)),
    PER_SECOND,
    PER_CHAT,
    required(secret("secret", Form::Whsec)),
];

const WEB: &[Field] = &[
    setting("allowed_origins", Form::Texts),
    setting("title", Form::Text),
    PER_SECOND,
    PER_CHAT,
    secret("identity_secret", Form::Text),
];

/// Every field of a kind; a name that is not here is an error in a manifest.
pub const fn fields(kind: ChannelKind) -> &'static [Field] {
    match kind {
        ChannelKind::Whatsapp => WHATSAPP,
        ChannelKind::Telegram => TELEGRAM,
        ChannelKind::Standard => STANDARD,
        ChannelKind::Web => WEB,
    }
}

/// The platform's id of the account, unique per kind in a deployment: the WhatsApp
/// `phone_number_id`, the Telegram bot's id (the digits its token begins with); else the key.
pub fn account_of(
    kind: ChannelKind,
    settings: &Map<String, Value>,
    secrets: &BTreeMap<String, Vec<SecretString>>,
    key: &str,
) -> String {
    let account = match kind {
        ChannelKind::Whatsapp => settings.get("phone_number_id").and_then(Value::as_str),
        ChannelKind::Telegram => secrets
            .get("bot_token")
            .and_then(|tokens| tokens.first())
            .and_then(|token| token.expose_secret().split_once(':'))
            .map(|(bot, _)| bot),
        ChannelKind::Standard | ChannelKind::Web => None,
    };
    account.filter(|account| !account.is_empty()).unwrap_or(key).to_owned()
}
