#![doc = include_str!("../README.md")]

mod dates;
mod detect;
mod greeting;
mod intent;
mod lexicon;
mod question;
mod tables;
mod text;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub use detect::detect;
pub use greeting::is_greeting;
pub use lumi_domain::Lang;
pub use question::looks_like_question;

/// What is known before a message is read.
#[derive(Debug, Clone)]
pub struct Context {
    /// What the conversation speaks so far.
    pub language: Option<Lang>,
    /// The time the message came.
    pub now: DateTime<Utc>,
    /// The business's time zone: "today" is its today.
    pub timezone: chrono_tz::Tz,
    /// ISO 3166 alpha-2 code of the business's country; decides whether `03/04` is in March.
    pub country: Option<String>,
    /// Taken only where neither the text nor the conversation names a language.
    pub default_language: Option<Lang>,
}

/// What a message wants, where it is clear without a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// To enter a vacation.
    Vacation,
    /// Yes.
    Confirm,
    /// No, stop.
    Cancel,
}

/// A day, or all days from `start` to `end`, both included. An end before the start stands only
/// where the text says so with a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateSpan {
    /// First day.
    pub start: NaiveDate,
    /// Last day; `None` for a single day.
    pub end: Option<NaiveDate>,
}

/// What a message says. Its JSON shape is that of `lumi understand`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Understanding {
    /// Language of the message; a mute one ("ok", "24/12") has the conversation's.
    pub language: Option<Lang>,
    /// 0 to 1: how sure the language is.
    pub confidence: f32,
    /// What it wants.
    pub intent: Option<Intent>,
    /// The date or span it names, where there is one reading.
    pub dates: Option<DateSpan>,
    /// Several readings, in `candidates`; only the writer knows.
    pub ambiguous: bool,
    /// The readings, when ambiguous.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<DateSpan>,
}

/// Reads a message: language, intent and dates.
pub fn understand(text: &str, ctx: &Context) -> Understanding {
    let analysis = lexicon::analyse(text);
    let (detected, confidence) = detect::language(text, &analysis, ctx.language);
    let language = detected.or(ctx.default_language);
    let today = ctx.now.with_timezone(&ctx.timezone).date_naive();
    let languages = preferred([ctx.language, language]);
    let setting = dates::Setting {
        today,
        country: ctx.country.as_deref(),
        language: detected.or(ctx.language).or(ctx.default_language),
        tables: &languages,
    };
    let found = dates::find(&analysis, setting);
    let intent = intent::of(&analysis, &languages);
    // A plain yes or no names no date, whatever it means in some other language.
    let answered = matches!(intent, Some(Intent::Confirm | Intent::Cancel));
    let mut spans = if answered { Vec::new() } else { found.spans };
    let ambiguous = spans.len() > 1;
    Understanding {
        language,
        confidence,
        intent,
        dates: if ambiguous { None } else { spans.pop() },
        ambiguous,
        candidates: if ambiguous { spans } else { Vec::new() },
    }
}

/// Loads what is lazy, so that no first message waits for it (about 25 ms).
pub fn warm_up() {
    lexicon::load();
    detect::load();
}

/// Tables of these languages, without repetition.
fn preferred(languages: [Option<Lang>; 2]) -> Vec<u16> {
    let mut out = Vec::with_capacity(2);
    for lang in languages.into_iter().flatten() {
        if let Some(index) = tables::index_of(lang).filter(|i| !out.contains(i)) {
            out.push(index);
        }
    }
    out
}

#[cfg(test)]
mod tests;
