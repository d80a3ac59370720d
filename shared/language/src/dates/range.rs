use chrono::NaiveDate;
use lumi_domain::Lang;

use super::Found;
use super::calendar::{Node, Partial, shift};
use super::grammar::Grammar;
use super::order::Order;
use super::resolve::{self, Outcome};
use super::token::{Kind, Token};
use crate::DateSpan;
use crate::lexicon::Sense;

/// One thing that the text names: a day, or both ends of a span.
#[derive(Debug)]
struct Item {
    start: Node,
    end: Option<Node>,
}

/// Finds all dates in the tokens and makes one answer of them.
pub(crate) fn scan(
    tokens: &[Token],
    today: NaiveDate,
    order: Option<Order>,
    lang: Option<Lang>,
) -> Found {
    let grammar = Grammar::new(tokens, today, order, lang);
    let mut items = Vec::new();
    let mut found = Found::default();
    let mut i = 0;
    while i < tokens.len() {
        if grammar.is(i, Sense::Decoy) {
            found.consumed += tokens.get(i).map_or(0, |t| t.units);
            i += 1;
            continue;
        }
        // A span may begin with mute words; the day alone must get the same chance.
        let single = grammar
            .node(i)
            .or_else(|| grammar.node(grammar.skip(i)))
            .map(|(start, next)| (Item { start, end: None }, next));
        let both = grammar.span(i);
        let taken = match (both, single) {
            (Some(both), Some(single)) if single.1 >= both.1 => Some(single),
            (Some(both), _) => Some(both),
            (None, single) => single,
        };
        let Some((item, next)) = taken else {
            i += 1;
            continue;
        };
        found.consumed += tokens.iter().take(next).skip(i).map(|t| t.units).sum::<usize>();
        items.push(item);
        i = next.max(i + 1);
    }
    settle(items, today, &mut found);
    found
}

impl Grammar<'_> {
    /// `du 24/12 au 08/01`, `24-31 décembre`, `between 3 and 5 May`.
    fn span(&self, i: usize) -> Option<(Item, usize)> {
        let opened = self.is(i, Sense::From);
        let at = if opened { self.skip(i + 1) } else { self.skip(i) };
        // "10-12 March": what could be a whole date may be a bare day and the joint.
        [self.node(at), self.bare_day(at)]
            .into_iter()
            .flatten()
            .filter_map(|(left, next)| self.span_from(left, next, opened))
            .max_by_key(|(_, next)| *next)
    }

    fn span_from(&self, left: Node, next: usize, opened: bool) -> Option<(Item, usize)> {
        let joint = self.joint(self.skip_closing(next), opened)?;
        let (right, next) = self.end_point(self.skip(joint))?;
        if is_bare(&left) && is_bare(&right) && !opened {
            return None;
        }
        // "24日から31日まで": the last word belongs to the span.
        let closed = self.is(next, Sense::To)
            && !self.is(next, Sense::Skip)
            && self.node(self.skip(next + 1)).is_none();
        Some((Item { start: left, end: Some(right) }, if closed { next + 1 } else { next }))
    }

    /// A whole date, or a bare day that takes its month from the other end.
    fn end_point(&self, i: usize) -> Option<(Node, usize)> {
        match (self.node(i), self.bare_day(i)) {
            (Some(whole), Some(bare)) if whole.1 < bare.1 => Some(bare),
            (Some(whole), _) => Some(whole),
            (None, bare) => bare,
        }
    }

    fn bare_day(&self, i: usize) -> Option<(Node, usize)> {
        let (day, next) = self.day(i)?;
        let next = self.past_mark(next);
        // "8 - 10, 2010"; two digits may be the month of "24.12".
        let comma = self.token(next).is_some_and(|t| t.is_sign(&[',']));
        let year = match self.token(next + 1).map(|t| &t.kind) {
            Some(Kind::Number(year, 4)) if comma => i32::try_from(*year).ok(),
            _ => None,
        };
        let next = if year.is_some() { next + 2 } else { next };
        Some((Node::Written(vec![Partial { day, year, ..Partial::default() }]), next))
    }

    fn skip_closing(&self, mut i: usize) -> usize {
        while self.token(i).is_some_and(|t| {
            t.is_sign(&[',']) || (t.is(Sense::Skip) && !t.is(Sense::To) && !t.is(Sense::And))
        }) {
            i += 1;
        }
        i
    }

    /// The token behind what joins two ends.
    fn joint(&self, i: usize, opened: bool) -> Option<usize> {
        let token = self.token(i)?;
        if token.is_sign(&['-', '~', '>', '→', '…']) {
            return Some(if self.is(i + 1, Sense::To) { i + 2 } else { i + 1 });
        }
        // "24日から31日": the first word closes the left end, it does not open anything.
        let closes = token.is(Sense::To) || (token.is(Sense::From) && token.glued);
        if closes || (opened && token.is(Sense::And)) {
            let double = self.token(i + 1).is_some_and(|t| t.is(Sense::To));
            return Some(if double { i + 2 } else { i + 1 });
        }
        None
    }
}

