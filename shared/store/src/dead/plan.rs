use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::list::Candidate;
use super::{DeadSelection, LetterId, LetterKind};

/// What a replay or a discard would do, or did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Plan {
    /// How many, by kind and reason.
    pub lines: Vec<PlanLine>,
    /// Those that cannot be replayed, and why.
    pub refused: Vec<Refusal>,
    /// Named, but not dead (any more).
    pub missing: Vec<LetterId>,
}

/// Dead letters of one kind and reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanLine {
    /// Reply or message.
    pub kind: LetterKind,
    /// Why they are dead.
    pub reason: String,
    /// How many.
    pub count: usize,
}

/// A dead letter that cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Which.
    pub id: LetterId,
    /// Why not.
    pub why: String,
}

impl Plan {
    /// How many it is about, refused and missing ones not counted.
    pub fn count(&self) -> usize {
        self.lines.iter().map(|l| l.count).sum()
    }

    pub(super) fn new(selection: &DeadSelection, found: &[Candidate], done: &[Candidate]) -> Self {
        let mut counts: BTreeMap<(LetterKind, &str), usize> = BTreeMap::new();
        for c in done {
            *counts.entry((c.letter.kind, c.letter.reason.as_str())).or_default() += 1;
        }
        let missing = match selection {
            DeadSelection::Ids(ids) => ids
                .iter()
                .filter(|id| !found.iter().any(|c| c.letter.id == **id))
                .copied()
                .collect(),
            DeadSelection::All(_) => Vec::new(),
        };
        Self {
            lines: counts
                .into_iter()
                .map(|((kind, reason), count)| PlanLine { kind, reason: reason.to_owned(), count })
                .collect(),
            refused: Vec::new(),
            missing,
        }
    }
}

/// For how long after a contact wrote the platform lets a business write freely; `None` = always.
/// WhatsApp's customer service window: developers.facebook.com/docs/whatsapp/cloud-api.
pub(super) fn window(channel_kind: &str) -> Option<TimeDelta> {
    match channel_kind {
        "whatsapp" | "messenger" | "instagram" => Some(TimeDelta::hours(24)),
        _ => None,
    }
}

/// Why a dead letter cannot be replayed; `None`: it can.
pub(super) fn refusal(c: &Candidate, now: DateTime<Utc>) -> Option<String> {
    if !c.has_text {
        return Some("its text is no longer kept".to_owned());
    }
    let LetterId::Reply { .. } = c.letter.id else { return None };
    let window = window(&c.channel_kind)?;
    match c.last_inbound_at {
        Some(at) if at + window > now => None,
        at => {
            let last = at.map_or_else(
                || "never".to_owned(),
                |at| format!("at {}", at.format("%Y-%m-%d %H:%M UTC")),
            );
            Some(format!(
                "the contact last wrote {last}, and {} lets us answer for {} h only",
                c.channel_kind,
                window.num_hours()
            ))
        }
    }
}
