use chrono::{NaiveDate, NaiveDateTime};
use fluent_bundle::{FluentArgs, FluentValue};

use super::{NO, YES, bundles, dates};
use crate::{Dates, Lang, MessageText};

/// Something Lumi says in fixed words. Days are both included; the words decide how to show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phrase {
    /// What is the first day?
    AskStart,
    /// And the last one?
    AskEnd,
    /// Both days, to confirm or cancel.
    Confirm { start: NaiveDate, end: NaiveDate },
    /// The vacation is saved.
    Saved,
    /// Nothing was saved.
    Cancelled,
    /// The date could not be read; `example` shows how to write one.
    MisreadDate { asked: Asked, example: NaiveDate },
    /// The date can be read in two ways.
    AmbiguousDate { first: Dates, second: Dates },
    /// `end` lies before `start`; asks for the end again.
    EndBeforeStart { start: NaiveDate, end: NaiveDate },
    /// These saved days are in the way; asks for another start.
    Overlap { start: NaiveDate, end: NaiveDate },
    /// The dialogue still waits for the first day.
    RemindStart,
    /// The dialogue still waits for the last day.
    RemindEnd { start: NaiveDate },
    /// The dialogue still waits for the confirmation.
    RemindConfirm { start: NaiveDate, end: NaiveDate },
    /// To a contact who writes a trigger.
    OnlyOwner,
    /// To a contact who writes during a vacation: `ends_on` is its last day, the words name the
    /// day after.
    VacationNotice { ends_on: NaiveDate },
    /// No answer is known; a person will answer.
    UnknownHandoff,
    /// No answer is known, and hand-off is off.
    Unknown,
    /// To an owner: a contact asked what could not be answered. `name` as the platform gives it.
    OwnerQuestion { name: Option<MessageText>, question: MessageText },
    /// Introduces a stored answer that is in another language than the question.
    AnswerLanguage { language: Lang },
    /// A picture, voice or file without words came in.
    MediaNotUnderstood,
    /// The message could not be handled for good.
    Apology,
    /// The message was handled too late to act on it; local times of the tenant.
    ReplayTooLate { sent: NaiveDateTime, today: NaiveDate },
    /// To a contact who greets or asks for help.
    HelpContact,
    /// To an owner who greets or asks for help.
    HelpOwner,
    /// The one-time link made the visitor an owner.
    NowOwner,
    /// The one-time link was used before, or is too old.
    LinkExpired,
    /// The cap on replies is reached; answers go on in this many minutes (0 counts as 1). Said once.
    TooManyMessages { minutes: u32 },
    /// The question is too vague to answer.
    Clarify,
}

/// Which day was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The first one.
    Start,
    /// The last one.
    End,
}

impl Phrase {
    /// Labels of the buttons that answer the phrase.
    pub fn buttons(&self) -> Vec<String> {
        if matches!(self, Self::Confirm { .. } | Self::RemindConfirm { .. }) {
            vec![YES.to_owned(), NO.to_owned()]
        } else {
            Vec::new()
        }
    }

    /// The words in a language that has a file.
    pub(super) fn words(&self, lang: Lang) -> String {
        let args = self.arguments(lang);
        bundles::format(lang, self.key(), Some(&args))
    }

    /// The key in the Fluent files.
    pub(super) fn key(&self) -> &'static str {
        match self {
            Self::AskStart => "vacation-ask-start",
            Self::AskEnd => "vacation-ask-end",
            Self::Confirm { .. } => "vacation-confirm",
            Self::Saved => "vacation-saved",
            Self::Cancelled => "vacation-cancelled",
            Self::MisreadDate { .. } => "vacation-misread-date",
            Self::AmbiguousDate { .. } => "vacation-ambiguous-date",
            Self::EndBeforeStart { .. } => "vacation-end-before-start",
            Self::Overlap { .. } => "vacation-overlap",
            Self::RemindStart => "vacation-remind-start",
            Self::RemindEnd { .. } => "vacation-remind-end",
            Self::RemindConfirm { .. } => "vacation-remind-confirm",
            Self::OnlyOwner => "vacation-only-owner",
            Self::VacationNotice { .. } => "vacation-notice",
            Self::UnknownHandoff => "answer-unknown-handoff",
            Self::Unknown => "answer-unknown",
            Self::OwnerQuestion { name: Some(_), .. } => "owner-question",
            Self::OwnerQuestion { name: None, .. } => "owner-question-nameless",
            Self::AnswerLanguage { .. } => "answer-language",
            Self::MediaNotUnderstood => "media-not-understood",
            Self::Apology => "apology",
            Self::ReplayTooLate { sent, today } if sent.date() == *today => "replay-too-late",
            Self::ReplayTooLate { .. } => "replay-too-late-dated",
            Self::HelpContact => "help-contact",
            Self::HelpOwner => "help-owner",
            Self::NowOwner => "now-owner",
            Self::LinkExpired => "link-expired",
            Self::TooManyMessages { .. } => "too-many-messages",
            Self::Clarify => "clarify",
        }
    }

    fn arguments(&self, lang: Lang) -> FluentArgs<'_> {
        let long = |day: NaiveDate| dates::long(lang, day).into();
        let iso = |day: NaiveDate| dates::iso(day).into();
        match self {
            Self::Confirm { start, end } | Self::RemindConfirm { start, end } => {
                args([("start", iso(*start)), ("end", iso(*end))])
            }
            Self::EndBeforeStart { start, end } | Self::Overlap { start, end } => {
                args([("start", long(*start)), ("end", long(*end))])
            }
            Self::MisreadDate { asked, example } => args([
                ("asked", asked.as_str().into()),
                ("iso", iso(*example)),
                ("long", long(*example)),
            ]),
            Self::AmbiguousDate { first, second } => {
                args([("first", spelled(lang, *first)), ("second", spelled(lang, *second))])
            }
            Self::RemindEnd { start } => args([("start", long(*start))]),
            Self::VacationNotice { ends_on } => {
                args([("back", long(ends_on.succ_opt().unwrap_or(*ends_on)))])
            }
            Self::OwnerQuestion { name, question } => args([
                ("name", name.as_ref().map_or("", |name| name.0.as_str()).into()),
                ("question", question.0.as_str().into()),
            ]),
            Self::AnswerLanguage { language } => {
                args([("language", language.as_str().to_owned().into())])
            }
            Self::ReplayTooLate { sent, .. } => {
                args([("date", long(sent.date())), ("time", dates::time(lang, sent.time()).into())])
            }
            Self::TooManyMessages { minutes } => args([("minutes", (*minutes).max(1).into())]),
            Self::AskStart
            | Self::AskEnd
            | Self::Saved
            | Self::Cancelled
            | Self::RemindStart
            | Self::OnlyOwner
            | Self::UnknownHandoff
            | Self::Unknown
            | Self::MediaNotUnderstood
            | Self::Apology
            | Self::HelpContact
            | Self::HelpOwner
            | Self::NowOwner
            | Self::LinkExpired
            | Self::Clarify => FluentArgs::new(),
        }
    }
}

impl Asked {
    fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
        }
    }
}

/// One reading of a date, in words.
fn spelled(lang: Lang, read: Dates) -> FluentValue<'static> {
    let start = dates::long(lang, read.start);
    let Some(end) = read.end else { return start.into() };
    let range = args([("start", start.into()), ("end", dates::long(lang, end).into())]);
    bundles::format(lang, "date-range", Some(&range)).into()
}

fn args<'a, const N: usize>(values: [(&'static str, FluentValue<'a>); N]) -> FluentArgs<'a> {
    values.into_iter().collect()
}
