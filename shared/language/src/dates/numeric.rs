use chrono::{Datelike, NaiveDate};

use super::calendar::{Partial, full_year};
use super::order::Order;
use super::token::{Kind, Token};

/// A date in digits: what it can mean, and the token behind it.
pub(crate) struct Numeric {
    pub(crate) readings: Vec<Partial>,
    pub(crate) next: usize,
}

/// One written number: value and digits.
type Written = (u32, u8);

/// Reads `24/12/2024`, `24.12.`, `2024-12-24`, `24/12`, `20241224` at token `i`.
pub(crate) fn at(
    tokens: &[Token],
    i: usize,
    order: Option<Order>,
    today: NaiveDate,
) -> Option<Numeric> {
    let first = number(tokens, i)?;
    if let Some(readings) = compact(first) {
        return Some(Numeric { readings, next: i + 1 });
    }
    if preceded_by_digits(tokens, i) {
        return None;
    }
    let (sign, second_at) = separator(tokens, i + 1)?;
    let second = number(tokens, second_at)?;
    let third = separator(tokens, second_at + 1)
        .filter(|(s, _)| *s == sign)
        .and_then(|(_, at)| Some((number(tokens, at)?, at)));
    if let Some((third, at)) = third {
        let readings = three(first, second, third, order, today)?;
        let next = skip_dot(tokens, at + 1, sign);
        return Some(Numeric { readings, next });
    }
    if sign == ' ' || first.1 > 2 || second.1 > 2 || not_a_date(tokens, i, second_at, sign) {
        return None;
    }
    // "08/12, 2015"
    let comma = tokens.get(second_at + 1).is_some_and(|t| t.is_sign(&[',']));
    if let Some((value, 4)) = number(tokens, second_at + 2).filter(|_| comma) {
        let year = full_year(value, 4, today);
        return Some(Numeric {
            readings: two(first.0, second.0, year, order),
            next: second_at + 3,
        });
    }
    let next = skip_dot(tokens, second_at + 1, sign);
    Some(Numeric { readings: two(first.0, second.0, None, order), next })
}

fn number(tokens: &[Token], i: usize) -> Option<Written> {
    match tokens.get(i)?.kind {
        Kind::Number(value, digits) => Some((value, digits)),
        Kind::Word(_) | Kind::Sign(_) | Kind::Other => None,
    }
}

/// The sign between two numbers and where the next number stands. A `-` with spaces joins the two
/// ends of a span, so it is none; a mere space counts between three numbers only.
fn separator(tokens: &[Token], i: usize) -> Option<(char, usize)> {
    let token = tokens.get(i)?;
    let after = tokens.get(i + 1);
    match token.kind {
        Kind::Sign(c @ ('/' | '.')) => Some((c, i + 1)),
        Kind::Sign('-') if !token.space && after.is_some_and(|t| !t.space) => Some(('-', i + 1)),
        Kind::Number(..) if token.space => Some((' ', i)),
        Kind::Number(..) | Kind::Word(_) | Kind::Sign(_) | Kind::Other => None,
    }
}

fn preceded_by_digits(tokens: &[Token], i: usize) -> bool {
    let before = |n: usize| i.checked_sub(n).and_then(|k| tokens.get(k));
    before(1).is_some_and(|t| t.is_sign(&['/', '.', ':', '+']))
        && before(2).is_some_and(|t| matches!(t.kind, Kind::Number(..)))
        && tokens.get(i).is_some_and(|t| !t.space)
}

fn skip_dot(tokens: &[Token], i: usize, sign: char) -> usize {
    if sign == '.' && tokens.get(i).is_some_and(|t| t.is_sign(&['.']) && !t.space) {
        i + 1
    } else {
        i
    }
}

/// "24/7", amounts ("3.5") and times are not dates where other words stand around.
fn not_a_date(tokens: &[Token], first: usize, second: usize, sign: char) -> bool {
    let words = tokens.iter().any(|t| matches!(t.kind, Kind::Other));
    let value = |i| number(tokens, i).unwrap_or_default();
    let (a, b) = (value(first), value(second));
    let always_open = (words || tokens.len() > 5) && (a.0, b.0) == (24, 7);
    let dotted_end = tokens.get(second + 1).is_some_and(|t| t.is_sign(&['.']));
    let amount = sign == '.' && words && !dotted_end && b.1 < 2;
    let percent = tokens.get(second + 1).is_some_and(|t| t.is_sign(&['%', '€', '$', '£', ':']));
    always_open || amount || percent
}

/// `20241224`, nothing else: a phone number is no date.
fn compact(first: Written) -> Option<Vec<Partial>> {
    let (value, 8) = first else { return None };
    let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
    let year = i32::try_from(year).ok().filter(|y| (1900..2200).contains(y))?;
    NaiveDate::from_ymd_opt(year, month, day)?;
    Some(vec![Partial { day, month: Some(month), year: Some(year), ..Partial::default() }])
}

/// Day and month in either order: a part over 12 decides, then the order, else both readings.
fn two(a: u32, b: u32, year: Option<i32>, order: Option<Order>) -> Vec<Partial> {
    let day_first = partial(a, b, year, false);
    let month_first = partial(b, a, year, true);
    let open: Vec<Partial> = [day_first, month_first].into_iter().flatten().collect();
    match (open.as_slice(), order) {
        ([x, y], _) if x.day == y.day => vec![Partial { month_first: None, ..*x }],
        ([x, _], Some(Order::Dmy)) => vec![*x],
        ([_, y], Some(Order::Mdy | Order::Ymd)) => vec![*y],
        _ => open,
    }
}

/// `None` unless the day can exist in the month.
fn partial(day: u32, month: u32, year: Option<i32>, month_first: bool) -> Option<Partial> {
    // 2000 was a leap year: 29 February passes where no year is written.
    NaiveDate::from_ymd_opt(year.unwrap_or(2000), month, day)?;
    Some(Partial {
        day,
        month: Some(month),
        year,
        month_first: Some(month_first),
        ..Partial::default()
    })
}

/// Three numbers; `None` where they cannot be meant as a date (version numbers, addresses).
fn three(
    a: Written,
    b: Written,
    c: Written,
    order: Option<Order>,
    today: NaiveDate,
) -> Option<Vec<Partial>> {
    if a.1 == 4 && b.1 <= 2 && c.1 <= 2 {
        let year = full_year(a.0, 4, today)?;
        return Some(partial(c.0, b.0, Some(year), true).into_iter().collect());
    }
    if a.1 > 2 || b.1 > 2 || !matches!(c.1, 2 | 4) {
        return None;
    }
    let year = full_year(c.0, c.1, today)?;
    let year_last = two(a.0, b.0, Some(year), order.filter(|o| *o != Order::Ymd));
    if c.1 == 4 {
        // Where the year comes first the rest is month, day; with the year last that still holds.
        return Some(two(a.0, b.0, Some(year), order));
    }
    let year_first = full_year(a.0, a.1, today)
        .filter(|_| a.1 == 2)
        .and_then(|y| partial(c.0, b.0, Some(y), true));
    Some(match (order, year_first) {
        (Some(Order::Ymd), Some(reading)) => vec![reading],
        (None, Some(reading)) if a.0 > 31 => vec![reading],
        _ if year_last.is_empty() => {
            year_first.filter(|p| p.year >= Some(today.year() - 50)).into_iter().collect()
        }
        _ => year_last,
    })
}
