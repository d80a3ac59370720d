use chrono::{NaiveDate, NaiveTime};
use lumi_domain::dialogue::{self, Body, Dialogue, Effect, Input, Intent, Situation};
use lumi_domain::texts::Phrase;
use lumi_domain::{Block, Dates, retrieval};
use lumi_store::StoreError;
use lumi_store::pipeline::SaveVacation;

use super::reply::Reply;
use super::{Context, notice};
use crate::answer::Action;

/// Takes one message through the vacation dialogue or answers it.
///
/// # Errors
/// The database is needed and away.
pub(crate) async fn converse(context: &Context<'_>, reply: &mut Reply) -> Result<(), StoreError> {
    if context.row.input == "reaction" && context.claimed.dialogue.is_none() {
        // A thumb under one of our replies ends a conversation; it does not begin one.
        return Ok(());
    }
    let mut input = input(context);
    if late(context) {
        return answer_late(context, reply, &input).await;
    }
    let before: Dialogue = context
        .claimed
        .dialogue
        .clone()
        .and_then(|json| serde_json::from_value(json).ok())
        .unwrap_or_default();
    if let Dialogue::AskEnd { start, .. } = before {
        read_as_end(context, start, &mut input);
    }
    let blocks = blocks(context, &input, &before).await?;
    let (after, effects) = dialogue::step(
        &before,
        &input,
        &Situation {
            owner: context.owner,
            now_ms: context.row.received_at.timestamp_millis(),
            today: context.local().date(),
            blocks: &blocks,
        },
    );
    reply.action = "dialogue";
    reply.dialogue = match after {
        Dialogue::Idle => None,
        Dialogue::AskStart { .. } | Dialogue::AskEnd { .. } | Dialogue::Confirm { .. } => {
            serde_json::to_value(after).ok()
        }
    };
    for effect in effects {
        match effect {
            Effect::SaveVacation { start, end } => {
                let owner = context.row.sender.clone();
                reply.vacation = Some(SaveVacation { starts_on: start, ends_on: end, owner });
            }
            Effect::Answer => answer(context, reply).await?,
            Effect::Say(phrase) => reply.say(&context.languages(), &phrase),
        }
    }
    away(context, reply);
    Ok(())
}

/// Later messages of this conversation were decided while this one was dead.
fn late(context: &Context<'_>) -> bool {
    let row = context.row;
    row.replayed && context.claimed.decided.is_some_and(|d| d > (row.received_at, row.seq))
}

/// The dialogue has moved on: its state is neither read nor changed. What only makes sense in a
/// dialogue is not acted on any more; anything else is answered as the question it is.
async fn answer_late(
    context: &Context<'_>,
    reply: &mut Reply,
    input: &Input,
) -> Result<(), StoreError> {
    let of_dialogue = input.intent.is_some()
        || input.body == Body::Unreadable
        || (input.dates.is_some() || !input.candidates.is_empty()) && !input.question;
    if !of_dialogue {
        return answer(context, reply).await;
    }
    reply.action = "too_late";
    let zone = context.business.tenant.timezone;
    let today = super::now().with_timezone(&zone).date_naive();
    let phrase = Phrase::ReplayTooLate { sent: context.local(), today };
    reply.say(&context.languages(), &phrase);
    Ok(())
}

fn input(context: &Context<'_>) -> Input {
    let u = &context.understood;
    let text = &context.row.text.0;
    let dates = |d: &lumi_language::DateSpan| Dates { start: d.start, end: d.end };
    Input {
        intent: u.intent.map(|i| match i {
            lumi_language::Intent::Vacation => Intent::Vacation,
            lumi_language::Intent::Confirm => Intent::Confirm,
            lumi_language::Intent::Cancel => Intent::Cancel,
        }),
        dates: u.dates.as_ref().map(dates),
        year_implied: false,
        candidates: u.candidates.iter().map(dates).collect(),
        question: lumi_language::looks_like_question(text),
        body: if text.trim().is_empty() { Body::Unreadable } else { Body::Text },
    }
}

