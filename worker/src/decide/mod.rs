//! Understanding a message and deciding what to do about it: everything that happens in one
//! transaction afterwards. Nothing is written here.

mod cap;
mod dialogue;
mod notice;
mod reply;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use lumi_domain::texts::Phrase;
use lumi_domain::{Channel, Lang};
use lumi_store::StoreError;
use lumi_store::pipeline::{Claimed, Decision, DecisionState, InboxRow};

use crate::directory::Business;
use crate::shared::Shared;
use reply::Reply;

/// The edge's clock.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Nothing is understood.
const NOTHING: lumi_language::Understanding = lumi_language::Understanding {
    language: None,
    confidence: 0.0,
    intent: None,
    dates: None,
    ambiguous: false,
    candidates: Vec::new(),
};

/// What is known around a message.
pub(crate) struct Context<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) claimed: &'a Claimed,
    pub(crate) row: &'a InboxRow,
    pub(crate) business: Arc<Business>,
    pub(crate) channel: Arc<Channel>,
    pub(crate) understood: lumi_language::Understanding,
    /// The sender is an owner.
    pub(crate) owner: bool,
}

impl Context<'_> {
    /// In which languages to speak, best first: that of the message, of the conversation, of the
    /// user's app, of the business.
    pub(crate) fn languages(&self) -> Vec<Lang> {
        let texts = [self.claimed.language.as_deref(), self.row.hint.as_deref()];
        self.understood
            .language
            .into_iter()
            .chain(texts.into_iter().flatten().filter_map(Lang::parse))
            .chain(Lang::parse(&self.business.tenant.language))
            .collect()
    }

    /// When the message reached the ingress, in the business's time zone: a message that waited
    /// over midnight is judged by the day it was written.
    pub(crate) fn local(&self) -> chrono::NaiveDateTime {
        self.row.received_at.with_timezone(&self.business.tenant.timezone).naive_local()
    }
}

/// Decides about one message.
///
/// # Errors
/// The database is needed and away, or a row of settings is unusable ([`StoreError::is_data`]).
pub(crate) async fn decide(
    shared: &Shared,
    claimed: &Claimed,
    row: &InboxRow,
) -> Result<Decision, StoreError> {
    fail::fail_point!("decide");
    let context = context(shared, claimed, row).await?;
    let mut reply = Reply::keeping(claimed);
    if row.input == "notice" {
        notice::tell_owner(&context, &mut reply);
    } else if let Some(token) = row.reply_ref.get("owner_link").and_then(|t| t.as_str()) {
        notice::owner_link(&context, &mut reply, token).await?;
    } else if cap::reached(&context, &mut reply) {
        reply.action = "cap";
    } else {
        dialogue::converse(&context, &mut reply).await?;
    }
    shared.metrics.decided(reply.action, "done");
    Ok(reply.into_decision(&context))
}

/// The decision about a message that failed too often: dead, with one apology.
pub(crate) async fn poison(shared: &Shared, claimed: &Claimed, row: &InboxRow) -> Decision {
    let language = match shared.directory.business(&claimed.tenant).await {
        Ok(Some(business)) => Lang::parse(&business.tenant.language),
        Ok(None) | Err(_) => None,
    };
    let spoken = claimed.language.as_deref().and_then(Lang::parse);
    let languages: Vec<Lang> = spoken.into_iter().chain(language).collect();
    let mut reply = Reply::keeping(claimed);
    reply.action = "poison";
    reply.say(&languages, &Phrase::Apology);
    let mut decision = reply.bare(row, now() + chrono::Duration::hours(24));
    decision.state = DecisionState::Dead { reason: "poison".into() };
    decision
}

async fn context<'a>(
    shared: &'a Shared,
    claimed: &'a Claimed,
    row: &'a InboxRow,
) -> Result<Context<'a>, StoreError> {
    let missing = |what: &str| StoreError::Row {
        row: format!("conversation {}", claimed.id),
        problem: format!("its {what} is gone"),
    };
    let business =
        shared.directory.business(&claimed.tenant).await?.ok_or_else(|| missing("tenant"))?;
    let channel =
        shared.directory.by_id(claimed.channel_id).await?.ok_or_else(|| missing("channel"))?;
    let owner = business
        .tenant
        .owners
        .iter()
        .any(|(channel, peer, _)| *channel == claimed.channel_id && *peer == row.sender);
    // Rows of our own say nothing about the language their reader speaks.
    let ours = row.input == "notice" || row.reply_ref.get("owner_link").is_some();
    let understood =
        if ours { NOTHING } else { understand(row, claimed, &business, row.received_at) };
    Ok(Context { shared, claimed, row, business, channel, understood, owner })
}

/// Reads a message as of `now`.
fn understand(
    row: &InboxRow,
    claimed: &Claimed,
    business: &Business,
    now: DateTime<Utc>,
) -> lumi_language::Understanding {
    let tenant = &business.tenant;
    let context = lumi_language::Context {
        language: claimed.language.as_deref().or(row.hint.as_deref()).and_then(Lang::parse),
        now,
        timezone: tenant.timezone,
        country: tenant.country.clone(),
        default_language: Lang::parse(&tenant.language),
    };
    lumi_language::understand(&row.text.0, &context)
}
