//! What is wrong with a channel of a manifest, in words for its writer.

use std::collections::BTreeMap;
use std::fmt;

use lumi_domain::ChannelKind;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{Field, Form, Place, fields};
use crate::outbound::web_uri;
use crate::standard;

/// One mistake. Never holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Under which key of the channel.
    pub place: Place,
    /// Which field, as written; the caller knows its line and column.
    pub field: String,
    /// What is wrong and what is expected.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Setting => "settings",
            Place::Secret => "secrets",
        };
        write!(f, "{place}.{}: {}", self.field, self.message)
    }
}

/// Every mistake in a channel's settings and secrets; empty when it can be used.
pub fn problems(
    kind: ChannelKind,
    settings: &Map<String, Value>,
    secrets: &BTreeMap<String, Vec<SecretString>>,
) -> Vec<Problem> {
    let table = fields(kind);
    let mut found = Vec::new();
    let mut say = |place, field: &str, message: String| {
        found.push(Problem { place, field: field.to_owned(), message });
    };
    for field in table.iter().filter(|field| field.required) {
        let present = match field.place {
            Place::Setting => settings.contains_key(field.name),
            Place::Secret => secrets.get(field.name).is_some_and(|values| !values.is_empty()),
        };
        if !present {
            say(field.place, field.name, format!("missing; {kind} needs {}", field.form));
        }
    }
    for (name, value) in settings {
        match find(table, Place::Setting, name) {
            None => say(Place::Setting, name, unknown(table, Place::Setting, kind)),
            Some(form) if !setting_fits(form, value) => {
                say(Place::Setting, name, format!("expected {form}"));
            }
            Some(_) => {}
        }
    }
    for (name, values) in secrets {
        match find(table, Place::Secret, name) {
            None => say(Place::Secret, name, unknown(table, Place::Secret, kind)),
            Some(form) if !values.iter().all(|value| text_fits(form, value.expose_secret())) => {
                say(Place::Secret, name, format!("expected {form}"));
            }
            Some(_) => {}
        }
    }
    found
}

fn find(table: &[Field], place: Place, name: &str) -> Option<Form> {
    table.iter().find(|field| field.place == place && field.name == name).map(|field| field.form)
}

fn unknown(table: &[Field], place: Place, kind: ChannelKind) -> String {
    let known: Vec<&str> =
        table.iter().filter(|field| field.place == place).map(|field| field.name).collect();
    format!("unknown; {kind} knows {}", known.join(", "))
}

fn setting_fits(form: Form, value: &Value) -> bool {
    match (form, value) {
        (Form::Rate, value) => value.as_f64().is_some_and(|rate| rate.is_finite() && rate >= 0.0),
        (Form::Texts, Value::Array(texts)) => texts.iter().all(Value::is_string),
        (form, Value::String(text)) => text_fits(form, text),
        _ => false,
    }
}

fn text_fits(form: Form, text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match form {
        Form::Text => !text.is_empty(),
        Form::Digits => digits(text),
        Form::Url => web_uri(text).is_ok(),
        Form::GraphVersion => text
            .strip_prefix('v')
            .and_then(|version| version.split_once('.'))
            .is_some_and(|(major, minor)| digits(major) && digits(minor)),
        Form::OnUnknown => matches!(text, "resend" | "hold"),
        Form::Token => !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()),
        Form::BotToken => text.split_once(':').is_some_and(|(bot, rest)| {
            digits(bot) && !rest.is_empty() && rest.bytes().all(is_word)
        }),
        Form::TelegramSecret => (1..=256).contains(&text.len()) && text.bytes().all(is_word),
        Form::Whsec => standard::key_of(text).is_some_and(|key| (24..=64).contains(&key.len())),
        Form::Texts | Form::Rate => false,
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text that is not empty",
            Self::Texts => "a list of texts",
            Self::Digits => "an id of digits, in quotes",
            Self::Url => "an http:// or https:// address with a host, without user or fragment",
            Self::GraphVersion => "a version like v25.0",
            Self::OnUnknown => "resend or hold",
            Self::Rate => "messages per second as a number, 0 for no limit",
            Self::Token => "visible ASCII characters without spaces",
            Self::BotToken => "a token of the form 123456:ABC-def",
            Self::TelegramSecret => "1 to 256 of A-Z a-z 0-9 _ -",
            Self::Whsec => "whsec_ and the base64 of 24 to 64 bytes",
        })
    }
}
