use chrono::NaiveDate;

use super::{Body, Dialogue, Effect, Input, Intent, Situation, step};
use crate::texts::{Asked, Phrase};
use crate::{Block, Dates};

use Dialogue::Idle;
use Effect::{Answer, Say};

/// When the messages of these tests come in, and when the prompt before them was shown.
const NOW: i64 = 1_734_000_000_000;
const BEFORE: i64 = NOW - 60_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn block(starts_on: &str, ends_on: &str) -> Block {
    Block { starts_on: day(starts_on), ends_on: day(ends_on) }
}

fn at(blocks: &[Block]) -> Situation<'_> {
    Situation { owner: true, now_ms: NOW, today: day("2024-12-01"), blocks }
}

fn text() -> Input {
    Input::default()
}

fn intent(intent: Intent) -> Input {
    Input { intent: Some(intent), ..text() }
}

fn one(start: &str) -> Input {
    Input { dates: Some(Dates::day(day(start))), ..text() }
}

fn range(start: &str, end: &str) -> Input {
    Input { dates: Some(Dates::range(day(start), day(end))), ..text() }
}

fn ambiguous() -> Input {
    Input {
        candidates: vec![Dates::day(day("2025-04-03")), Dates::day(day("2025-03-04"))],
        ..text()
    }
}

fn question() -> Input {
    Input { question: true, ..text() }
}

fn ask_start(since: i64) -> Dialogue {
    Dialogue::AskStart { since }
}

fn ask_end(start: &str, since: i64) -> Dialogue {
    Dialogue::AskEnd { start: day(start), since }
}

fn to_confirm(start: &str, end: &str, since: i64) -> Dialogue {
    Dialogue::Confirm { start: day(start), end: day(end), since }
}

fn confirm_phrase(start: &str, end: &str) -> Phrase {
    Phrase::Confirm { start: day(start), end: day(end) }
}

fn saved(start: &str, end: &str) -> Vec<Effect> {
    let save = Effect::SaveVacation { start: day(start), end: day(end) };
    vec![save, Say(Phrase::Saved)]
}

fn both_readings() -> Phrase {
    Phrase::AmbiguousDate {
        first: Dates::day(day("2025-04-03")),
        second: Dates::day(day("2025-03-04")),
    }
}

/// The three open states, as shown a minute ago and as shown just now.
fn open() -> [(Dialogue, Dialogue, Phrase); 3] {
    let (start, end) = (day("2024-12-24"), day("2025-01-08"));
    [
        (ask_start(BEFORE), ask_start(NOW), Phrase::RemindStart),
        (ask_end("2024-12-24", BEFORE), ask_end("2024-12-24", NOW), Phrase::RemindEnd { start }),
        (
            to_confirm("2024-12-24", "2025-01-08", BEFORE),
            to_confirm("2024-12-24", "2025-01-08", NOW),
            Phrase::RemindConfirm { start, end },
        ),
    ]
}

#[track_caller]
fn check(state: Dialogue, input: &Input, next: Dialogue, effects: &[Effect]) {
    check_at(state, input, &at(&[]), next, effects);
}

#[track_caller]
fn check_at(
    state: Dialogue,
    input: &Input,
    at: &Situation<'_>,
    next: Dialogue,
    effects: &[Effect],
) {
    let (got_next, got_effects) = step(&state, input, at);
    assert_eq!(got_next, next, "state after {input:?} in {state:?}");
    assert_eq!(got_effects, effects, "effects of {input:?} in {state:?}");
}

#[test]
fn the_seed_s_conversation() {
    let mut state = Idle;
    for (input, effects) in [
        (intent(Intent::Vacation), vec![Say(Phrase::AskStart)]),
        (one("2024-12-24"), vec![Say(Phrase::AskEnd)]),
        (one("2025-01-08"), vec![Say(confirm_phrase("2024-12-24", "2025-01-08"))]),
        (intent(Intent::Confirm), saved("2024-12-24", "2025-01-08")),
    ] {
        let (next, got) = step(&state, &input, &at(&[]));
        assert_eq!(got, effects, "{input:?} in {state:?}");
        state = next;
    }
    assert_eq!(state, Idle);
}

