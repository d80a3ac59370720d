//! The way of a message through the database: inbox, lease, decision, outbox. Every function here
//! is one short transaction over many conversations at once; none is held during an LLM or HTTP call.
//!
//! - [`Db::store_messages`](crate::Db::store_messages): a batch of deliveries becomes inbox rows, once each.
//! - [`Db::claim`](crate::Db::claim): take free conversations that are due, each with its next work.
//! - [`Db::advance`](crate::Db::advance): under the leases, write what was done and learn what is next;
//!   a conversation with nothing due is released in the same transaction.
//! - [`Db::renew`](crate::Db::renew): keep leases alive.

mod advance;
mod apply;
mod claim;
mod intake;
mod next;
mod raw;
mod types;

pub use intake::{EventRow, MessageRow, Stored};
pub use raw::{RawLetter, RawRow};
pub use types::{
    Advanced, Claimed, Decision, DecisionState, InboxRow, NewPart, Next, Notice, OutboxRow, Record,
    RecordOutcome, SaveVacation, Unit,
};
