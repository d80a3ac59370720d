use chrono::{DateTime, NaiveDate, Utc};
use lumi_domain::{InputKind, MessageText};

/// A conversation under our lease, and what is to be done in it.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Row id.
    pub id: i64,
    /// The fence of our lease: every write repeats it.
    pub fence: i64,
    /// Whose conversation it is.
    pub tenant: String,
    /// On which channel.
    pub channel_id: i64,
    /// With whom.
    pub peer: String,
    /// Their name, where the platform gave one.
    pub name: Option<String>,
    /// State of the vacation dialogue as JSON; `None` = idle.
    pub dialogue: Option<serde_json::Value>,
    /// The language it speaks so far.
    pub language: Option<String>,
    /// (received_at, seq) of the latest message decided in order.
    pub decided: Option<(DateTime<Utc>, i64)>,
    /// Replies counted for the loop guard, and since when.
    pub hour: (Option<DateTime<Utc>>, i32),
    /// When the owners were last asked about this conversation.
    pub owner_asked_at: Option<DateTime<Utc>>,
    /// When the contact last wrote: the platform's window counts from here.
    pub last_inbound_at: Option<DateTime<Utc>>,
    /// What to do first.
    pub next: Next,
}

/// What is to be done in a conversation.
#[derive(Debug, Clone)]
pub enum Next {
    /// Send this row; it is marked `sending` under our fence.
    Send(Box<OutboxRow>),
    /// Decide this message; the attempt is already counted.
    Decide(Box<InboxRow>),
    /// Nothing is due: the lease is given back.
    Released,
}

/// The first pending message of a conversation.
#[derive(Debug, Clone)]
pub struct InboxRow {
    /// Row id, and second part of the order.
    pub seq: i64,
    /// The platform's id.
    pub external_id: String,
    /// First part of the order.
    pub received_at: DateTime<Utc>,
    /// This attempt included.
    pub attempts: i16,
    /// It was dead and is replayed.
    pub replayed: bool,
    /// Who wrote.
    pub sender: String,
    /// How it came about; `notice` for our own rows (a question passed on to an owner).
    pub input: String,
    /// What was written.
    pub text: MessageText,
    /// Language of the user's app.
    pub hint: Option<String>,
    /// What the adapter needs to answer this message.
    pub reply_ref: serde_json::Value,
    /// W3C trace context of the webhook.
    pub traceparent: Option<String>,
}

/// A reply to send.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// Place in the conversation's sending order.
    pub seq: i64,
    /// The message it answers.
    pub inbox_seq: Option<i64>,
    /// The platform's id of that message.
    pub in_reply_to: Option<String>,
    /// What the adapter needs to answer that message.
    pub reply_ref: serde_json::Value,
    /// Part number.
    pub idx: i16,
    /// Idempotency key, stable across retries.
    pub key: String,
    /// This attempt included.
    pub attempt: i32,
    /// After this it is dead (expired).
    pub expires_at: DateTime<Utc>,
    /// It was already `sending` under another fence: it may have been accepted (Unknown).
    pub unknown: bool,
    /// What to send.
    pub text: MessageText,
    /// Its language.
    pub language: String,
    /// Button labels.
    pub buttons: Vec<String>,
    /// W3C trace context of the webhook it answers.
    pub traceparent: Option<String>,
    /// When that webhook reached the ingress.
    pub received_at: Option<DateTime<Utc>>,
}

/// What was done in one conversation, to be written under its fence.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    /// The conversation.
    pub id: i64,
    /// Our fence.
    pub fence: i64,
    /// How a reply fared.
    pub record: Option<Record>,
    /// What was decided about a message.
    pub decision: Option<Decision>,
    /// A decision that a database failure or a shutdown ended: its attempt does not count.
    pub take_back: Option<i64>,
    /// Give the lease back whatever is next (shutdown, or a pause after a panic).
    pub release: bool,
    /// Not before this long (milliseconds) after a panic; only with `release`.
    pub pause_ms: i64,
}

/// How a reply fared.
#[derive(Debug, Clone)]
pub struct Record {
    /// Which reply.
    pub seq: i64,
    /// Its key: recording `sent` needs no fence.
    pub key: String,
    /// The outcome.
    pub outcome: RecordOutcome,
    /// Tell the chat page's streams that there is a new row (our own `web` channel).
    pub announce: bool,
}

/// How a reply fared.
#[derive(Debug, Clone)]
pub enum RecordOutcome {
    /// Accepted: final.
    Sent { provider_id: Option<String> },
    /// Again, after this many milliseconds.
    Retry { after_ms: i64, reason: String },
    /// Not tried yet: not before this many milliseconds.
    Wait { after_ms: i64, reason: String },
    /// Never: a dead letter.
    Dead { reason: String },
}

/// What was decided about a message: one transaction.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The message.
    pub inbox_seq: i64,
    /// Its order key, to remember what was decided last.
    pub received_at: DateTime<Utc>,
    /// Done, or dead with a reason.
    pub state: DecisionState,
    /// New state of the dialogue; `None` = idle.
    pub dialogue: Option<serde_json::Value>,
    /// Language to remember.
    pub language: Option<String>,
    /// Language of this message, for its story.
    pub understood: Option<String>,
    /// What was done, for its story: answer, handoff, dialogue, notice, cap.
    pub action: &'static str,
    /// What it was answered from.
    pub source: Option<String>,
    /// Replies, in order; each becomes an outbox row.
    pub parts: Vec<NewPart>,
    /// How long a reply may wait for its channel.
    pub expires_at: DateTime<Utc>,
    /// Loop guard: the hour it counts in, and the count.
    pub hour: (Option<DateTime<Utc>>, i32),
    /// A block to save.
    pub vacation: Option<SaveVacation>,
    /// A visitor to make an owner: SHA-256 of the one-time token.
    pub owner_link: Option<Vec<u8>>,
    /// Questions to pass on to owners, in their own conversations.
    pub notices: Vec<Notice>,
}

/// How a message ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionState {
    /// Answered (or rightly left without an answer).
    Done,
    /// A dead letter.
    Dead { reason: String },
}

/// A reply to send.
#[derive(Debug, Clone)]
pub struct NewPart {
    /// What to send.
    pub text: String,
    /// Its language.
    pub language: String,
    /// Button labels.
    pub buttons: Vec<String>,
    /// Only if this conversation was not told of this block yet.
    pub once_per_vacation: Option<i64>,
}

/// A block of days off.
#[derive(Debug, Clone)]
pub struct SaveVacation {
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day, inclusive.
    pub ends_on: NaiveDate,
    /// Who saved it.
    pub owner: String,
}

/// A message of ours into another conversation (to an owner).
#[derive(Debug, Clone)]
pub struct Notice {
    /// The owner's channel.
    pub channel_id: i64,
    /// The owner.
    pub peer: String,
    /// Dedupe key: one notice per message and owner.
    pub external_id: String,
    /// JSON of what to tell: the words are chosen in that conversation's language.
    pub body: String,
}

/// What became of a unit.
#[derive(Debug, Clone)]
pub enum Advanced {
    /// Written; this is next.
    Held(Next),
    /// The fence has moved on: somebody else works there. Only `Sent` was recorded.
    Lost,
}

/// How `input` is spelled in a row.
pub(crate) fn input_name(input: InputKind) -> &'static str {
    match input {
        InputKind::Text => "text",
        InputKind::Button => "button",
        InputKind::Reaction => "reaction",
        InputKind::Media => "media",
    }
}
