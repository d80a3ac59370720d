//! Points in time on the command line: RFC 3339, or how long ago.

use chrono::{DateTime, TimeDelta, Utc};

/// A point in time as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// `2026-01-31T12:00:00Z`
    At(DateTime<Utc>),
    /// `2h`
    Ago(TimeDelta),
}

impl Since {
    /// The point in time, seen from `now`.
    pub(crate) fn before(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(at) => at,
            Self::Ago(delta) => now.checked_sub_signed(delta).unwrap_or(DateTime::UNIX_EPOCH),
        }
    }
}

/// Reads `2h`, `3d`, `45s`, `10m`, `2w` or RFC 3339.
///
/// # Errors
/// Anything else.
pub(crate) fn parse(text: &str) -> Result<Since, String> {
    if let Some(delta) = ago(text) {
        return Ok(Since::Ago(delta));
    }
    DateTime::parse_from_rfc3339(text).map(|at| Since::At(at.with_timezone(&Utc))).map_err(|_| {
        "expected how long ago (45s, 10m, 2h, 3d) or a time like 2026-01-31T12:00:00Z".to_owned()
    })
}

fn ago(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|n| *n >= 0)?;
    match unit {
        's' => TimeDelta::try_seconds(number),
        'm' => TimeDelta::try_minutes(number),
        'h' => TimeDelta::try_hours(number),
        'd' => TimeDelta::try_days(number),
        'w' => TimeDelta::try_weeks(number),
        _ => None,
    }
}

/// The edge's clock.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place where the command line reads the clock"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times() {
        let now = "2026-01-31T12:00:00Z".parse::<DateTime<Utc>>().unwrap();
        for (text, expected) in [
            ("45s", "2026-01-31T11:59:15Z"),
            ("10m", "2026-01-31T11:50:00Z"),
            ("2h", "2026-01-31T10:00:00Z"),
            ("3d", "2026-01-28T12:00:00Z"),
            ("1w", "2026-01-24T12:00:00Z"),
            ("2026-01-01T00:00:00+01:00", "2025-12-31T23:00:00Z"),
        ] {
            assert_eq!(
                parse(text).unwrap().before(now),
                expected.parse::<DateTime<Utc>>().unwrap()
            );
        }
        for bad in ["", "h", "-2h", "2", "2y", "yesterday", "2h3m", "9999999999999999d", "é"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