#[test]
fn past_dates_are_accepted_without_a_word() {
    check(
        ask_start(BEFORE),
        &one("1999-07-01"),
        ask_end("1999-07-01", NOW),
        &[Say(Phrase::AskEnd)],
    );
}

#[test]
fn one_message_with_both_dates_goes_to_the_confirmation() {
    let shown = to_confirm("2024-12-24", "2025-01-08", NOW);
    let asked = [Say(confirm_phrase("2024-12-24", "2025-01-08"))];
    let dates = range("2024-12-24", "2025-01-08");
    let trigger = Input { intent: Some(Intent::Vacation), ..dates.clone() };
    check(Idle, &trigger, shown, &asked);
    for (state, _, _) in open() {
        check(state, &trigger, shown, &asked);
        check(state, &dates, shown, &asked);
    }
}

#[test]
fn a_trigger_with_the_first_day_asks_for_the_last() {
    let trigger = Input { intent: Some(Intent::Vacation), ..one("2024-12-24") };
    check(Idle, &trigger, ask_end("2024-12-24", NOW), &[Say(Phrase::AskEnd)]);
    let unclear = Input { intent: Some(Intent::Vacation), ..ambiguous() };
    check(Idle, &unclear, ask_start(NOW), &[Say(both_readings())]);
}

#[test]
fn idle_leaves_ordinary_text_to_the_answers() {
    for input in [
        text(),
        question(),
        one("2024-12-24"),
        range("2024-12-24", "2025-01-08"),
        ambiguous(),
        intent(Intent::Confirm),
        intent(Intent::Cancel),
        Input { intent: Some(Intent::Cancel), ..one("2024-12-24") },
    ] {
        check(Idle, &input, Idle, &[Answer]);
    }
}

#[test]
fn a_second_trigger_starts_over() {
    for (state, _, _) in open() {
        check(state, &intent(Intent::Vacation), ask_start(NOW), &[Say(Phrase::AskStart)]);
    }
}

#[test]
fn cancel_leaves_at_any_step() {
    for (state, _, _) in open() {
        check(state, &intent(Intent::Cancel), Idle, &[Say(Phrase::Cancelled)]);
        let asked = Input { question: true, ..intent(Intent::Cancel) };
        check(state, &asked, Idle, &[Say(Phrase::Cancelled)]);
    }
}

#[test]
fn a_no_with_another_date_corrects() {
    let no = Input { intent: Some(Intent::Cancel), ..one("2025-01-09") };
    let next = to_confirm("2024-12-24", "2025-01-09", NOW);
    let shown = [Say(confirm_phrase("2024-12-24", "2025-01-09"))];
    check(to_confirm("2024-12-24", "2025-01-08", BEFORE), &no, next, &shown);
}

#[test]
fn a_question_in_the_middle_is_answered_first() {
    for (state, kept, reminder) in open() {
        check(state, &question(), kept, &[Answer, Say(reminder.clone())]);
        // About vacation, or with a date or a yes in it: still a question.
        for input in [intent(Intent::Vacation), intent(Intent::Confirm), one("2024-12-26")] {
            let asked = Input { question: true, ..input };
            check(state, &asked, kept, &[Answer, Say(reminder.clone())]);
        }
    }
}

#[test]
fn what_is_no_date_asks_again_with_an_example() {
    let start = Phrase::MisreadDate { asked: Asked::Start, example: day("2024-12-08") };
    check(ask_start(BEFORE), &text(), ask_start(NOW), &[Say(start)]);
    let end = Phrase::MisreadDate { asked: Asked::End, example: day("2024-12-31") };
    check(ask_end("2024-12-24", BEFORE), &text(), ask_end("2024-12-24", NOW), &[Say(end)]);
    let state = to_confirm("2024-12-24", "2025-01-08", BEFORE);
    let (_, kept, reminder) = open()[2].clone();
    check(state, &text(), kept, &[Say(reminder)]);
    // One reading is no choice: whoever reads dates gives two or none.
    let single = Input { candidates: vec![Dates::day(day("2025-04-03"))], ..text() };
    let start = Phrase::MisreadDate { asked: Asked::Start, example: day("2024-12-08") };
    check(ask_start(BEFORE), &single, ask_start(NOW), &[Say(start)]);
}

