use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lumi_channels::{SendMeta, supports_idempotency};
use lumi_domain::{Channel, ChannelKind, Lang, Part, Peer, SendOutcome};
use lumi_store::pipeline::{Claimed, OutboxRow, RecordOutcome};

use crate::decide::now;
use crate::shared::Shared;

/// Waits up to this long are waited for on the spot.
const SHORT: Duration = Duration::from_millis(200);

/// Hands one reply over, or says when to try again. The row is already `sending` under our fence.
/// The second value says whether a chat page waits for the row.
pub(crate) async fn send(
    shared: &Shared,
    claimed: &Claimed,
    row: &OutboxRow,
) -> (RecordOutcome, bool) {
    let channel = match settings(shared, claimed).await {
        Ok(channel) => channel,
        Err(outcome) => return (outcome, false),
    };
    let announce = channel.kind == ChannelKind::Web;
    if let Some(outcome) = refuse(&channel, row) {
        return (outcome, announce);
    }
    while let Some(wait) = shared.rates.wait(&channel, &claimed.peer) {
        if wait > SHORT {
            // A slot is not held while waiting: others may use it.
            return (later(wait, "rate limit of the channel"), announce);
        }
        tokio::time::sleep(wait).await;
    }
    let part = Part {
        text: row.text.0.clone(),
        language: Lang::parse(&row.language).unwrap_or(Lang::two(*b"en")),
        buttons: row.buttons.clone(),
    };
    let meta = SendMeta {
        idempotency_key: &row.key,
        in_reply_to: row.in_reply_to.as_deref(),
        index: u32::try_from(row.idx).unwrap_or(0),
        attempt: u32::try_from(row.attempt - 1).unwrap_or(0),
        now: SystemTime::from(now()),
    };
    fail::fail_point!("send_before");
    let peer = Peer::new(&claimed.peer);
    let started = tokio::time::Instant::now();
    let outcome = shared.sender.send(&channel, &peer, &row.reply_ref, &part, &meta).await;
    fail::fail_point!("send_after");
    shared.metrics.send(channel.kind.as_str(), outcome_name(&outcome), started.elapsed());
    if let (SendOutcome::Sent { .. }, Some(at)) = (&outcome, row.received_at) {
        shared.metrics.answered((now() - at).to_std().unwrap_or_default());
    }
    (record(shared, &channel, row, outcome).await, announce)
}

/// The channel. While its settings cannot be read the row stays `sending`: what is known about it
/// (that it may have been accepted) is not to be forgotten.
async fn settings(shared: &Shared, claimed: &Claimed) -> Result<Arc<Channel>, RecordOutcome> {
    loop {
        match shared.directory.by_id(claimed.channel_id).await {
            Ok(Some(channel)) => return Ok(channel),
            Ok(None) => return Err(dead("channel_gone")),
            Err(error) if error.is_data() => return Err(dead(&format!("settings: {error}"))),
            Err(_) if shared.stopping.is_cancelled() => {
                return Err(later(Duration::from_secs(1), "settings cannot be read"));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}

/// What is not sent at all.
fn refuse(channel: &Channel, row: &OutboxRow) -> Option<RecordOutcome> {
    if row.unknown && !supports_idempotency(channel.kind) && holds(channel) {
        return Some(dead("unknown"));
    }
    if now() > row.expires_at {
        return Some(dead("expired"));
    }
    if !channel.enabled {
        return Some(later(Duration::from_secs(60), "the channel is disabled"));
    }
    None
}

/// It may have been handed over: the channel says what is worse, no reply or two.
pub(crate) async fn unknown(shared: &Shared, claimed: &Claimed, reason: &str) -> RecordOutcome {
    match shared.directory.by_id(claimed.channel_id).await {
        Ok(Some(channel)) if !supports_idempotency(channel.kind) && holds(&channel) => {
            RecordOutcome::Dead { reason: format!("unknown: {reason}") }
        }
        Ok(_) | Err(_) => retry(Duration::from_secs(60), reason),
    }
}

/// `on_unknown: hold`: rather no reply than two.
fn holds(channel: &Channel) -> bool {
    channel.setting("on_unknown") == Some("hold")
}

async fn record(
    shared: &Shared,
    channel: &Channel,
    row: &OutboxRow,
    outcome: SendOutcome,
) -> RecordOutcome {
    match outcome {
        SendOutcome::Sent { provider_id } => RecordOutcome::Sent { provider_id },
        SendOutcome::RetryAfter { after, reason } => {
            retry(after.max(Duration::from_millis(100)), &reason)
        }
        SendOutcome::Retry { reason } => retry(backoff(row.attempt), &reason),
        SendOutcome::Unknown { reason } => {
            if !supports_idempotency(channel.kind) && holds(channel) {
                return RecordOutcome::Dead { reason: format!("unknown: {reason}") };
            }
            retry(backoff(row.attempt), &reason)
        }
        SendOutcome::PermanentContact { reason } => {
            RecordOutcome::Dead { reason: format!("contact: {reason}") }
        }
        SendOutcome::PermanentMessage { reason } => {
            RecordOutcome::Dead { reason: format!("message: {reason}") }
        }
        SendOutcome::PermanentChannel { reason } => {
            tracing::error!(channel = channel.key, %reason, "The platform refuses the whole channel; mend it, then replay its dead letters");
            if channel.kind == ChannelKind::Standard {
                // 410 Gone of Standard Webhooks: the endpoint wants no more.
                if let Err(error) = shared.db.disable_channel(channel.id, &reason).await {
                    tracing::warn!(%error, "The channel could not be disabled");
                }
            }
            RecordOutcome::Dead { reason: format!("channel: {reason}") }
        }
    }
}

/// 1, 2, 4 ... 300 s, each somewhere between half and whole (equal jitter).
fn backoff(attempt: i32) -> Duration {
    let exponent = u32::try_from(attempt.clamp(1, 10) - 1).unwrap_or(0);
    let whole = Duration::from_secs(1 << exponent).min(Duration::from_secs(300));
    whole.mul_f64(rand::random_range(0.5..=1.0))
}

fn retry(after: Duration, reason: &str) -> RecordOutcome {
    let after_ms = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
    RecordOutcome::Retry { after_ms, reason: reason.to_owned() }
}

/// Not tried: no attempt.
fn later(after: Duration, reason: &str) -> RecordOutcome {
    let after_ms = i64::try_from(after.as_millis()).unwrap_or(i64::MAX).saturating_add(1);
    RecordOutcome::Wait { after_ms, reason: reason.to_owned() }
}

fn dead(reason: &str) -> RecordOutcome {
    RecordOutcome::Dead { reason: reason.to_owned() }
}

fn outcome_name(outcome: &SendOutcome) -> &'static str {
    match outcome {
        SendOutcome::Sent { .. } => "sent",
        SendOutcome::RetryAfter { .. } => "retry_after",
        SendOutcome::Retry { .. } => "retry",
        SendOutcome::PermanentContact { .. } => "permanent_contact",
        SendOutcome::PermanentMessage { .. } => "permanent_message",
        SendOutcome::PermanentChannel { .. } => "permanent_channel",
        SendOutcome::Unknown { .. } => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_with_jitter_and_is_bounded() {
        for (attempt, most) in [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (100, 300)] {
            for _ in 0..50 {
                let pause = backoff(attempt).as_secs_f64();
                let most = f64::from(most);
                assert!(pause >= most / 2.0 && pause <= most, "{attempt}: {pause}");
            }
        }
    }
}
