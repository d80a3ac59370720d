//! The form of a manifest. Every key that is not here is a mistake.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::{Error, Spanned};

use super::secret::SecretEntry;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) tenant: Spanned<String>,
    pub(super) name: Option<Spanned<String>>,
    pub(super) timezone: Option<Spanned<String>>,
    pub(super) country: Option<Spanned<String>>,
    pub(super) language: Option<Spanned<String>>,
    pub(super) owners: Option<Vec<Spanned<Owner>>>,
    pub(super) channels: Option<Vec<Spanned<Channel>>>,
    pub(super) faqs: Option<Vec<Spanned<FaqEntry>>>,
    pub(super) documents: Option<Spanned<Vec<Document>>>,
    pub(super) assistant: Option<Assistant>,
    pub(super) retention: Option<Retention>,
    pub(super) limits: Option<Limits>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Owner {
    pub(super) channel: Spanned<String>,
    pub(super) id: Spanned<String>,
    pub(super) name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    pub(super) key: Spanned<String>,
    pub(super) kind: Spanned<String>,
    pub(super) settings: Option<BTreeMap<String, Spanned<Value>>>,
    pub(super) secrets: Option<BTreeMap<String, Spanned<SecretEntry>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaqEntry {
    pub(super) id: Option<Spanned<String>>,
    pub(super) question: Spanned<String>,
    pub(super) variants: Option<Vec<String>>,
    pub(super) answer: Spanned<String>,
    pub(super) language: Option<Spanned<String>>,
}

/// Taken by the schema, so that a mistyped key is found today.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "this build reads the section only to refuse it well")]
pub(super) struct Document {
    id: String,
    title: Option<String>,
    path: Option<String>,
    text: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assistant {
    pub(super) instructions: Option<String>,
    pub(super) handoff: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Retention {
    pub(super) messages_days: Option<Spanned<i32>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) replies_per_contact_per_hour: Option<Spanned<i32>>,
    pub(super) tokens_per_day: Option<Spanned<i64>>,
}

/// A parser's error in the words of somebody who writes a manifest; the place is told apart.
pub(super) fn words(error: &Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(words, _)| words);
    if let Some((field, known)) =
        text.strip_prefix("unknown field ").and_then(|t| t.split_once(", expected "))
    {
        let known = known.trim_start_matches("one of ");
        return format!("unknown key {field}; allowed here: {known}");
    }
    if let Some(field) = text.strip_prefix("missing field ") {
        return format!("missing key {field}");
    }
    if text.starts_with("duplicate mapping key: ") {
        let key = text.trim_start_matches("duplicate mapping key: ");
        let key = key.split(',').next().unwrap_or(key);
        return format!("the key `{key}` stands here a second time");
    }
    if text.starts_with("multiple YAML documents") {
        return "a second document begins here: one file describes one tenant".to_owned();
    }
    if text.starts_with("cannot deserialize null into string") {
        return "a value is missing".to_owned();
    }
    text.to_owned()
}