/// A day that lacks its month and has no weekday to find it by.
fn is_bare(node: &Node) -> bool {
    matches!(node, Node::Written(r) if r.iter().all(|p| p.month.is_none() && p.weekday.is_none()))
}

/// Readings of all items together. Two days in one text are the two ends of a span.
fn settle(mut items: Vec<Item>, today: NaiveDate, found: &mut Found) {
    if items.len() == 2
        && items.iter().all(|item| item.end.is_none() && !matches!(item.start, Node::Span(..)))
        && let (Some(second), Some(first)) = (items.pop(), items.pop())
    {
        match (&first.start, &second.start) {
            // Two counted days in the wrong order are no span; the writer has to say.
            (Node::Fixed(a), Node::Fixed(b)) if b <= a => items.extend([first, second]),
            _ => items.push(Item { start: first.start, end: Some(second.start) }),
        }
    }
    for item in items {
        let spans = match item.end {
            Some(end) => both_ends(&item.start, &end, today),
            None => one(&item.start, today),
        };
        match spans {
            Some(spans) => {
                for span in spans {
                    if !found.spans.contains(&span) {
                        found.spans.push(span);
                    }
                }
            }
            None => found.invalid = true,
        }
    }
    if found.invalid {
        found.spans.clear();
    }
}

/// Every reading of one phrase; `None`: none is a date.
fn one(node: &Node, today: NaiveDate) -> Option<Vec<DateSpan>> {
    let day = |start| DateSpan { start, end: None };
    match node {
        Node::Fixed(date) => Some(vec![day(*date)]),
        Node::Span(start, end) => Some(vec![DateSpan { start: *start, end: Some(*end) }]),
        Node::Written(readings) => {
            let dates: Vec<NaiveDate> = readings.iter().flat_map(|p| dates(*p, today)).collect();
            (!dates.is_empty()).then(|| dates.into_iter().map(day).collect())
        }
    }
}

fn dates(p: Partial, earliest: NaiveDate) -> Vec<NaiveDate> {
    match resolve::day(p, earliest) {
        Outcome::Date(date) => vec![date],
        Outcome::Either(a, b) => vec![a, b],
        Outcome::Invalid => Vec::new(),
    }
}

/// Every reading of a span; `None`: none is one.
fn both_ends(left: &Node, right: &Node, today: NaiveDate) -> Option<Vec<DateSpan>> {
    let mut out = Vec::new();
    for start in open(left) {
        for end in open(right) {
            if let (End::Day(a), End::Day(b)) = (start, end)
                && a.month_first.is_some_and(|x| b.month_first.is_some_and(|y| x != y))
            {
                continue;
            }
            pair(start, end, today, &mut out);
        }
    }
    (!out.is_empty()).then_some(out)
}

#[derive(Debug, Clone, Copy)]
enum End {
    Day(Partial),
    Known(NaiveDate, NaiveDate),
}

fn open(node: &Node) -> Vec<End> {
    match node {
        Node::Fixed(date) => vec![End::Known(*date, *date)],
        Node::Span(start, end) => vec![End::Known(*start, *end)],
        Node::Written(readings) => readings.iter().copied().map(End::Day).collect(),
    }
}

fn pair(left: End, right: End, today: NaiveDate, out: &mut Vec<DateSpan>) {
    let starts = match (left, right) {
        (End::Known(start, _), _) => vec![start],
        (End::Day(a), End::Day(b)) => dates(inherit_start(a, b), today),
        (End::Day(a), End::Known(..)) => dates(a, today),
    };
    for start in starts {
        let ends = match (left, right) {
            // "Friday to Monday": the Monday after that Friday.
            (End::Known(..), End::Known(first, end)) if first == end && end < start => {
                shift(end, 7).into_iter().collect()
            }
            (_, End::Known(_, end)) => vec![end],
            (End::Day(a), End::Day(b)) => dates(inherit_end(a, b, start), start),
            (End::Known(..), End::Day(b)) => dates(b, start),
        };
        for end in ends {
            // A year written at the far end only may belong to the year before here.
            let start = match (left, right) {
                (End::Day(Partial { year: None, .. }), End::Day(Partial { year: Some(_), .. }))
                    if start > end =>
                {
                    year_before(start).unwrap_or(start)
                }
                _ => start,
            };
            out.push(DateSpan { start, end: Some(end) });
        }
    }
}

fn year_before(date: NaiveDate) -> Option<NaiveDate> {
    super::calendar::add(date, -1, crate::lexicon::Period::Year)
}

/// "24-31 December 2024": month and year of the end hold for the start.
fn inherit_start(a: Partial, b: Partial) -> Partial {
    Partial { month: a.month.or(b.month), year: a.year.or(b.year), ..a }
}

/// "24 December 2024 to 31": month and year of the start hold for the end, if it comes later.
fn inherit_end(a: Partial, b: Partial, start: NaiveDate) -> Partial {
    use chrono::Datelike;
    let month = b.month.or_else(|| a.month.filter(|_| b.day > start.day()));
    let later = month.is_none_or(|m| (m, b.day) >= (start.month(), start.day()));
    let year = b.year.or_else(|| a.year.filter(|_| later && month.is_some()));
    Partial { month, year, ..b }
}
