use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use url::Url;

/// The form of a variable's text: what the table says, what an error expects, what `Env::check` tries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// Any text.
    Text,
    /// `true` or `false` (also 1/0, yes/no, on/off).
    Flag,
    /// A whole number between two bounds.
    Whole(u64, u64),
    /// A decimal number between two bounds.
    Decimal(f64, f64),
    /// A time in seconds between two bounds; decimals are allowed.
    Seconds(f64, f64),
    /// A time in whole milliseconds between two bounds.
    Millis(u64, u64),
    /// An IP address with a port.
    Address,
    /// A URL with one of these schemes.
    Url(&'static [&'static str]),
    /// Texts separated by commas.
    List,
    /// Address ranges separated by commas.
    Ranges,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// 32-byte keys in base64, separated by commas.
    Keys,
}

impl Form {
    /// The form in words, as the end of "expected ...".
    pub fn words(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::Decimal(least, most) => format!("a number from {least} to {most}"),
            Self::Seconds(least, most) => format!("seconds from {least} to {most}"),
            Self::Millis(least, most) => format!("milliseconds from {least} to {most}"),
            Self::Address => "an address with a port, like 0.0.0.0:9464".to_owned(),
            Self::Url(schemes) => {
                let forms: Vec<String> = schemes.iter().map(|s| format!("{s}://host")).collect();
                format!("a URL like {}", forms.join(" or "))
            }
            Self::List => "a list separated by commas".to_owned(),
            Self::Ranges => "address ranges separated by commas, like 10.0.0.0/8".to_owned(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Keys => "32-byte keys in base64, separated by commas".to_owned(),
        }
    }

    /// Whether a text has the form.
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Self::Text | Self::List => true,
            Self::Flag => flag(text).is_some(),
            Self::Whole(least, most) | Self::Millis(least, most) => {
                text.parse::<u64>().is_ok_and(|n| (least..=most).contains(&n))
            }
            Self::Decimal(least, most) | Self::Seconds(least, most) => {
                text.parse::<f64>().is_ok_and(|n| (least..=most).contains(&n))
            }
            Self::Address => text.parse::<SocketAddr>().is_ok(),
            Self::Url(schemes) => Url::parse(text).is_ok_and(|url| schemes.contains(&url.scheme())),
            Self::Ranges => items(text).all(|item| item.parse::<IpNet>().is_ok()),
            Self::Choice(words) => words.iter().any(|word| word.eq_ignore_ascii_case(text)),
            Self::Keys => {
                items(text).next().is_some()
                    && items(text).all(|key| STANDARD.decode(key).is_ok_and(|k| k.len() == 32))
            }
        }
    }
}

/// The items of a comma list; blanks around them and empty items do not count.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

pub(crate) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
