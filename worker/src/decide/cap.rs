use chrono::Duration;
use lumi_domain::texts::Phrase;

use super::reply::Reply;
use super::{Context, now};

/// The loop guard: a contact gets so many answers an hour, then one line that says so, then
/// silence until the hour is over, so that two bots never talk for ever. What is over stays
/// visible: the message is done with the action `cap`.
pub(crate) fn reached(context: &Context<'_>, reply: &mut Reply) -> bool {
    let cap = context.business.tenant.replies_per_contact_per_hour;
    if cap <= 0 || context.owner {
        return false;
    }
    let now = now();
    let (started, count) = match context.claimed.hour {
        (Some(started), count) if now - started < Duration::hours(1) => (started, count),
        _ => (now, 0),
    };
    reply.hour = (Some(started), count.saturating_add(1));
    if count < cap {
        return false;
    }
    if count == cap {
        let left = (started + Duration::hours(1) - now).num_minutes() + 1;
        let minutes = u32::try_from(left).unwrap_or(60);
        reply.say(&context.languages(), &Phrase::TooManyMessages { minutes });
    }
    true
}
