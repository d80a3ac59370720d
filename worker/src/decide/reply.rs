use chrono::{DateTime, Duration, Utc};
use lumi_domain::texts::{self, Phrase};
use lumi_domain::{Lang, Part};
use lumi_store::pipeline::{
    Claimed, Decision, DecisionState, InboxRow, NewPart, Notice, SaveVacation,
};

use super::Context;

/// A decision in the making.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) parts: Vec<NewPart>,
    pub(crate) dialogue: Option<serde_json::Value>,
    pub(crate) language: Option<String>,
    pub(crate) action: &'static str,
    pub(crate) source: Option<String>,
    pub(crate) hour: (Option<DateTime<Utc>>, i32),
    pub(crate) vacation: Option<SaveVacation>,
    pub(crate) owner_link: Option<Vec<u8>>,
    pub(crate) notices: Vec<Notice>,
}

impl Reply {
    /// Nothing to say, and everything stays as it is.
    pub(crate) fn keeping(claimed: &Claimed) -> Self {
        Self {
            parts: Vec::new(),
            dialogue: claimed.dialogue.clone(),
            language: claimed.language.clone(),
            action: "none",
            source: None,
            hour: claimed.hour,
            vacation: None,
            owner_link: None,
            notices: Vec::new(),
        }
    }

    pub(crate) fn say(&mut self, languages: &[Lang], phrase: &Phrase) {
        self.push(texts::part(languages, phrase));
    }

    pub(crate) fn push(&mut self, part: Part) {
        self.parts.push(NewPart {
            text: part.text,
            language: part.language.as_str().to_owned(),
            buttons: part.buttons,
            once_per_vacation: None,
        });
    }

    /// The decision, texts cut to what the channel takes; buttons stay under the last piece.
    pub(crate) fn into_decision(mut self, context: &Context<'_>) -> Decision {
        let kind = context.channel.kind;
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in self.parts.drain(..) {
            let mut pieces = lumi_channels::split(kind, &part.text);
            let Some(last) = pieces.pop() else { continue };
            parts.extend(pieces.into_iter().map(|text| NewPart {
                text,
                buttons: vec![],
                ..part.clone()
            }));
            parts.push(NewPart { text: last, ..part });
        }
        self.parts = parts;
        // A mute message ("👍") is answered in the house's language and settles nothing.
        let heard = context.understood.confidence > 0.0;
        if let Some(language) = context.understood.language.filter(|_| heard) {
            self.language = Some(language.as_str().to_owned());
        }
        let understood = context.understood.language.map(|l| l.as_str().to_owned());
        let budget = super::now() + Duration::hours(24);
        let window = lumi_channels::limits(kind).window.and_then(|w| Duration::from_std(w).ok());
        let since = context.claimed.last_inbound_at.unwrap_or(context.row.received_at);
        let since = since.max(context.row.received_at);
        let expires_at = window.map_or(budget, |w| budget.min(since + w));
        Decision { understood, ..self.bare(context.row, expires_at) }
    }

    /// The decision without what needs settings.
    pub(crate) fn bare(self, row: &InboxRow, expires_at: DateTime<Utc>) -> Decision {
        Decision {
            inbox_seq: row.seq,
            received_at: row.received_at,
            state: DecisionState::Done,
            dialogue: self.dialogue,
            language: self.language,
            understood: None,
            action: self.action,
            source: self.source,
            parts: self.parts,
            expires_at,
            hour: self.hour,
            vacation: self.vacation,
            owner_link: self.owner_link,
            notices: self.notices,
        }
    }
}
