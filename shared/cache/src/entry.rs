use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Changes when the shape of what is stored changes: older entries are misses then.
const FORMAT: u32 = 1;

/// A value with whose it is and which version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T> {
    /// The tenant it belongs to; empty where it belongs to none.
    pub tenant: String,
    /// The version of the rows it was read from.
    pub version: i64,
    /// The value.
    pub value: T,
}

/// What a reader knows about the entry it wants; an entry that differs is a miss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The tenant, where the reader knows it.
    pub tenant: Option<&'a str>,
    /// The version, where the reader knows it.
    pub version: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct Stored<'a, T> {
    format: u32,
    key: Cow<'a, str>,
    tenant: Cow<'a, str>,
    version: i64,
    value: T,
}

/// The bytes of an entry; `None` when the value is no JSON.
pub(crate) fn encode<T: Serialize>(key: &str, entry: &Entry<T>) -> Option<Vec<u8>> {
    let stored = Stored {
        format: FORMAT,
        key: key.into(),
        tenant: entry.tenant.as_str().into(),
        version: entry.version,
        value: &entry.value,
    };
    serde_json::to_vec(&stored).ok()
}

/// The entry in the bytes, if it is the one that was asked for.
pub(crate) fn decode<T: DeserializeOwned>(
    key: &str,
    wanted: Wanted<'_>,
    bytes: &[u8],
) -> Option<Entry<T>> {
    let stored: Stored<'_, T> = serde_json::from_slice(bytes).ok()?;
    let fits = stored.format == FORMAT
        && stored.key == key
        && wanted.tenant.is_none_or(|tenant| tenant == stored.tenant)
        && wanted.version.is_none_or(|version| version == stored.version);
    fits.then(|| Entry {
        tenant: stored.tenant.into_owned(),
        version: stored.version,
        value: stored.value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_back_only_as_what_it_is() {
        let entry = Entry { tenant: "demo".into(), version: 7, value: vec!["a".to_owned()] };
        let bytes = encode("lumi:faqs:demo", &entry).expect("JSON");
        let read = |key, tenant, version| {
            decode::<Vec<String>>(key, Wanted { tenant, version }, &bytes).is_some()
        };
        let table = [
            ("lumi:faqs:demo", None, None, true),
            ("lumi:faqs:demo", Some("demo"), Some(7), true),
            ("lumi:faqs:demo", Some("other"), None, false),
            ("lumi:faqs:demo", None, Some(8), false),
            ("lumi:faqs:other", None, None, false),
        ];
        for (key, tenant, version, good) in table {
            assert_eq!(read(key, tenant, version), good, "{key} {tenant:?} {version:?}");
        }
        assert!(decode::<u32>("lumi:faqs:demo", Wanted::default(), &bytes).is_none(), "a type");
        for garbage in [&b""[..], b"{}", b"\xff\x00", b"null", b"[1,2", &b"x".repeat(9000)] {
            assert!(decode::<u32>("k", Wanted::default(), garbage).is_none());
        }
    }
}
