use chrono::{Datelike, NaiveDate};

use super::calendar::{Partial, add, monday, shift};
use crate::lexicon::Period;

/// What became of a written day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Date(NaiveDate),
    /// The weekday contradicts the date: both.
    Either(NaiveDate, NaiveDate),
    /// No calendar has it.
    Invalid,
}

/// The first such day that is not before `earliest`; as written where the year stands.
pub(crate) fn day(p: Partial, earliest: NaiveDate) -> Outcome {
    let Some(date) = next(p, earliest) else { return Outcome::Invalid };
    let Some(weekday) = p.weekday else { return Outcome::Date(date) };
    if weekday_of(date) == weekday {
        return Outcome::Date(date);
    }
    // "Sunday 10 February" said on the 12th: the one just gone.
    if p.year.is_none()
        && let Some(recent) = shift(earliest, -31).and_then(|d| next(p, d))
        && recent < earliest
        && weekday_of(recent) == weekday
    {
        return Outcome::Date(recent);
    }
    // "Tuesday the 5th" without a month: the first 5th that is a Tuesday, within half a year.
    if p.month.is_none() {
        let mut from = date;
        for _ in 0..6 {
            let Some(later) = shift(from, 1).and_then(|d| next(p, d)) else { break };
            if weekday_of(later) == weekday {
                return Outcome::Date(later);
            }
            from = later;
        }
    }
    match shift(monday(date), i64::from(weekday)) {
        Some(other) => Outcome::Either(date, other),
        None => Outcome::Date(date),
    }
}

fn weekday_of(date: NaiveDate) -> u8 {
    u8::try_from(date.weekday().num_days_from_monday()).unwrap_or(0)
}

fn next(p: Partial, earliest: NaiveDate) -> Option<NaiveDate> {
    match (p.year, p.month) {
        (Some(year), Some(month)) => NaiveDate::from_ymd_opt(year, month, p.day),
        (Some(year), None) => NaiveDate::from_ymd_opt(year, earliest.month(), p.day),
        // Nine years hold a 29 February, also around 2100.
        (None, Some(month)) => (0..9)
            .filter_map(|n| NaiveDate::from_ymd_opt(earliest.year() + n, month, p.day))
            .find(|d| *d >= earliest),
        (None, None) => (0..12)
            .filter_map(|n| add(earliest.with_day(1)?, n, Period::Month)?.with_day(p.day))
            .find(|d| *d >= earliest),
    }
}
