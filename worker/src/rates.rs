use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use lumi_domain::Channel;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Keeps sending under the platforms' limits, per channel and per chat of this process. Several
/// workers share a channel's limit only through the platform's own 429, which is obeyed.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    channels: Mutex<HashMap<i64, Limiters>>,
    clock: DefaultClock,
}

#[derive(Debug, Clone)]
struct Limiters {
    made_for: lumi_channels::Rates,
    channel: Option<Arc<DefaultKeyedRateLimiter<()>>>,
    chats: Option<Arc<DefaultKeyedRateLimiter<String>>>,
}

impl Rates {
    /// How long to wait before the next message to this chat; `None`: now, and it is counted.
    pub(crate) fn wait(&self, channel: &Channel, peer: &str) -> Option<Duration> {
        let limits = lumi_channels::rates(channel);
        if limits.per_second.is_none() && limits.per_chat.is_none() {
            return None;
        }
        let limiters = self.limiters(channel.id, limits);
        let now = self.clock.now();
        // The chat first: a chat over its limit takes nothing from the channel's.
        let chat = limiters.chats.as_ref().and_then(|l| l.check_key(&peer.to_owned()).err());
        chat.or_else(|| limiters.channel.as_ref().and_then(|l| l.check_key(&()).err()))
            .map(|not_until| not_until.wait_time_from(now))
    }

    /// Forgets chats that may send again anyway.
    pub(crate) fn tidy(&self) {
        for limiters in self.lock().values() {
            if let Some(chats) = &limiters.chats {
                chats.retain_recent();
            }
        }
    }

    fn limiters(&self, channel: i64, limits: lumi_channels::Rates) -> Limiters {
        let mut all = self.lock();
        if let Some(known) = all.get(&channel).filter(|l| l.made_for == limits) {
            return known.clone();
        }
        let made = Limiters {
            made_for: limits,
            channel: limits
                .per_second
                .and_then(|r| quota(r, ceiling(r)))
                .map(|q| Arc::new(RateLimiter::keyed(q))),
            chats: limits
                .per_chat
                .and_then(|r| quota(r, limits.chat_burst))
                .map(|q| Arc::new(RateLimiter::keyed(q))),
        };
        all.insert(channel, made.clone());
        made
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Limiters>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A second's worth may go at once.
fn ceiling(per_second: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 1..=10^6"
    )]
    let burst = per_second.clamp(1.0, 1_000_000.0) as u32;
    burst
}

fn quota(per_second: f64, burst: u32) -> Option<Quota> {
    let period = Duration::try_from_secs_f64(1.0 / per_second).ok()?;
    Some(Quota::with_period(period)?.allow_burst(NonZeroU32::new(burst.max(1))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_become_quotas() {
        for (rate, burst) in [(80.0, 80), (1.0, 3), (1.0 / 6.0, 45), (0.001, 1)] {
            let quota = quota(rate, burst).unwrap();
            assert_eq!(quota.burst_size().get(), burst);
            let period = quota.replenish_interval().as_secs_f64();
            assert!((period * rate - 1.0).abs() < 1e-6, "{rate}");
        }
    }
}
