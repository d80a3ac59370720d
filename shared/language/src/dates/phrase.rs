#![expect(clippy::wildcard_enum_match_arm, reason = "a rule picks the senses it knows")]

use chrono::{Datelike, NaiveDate};

use super::calendar::{Node, Partial, add, monday, shift, whole, whole_month};
use super::grammar::{Grammar, Match, number_word};
use super::resolve::{self, Outcome};
use super::token::Kind;
use crate::lexicon::{Period, Sense};

/// Which one: this, the next, the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    This,
    Next,
    Last,
}

impl Which {
    const fn offset(self) -> i64 {
        match self {
            Self::This => 0,
            Self::Next => 1,
            Self::Last => -1,
        }
    }
}

/// Phrases that count from today.
impl Grammar<'_> {
    pub(super) fn which(&self, i: usize) -> Option<Which> {
        self.token(i)?.sense(|s| match s {
            Sense::This => Some(Which::This),
            Sense::Next => Some(Which::Next),
            Sense::Last => Some(Which::Last),
            _ => None,
        })
    }

    pub(super) fn period(&self, i: usize) -> Option<Period> {
        self.token(i)?.sense(|s| match s {
            Sense::Period(p) => Some(p),
            _ => None,
        })
    }

    pub(super) fn count(&self, i: usize) -> Option<i64> {
        let token = self.token(i)?;
        match token.kind {
            Kind::Number(value, 1..=3) => Some(i64::from(value)),
            Kind::Number(..) | Kind::Sign(_) | Kind::Other => None,
            Kind::Word(_) => token.sense(number_word).map(i64::from),
        }
    }

    /// today, tomorrow, the day after tomorrow.
    pub(super) fn named_day(&self, i: usize) -> Option<Match> {
        let offset = self.token(i)?.sense(|s| match s {
            Sense::Day(n) => Some(i64::from(n)),
            _ => None,
        })?;
        Some((Node::Fixed(shift(self.today, offset)?), i + 1))
    }

    /// `in 3 days`, `3 days ago`, `il y a 2 semaines`, `3日後`, `1 month 21 days ago`.
    pub(super) fn counted(&self, i: usize) -> Option<Match> {
        let sign = |at: usize| {
            if self.is(at, Sense::Ahead) {
                Some(1)
            } else if self.is(at, Sense::Ago) {
                Some(-1)
            } else {
                None
            }
        };
        let before = sign(i);
        let start = if before.is_some() { self.skip(i + 1) } else { i };
        let mut counts = Vec::new();
        let mut at = start;
        while let Some((count, period, next)) = self.count_of_period(at) {
            counts.push((count, period));
            at = next;
            let joined =
                self.is(at, Sense::And) || self.token(at).is_some_and(|t| t.is_sign(&[',']));
            if joined && self.count_of_period(at + 1).is_some() {
                at += 1;
            }
        }
        // "через неделю", "بعد أسبوع": one is understood.
        if counts.is_empty() && before.is_some() {
            counts.push((1, self.period(start)?));
            at = start + 1;
        }
        let after = self.skip(at);
        let (direction, next) = match (before, sign(after)) {
            (None, Some(direction)) => (direction, after + 1),
            (Some(direction), _) => (direction, at),
            (None, None) => return None,
        };
        let (base, next) =
            self.anchor(next).filter(|_| before.is_none()).unwrap_or((self.today, next));
        let date = counts.iter().try_fold(base, |date, (n, p)| add(date, direction * n, *p))?;
        (!counts.is_empty()).then_some((Node::Fixed(date), next))
    }

    /// What is counted from: "2 days after tomorrow".
    fn anchor(&self, i: usize) -> Option<(NaiveDate, usize)> {
        let at = if self.is(i, Sense::From) { i + 1 } else { i };
        match self.named_day(at)? {
            (Node::Fixed(date), next) => Some((date, next)),
            _ => None,
        }
    }

    /// `3 days`: the count, the period, the token behind.
    fn count_of_period(&self, i: usize) -> Option<(i64, Period, usize)> {
        let count = self.count(i)?;
        let at = if self.period(i + 1).is_some() { i + 1 } else { self.skip(i + 1) };
        Some((count, self.period(at)?, at + 1))
    }

    /// A weekday, alone or with "next", "this", "last", or in a named week.
    pub(super) fn weekday_phrase(&self, i: usize) -> Option<Match> {
        if let Some((start, _, next)) = self.named_period(i, Period::Week) {
            let (weekday, end) = self.weekday(self.skip(next))?;
            return Some((Node::Fixed(shift(start, i64::from(weekday))?), end));
        }
        let before = self.which(i);
        let at = if before.is_some() { self.skip(i + 1) } else { i };
        let (weekday, next) = self.weekday(at)?;
        let behind = self.skip(next);
        if before.is_none()
            && let Some((start, _, end)) = self.named_period(behind, Period::Week)
        {
            return Some((Node::Fixed(shift(start, i64::from(weekday))?), end));
        }
        let after = if before.is_none() { self.which(behind) } else { None };
        if before.is_none() && after.is_none() && self.prose && self.short(at) {
            return None;
        }
        let end = if after.is_some() { behind + 1 } else { next };
        // "Friday 7.6": digits that were not understood may well be its date.
        if self
            .day(self.skip(next))
            .is_some_and(|(_, end)| self.goes_on(end) || self.goes_on(end.saturating_sub(1)))
        {
            return None;
        }
        // A weekday with a day of the month is a written date; its number must not be lost.
        if after.is_none()
            && let Some((day, end)) = self
                .day(self.skip(next))
                .filter(|(_, end)| !self.counts(self.skip(next)) && !self.goes_on(*end))
        {
            let weekday = Some(weekday);
            return Some((
                Node::Written(vec![Partial { day, weekday, ..Partial::default() }]),
                end,
            ));
        }
        let which = before.or(after);
        Some((Node::Fixed(self.on_weekday(weekday, which)?), end))
    }

    fn on_weekday(&self, weekday: u8, which: Option<Which>) -> Option<NaiveDate> {
        let this_week = shift(monday(self.today), i64::from(weekday))?;
        let week_based = |which: Which| shift(this_week, 7 * which.offset());
        match which {
            Some(which @ Which::Next) if self.next_is_week => week_based(which),
            Some(which @ Which::Last) if self.token_is_glyph() => week_based(which),
            Some(Which::Last) if this_week < self.today => Some(this_week),
            Some(Which::Last) => shift(this_week, -7),
            Some(Which::This) if this_week >= self.today => Some(this_week),
            _ if this_week > self.today => Some(this_week),
            _ => shift(this_week, 7),
        }
    }

    /// Chinese counts weekdays by the week: 上周一 is the Monday of last week.
    fn token_is_glyph(&self) -> bool {
        self.next_is_week
            && self.tokens.iter().any(|t| t.chars <= 3 && t.is(Sense::Last) && t.units == t.chars)
    }

    /// More digits follow: the number before `i` is part of something that was not understood.
    fn goes_on(&self, i: usize) -> bool {
        let number = |at: usize| {
            self.token(at).is_some_and(|t| matches!(t.kind, Kind::Number(..)) && !t.space)
        };
        number(i)
            || (self.token(i).is_some_and(|t| t.is_sign(&['/', '.', '-', ':'])) && number(i + 1))
    }

    /// The number at `i` counts something: "Monday 3 weeks".
    fn counts(&self, i: usize) -> bool {
        self.period(i + 1).is_some_and(|p| p != Period::Day) || self.month(i + 1).is_some()
    }

    /// An abbreviation that is an ordinary word elsewhere: "sat", "mar", "di".
    fn short(&self, i: usize) -> bool {
        self.token(i).is_some_and(|t| t.units == 1 && t.chars <= 3)
    }

    /// `next week`, `la semaine prochaine`, `this weekend`, `下个月`.
    pub(super) fn period_phrase(&self, i: usize) -> Option<Match> {
        for period in [Period::Week, Period::Month] {
            if let Some((start, end, next)) = self.named_period(i, period) {
                return Some((Node::Span(start, end), next));
            }
        }
        if self.period(i) == Some(Period::Week)
            && let Some((Node::Written(readings), next)) = self.written(self.past_from(i + 1))
            && let Some(Outcome::Date(date)) =
                readings.first().map(|p| resolve::day(*p, self.today))
        {
            return Some((Node::Span(monday(date), shift(monday(date), 6)?), next));
        }
        let before = self.which(i);
        let at = if before.is_some() { self.skip(i + 1) } else { i };
        if !self.is(at, Sense::Weekend) {
            return None;
        }
        let after = if before.is_none() { self.which(self.skip(at + 1)) } else { None };
        let end = if after.is_some() { self.skip(at + 1) + 1 } else { at + 1 };
        let offset = before.or(after).map_or(0, Which::offset);
        let saturday = shift(monday(self.today), 5 + 7 * offset)?;
        Some((Node::Span(saturday, shift(saturday, 1)?), end))
    }

    fn past_from(&self, i: usize) -> usize {
        if self.is(i, Sense::From) { self.skip(i + 1) } else { self.skip(i) }
    }

    /// "next week" and the like: first day, last day, the token behind.
    pub(super) fn named_period(
        &self,
        i: usize,
        wanted: Period,
    ) -> Option<(NaiveDate, NaiveDate, usize)> {
        let phrase = self.token(i).and_then(|t| {
            t.sense(|s| match s {
                Sense::Named(period, offset) if period == wanted => Some(offset),
                _ => None,
            })
        });
        if let Some(offset) = phrase {
            let (start, end) = whole(self.today, i64::from(offset), wanted)?;
            return Some((start, end, i + 1));
        }
        let (which, next) = match self.which(i) {
            Some(which) if self.period(i + 1) == Some(wanted) => (which, i + 2),
            Some(which) if self.period(self.skip(i + 1)) == Some(wanted) => {
                (which, self.skip(i + 1) + 1)
            }
            _ if self.period(i) == Some(wanted) => {
                let at = self.skip(i + 1);
                (self.which(at)?, at + 1)
            }
            _ => return None,
        };
        let (start, end) = whole(self.today, which.offset(), wanted)?;
        Some((start, end, next))
    }

    /// `le 3 du mois prochain`, `下月3号`.
    pub(super) fn day_of_period(&self, i: usize) -> Option<Match> {
        let (start, day, next) = match self.named_period(i, Period::Month) {
            Some((start, _, next)) => {
                let (day, next) = self.day(self.skip(next))?;
                (start, day, next)
            }
            None => {
                let (day, next) = self.day(self.skip(i))?;
                let (start, _, next) = self.named_period(self.skip(next), Period::Month)?;
                (start, day, next)
            }
        };
        let partial = Partial {
            day,
            month: Some(start.month()),
            year: Some(start.year()),
            ..Partial::default()
        };
        let marked = self.token(next).is_some_and(|t| t.is_period(Period::Day));
        Some((Node::Written(vec![partial]), if marked { next + 1 } else { next }))
    }

    /// A day without a month, where the words say that it is one: `le 24`, `the 24th`, `24日`.
    pub(super) fn day_alone(&self, i: usize) -> Option<Match> {
        let article = self.is(i, Sense::Article);
        let at = if article { self.skip(i + 1) } else { i };
        let (day, next) = self.day(at)?;
        let digits = matches!(self.token(at)?.kind, Kind::Number(..));
        let ordinal = digits && self.token(at + 1).is_some_and(|t| t.is_ending() && t.glued);
        let skip_mark = |t: &super::token::Token| t.chars == 1 && t.is(Sense::Skip) && !t.space;
        let glyph =
            digits && (self.past_mark(next) > next || self.token(next).is_some_and(skip_mark));
        // "3日間" and "3日後" count days.
        let counted = self.period(next).is_some() && !glyph;
        let counted = counted
            || (glyph && (self.is(next + 1, Sense::Ahead) || self.is(next + 1, Sense::Ago)));
        if counted || !(ordinal || glyph || (article && (digits || !self.prose))) {
            return None;
        }
        let end = if glyph { next + 1 } else { next };
        Some((Node::Written(vec![Partial { day, ..Partial::default() }]), end))
    }

    /// A month without a day: all of it. In prose only with its year ("may", "mars", "out").
    pub(super) fn month_alone(&self, i: usize) -> Option<Match> {
        let Some((month, next)) = self.month(i) else { return self.ideographic_month(i) };
        let at = self.skip(next);
        if let Some(Kind::Number(value, 4)) = self.token(at).map(|t| &t.kind) {
            let year = i32::try_from(*value).ok()?;
            let (start, end) = whole_month(year, month)?;
            return Some((Node::Span(start, end), at + 1));
        }
        if self.prose || self.tokens.iter().any(|t| matches!(t.kind, Kind::Number(..))) {
            return None;
        }
        self.month_from_today(month).map(|(start, end)| (Node::Span(start, end), next))
    }

    fn ideographic_month(&self, i: usize) -> Option<Match> {
        let number = |at: usize, period| match self.token(at)?.kind {
            Kind::Number(value, _)
                if self.token(at + 1)?.is_period(period) && self.token(at + 1)?.chars == 1 =>
            {
                Some(value)
            }
            _ => None,
        };
        if let Some(year) =
            number(i, Period::Year).and_then(|y| i32::try_from(y).ok()).filter(|y| *y > 1000)
        {
            let (start, end) = whole_month(year, number(i + 2, Period::Month)?)?;
            return Some((Node::Span(start, end), i + 4));
        }
        let month = number(i, Period::Month)?;
        if self.prose || self.is(i + 2, Sense::Ahead) || self.is(i + 2, Sense::Ago) {
            return None;
        }
        self.month_from_today(month).map(|(start, end)| (Node::Span(start, end), i + 2))
    }

    fn month_from_today(&self, month: u32) -> Option<(NaiveDate, NaiveDate)> {
        let year = self.today.year() + i32::from(month < self.today.month());
        whole_month(year, month)
    }

    /// A day in digits with its weekday right behind it: "15 vendredi", "21日の木曜日".
    pub(super) fn number_then_word(&self, i: usize) -> Option<Match> {
        let (day, next) = self.day(i)?;
        if !matches!(self.token(i)?.kind, Kind::Number(..)) {
            return None;
        }
        let marked = self.past_mark(next);
        let at = if marked > next { self.skip(marked) } else { next };
        let (weekday, end) = self.weekday(at)?;
        let weekday = Some(weekday);
        Some((Node::Written(vec![Partial { day, weekday, ..Partial::default() }]), end))
    }
}
