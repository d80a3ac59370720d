//! The search: breadth first through every state, so that a trace to a broken one is a shortest one;
//! then backwards from the ends along the steps that need no luck and no fault.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{BuildHasherDefault, Hasher};

use super::database::Model;
use super::invariants::Broken;
use super::state::State;
use super::steps::Event;

/// What was found.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) states: usize,
    /// Those in which the platform has taken a reply twice, rightly or not.
    pub(super) twice: usize,
    /// What broke first, and how it came about.
    pub(super) broken: Option<(Broken, String)>,
}

/// States by number, each with the step that first led to it.
#[derive(Default)]
struct Seen {
    numbers: HashMap<State, u32, BuildHasherDefault<Mix>>,
    states: Vec<State>,
    from: Vec<(u32, Event)>,
}

/// Enough that a forgotten bound fails instead of filling the memory.
const MOST_STATES: usize = 3_000_000;

pub(super) fn walk(model: &Model) -> Walked {
    let mut seen = Seen::default();
    seen.number(model.setup.start(), 0, Event::Start);
    // The states before each, by steps that will happen sooner or later.
    let mut before: Vec<Vec<u32>> = Vec::new();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(state) = seen.states.get(at).copied() {
        let here = u32::try_from(at).unwrap_or(u32::MAX);
        if let Some(broken) = model.broken(&state) {
            return seen.end(Some((broken, here)));
        }
        model.following(&state, &mut found);
        for (event, next) in found.drain(..) {
            let there = seen.number(next, here, event);
            if !event.may_never_happen() {
                before.resize_with(seen.states.len().max(before.len()), Vec::new);
                before[there as usize].push(here);
            }
        }
        assert!(seen.states.len() < MOST_STATES, "{} has too many states", model.setup.name);
        at += 1;
    }
    let stuck = seen.first_stuck(model, &before);
    seen.end(stuck.map(|here| (Broken::Stuck, here)))
}

impl Seen {
    fn number(&mut self, state: State, from: u32, event: Event) -> u32 {
        let new = u32::try_from(self.states.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(state).or_insert(new);
        if number == new {
            self.states.push(state);
            self.from.push((from, event));
        }
        number
    }

    /// A state from which no end can be reached without luck. When there is none, every fair run
    /// ends: in a finite graph a run that gives every step its turn leaves no way untried.
    fn first_stuck(&self, model: &Model, before: &[Vec<u32>]) -> Option<u32> {
        let mut ends_well: Vec<bool> = self.states.iter().map(|s| model.finished(s)).collect();
        let mut todo: Vec<u32> = (0u32..).zip(&ends_well).filter(|e| *e.1).map(|e| e.0).collect();
        while let Some(there) = todo.pop() {
            for &here in before.get(there as usize).into_iter().flatten() {
                if !std::mem::replace(&mut ends_well[here as usize], true) {
                    todo.push(here);
                }
            }
        }
        ends_well.iter().position(|well| !well).and_then(|n| u32::try_from(n).ok())
    }

    fn end(&self, broken: Option<(Broken, u32)>) -> Walked {
        let broken = broken.map(|(broken, at)| (broken, self.trace(at)));
        let twice = self.states.iter().filter(|s| s.replies.iter().any(|r| r.taken > 1)).count();
        Walked { states: self.states.len(), twice, broken }
    }

    fn trace(&self, mut at: u32) -> String {
        let mut steps = Vec::new();
        let last = at;
        while at != 0 {
            let (before, event) = self.from[at as usize];
            steps.push(event);
            at = before;
        }
        let mut text = String::new();
        for event in steps.iter().rev() {
            write!(text, "{event:?} ").unwrap_or_default();
        }
        write!(text, "\n{:#?}", self.states[last as usize]).unwrap_or_default();
        text
    }
}

/// Multiply and rotate: the default hasher takes most of the time of the search.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_u8(*b));
    }

    fn write_u8(&mut self, value: u8) {
        self.0 = (self.0.rotate_left(5) ^ u64::from(value)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u8(value.to_le_bytes()[0]);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
