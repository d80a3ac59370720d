use std::fmt;

use serde::{Deserialize, Serialize};

/// A language as a lower-case BCP-47 primary subtag (`fr`, `zh`): what Lumi tells apart.
/// Regions and scripts are dropped; `nb` and `nn` fold to `no`, `iw` to `he`, `in` to `id`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lang([u8; 3]);

impl Lang {
    /// Parses `fr`, `fr-FR`, `pt_BR`; `None` unless the primary subtag is 2 or 3 ASCII letters.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        let mut out = [0_u8; 3];
        if !(2..=3).contains(&primary.len()) {
            return None;
        }
        for (slot, byte) in out.iter_mut().zip(primary.bytes()) {
            if !byte.is_ascii_alphabetic() {
                return None;
            }
            *slot = byte.to_ascii_lowercase();
        }
        Some(match &out {
            b"nb\0" | b"nn\0" => Self(*b"no\0"),
            b"iw\0" => Self(*b"he\0"),
            b"in\0" => Self(*b"id\0"),
            _ => Self(out),
        })
    }

    /// A constant from two letters, for tables: `Lang::two(b"fr")`.
    pub const fn two(tag: [u8; 2]) -> Self {
        let [a, b] = tag;
        Self([a, b, 0])
    }

    /// The tag, `fr`.
    pub fn as_str(&self) -> &str {
        let len = if self.0[2] == 0 { 2 } else { 3 };
        self.0.get(..len).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("und")
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lang({})", self.as_str())
    }
}

impl TryFrom<String> for Lang {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no BCP-47 language tag"))
    }
}

impl From<Lang> for String {
    fn from(lang: Lang) -> Self {
        lang.as_str().to_owned()
    }
}
