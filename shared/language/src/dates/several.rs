#![expect(clippy::wildcard_enum_match_arm, reason = "a rule picks the senses it knows")]

use chrono::Datelike;

use super::calendar::{Node, full_year, shift, whole, whole_month};
use super::grammar::{Grammar, Match, number_word};
use super::phrase::Which;
use super::token::Kind;
use crate::lexicon::{Period, Sense};

/// Phrases that take one of several days, or several periods at once.
impl Grammar<'_> {
    /// `the next 3 days`, `les 2 dernières semaines`: whole periods, without the present one.
    pub(super) fn many_periods(&self, i: usize) -> Option<Match> {
        let (which, count, unit_at) = match (self.which(i), self.count(i)) {
            (Some(which), _) => (which, self.count(i + 1)?, i + 2),
            (None, Some(count)) if self.which(i + 1).is_some() => {
                (self.which(i + 1)?, count, i + 2)
            }
            (None, Some(count)) => {
                let behind = self.skip(i + 2);
                return self.periods(self.which(behind)?, count, self.period(i + 1)?, behind + 1);
            }
            (None, None) => return None,
        };
        self.periods(which, count, self.period(unit_at)?, unit_at + 1)
    }

    fn periods(&self, which: Which, count: i64, period: Period, next: usize) -> Option<Match> {
        let (first, last) = match which {
            Which::Next => (1, count),
            Which::Last => (-count, -1),
            Which::This => return None,
        };
        let (start, _) = whole(self.today, first, period)?;
        let (_, end) = whole(self.today, last, period)?;
        Some((Node::Span(start, end), next))
    }

    /// `the first Monday of October 2025`, `letzter Sonntag im März`.
    pub(super) fn nth_weekday(&self, i: usize) -> Option<Match> {
        let token = self.token(i)?;
        let last = token.is(Sense::Last);
        let nth = match token.kind {
            Kind::Number(n @ 1..=5, 1) => i64::from(n),
            _ if last => 0,
            _ => token.sense(number_word).filter(|n| *n <= 5).map(i64::from)?,
        };
        if last && self.period(i + 1) == Some(Period::Day) {
            return self.last_day_of_month(self.skip(i + 2));
        }
        let ending = self.token(i + 1).is_some_and(|t| t.is_ending() || t.is_sign(&['.']));
        let (weekday, next) = self.weekday(if ending { i + 2 } else { i + 1 })?;
        let at = self.skip(next);
        let named = self.named_period(at, Period::Month);
        let (month, next) = match named {
            Some((start, _, next)) => (start.month(), next),
            None => self.month(at)?,
        };
        let at = self.skip(next);
        let (year, next) = match self.token(at).map(|t| &t.kind) {
            Some(Kind::Number(value, 4)) => (full_year(*value, 4, self.today)?, at + 1),
            _ => match named {
                Some((start, ..)) => (start.year(), next),
                None => (self.today.year() + i32::from(month < self.today.month()), next),
            },
        };
        let (first, end) = whole_month(year, month)?;
        let to_first =
            (i64::from(weekday) + 7 - i64::from(first.weekday().num_days_from_monday())) % 7;
        let date = if last {
            let back =
                (i64::from(end.weekday().num_days_from_monday()) + 7 - i64::from(weekday)) % 7;
            shift(end, -back)?
        } else {
            shift(first, to_first + 7 * (nth - 1))?
        };
        (date.month() == month).then_some((Node::Fixed(date), next))
    }

    /// `the last day of October 2025`: the month stands at `i`.
    fn last_day_of_month(&self, i: usize) -> Option<Match> {
        let (node, next) = self.month_alone(i)?;
        match node {
            Node::Span(_, end) => Some((Node::Fixed(end), next)),
            Node::Fixed(_) | Node::Written(_) => None,
        }
    }

    /// `11/2024`, `2024-11`: the whole month.
    pub(super) fn numeric_month(&self, i: usize) -> Option<Match> {
        let Kind::Number(a, a_digits) = self.token(i)?.kind else { return None };
        let sign = self.token(i + 1)?;
        let Kind::Number(b, b_digits) = self.token(i + 2)?.kind else { return None };
        if !sign.is_sign(&['/', '-', '.'])
            || i.checked_sub(1)
                .is_some_and(|k| self.token(k).is_some_and(|t| t.is_sign(&['/', '-', '.'])))
        {
            return None;
        }
        let (month, year) = match (a_digits, b_digits) {
            (1 | 2, 4) => (a, full_year(b, 4, self.today)?),
            (4, 1 | 2) => (b, full_year(a, 4, self.today)?),
            _ => return None,
        };
        let (start, end) = whole_month(year, month).filter(|_| (1900..2200).contains(&year))?;
        Some((Node::Span(start, end), i + 3))
    }
}
