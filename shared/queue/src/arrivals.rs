use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// What a reading task has read and nobody has taken yet.
#[derive(Debug)]
pub(crate) struct Arrivals<T> {
    read: mpsc::UnboundedReceiver<T>,
    /// Taken by a call that was interrupted, or that is still waiting for more.
    taken: Vec<T>,
}

impl<T> Arrivals<T> {
    /// The other end is unbounded; the prefetch bounds what is sent.
    pub(crate) fn new() -> (mpsc::UnboundedSender<T>, Self) {
        let (send, read) = mpsc::unbounded_channel();
        (send, Self { read, taken: Vec::new() })
    }

    /// At least one that is `current`, at most `max`; empty only when the reader has ended. Cancel-safe.
    pub(crate) async fn next(
        &mut self,
        max: usize,
        linger: Duration,
        current: impl Fn(&T) -> bool,
    ) -> Vec<T> {
        self.taken.retain(&current);
        while self.taken.is_empty() {
            if self.read.recv_many(&mut self.taken, max).await == 0 {
                break;
            }
            self.taken.retain(&current);
        }
        let until = Instant::now() + linger;
        while !self.taken.is_empty() && self.taken.len() < max {
            let room = max - self.taken.len();
            let more = self.read.recv_many(&mut self.taken, room);
            if !matches!(timeout_at(until, more).await, Ok(1..)) {
                break;
            }
        }
        self.hand_out(max)
    }

    /// What is there, without waiting.
    pub(crate) fn rest(&mut self, max: usize, current: impl Fn(&T) -> bool) -> Vec<T> {
        while let Ok(one) = self.read.try_recv() {
            self.taken.push(one);
        }
        self.taken.retain(current);
        self.hand_out(max)
    }

    fn hand_out(&mut self, max: usize) -> Vec<T> {
        self.taken.drain(..self.taken.len().min(max)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: fn(&u32) -> bool = |_| true;

    #[tokio::test]
    async fn one_is_enough_and_a_linger_gathers_more() {
        let (send, mut arrivals) = Arrivals::new();
        for n in 0..3 {
            send.send(n).unwrap();
        }
        assert_eq!(arrivals.next(2, Duration::from_secs(9), ANY).await, [0, 1]);
        assert_eq!(arrivals.next(2, Duration::ZERO, ANY).await, [2]);
        let sending = async {
            for n in 3..6 {
                tokio::time::sleep(Duration::from_millis(20)).await;
                send.send(n).unwrap();
            }
        };
        let gathering = arrivals.next(3, Duration::from_secs(9), ANY);
        assert_eq!(tokio::join!(sending, gathering).1, [3, 4, 5]);
    }

    #[tokio::test]
    async fn an_interrupted_call_keeps_what_it_took() {
        let (send, mut arrivals) = Arrivals::new();
        send.send(1).unwrap();
        let interrupted = arrivals.next(9, Duration::from_secs(9), ANY);
        assert!(tokio::time::timeout(Duration::from_millis(1), interrupted).await.is_err());
        send.send(2).unwrap();
        assert_eq!(arrivals.rest(1, ANY), [1]);
        assert_eq!(arrivals.rest(9, ANY), [2]);
        assert!(arrivals.rest(9, ANY).is_empty());
    }

    #[tokio::test]
    async fn what_is_outdated_is_dropped() {
        let (send, mut arrivals) = Arrivals::new();
        for n in [1, 2, 10, 3, 11] {
            send.send(n).unwrap();
        }
        assert_eq!(arrivals.next(9, Duration::ZERO, |n| *n >= 10).await, [10, 11]);
        drop(send);
        assert!(arrivals.next(9, Duration::ZERO, |n| *n >= 10).await.is_empty());
    }
}
