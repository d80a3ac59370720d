//! Secrets of a manifest: named places that the command line reads, or (with a warning) literals.

use std::fmt;
use std::path::Path;

use lumi_config::Env;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// One secret, or several while it is rotated.
#[derive(Debug)]
pub(super) struct SecretEntry(pub(super) Vec<Source>);

/// Where a secret's value is.
pub(super) enum Source {
    /// In the manifest itself.
    Literal(String),
    /// In an environment variable.
    Env(String),
    /// In a file, without its last line break.
    File(String),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => f.write_str("Literal(hidden)"),
            Self::Env(name) => write!(f, "Env({name})"),
            Self::File(path) => write!(f, "File({path})"),
        }
    }
}

impl Source {
    /// The value; relative paths begin at the manifest's folder.
    pub(super) fn read(&self, folder: &Path, env: &Env) -> Result<SecretString, String> {
        let value = match self {
            Self::Literal(text) => text.clone(),
            Self::Env(name) => env
                .foreign(name)
                .ok_or_else(|| format!("the environment variable {name} is not set"))?,
            Self::File(path) => {
                let path = folder.join(path);
                std::fs::read_to_string(&path)
                    .map_err(|e| format!("the file {} cannot be read: {e}", path.display()))?
                    .trim_end_matches(['\r', '\n'])
                    .to_owned()
            }
        };
        if value.is_empty() { Err("the secret is empty".to_owned()) } else { Ok(value.into()) }
    }
}

/// `{env: NAME}` or `{file: PATH}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    env: Option<String>,
    file: Option<String>,
}

const EXPECTED: &str = "{env: NAME}, {file: PATH}, a text in quotes, or a list of them";

impl<'de> Deserialize<'de> for SecretEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl<'de> Visitor<'de> for One {
            type Value = SecretEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<SecretEntry, E> {
                Ok(SecretEntry(vec![Source::Literal(text.to_owned())]))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretEntry, A::Error> {
                let place = Place::deserialize(MapAccessDeserializer::new(map))?;
                match (place.env, place.file) {
                    (Some(name), None) => Ok(SecretEntry(vec![Source::Env(name)])),
                    (None, Some(path)) => Ok(SecretEntry(vec![Source::File(path)])),
                    _ => Err(A::Error::custom(format!("a secret is {EXPECTED}"))),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<SecretEntry, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = seq.next_element::<SecretEntry>()? {
                    all.extend(entry.0);
                }
                if all.is_empty() {
                    return Err(A::Error::custom(format!(
                        "the list is empty; a secret is {EXPECTED}"
                    )));
                }
                Ok(SecretEntry(all))
            }
        }
        deserializer.deserialize_any(One)
    }
}
