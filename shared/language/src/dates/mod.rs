//! Dates typed in chat: tokens of one language, a small grammar over them, resolution against
//! today. The conversation's language is tried first, then every language whose words occur.

mod calendar;
mod grammar;
mod numeric;
mod order;
mod phrase;
mod range;
mod resolve;
mod several;
mod token;

use chrono::NaiveDate;
use lumi_domain::Lang;

use crate::DateSpan;
use crate::lexicon::{Analysis, Sense};
use crate::tables;

/// What a text says about dates.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Readings: none, exactly one, or several that only the writer can choose from.
    pub(crate) spans: Vec<DateSpan>,
    /// How many units the dates took; the better reading takes more.
    pub(crate) consumed: usize,
    /// A date was written that no calendar has: 31/02.
    pub(crate) invalid: bool,
}

/// What decides how a date is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) today: NaiveDate,
    pub(crate) country: Option<&'a str>,
    /// The language whose habit decides digits where no country is known.
    pub(crate) language: Option<Lang>,
    /// Indices of the tables to read words with, the preferred first.
    pub(crate) tables: &'a [u16],
}

/// Finds the date or span of dates that a text names.
pub(crate) fn find(analysis: &Analysis, setting: Setting<'_>) -> Found {
    let order = order::of(setting.country, setting.language);
    let mut best = Found::default();
    for language in candidates(analysis, setting.tables) {
        let lang = tables::language_at(language);
        let tokens = token::tokens(analysis, language, setting.tables.contains(&language));
        // Between words of another language only a written-out date is meant as one.
        let foreign = !setting.tables.contains(&language) && !setting.tables.is_empty();
        if foreign
            && tokens.iter().any(|t| matches!(t.kind, token::Kind::Other))
            && !names_month(&tokens)
        {
            continue;
        }
        let found = range::scan(&tokens, setting.today, order, lang);
        // Many short words mean something somewhere: another language must explain more.
        let margin = usize::from(best.consumed > 0 && !setting.tables.contains(&language));
        if found.consumed > best.consumed + margin {
            best = found;
        }
    }
    if best.consumed == 0 {
        best = range::scan(&token::numbers(analysis), setting.today, order, None);
    }
    best
}

fn names_month(tokens: &[token::Token]) -> bool {
    let number = tokens.iter().any(|t| matches!(t.kind, token::Kind::Number(..)));
    number
        && tokens.iter().any(|t| t.sense(|s| matches!(s, Sense::Month(_)).then_some(())).is_some())
}

/// How many languages a text is read in at most; "mars" is a month in thirty.
const MAX_LANGUAGES: usize = 8;

/// The preferred languages, then those of which most words of a date occur.
fn candidates(analysis: &Analysis, preferred: &[u16]) -> Vec<u16> {
    let mut hits: Vec<(u16, usize)> = Vec::new();
    for found in &analysis.found {
        let Some(longest) = found.first() else { continue };
        for &(language, sense) in longest.meanings {
            if !names_time(sense) {
                continue;
            }
            match hits.iter_mut().find(|(l, _)| *l == language) {
                Some((_, count)) => *count += longest.len,
                None => hits.push((language, longest.len)),
            }
        }
    }
    hits.sort_by_key(|&(language, count)| (usize::MAX - count, language));
    let mut out = preferred.to_vec();
    out.extend(hits.iter().map(|(l, _)| *l).filter(|l| !preferred.contains(l)));
    out.truncate(MAX_LANGUAGES);
    out
}

/// A word that makes a date; prepositions alone make none.
const fn names_time(sense: Sense) -> bool {
    matches!(
        sense,
        Sense::Month(_)
            | Sense::Weekday(_)
            | Sense::Day(_)
            | Sense::Period(_)
            | Sense::Named(..)
            | Sense::Weekend
    )
}

#[cfg(test)]
mod tests;
