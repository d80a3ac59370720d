use chrono::{Days, NaiveDate};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use super::{Body, Dialogue, Effect, Input, Intent, Situation, step};
use crate::texts::{Phrase, render};
use crate::{Block, Dates};

/// Mostly close together, so that blocks, states and messages meet; sometimes at the very ends.
fn days() -> impl Strategy<Value = NaiveDate> {
    let base = NaiveDate::from_ymd_opt(2024, 12, 1).unwrap();
    prop_oneof![
        40 => (0_u64..60).prop_map(move |n| base + Days::new(n)),
        1 => Just(NaiveDate::MIN),
        1 => Just(NaiveDate::MAX),
        1 => Just(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()),
    ]
}

fn dates() -> impl Strategy<Value = Dates> {
    (days(), option::of(days())).prop_map(|(start, end)| Dates { start, end })
}

fn inputs() -> impl Strategy<Value = Input> {
    let intents = prop_oneof![Just(Intent::Vacation), Just(Intent::Confirm), Just(Intent::Cancel)];
    let body = prop_oneof![9 => Just(Body::Text), 1 => Just(Body::Unreadable)];
    let rest = (any::<bool>(), proptest::bool::weighted(0.1), body);
    (option::of(intents), option::of(dates()), vec(dates(), 0..4), rest).prop_map(
        |(intent, dates, candidates, (year_implied, question, body))| Input {
            intent,
            candidates: if dates.is_some() { Vec::new() } else { candidates },
            dates,
            year_implied,
            question,
            body,
        },
    )
}

/// Any state a row may hold, also one that `step` would never write.
fn states() -> impl Strategy<Value = Dialogue> {
    prop_oneof![
        1 => Just(Dialogue::Idle),
        1 => any::<i64>().prop_map(|since| Dialogue::AskStart { since }),
        1 => (days(), any::<i64>()).prop_map(|(start, since)| Dialogue::AskEnd { start, since }),
        3 => (days(), days(), any::<i64>())
            .prop_map(|(start, end, since)| Dialogue::Confirm { start, end, since }),
    ]
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let block = (days(), 0_u64..4).prop_map(|(starts_on, more)| {
        let ends_on = starts_on.checked_add_days(Days::new(more)).unwrap_or(starts_on);
        Block { starts_on, ends_on }
    });
    vec(block, 0..4)
}

proptest! {
    // Enough that each rule of the confirmation is met with a block in the way.
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn only_a_yes_at_the_confirmation_saves(
        state in states(), input in inputs(), blocks in blocks(), now_ms in any::<i64>(), today in days(),
    ) {
        let at = Situation { owner: true, now_ms, today, blocks: &blocks };
        let (next, effects) = step(&state, &input, &at);
        prop_assert!(!effects.is_empty());
        for (position, effect) in effects.iter().enumerate() {
            match effect {
                Effect::SaveVacation { start, end } => {
                    prop_assert_eq!(input.intent, Some(Intent::Confirm));
                    let shown = matches!(
                        state,
                        Dialogue::Confirm { start: s, end: e, .. } if (s, e) == (*start, *end)
                    );
                    prop_assert!(shown);
                    prop_assert!(start <= end);
                    prop_assert!(!blocks.iter().any(|block| block.overlaps(*start, *end)));
                    prop_assert_eq!(next, Dialogue::Idle);
                    prop_assert_eq!(effects.get(position + 1), Some(&Effect::Say(Phrase::Saved)));
                }
                Effect::Answer => prop_assert_eq!(position, 0),
                Effect::Say(phrase) => prop_assert!(!render(&[], phrase).is_empty()),
            }
        }
        // What waits for a ✅ is what could be saved, unless it was kept as it was found.
        if let Dialogue::Confirm { start, end, since } = next {
            prop_assert_eq!(since, now_ms);
            let kept = matches!(state, Dialogue::Confirm { start: s, end: e, .. } if (s, e) == (start, end));
            prop_assert!(kept || start <= end && !blocks.iter().any(|b| b.overlaps(start, end)));
        }
        let stored = serde_json::to_string(&next).unwrap();
        prop_assert_eq!(serde_json::from_str::<Dialogue>(&stored).unwrap(), next);
    }

    #[test]
    fn a_contact_stays_outside(
        state in states(), input in inputs(), blocks in blocks(), now_ms in any::<i64>(), today in days(),
    ) {
        let at = Situation { owner: false, now_ms, today, blocks: &blocks };
        let (next, effects) = step(&state, &input, &at);
        prop_assert_eq!(next, Dialogue::Idle);
        let saves = effects.iter().any(|effect| matches!(effect, Effect::SaveVacation { .. }));
        prop_assert!(!saves);
    }

    #[test]
    fn a_whole_conversation_keeps_blocks_apart(messages in vec((inputs(), 0_i64..100_000_000), 0..40)) {
        let (mut state, mut blocks, mut now_ms) = (Dialogue::Idle, Vec::<Block>::new(), 0);
        for (input, pause) in messages {
            now_ms += pause;
            let today = NaiveDate::from_ymd_opt(2024, 12, 1).unwrap();
            let at = Situation { owner: true, now_ms, today, blocks: &blocks };
            let (next, effects) = step(&state, &input, &at);
            for effect in effects {
                if let Effect::SaveVacation { start, end } = effect {
                    prop_assert!(!blocks.iter().any(|block| block.overlaps(start, end)));
                    blocks.push(Block { starts_on: start, ends_on: end });
                }
            }
            state = next;
        }
    }
}
