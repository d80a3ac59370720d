use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The days a message names: one day (`end` is `None`) or a range, both ends included.
/// As read from the text: `end` may lie before `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    /// The day, or the first day of the range.
    pub start: NaiveDate,
    /// The last day of the range, included.
    pub end: Option<NaiveDate>,
}

impl Dates {
    /// One day.
    pub const fn day(start: NaiveDate) -> Self {
        Self { start, end: None }
    }

    /// A range, both ends included.
    pub const fn range(start: NaiveDate, end: NaiveDate) -> Self {
        Self { start, end: Some(end) }
    }
}

/// A saved vacation of an owner, both days included. Blocks of one owner never overlap; two owners of a
/// business may be away at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// First day off.
    pub starts_on: NaiveDate,
    /// Last day off; business is back the day after.
    pub ends_on: NaiveDate,
}

impl Block {
    /// Whether the block and the days from `start` to `end` (included) share a day.
    pub fn overlaps(&self, start: NaiveDate, end: NaiveDate) -> bool {
        self.starts_on <= end && start <= self.ends_on
    }

    /// Whether `day` is a day off.
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.overlaps(day, day)
    }
}
