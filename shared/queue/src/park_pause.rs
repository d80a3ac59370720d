use std::time::Duration;

use tokio::time::Instant;

use crate::error::PublishError;

/// One park, all in all: the intake waits for it, and everything behind it too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// The first pause after a failed park, and the longest. Each round costs a message one of the deliveries
/// that a broker before RabbitMQ 4.3 counts, and holds back the acks behind it for as long.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(4);

/// After a park that failed, others fail at once for a while: a batch waits for one of them, not for all.
#[derive(Debug, Default)]
pub(crate) struct ParkPause {
    failed: Option<(Instant, PublishError)>,
    length: Duration,
}

impl ParkPause {
    /// Why parking is not even tried at `now`.
    pub(crate) fn refusal(&self, now: Instant) -> Option<PublishError> {
        self.failed.filter(|(until, _)| now < *until).map(|(_, error)| error)
    }

    /// Whether the last park failed.
    pub(crate) fn failing(&self) -> bool {
        self.failed.is_some()
    }

    /// Notes what came of a park that was tried.
    pub(crate) fn note(&mut self, now: Instant, outcome: Result<(), PublishError>) {
        match outcome {
            Ok(()) => *self = Self::default(),
            Err(error) => {
                self.length = (self.length * 2).clamp(FIRST, LONGEST);
                self.failed = Some((now + self.length, error));
            }
        }
    }

    /// When what could not be parked goes back.
    pub(crate) fn end(&self, now: Instant) -> Instant {
        self.failed.map_or(now, |(until, _)| until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_closes_parking_for_longer_each_time_until_it_works() {
        let mut now = Instant::now();
        let mut pause = ParkPause::default();
        assert_eq!((pause.refusal(now), pause.failing(), pause.end(now)), (None, false, now));
        for seconds in [1, 2, 4, 4] {
            pause.note(now, Err(PublishError::Away));
            let end = now + Duration::from_secs(seconds);
            assert_eq!(pause.end(now), end);
            assert_eq!(pause.refusal(end - Duration::from_millis(1)), Some(PublishError::Away));
            assert_eq!((pause.refusal(end), pause.failing()), (None, true));
            now = end;
        }
        pause.note(now, Ok(()));
        pause.note(now, Err(PublishError::Blocked));
        assert_eq!(pause.end(now), now + FIRST);
    }
}