#[test]
fn a_date_with_two_readings_shows_both() {
    for (state, kept, _) in open() {
        check(state, &ambiguous(), kept, &[Say(both_readings())]);
        let no = Input { intent: Some(Intent::Cancel), ..ambiguous() };
        check(state, &no, kept, &[Say(both_readings())]);
    }
}

#[test]
fn an_end_before_the_start_asks_for_the_end() {
    let (start, end) = (day("2025-01-08"), day("2024-12-24"));
    let told = [Say(Phrase::EndBeforeStart { start, end })];
    let next = ask_end("2025-01-08", NOW);
    check(ask_end("2025-01-08", BEFORE), &one("2024-12-24"), next, &told);
    check(ask_start(BEFORE), &range("2025-01-08", "2024-12-24"), next, &told);
    // One day off is a vacation.
    let shown = [Say(confirm_phrase("2025-01-08", "2025-01-08"))];
    let next = to_confirm("2025-01-08", "2025-01-08", NOW);
    check(ask_end("2025-01-08", BEFORE), &one("2025-01-08"), next, &shown);
}

#[test]
fn an_end_without_a_year_is_looked_for_after_the_start() {
    for (start, read, end) in [
        ("2026-12-24", "2026-01-08", "2027-01-08"),
        ("2024-12-24", "2027-01-08", "2025-01-08"),
        ("2024-12-24", "2024-12-31", "2024-12-31"),
        ("2028-02-01", "2027-03-01", "2028-03-01"),
    ] {
        let input = Input { year_implied: true, ..one(read) };
        let next = to_confirm(start, end, NOW);
        check(ask_end(start, BEFORE), &input, next, &[Say(confirm_phrase(start, end))]);
    }
    // Nearly a year later is rather a slip.
    let slip = Input { year_implied: true, ..one("2024-12-20") };
    let told = Phrase::EndBeforeStart { start: day("2024-12-24"), end: day("2024-12-20") };
    check(ask_end("2024-12-24", BEFORE), &slip, ask_end("2024-12-24", NOW), &[Say(told)]);
}

#[test]
fn saved_days_in_the_way_are_named() {
    let blocks = [block("2025-02-01", "2025-02-07"), block("2024-12-30", "2025-01-02")];
    let at = at(&blocks);
    let told = [Say(Phrase::Overlap { start: day("2024-12-30"), end: day("2025-01-02") })];
    let again = ask_start(NOW);
    // The first day lies in a block, the whole range covers one, ends or begins in one.
    check_at(ask_start(BEFORE), &one("2025-01-01"), &at, again, &told);
    check_at(ask_end("2024-12-24", BEFORE), &one("2025-03-01"), &at, again, &told);
    check_at(ask_start(BEFORE), &range("2024-12-24", "2024-12-30"), &at, again, &told);
    check_at(
        Idle,
        &Input { intent: Some(Intent::Vacation), ..range("2025-01-02", "2025-01-03") },
        &at,
        again,
        &told,
    );
    // Next to each other is no overlap.
    let next = to_confirm("2025-01-03", "2025-01-31", NOW);
    let shown = [Say(confirm_phrase("2025-01-03", "2025-01-31"))];
    check_at(ask_start(BEFORE), &range("2025-01-03", "2025-01-31"), &at, next, &shown);
}

#[test]
fn a_block_saved_meanwhile_stops_the_confirmation() {
    let blocks = [block("2024-12-24", "2025-01-08")];
    let told = [Say(Phrase::Overlap { start: day("2024-12-24"), end: day("2025-01-08") })];
    let state = to_confirm("2024-12-24", "2025-01-08", BEFORE);
    check_at(state, &intent(Intent::Confirm), &at(&blocks), ask_start(NOW), &told);
}

