use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use icu_calendar::{Date, Gregorian};
use icu_datetime::fieldsets::{T, YMD};
use icu_datetime::{FixedCalendarDateTimeFormatter, NoCalendarFormatter};
use icu_locale_core::Locale;
use icu_time::Time;

use crate::Lang;

/// `2024-12-24`, as in the confirmation.
pub(super) fn iso(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}

/// The date with the month as a word, as CLDR writes it in `lang`: `24 décembre 2024`. ISO where
/// CLDR cannot (a year beyond 9999).
pub(super) fn long(lang: Lang, day: NaiveDate) -> String {
    let text = cldr_date(lang, day).unwrap_or_else(|| iso(day));
    // CLDR writes "1 janvier"; in a French sentence the first of a month is "1er".
    match (lang.as_str(), text.strip_prefix("1 ")) {
        ("fr", Some(rest)) => format!("1er {rest}"),
        _ => text,
    }
}

/// The time of day on a 24-hour clock, which no language misreads: `14:05`.
pub(super) fn time(lang: Lang, time: NaiveTime) -> String {
    cldr_time(lang, time).unwrap_or_else(|| time.format("%H:%M").to_string())
}

fn cldr_date(lang: Lang, day: NaiveDate) -> Option<String> {
    let locale: Locale = lang.as_str().parse().ok()?;
    let (month, of_month) = (u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?);
    let date = Date::try_new_gregorian(day.year(), month, of_month).ok()?;
    let formatter =
        FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new(locale.into(), YMD::long()).ok()?;
    // Plain spaces instead of CLDR's no-break ones: people copy the date back.
    Some(formatter.format(&date).to_string().replace(['\u{a0}', '\u{202f}'], " "))
}

fn cldr_time(lang: Lang, time: NaiveTime) -> Option<String> {
    let locale: Locale = format!("{lang}-u-hc-h23").parse().ok()?;
    let (hour, minute) = (u8::try_from(time.hour()).ok()?, u8::try_from(time.minute()).ok()?);
    let time = Time::try_new(hour, minute, 0, 0).ok()?;
    let formatter = NoCalendarFormatter::try_new(locale.into(), T::hm()).ok()?;
    Some(formatter.format(&time).to_string())
}
