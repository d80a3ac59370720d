use chrono::{Datelike, Days, NaiveDate};

use super::{Body, Dialogue, Effect, Input, Intent, Situation};
use crate::texts::{Asked, Phrase};
use crate::{Block, Dates};

/// A confirmation that comes later than this after the prompt shows the prompt again: after a day
/// of silence nobody is sure any more what the ✅ is for.
const CONFIRM_WITHIN_MS: i64 = 24 * 60 * 60 * 1000;

/// Dates without a year are taken to end a vacation only this many days after its start: more
/// is rather a slip ("20/12" as the end of one that starts on 24/12).
const LONGEST_IMPLIED_DAYS: i64 = 183;

/// One message: the next state of the dialogue and what to do.
///
/// Rules, first match wins; "remind" says in one line where the dialogue stands.
/// - Not an owner: never enters the dialogue. A trigger is told that only the owner can.
/// - Nothing to read: say so, and remind.
/// - Cancel, without dates: leave, at any step.
/// - A trigger: start over, with the dates it names, if any.
/// - Several readings of a date: show them and ask.
/// - A question: answer it, then remind.
/// - Dates: take them for what was asked.
/// - Confirm: save where there is something to save, else ask again.
/// - Anything else: at a date step it is a misread date; at the confirmation, remind.
pub fn step(state: &Dialogue, input: &Input, at: &Situation<'_>) -> (Dialogue, Vec<Effect>) {
    if !at.owner {
        return (Dialogue::Idle, vec![contact(input)]);
    }
    if input.body == Body::Unreadable {
        let mut effects = vec![Effect::Say(Phrase::MediaNotUnderstood)];
        effects.extend(reminder(state));
        return (shown(*state, at), effects);
    }
    let asking = *state != Dialogue::Idle;
    let names_dates = input.dates.is_some() || !input.candidates.is_empty();
    match input.intent {
        Some(Intent::Cancel) if asking && !names_dates => say(Dialogue::Idle, Phrase::Cancelled),
        // "Have you noted my vacation?" in the middle asks; it does not start over.
        Some(Intent::Vacation) if !(asking && input.question && !names_dates) => trigger(input, at),
        _ if asking => answer_to_prompt(state, input, at),
        _ => (Dialogue::Idle, vec![Effect::Answer]),
    }
}

fn contact(input: &Input) -> Effect {
    match (input.body, input.intent) {
        (Body::Unreadable, _) => Effect::Say(Phrase::MediaNotUnderstood),
        // "Are you on vacation?" is a customer's question, not an attempt to block out days.
        (Body::Text, Some(Intent::Vacation)) if !input.question => Effect::Say(Phrase::OnlyOwner),
        (Body::Text, _) => Effect::Answer,
    }
}

fn trigger(input: &Input, at: &Situation<'_>) -> (Dialogue, Vec<Effect>) {
    let start_over = Dialogue::AskStart { since: at.now_ms };
    match (input.dates, two_readings(&input.candidates)) {
        (Some(dates), _) => take_start(dates, at),
        (None, Some(ask)) => say(start_over, ask),
        (None, None) => say(start_over, Phrase::AskStart),
    }
}

/// What a text gets while a prompt is open.
fn answer_to_prompt(
    state: &Dialogue,
    input: &Input,
    at: &Situation<'_>,
) -> (Dialogue, Vec<Effect>) {
    if input.question {
        let mut effects = vec![Effect::Answer];
        effects.extend(reminder(state));
        return (shown(*state, at), effects);
    }
    if let Some(ask) = two_readings(&input.candidates) {
        return say(shown(*state, at), ask);
    }
    if let Some(dates) = input.dates {
        return take_dates(state, dates, input, at);
    }
    if input.intent == Some(Intent::Confirm) {
        return confirm(state, at);
    }
    let phrase = match *state {
        Dialogue::Idle => return (Dialogue::Idle, vec![Effect::Answer]),
        Dialogue::AskStart { .. } => {
            Phrase::MisreadDate { asked: Asked::Start, example: week_after(at.today) }
        }
        Dialogue::AskEnd { start, .. } => {
            Phrase::MisreadDate { asked: Asked::End, example: week_after(start) }
        }
        Dialogue::Confirm { start, end, .. } => Phrase::RemindConfirm { start, end },
    };
    say(shown(*state, at), phrase)
}

fn take_dates(
    state: &Dialogue,
    dates: Dates,
    input: &Input,
    at: &Situation<'_>,
) -> (Dialogue, Vec<Effect>) {
    let day = dates.start;
    match (*state, dates.end) {
        (Dialogue::AskEnd { start, .. }, None) => {
            let end = if input.year_implied { first_after(start, day) } else { day };
            propose(start, end, at)
        }
        // "Yes, from the 24th to the 8th" repeats what is shown.
        (Dialogue::Confirm { start, end, .. }, Some(last))
            if (start, end) == (day, last) && input.intent == Some(Intent::Confirm) =>
        {
            confirm(state, at)
        }
        (Dialogue::Confirm { start, .. }, None) if day > start => propose(start, day, at),
        _ => take_start(dates, at),
    }
}

