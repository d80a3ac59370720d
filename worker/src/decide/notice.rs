use chrono::Duration;
use lumi_domain::texts::Phrase;
use lumi_domain::{Lang, MessageText};
use lumi_store::StoreError;
use lumi_store::pipeline::Notice;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::reply::Reply;
use super::{Context, now};

/// A question that waits for a person, as it travels to an owner's conversation.
#[derive(Debug, Serialize, Deserialize)]
struct Question {
    name: Option<MessageText>,
    question: MessageText,
}

/// Passes a question without an answer on to the owners, each in a conversation of their own,
/// once per conversation and hour. False when there is nobody to pass it to, so that nothing is
/// promised that cannot be kept.
pub(crate) fn ask_owners(context: &Context<'_>, reply: &mut Reply) -> bool {
    let tenant = &context.business.tenant;
    if !tenant.handoff || tenant.owners.is_empty() || context.owner {
        return false;
    }
    let asked = context.claimed.owner_asked_at;
    if asked.is_some_and(|at| now() - at < Duration::hours(1)) {
        return true;
    }
    let question = Question {
        name: context.claimed.name.clone().map(MessageText),
        question: context.row.text.clone(),
    };
    let body = serde_json::to_string(&question).unwrap_or_default();
    reply.notices.extend(tenant.owners.iter().map(|(channel, peer, _)| Notice {
        channel_id: *channel,
        peer: peer.clone(),
        external_id: format!("lumi-notice-{}", context.row.seq),
        body: body.clone(),
    }));
    true
}

/// In the owner's conversation: says, in the owner's language, what was asked.
pub(crate) fn tell_owner(context: &Context<'_>, reply: &mut Reply) {
    reply.action = "notice";
    let Ok(q) = serde_json::from_str::<Question>(&context.row.text.0) else { return };
    let spoken = context.claimed.language.as_deref().and_then(Lang::parse);
    let house = Lang::parse(&context.business.tenant.language);
    let languages: Vec<Lang> = spoken.into_iter().chain(house).collect();
    reply.say(&languages, &Phrase::OwnerQuestion { name: q.name, question: q.question });
}

/// A visitor opened a one-time owner link.
///
/// # Errors
/// The database is away.
pub(crate) async fn owner_link(
    context: &Context<'_>,
    reply: &mut Reply,
    token: &str,
) -> Result<(), StoreError> {
    reply.action = "owner_link";
    let hash = Sha256::digest(token.as_bytes()).to_vec();
    let open = context.shared.db.owner_link_open(context.claimed.channel_id, &hash).await?;
    if context.owner || open {
        reply.say(&context.languages(), &Phrase::NowOwner);
        reply.owner_link = open.then_some(hash);
    } else {
        reply.say(&context.languages(), &Phrase::LinkExpired);
    }
    Ok(())
}
