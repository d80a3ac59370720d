use lumi_domain::Lang;

/// In which order day, month and year are written in digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Dmy,
    Mdy,
    Ymd,
}

/// The order that decides a numeric date: the country's, else the language's; `None`: ask.
pub(crate) fn of(country: Option<&str>, lang: Option<Lang>) -> Option<Order> {
    match country {
        Some(code) => of_country(code, lang),
        None => of_language(lang?),
    }
}

/// Countries that do not write day, month, year (CLDR 48, short date formats of the main
/// language). `None`: several orders are in use there, only the writer knows.
fn of_country(code: &str, lang: Option<Lang>) -> Option<Order> {
    let code = code.to_ascii_uppercase();
    let french = lang.is_some_and(|l| l.as_str() == "fr");
    match code.as_str() {
        "US" | "AS" | "GU" | "MP" | "UM" | "VI" | "PH" | "BI" | "MH" | "PW" | "FM" => {
            Some(Order::Mdy)
        }
        "CA" if french => Some(Order::Dmy),
        "CA" => None,
        "CN" | "JP" | "KR" | "KP" | "TW" | "HU" | "LT" | "MN" | "BT" | "IR" | "NP" => {
            Some(Order::Ymd)
        }
        _ => Some(Order::Dmy),
    }
}

/// English is written in both orders; the rest follows CLDR 48.
fn of_language(lang: Lang) -> Option<Order> {
    match lang.as_str() {
        "en" => None,
        "tl" | "fil" => Some(Order::Mdy),
        "zh" | "ja" | "ko" | "hu" | "lt" | "mn" | "ne" => Some(Order::Ymd),
        _ => Some(Order::Dmy),
    }
}