/// "08/01" after a first day in December is the January that follows it, not the one that follows
/// today. A year that was written stands.
fn read_as_end(context: &Context<'_>, start: NaiveDate, input: &mut Input) {
    let far = start + chrono::Days::new(183);
    let plausible = |d: &Dates| d.end.is_some() || (start <= d.start && d.start <= far);
    if input.dates.is_none_or(|d| plausible(&d)) {
        return;
    }
    let zone = context.business.tenant.timezone;
    let noon = start.and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default());
    let Some(now) = noon.and_local_timezone(zone).earliest() else { return };
    let seen_from_start =
        super::understand(context.row, context.claimed, &context.business, now.to_utc());
    let read = seen_from_start.dates.map(|d| Dates { start: d.start, end: d.end });
    if let Some(read) = read.filter(plausible) {
        input.dates = Some(read);
    }
}

/// The owner's saved blocks, read fresh when they may decide something.
async fn blocks(
    context: &Context<'_>,
    input: &Input,
    before: &Dialogue,
) -> Result<Vec<Block>, StoreError> {
    let idle = matches!(before, Dialogue::Idle) && input.intent.is_none();
    if !context.owner || idle {
        return Ok(Vec::new());
    }
    let rows = context.shared.db.vacations(context.business.tenant.id.as_str()).await?;
    let own = rows.into_iter().filter(|v| v.owner == context.row.sender);
    Ok(own.map(|v| Block { starts_on: v.starts_on, ends_on: v.ends_on }).collect())
}

/// Answers from what is stored, or says honestly that nothing is known.
async fn answer(context: &Context<'_>, reply: &mut Reply) -> Result<(), StoreError> {
    let languages = context.languages();
    let text = &context.row.text.0;
    let asked = languages.first().copied();
    let found = context
        .shared
        .answerer
        .answer(&context.business, text, asked, context.shared.top_k)
        .await?;
    reply.source = found.sources.first().map(|s| s.reference.clone());
    match (found.action, found.text) {
        (Action::Answer, Some(answer)) => {
            reply.action = "answer";
            reply.push(crate::answer::introduced(&languages, answer, found.language));
        }
        (Action::Answer | Action::Handoff, _) if asks_nothing(context) => {
            reply.action = "greeting";
            reply.source = None;
            let phrase = if context.owner { Phrase::HelpOwner } else { Phrase::HelpContact };
            reply.say(&languages, &phrase);
        }
        (Action::Answer | Action::Handoff, _) => {
            reply.action = "handoff";
            reply.source = None;
            let asked = notice::ask_owners(context, reply);
            let phrase = if asked { Phrase::UnknownHandoff } else { Phrase::Unknown };
            reply.say(&languages, &phrase);
        }
        (Action::Clarify, _) => {
            reply.action = "clarify";
            reply.say(&languages, &Phrase::Clarify);
        }
    }
    Ok(())
}

/// A greeting, thanks, "ok", an emoji: nobody is to be called for it.
fn asks_nothing(context: &Context<'_>) -> bool {
    let text = &context.row.text.0;
    let bare = matches!(
        context.understood.intent,
        Some(lumi_language::Intent::Confirm | lumi_language::Intent::Cancel)
    );
    bare || lumi_language::is_greeting(text) || retrieval::tokens(text).is_empty()
}

/// A contact who writes during a vacation is told once per block when the business is back,
/// besides the answer.
fn away(context: &Context<'_>, reply: &mut Reply) {
    if context.owner {
        return;
    }
    let today = context.local().date();
    let block = context
        .business
        .tenant
        .vacations
        .iter()
        .filter(|v| v.starts_on <= today && today <= v.ends_on)
        .max_by_key(|v| (v.ends_on, std::cmp::Reverse(v.id)));
    if let Some(block) = block {
        let phrase = Phrase::VacationNotice { ends_on: block.ends_on };
        reply.say(&context.languages(), &phrase);
        if let Some(part) = reply.parts.last_mut() {
            part.once_per_vacation = Some(block.id);
        }
    }
}