/// Begins with what a message named: a range goes to the confirmation, a day is the first one.
fn take_start(dates: Dates, at: &Situation<'_>) -> (Dialogue, Vec<Effect>) {
    let start = dates.start;
    if let Some(end) = dates.end {
        return propose(start, end, at);
    }
    match conflict(start, start, at) {
        Some(overlap) => overlap,
        None => say(Dialogue::AskEnd { start, since: at.now_ms }, Phrase::AskEnd),
    }
}

/// Shows both days for confirmation, unless they cannot be saved.
fn propose(start: NaiveDate, end: NaiveDate, at: &Situation<'_>) -> (Dialogue, Vec<Effect>) {
    let since = at.now_ms;
    if let Some(overlap) = conflict(start, end.max(start), at) {
        return overlap;
    }
    if end < start {
        return say(Dialogue::AskEnd { start, since }, Phrase::EndBeforeStart { start, end });
    }
    say(Dialogue::Confirm { start, end, since }, Phrase::Confirm { start, end })
}

fn confirm(state: &Dialogue, at: &Situation<'_>) -> (Dialogue, Vec<Effect>) {
    match *state {
        Dialogue::Idle => (Dialogue::Idle, vec![Effect::Answer]),
        Dialogue::AskStart { .. } => say(shown(*state, at), Phrase::AskStart),
        Dialogue::AskEnd { .. } => say(shown(*state, at), Phrase::AskEnd),
        Dialogue::Confirm { start, end, since } => {
            // Another conversation of the owners may have saved a block since the prompt.
            let stale = at.now_ms.saturating_sub(since) > CONFIRM_WITHIN_MS;
            if stale || end < start || conflict(start, end, at).is_some() {
                return propose(start, end, at);
            }
            let effects = vec![Effect::SaveVacation { start, end }, Effect::Say(Phrase::Saved)];
            (Dialogue::Idle, effects)
        }
    }
}

/// The earliest saved block in the way, told to the owner, who is asked for another start.
fn conflict(
    start: NaiveDate,
    end: NaiveDate,
    at: &Situation<'_>,
) -> Option<(Dialogue, Vec<Effect>)> {
    let hit = |block: &&Block| block.overlaps(start, end);
    let block = at.blocks.iter().filter(hit).min_by_key(|block| block.starts_on)?;
    let phrase = Phrase::Overlap { start: block.starts_on, end: block.ends_on };
    Some(say(Dialogue::AskStart { since: at.now_ms }, phrase))
}

fn reminder(state: &Dialogue) -> Option<Effect> {
    let phrase = match *state {
        Dialogue::Idle => return None,
        Dialogue::AskStart { .. } => Phrase::RemindStart,
        Dialogue::AskEnd { start, .. } => Phrase::RemindEnd { start },
        Dialogue::Confirm { start, end, .. } => Phrase::RemindConfirm { start, end },
    };
    Some(Effect::Say(phrase))
}

/// The question that lists the first two readings that differ.
fn two_readings(candidates: &[Dates]) -> Option<Phrase> {
    let first = *candidates.first()?;
    let second = *candidates.iter().find(|other| **other != first)?;
    Some(Phrase::AmbiguousDate { first, second })
}

/// The same state, seen by the owner just now.
fn shown(state: Dialogue, at: &Situation<'_>) -> Dialogue {
    let since = at.now_ms;
    match state {
        Dialogue::Idle => Dialogue::Idle,
        Dialogue::AskStart { .. } => Dialogue::AskStart { since },
        Dialogue::AskEnd { start, .. } => Dialogue::AskEnd { start, since },
        Dialogue::Confirm { start, end, .. } => Dialogue::Confirm { start, end, since },
    }
}

/// The first such day and month on or after `start`, if that makes a plausible vacation; else the
/// day as it was read.
fn first_after(start: NaiveDate, read: NaiveDate) -> NaiveDate {
    let years = [Some(start.year()), start.year().checked_add(1)];
    let days = years.into_iter().flatten().filter_map(|year| read.with_year(year));
    let plausible = |day: &NaiveDate| {
        (0..=LONGEST_IMPLIED_DAYS).contains(&day.signed_duration_since(start).num_days())
    };
    days.into_iter().find(plausible).unwrap_or(read)
}

fn week_after(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(7)).unwrap_or(day)
}

fn say(state: Dialogue, phrase: Phrase) -> (Dialogue, Vec<Effect>) {
    (state, vec![Effect::Say(phrase)])
}
