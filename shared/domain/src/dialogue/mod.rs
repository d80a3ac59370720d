//! The vacation dialogue: how an owner blocks out days off.
//!
//! [`step`] takes where the dialogue stands and what the message means, and gives back where it
//! stands next and what to do. It knows no language, no clock and no database: words are read
//! before it and chosen after it. `docs/vacation.md` draws it and lists what odd input gets.

mod rules;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use rules::step;

use crate::texts::Phrase;
use crate::{Block, Dates};

/// Where the dialogue stands. Stored as JSON in the conversation's row.
///
/// `since` is when the owner was last shown where the dialogue stands: ms since the epoch, the
/// [`Situation::now_ms`] of that message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Dialogue {
    /// No vacation is being entered.
    #[default]
    Idle,
    /// The first day was asked for.
    AskStart { since: i64 },
    /// The last day was asked for.
    AskEnd { start: NaiveDate, since: i64 },
    /// Both days are known; only a confirmation saves them.
    Confirm { start: NaiveDate, end: NaiveDate, since: i64 },
}

/// What a message means to the dialogue, whatever its language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// A trigger, a yes or a no.
    pub intent: Option<Intent>,
    /// The days it names, when they can be read in one way only.
    pub dates: Option<Dates>,
    /// The days above were written without a year and the reader took the next occurrence. The
    /// last day of a vacation is then looked for after its first day instead.
    pub year_implied: bool,
    /// The possible readings, when there are several; `dates` is then `None`.
    pub candidates: Vec<Dates>,
    /// It asks something. A date or a yes with nothing but a question mark is no question.
    pub question: bool,
    /// Whether there is text to read.
    pub body: Body,
}

/// What the message wants, as far as the dialogue cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// Block out days ("Vacances").
    Vacation,
    /// Yes, ✅.
    Confirm,
    /// No, stop, ❌.
    Cancel,
}

/// Whether a message has words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// It has text: typed, a button, a reaction, a caption.
    #[default]
    Text,
    /// Nothing to read: a picture, voice or file without caption, or blank text.
    Unreadable,
}

/// What is true around the message.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The sender is a verified owner of the tenant.
    pub owner: bool,
    /// When the message reached the ingress, ms since the epoch: a message that waited is judged
    /// by the time it was written.
    pub now_ms: i64,
    /// That day in the tenant's time zone.
    pub today: NaiveDate,
    /// The owner's saved vacations, in any order.
    pub blocks: &'a [Block],
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Save these days (`start <= end`, no saved block shares a day with them).
    SaveVacation { start: NaiveDate, end: NaiveDate },
    /// The message is ordinary text or a question: answer it. That reply goes out before the
    /// phrases that follow.
    Answer,
    /// Tell the sender.
    Say(Phrase),
}
