//! What a manifest says about a tenant, and how it becomes rows: `lumi apply`.

mod apply;
mod change;
mod channels;
mod faqs;
mod owners;
mod prune;
mod tenant;

use chrono_tz::Tz;
use lumi_domain::{ChannelKind, Peer, TenantId};

use crate::knowledge::Faq;
use crate::seal::Secrets;
use crate::{StoreError, seal::SealError};

pub use change::{ChangeLine, FieldChange, Verb};

/// A tenant as a manifest describes it. What is not in it has its default value.
#[derive(Debug, Clone)]
pub struct TenantSpec {
    /// Its id.
    pub id: TenantId,
    /// Name of the business.
    pub name: String,
    /// Where its days begin and end.
    pub timezone: Tz,
    /// ISO 3166; `None`: from the time zone.
    pub country: Option<String>,
    /// Only where nothing can be detected.
    pub language: String,
    /// How the assistant should speak.
    pub instructions: String,
    /// Questions without an answer are passed to the owners.
    pub handoff: bool,
    /// Days that texts are kept; 0 = for ever.
    pub messages_days: i32,
    /// Loop guard; 0 = none.
    pub replies_per_contact_per_hour: i32,
    /// 0 = none.
    pub tokens_per_day: i64,
    /// Its channels; keys differ.
    pub channels: Vec<ChannelSpec>,
    /// Its owners; each names a channel above.
    pub owners: Vec<OwnerSpec>,
    /// Its FAQs; ids differ.
    pub faqs: Vec<Faq>,
}

/// A channel as a manifest describes it.
#[derive(Debug, Clone)]
pub struct ChannelSpec {
    /// `{key}` of the webhook path.
    pub key: String,
    /// The platform.
    pub kind: ChannelKind,
    /// The platform's id of the account.
    pub account: String,
    /// As written.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// As read; sealed before they are stored.
    pub secrets: Secrets,
}

/// An owner as a manifest describes it.
#[derive(Debug, Clone)]
pub struct OwnerSpec {
    /// Key of the channel they write on.
    pub channel: String,
    /// Who they are there.
    pub peer: Peer,
    /// Display name.
    pub name: Option<String>,
}

/// How to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prune {
    /// Leave rows alone that the manifest does not name.
    Keep,
    /// Remove what an earlier apply created and the manifest no longer names.
    Remove,
}

/// Whether changes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Write.
    Commit,
    /// Only say what would change: the transaction is rolled back.
    Dry,
}

/// How to apply.
#[derive(Debug, Clone, Copy)]
pub struct ApplyOptions {
    /// Write, or only say what would be written.
    pub run: Run,
    /// What to do with rows that the manifest does not name.
    pub prune: Prune,
    /// Makes the tokens of the FAQ index: the same function as at query time.
    pub tokens: fn(&str) -> Vec<String>,
}

/// Why a manifest could not be applied; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The database is away, or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another channel has the key or the account.
    #[error("channel `{channel}`: {what} is taken by channel `{other}` of tenant `{tenant}`{note}")]
    Taken {
        /// The channel of the manifest.
        channel: String,
        /// The key, or the account.
        what: String,
        /// Who has it.
        tenant: String,
        /// Under which key.
        other: String,
        /// Says so when that channel is disabled.
        note: &'static str,
    },
    /// A channel's kind cannot change: its conversations belong to the platform.
    #[error(
        "channel `{channel}` is of kind {stored} and cannot become {wanted}: give the new one another key"
    )]
    Kind {
        /// The channel.
        channel: String,
        /// What it is.
        stored: String,
        /// What the manifest says.
        wanted: ChannelKind,
    },
    /// An owner names a channel that is not there.
    #[error("owner `{peer}` names channel `{channel}`, which the tenant does not have")]
    OwnerChannel {
        /// The owner.
        peer: String,
        /// The channel.
        channel: String,
    },
}

impl From<sqlx::Error> for ApplyError {
    fn from(e: sqlx::Error) -> Self {
        Self::Store(e.into())
    }
}

impl From<SealError> for ApplyError {
    fn from(e: SealError) -> Self {
        Self::Store(e.into())
    }
}