#[test]
fn a_date_at_the_confirmation_replaces() {
    let state = to_confirm("2024-12-24", "2025-01-08", BEFORE);
    for (input, next, phrase) in [
        (
            one("2025-01-10"),
            to_confirm("2024-12-24", "2025-01-10", NOW),
            confirm_phrase("2024-12-24", "2025-01-10"),
        ),
        (one("2024-12-24"), ask_end("2024-12-24", NOW), Phrase::AskEnd),
        (one("2024-12-20"), ask_end("2024-12-20", NOW), Phrase::AskEnd),
        (
            range("2025-02-01", "2025-02-03"),
            to_confirm("2025-02-01", "2025-02-03", NOW),
            confirm_phrase("2025-02-01", "2025-02-03"),
        ),
    ] {
        check(state, &input, next, &[Say(phrase.clone())]);
        // A yes with other dates than those shown is no yes to them.
        let yes = Input { intent: Some(Intent::Confirm), ..input };
        check(state, &yes, next, &[Say(phrase)]);
    }
    let same = Input { intent: Some(Intent::Confirm), ..range("2024-12-24", "2025-01-08") };
    check(state, &same, Idle, &saved("2024-12-24", "2025-01-08"));
}

#[test]
fn a_yes_at_a_date_step_asks_again() {
    let yes = intent(Intent::Confirm);
    check(ask_start(BEFORE), &yes, ask_start(NOW), &[Say(Phrase::AskStart)]);
    check(ask_end("2024-12-24", BEFORE), &yes, ask_end("2024-12-24", NOW), &[Say(Phrase::AskEnd)]);
}

#[test]
fn after_a_day_of_silence_a_yes_shows_the_dates_again() {
    let yes = intent(Intent::Confirm);
    let state = |since| to_confirm("2024-12-24", "2025-01-08", since);
    let shown = [Say(confirm_phrase("2024-12-24", "2025-01-08"))];
    check(state(NOW - DAY_MS - 1), &yes, state(NOW), &shown);
    check(state(NOW), &yes, Idle, &saved("2024-12-24", "2025-01-08"));
    check(state(NOW - DAY_MS), &yes, Idle, &saved("2024-12-24", "2025-01-08"));
    // Dates go on where they were.
    let old = ask_end("2024-12-24", NOW - 30 * DAY_MS);
    check(old, &one("2025-01-08"), state(NOW), &shown);
}

#[test]
fn what_cannot_be_read_is_said_and_the_state_kept() {
    let picture = Input { body: Body::Unreadable, ..text() };
    check(Idle, &picture, Idle, &[Say(Phrase::MediaNotUnderstood)]);
    for (state, kept, reminder) in open() {
        check(state, &picture, kept, &[Say(Phrase::MediaNotUnderstood), Say(reminder)]);
    }
}

#[test]
fn contacts_never_enter() {
    let contact = Situation { owner: false, ..at(&[]) };
    let trigger = intent(Intent::Vacation);
    for (input, effect) in [
        (trigger.clone(), Say(Phrase::OnlyOwner)),
        (
            Input { dates: Some(Dates::day(day("2024-12-24"))), ..trigger.clone() },
            Say(Phrase::OnlyOwner),
        ),
        (Input { question: true, ..trigger }, Answer),
        (text(), Answer),
        (question(), Answer),
        (one("2024-12-24"), Answer),
        (intent(Intent::Confirm), Answer),
        (intent(Intent::Cancel), Answer),
        (Input { body: Body::Unreadable, ..text() }, Say(Phrase::MediaNotUnderstood)),
    ] {
        // Also one who was an owner when the dialogue began.
        for state in [Idle, ask_start(BEFORE), to_confirm("2024-12-24", "2025-01-08", BEFORE)] {
            check_at(state, &input, &contact, Idle, std::slice::from_ref(&effect));
        }
    }
}

#[test]
fn the_stored_form_is_pinned() {
    for (state, json) in [
        (Idle, r#"{"step":"idle"}"#),
        (ask_start(7), r#"{"step":"ask_start","since":7}"#),
        (ask_end("2024-12-24", 7), r#"{"step":"ask_end","start":"2024-12-24","since":7}"#),
        (
            to_confirm("2024-12-24", "2025-01-08", 7),
            r#"{"step":"confirm","start":"2024-12-24","end":"2025-01-08","since":7}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&state).unwrap(), json);
        assert_eq!(serde_json::from_str::<Dialogue>(json).unwrap(), state);
    }
}
