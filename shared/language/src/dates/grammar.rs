#![expect(clippy::wildcard_enum_match_arm, reason = "a rule picks the senses it knows")]

use chrono::NaiveDate;
use lumi_domain::Lang;

use super::calendar::{Node, Partial, full_year};
use super::numeric;
use super::order::Order;
use super::token::{Kind, Token};
use crate::lexicon::{Period, Sense};

/// The tokens of a text in one language, and what decides their meaning.
#[derive(Debug)]
pub(crate) struct Grammar<'a> {
    pub(crate) tokens: &'a [Token],
    pub(crate) today: NaiveDate,
    pub(crate) order: Option<Order>,
    /// "next Friday" is the Friday of next week, also where this week's is still to come.
    pub(crate) next_is_week: bool,
    /// The text holds words that are no part of a date.
    pub(crate) prose: bool,
}

/// Where "next Friday" skips the coming one: a choice. Public test suites have one or two examples
/// for English, Spanish, Turkish and Japanese, disagree on Chinese, and none was seen for Korean.
const NEXT_IS_WEEK: [Lang; 6] = [
    Lang::two(*b"en"),
    Lang::two(*b"es"),
    Lang::two(*b"tr"),
    Lang::two(*b"zh"),
    Lang::two(*b"ja"),
    Lang::two(*b"ko"),
];

/// What a rule found and the token behind it.
pub(crate) type Match = (Node, usize);

impl<'a> Grammar<'a> {
    pub(crate) fn new(
        tokens: &'a [Token],
        today: NaiveDate,
        order: Option<Order>,
        lang: Option<Lang>,
    ) -> Self {
        let next_is_week = lang.is_some_and(|l| NEXT_IS_WEEK.contains(&l));
        let prose = tokens.iter().any(|t| matches!(t.kind, Kind::Other));
        Self { tokens, today, order, next_is_week, prose }
    }

    /// The longest phrase of a date that begins at token `i`.
    pub(crate) fn node(&self, i: usize) -> Option<Match> {
        let rules: [fn(&Self, usize) -> Option<Match>; 12] = [
            Self::written,
            Self::counted,
            Self::weekday_phrase,
            Self::period_phrase,
            Self::day_of_period,
            Self::named_day,
            Self::day_alone,
            Self::month_alone,
            Self::number_then_word,
            Self::many_periods,
            Self::nth_weekday,
            Self::numeric_month,
        ];
        let mut best: Option<Match> = None;
        for rule in rules {
            if let Some(found) = rule(self, i)
                && best.as_ref().is_none_or(|(_, next)| found.1 > *next)
            {
                best = Some(found);
            }
        }
        best
    }

