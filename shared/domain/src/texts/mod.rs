//! Every fixed text of Lumi, in every language it speaks.
//!
//! A [`Phrase`] is what is to be said, with typed arguments; [`render`] finds the words. The words
//! stand in `texts/*.ftl` (Project Fluent), one file per language with the same keys, and are
//! parsed once per process. Long dates and times follow CLDR.

mod bundles;
mod dates;
mod phrase;

#[cfg(test)]
mod tests;

use chrono::NaiveDate;

use crate::{Lang, Part};

pub use phrase::{Asked, Phrase};

/// What one taps or types to confirm.
pub const YES: &str = "✅";
/// What one taps or types to cancel.
pub const NO: &str = "❌";

/// The words of a phrase, in the first language of `langs` that has them, else in English.
pub fn render(langs: &[Lang], phrase: &Phrase) -> String {
    phrase.words(choose(langs))
}

/// The phrase as a reply: its words, their language, and the buttons that answer it.
pub fn part(langs: &[Lang], phrase: &Phrase) -> Part {
    let language = choose(langs);
    Part { text: phrase.words(language), language, buttons: phrase.buttons() }
}

/// Whether there are texts in `lang`.
pub fn supported(lang: Lang) -> bool {
    bundles::index(lang).is_some()
}

/// The languages that have texts; English first.
pub fn languages() -> impl Iterator<Item = Lang> {
    bundles::FILES.iter().map(|(tag, _)| Lang::two(**tag))
}

/// The first of `langs` that has texts, else English: no language stands in for another one
/// unless the caller lists it.
pub fn choose(langs: &[Lang]) -> Lang {
    langs.iter().copied().find(|lang| supported(*lang)).unwrap_or(bundles::ENGLISH)
}

/// The word that [`Phrase::HelpOwner`] and [`Phrase::NowOwner`] tell an owner to write ("Vacances").
pub fn trigger(langs: &[Lang]) -> String {
    bundles::format(choose(langs), "vacation-trigger", None)
}

/// The date as the phrases write it for people: `24 décembre 2024`.
pub fn date_in_words(langs: &[Lang], day: NaiveDate) -> String {
    dates::long(choose(langs), day)
}
