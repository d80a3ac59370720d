use chrono::{Datelike, Days, Months, NaiveDate};

use crate::lexicon::Period;

/// A day that may lack its year or month, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Partial {
    pub(crate) day: u32,
    pub(crate) month: Option<u32>,
    pub(crate) year: Option<i32>,
    /// 0 is Monday.
    pub(crate) weekday: Option<u8>,
    /// Month before day, where digits left it open.
    pub(crate) month_first: Option<bool>,
}

/// What one phrase names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// A written day, with every reading of its digits.
    Written(Vec<Partial>),
    /// A day counted from today.
    Fixed(NaiveDate),
    /// A week, a month, a weekend.
    Span(NaiveDate, NaiveDate),
}

/// Two written digits name a year of this century, unless that were far off (birthdays).
pub(crate) fn full_year(value: u32, digits: u8, today: NaiveDate) -> Option<i32> {
    let value = i32::try_from(value).ok()?;
    match digits {
        4 => (1000..=9999).contains(&value).then_some(value),
        1 | 2 if value + 2000 > today.year() + 45 => Some(value + 1900),
        1 | 2 => Some(value + 2000),
        _ => None,
    }
}

/// The Monday of the week.
pub(crate) fn monday(date: NaiveDate) -> NaiveDate {
    shift(date, -i64::from(date.weekday().num_days_from_monday())).unwrap_or(date)
}

/// So many days later.
pub(crate) fn shift(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    let count = Days::new(days.unsigned_abs());
    if days < 0 { date.checked_sub_days(count) } else { date.checked_add_days(count) }
}

/// So many periods later; negative: earlier.
pub(crate) fn add(date: NaiveDate, count: i64, period: Period) -> Option<NaiveDate> {
    let months = |n: i64| {
        let by = Months::new(u32::try_from(n.unsigned_abs()).ok()?);
        if n < 0 { date.checked_sub_months(by) } else { date.checked_add_months(by) }
    };
    match period {
        Period::Day => shift(date, count),
        Period::Week => shift(date, count * 7),
        Period::Month => months(count),
        Period::Year => months(count * 12),
    }
}

/// First and last day of a month.
pub(crate) fn whole_month(year: i32, month: u32) -> Option<(NaiveDate, NaiveDate)> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    Some((first, shift(first.checked_add_months(Months::new(1))?, -1)?))
}

/// The week, month or year so many periods from today's.
pub(crate) fn whole(
    today: NaiveDate,
    count: i64,
    period: Period,
) -> Option<(NaiveDate, NaiveDate)> {
    let there = add(today, count, period)?;
    match period {
        Period::Day => Some((there, there)),
        Period::Week => Some((monday(there), shift(monday(there), 6)?)),
        Period::Month => whole_month(there.year(), there.month()),
        Period::Year => Some((
            NaiveDate::from_ymd_opt(there.year(), 1, 1)?,
            NaiveDate::from_ymd_opt(there.year(), 12, 31)?,
        )),
    }
}