    pub(crate) fn token(&self, i: usize) -> Option<&'a Token> {
        self.tokens.get(i)
    }

    pub(crate) fn is(&self, i: usize, sense: Sense) -> bool {
        self.token(i).is_some_and(|t| t.is(sense))
    }

    /// Past words that say nothing and past commas and dots.
    pub(crate) fn skip(&self, mut i: usize) -> usize {
        while let Some(t) = self.token(i) {
            let mute =
                t.is(Sense::Skip) || t.is(Sense::Article) || t.is_sign(&[',', '.', '(', ')']);
            if !mute {
                break;
            }
            i += 1;
        }
        i
    }

    /// A day of the month: `24`, `24.`, `24th`, `1er`, `15:e`, `erster`; the token behind it.
    pub(crate) fn day(&self, i: usize) -> Option<(u32, usize)> {
        let token = self.token(i)?;
        let value = match token.kind {
            Kind::Number(value, 1..=2) => value,
            Kind::Number(..) | Kind::Sign(_) | Kind::Other => return None,
            Kind::Word(_) => token.sense(number_word)?,
        };
        let sign = |at: usize, signs: &[char]| {
            self.token(at).is_some_and(|t| t.is_sign(signs) && !t.space)
        };
        if !(1..=31).contains(&value) || sign(i + 1, &['%']) {
            return None;
        }
        if sign(i + 1, &[':']) {
            let ending = self.token(i + 2).is_some_and(|t| t.glued && t.chars <= 2);
            return (ending && !self.number_at(i + 2)).then_some((value, i + 3));
        }
        let mut next = i + 1;
        let ending = |at: usize| self.token(at).is_some_and(Token::is_ending);
        if sign(next, &['-']) && ending(next + 1) && matches!(token.kind, Kind::Number(..)) {
            next += 2;
        } else if ending(next) {
            next += 1;
        }
        Some((value, if sign(next, &['.', 'º', '°']) { next + 1 } else { next }))
    }

    /// Past the mark of a day: 日, 일.
    pub(crate) fn past_mark(&self, i: usize) -> usize {
        let mark =
            self.token(i).is_some_and(|t| t.glued && t.chars <= 3 && t.is_period(Period::Day));
        let counted = self.is(i + 1, Sense::Ahead) || self.is(i + 1, Sense::Ago);
        if mark && !counted && !self.is(i, Sense::To) && !self.is(i, Sense::From) {
            i + 1
        } else {
            i
        }
    }

    /// A year: four digits, or two right behind the month ("24 dec 24", "dec 24, 24").
    fn year(&self, i: usize, joined: bool) -> Option<(i32, usize)> {
        let sign = joined && self.token(i).is_some_and(|t| t.is_sign(&['/', '-']) && !t.space);
        let comma = self.token(i).is_some_and(|t| t.is_sign(&[',']));
        let near = i + usize::from(sign || comma);
        let far = self.skip(i);
        let (at, digits_needed) = if self.number_at(near) { (near, 2) } else { (far, 4) };
        let Kind::Number(value, digits) = self.token(at)?.kind else { return None };
        if digits < digits_needed || !matches!(digits, 2 | 4) || self.is_counting(at, digits) {
            return None;
        }
        let year = full_year(value, digits, self.today)?;
        let marked = self.token(at + 1).is_some_and(|t| t.is_period(Period::Year));
        Some((year, if marked { at + 2 } else { at + 1 }))
    }

    /// The number belongs to what follows: a time, a count, another date.
    fn is_counting(&self, at: usize, digits: u8) -> bool {
        let Some(next) = self.token(at + 1) else { return false };
        let sign = next.is_sign(&[':', '%'])
            || (digits == 2 && next.is_sign(&['.', '/', '-']) && self.number_at(at + 2));
        let days = [Period::Day, Period::Week, Period::Month];
        let month = digits == 2 && self.month(self.skip(at + 1)).is_some();
        sign || month || days.into_iter().any(|p| next.is_period(p))
    }

    fn number_at(&self, i: usize) -> bool {
        self.token(i).is_some_and(|t| matches!(t.kind, Kind::Number(..)))
    }

    pub(crate) fn month(&self, i: usize) -> Option<(u32, usize)> {
        let month = self.token(i)?.sense(|s| match s {
            Sense::Month(m) => Some(u32::from(m)),
            _ => None,
        })?;
        let dot = self.token(i + 1).is_some_and(|t| t.is_sign(&['.']) && !t.space);
        Some((month, if dot { i + 2 } else { i + 1 }))
    }

    pub(crate) fn weekday(&self, i: usize) -> Option<(u8, usize)> {
        let day = self.token(i)?.sense(|s| match s {
            Sense::Weekday(d) => Some(d),
            _ => None,
        })?;
        let dot = self.token(i + 1).is_some_and(|t| t.is_sign(&['.']) && !t.space);
        Some((day, if dot { i + 2 } else { i + 1 }))
    }

    /// [weekday] then a date in words or digits, [weekday].
    pub(super) fn written(&self, i: usize) -> Option<Match> {
        let i = if self.is(i, Sense::Article) { self.skip(i) } else { i };
        let before = self.weekday(i).map(|(day, next)| (day, self.skip(next)));
        let start = before.map_or(i, |(_, next)| next);
        let (mut readings, next) = self.written_core(start)?;
        let next = self.past_mark(next);
        let behind = self.skip(next);
        let after = self
            .weekday(behind)
            .filter(|(_, end)| before.is_none() && self.date_of_its_own(*end).is_none());
        let weekday = before.map(|(d, _)| d).or(after.map(|(d, _)| d));
        for reading in &mut readings {
            reading.weekday = weekday;
        }
        Some((Node::Written(readings), after.map_or(next, |(_, next)| next)))
    }

    /// The weekday belongs to what follows: "24 December, Monday the 25th".
    fn date_of_its_own(&self, i: usize) -> Option<usize> {
        self.written_core(self.skip(i)).map(|(_, next)| next)
    }

    fn written_core(&self, i: usize) -> Option<(Vec<Partial>, usize)> {
        let words = self
            .ideographic(i)
            .or_else(|| self.day_month(i))
            .or_else(|| self.month_day(i))
            .or_else(|| self.year_first(i));
        let digits =
            numeric::at(self.tokens, i, self.order, self.today).map(|n| (n.readings, n.next));
        match (words, digits) {
            (Some((partial, next)), Some(d)) if next >= d.1 => Some((vec![partial], next)),
            (_, Some(d)) => Some(d),
            (Some((partial, next)), None) => Some((vec![partial], next)),
            (None, None) => None,
        }
    }

    /// `24 décembre 2024`, `24. Dez.`, `24-dec-24`, `24 de diciembre del 2024`.
    fn day_month(&self, i: usize) -> Option<(Partial, usize)> {
        let (day, next) = self.day(i)?;
        let joined = self.token(next).is_some_and(|t| t.is_sign(&['-', '/']) && !t.space);
        let at = self.skip(if joined { next + 1 } else { next });
        let (month, next) = self.month(at)?;
        Some(self.with_year(
            Partial { day, month: Some(month), ..Partial::default() },
            next,
            joined,
        ))
    }

    /// `December 24th, 2024`, `декабря 24`.
    fn month_day(&self, i: usize) -> Option<(Partial, usize)> {
        let (month, next) = self.month(i)?;
        let joined = self.token(next).is_some_and(|t| t.is_sign(&['-', '/']) && !t.space);
        let (day, next) = self.day(self.skip(if joined { next + 1 } else { next }))?;
        Some(self.with_year(
            Partial { day, month: Some(month), ..Partial::default() },
            next,
            joined,
        ))
    }

    /// `2024 December 24`, `1995, 4 Ocak`.
    fn year_first(&self, i: usize) -> Option<(Partial, usize)> {
        let Kind::Number(value, 4) = self.token(i)?.kind else { return None };
        let year = full_year(value, 4, self.today)?;
        let joined = self.token(i + 1).is_some_and(|t| t.is_sign(&['-', '/']) && !t.space);
        let marked = self.token(i + 1).is_some_and(|t| t.is_period(Period::Year));
        let at = self.skip(if joined || marked { i + 2 } else { i + 1 });
        let (partial, next) = self.day_month(at).or_else(|| self.month_day(at))?;
        Some((Partial { year: Some(year), ..partial }, next))
    }

    fn with_year(&self, partial: Partial, next: usize, joined: bool) -> (Partial, usize) {
        match self.year(next, joined) {
            Some((year, after)) => (Partial { year: Some(year), ..partial }, after),
            None => (partial, next),
        }
    }

    /// `2024年12月24日`, `12月24号`, `令和6年12月24日`.
    fn ideographic(&self, i: usize) -> Option<(Partial, usize)> {
        let numbered = |at: usize, period| match self.token(at)?.kind {
            Kind::Number(value, digits) if self.is_mark(at + 1, period) => Some((value, digits)),
            _ => None,
        };
        let era = self.token(i)?.sense(|s| match s {
            Sense::Era(year) => Some(i32::from(year)),
            _ => None,
        });
        let at = i + usize::from(era.is_some());
        let year = numbered(at, Period::Year).and_then(|(value, digits)| match era {
            Some(before) => Some(before + i32::try_from(value).ok()?),
            None => full_year(value, digits, self.today),
        });
        let at = if year.is_some() { self.skip(at + 2) } else { at };
        let (month, _) = numbered(at, Period::Month)?;
        let at = self.skip(at + 2);
        let Kind::Number(day, 1..=2) = self.token(at)?.kind else { return None };
        let mark = self.is_mark(at + 1, Period::Day) || self.is(at + 1, Sense::Skip);
        let partial = Partial { day, month: Some(month), year, ..Partial::default() };
        Some((partial, if mark { at + 2 } else { at + 1 }))
    }

    /// 年, 月, 日 and their like; "month 21" is a count.
    fn is_mark(&self, i: usize, period: Period) -> bool {
        self.token(i).is_some_and(|t| t.chars == 1 && t.is_period(period))
    }
}

pub(crate) fn number_word(sense: Sense) -> Option<u32> {
    match sense {
        Sense::Number(n) => Some(u32::from(n)),
        _ => None,
    }
}
