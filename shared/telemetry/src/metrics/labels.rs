use prometheus_client::encoding::EncodeLabelSet;

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inbox {
    /// A new row.
    Stored,
    /// Known already.
    Duplicate,
    /// A status, an echo, an unknown type: recorded, never answered.
    Event,
    /// Could not be parsed: kept as a raw dead letter.
    Raw,
}

/// How a read of the cache ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheRead {
    /// A valid entry.
    Hit,
    /// No entry, or none that is valid.
    Miss,
    /// Redis did not answer in time, answered with an error, or the breaker is open.
    Error,
}

/// The state of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaker {
    /// Calls go through.
    Closed,
    /// One call tries.
    HalfOpen,
    /// Calls fail at once.
    Open,
}

/// Rows of the inbox by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Not decided.
    pub pending: u64,
    /// Decided.
    pub done: u64,
    /// In the dead letters.
    pub dead: u64,
    /// Given up by an operator.
    pub discarded: u64,
}

impl Inbox {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Event => "event",
            Self::Raw => "raw",
        }
    }
}

impl CacheRead {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Error => "error",
        }
    }
}

impl Breaker {
    pub(super) const fn level(self) -> i64 {
        match self {
            Self::Closed => 0,
            Self::HalfOpen => 1,
            Self::Open => 2,
        }
    }
}

// Labels are words of this program, so a scrape has as many rows as the program has words.

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct KindOutcome {
    pub(super) kind: &'static str,
    pub(super) outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ActionOutcome {
    pub(super) action: &'static str,
    pub(super) outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ClassOutcome {
    pub(super) class: &'static str,
    pub(super) outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Outcome {
    pub(super) outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Kind {
    pub(super) kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Name {
    pub(super) name: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct State {
    pub(super) state: &'static str,
}
