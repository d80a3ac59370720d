//! What each language says for dates, wishes and answers: one file per language, plain constants.
//!
//! Month and weekday names: Unicode CLDR 48 (Unicode License v3); the rest is our own. Forms are
//! separated by `|`; a trailing `*` stands for any ending; case and diacritics do not matter.

mod ar;
pub(crate) mod cldr;
mod de;
mod en;
mod es;
mod fr;
mod it;
mod ja;
mod nl;
mod pl;
mod pt;
mod ru;
mod tr;
mod zh;

use lumi_domain::Lang;

/// One language's words.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) lang: Lang,
    /// January first.
    pub(crate) months: [&'static str; 12],
    /// Monday first.
    pub(crate) weekdays: [&'static str; 7],
    /// Days counted from today.
    pub(crate) days: &'static [(i8, &'static str)],
    /// Eras that years are counted in: the year before the first, the name.
    pub(crate) eras: &'static [(u16, &'static str)],
    /// Phrases for weeks that are counted from this one.
    pub(crate) weeks: &'static [(i8, &'static str)],
    /// Number words and ordinals.
    pub(crate) numbers: &'static [(u8, &'static str)],
    /// Day, week, month, year.
    pub(crate) units: [&'static str; 4],
    pub(crate) weekend: &'static str,
    /// "in" of "in 3 days", before or after the number.
    pub(crate) ahead: &'static str,
    /// "ago", before or after the number.
    pub(crate) ago: &'static str,
    pub(crate) next: &'static str,
    pub(crate) this: &'static str,
    pub(crate) last: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// Joins the two ends after "between".
    pub(crate) and: &'static str,
    /// What makes a bare number a day: "le 24", "24日".
    pub(crate) article: &'static str,
    /// What may follow a number: "24th".
    pub(crate) ordinal: &'static str,
    /// Words inside a date that say nothing.
    pub(crate) skip: &'static str,
    /// Phrases that look like a date word and are none: "guten Morgen".
    pub(crate) decoy: &'static str,
    /// Wishes to enter a vacation.
    pub(crate) triggers: &'static str,
    /// Words that may stand around a trigger: "je veux poser des".
    pub(crate) fillers: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
    /// Words that may stand around yes and no.
    pub(crate) polite: &'static str,
    pub(crate) questions: &'static str,
    /// Frequent words that tell the language.
    pub(crate) common: &'static str,
}

/// Every language with a table.
pub(crate) const TABLES: [&Table; 13] = [
    &en::TABLE,
    &fr::TABLE,
    &de::TABLE,
    &es::TABLE,
    &it::TABLE,
    &pt::TABLE,
    &nl::TABLE,
    &pl::TABLE,
    &ru::TABLE,
    &tr::TABLE,
    &ar::TABLE,
    &zh::TABLE,
    &ja::TABLE,
];

/// Where the language's words stand in the lexicon: the tables first, then the lines of CLDR.
pub(crate) fn index_of(lang: Lang) -> Option<u16> {
    let own = TABLES.iter().map(|t| t.lang);
    own.chain(cldr::languages()).position(|l| l == lang).and_then(|i| u16::try_from(i).ok())
}

/// The language that an index stands for.
pub(crate) fn language_at(index: u16) -> Option<Lang> {
    let own = TABLES.iter().map(|t| t.lang);
    own.chain(cldr::languages()).nth(usize::from(index))
}
