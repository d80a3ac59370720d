#![doc = include_str!("../README.md")]

mod contact;
mod db;
pub mod dead;
mod doctor;
mod error;
mod knowledge;
mod listen;
pub mod manifest;
pub mod pipeline;
mod rekey;
mod retention;
pub mod seal;
mod settings;
mod story;
mod tenants;
mod web;

pub use contact::{ContactEvent, ContactExport, ContactLetter, Erased};
pub use db::{Db, DbConfig};
pub use doctor::{Checkup, Hidden, InboxCount, ReplyCount};
pub use error::StoreError;
pub use knowledge::{Faq, Hit, Phrase};
pub use listen::{Change, Listener, Topic};
pub use rekey::Rekeyed;
pub use retention::Pruned;
pub use settings::{Tenant, VacationRow};
pub use story::{ConversationStory, MessageStory, ReplyStory};
pub use tenants::{ChannelSummary, OwnerSummary, TenantDetails, TenantFootprint, TenantSummary};
pub use web::{SealedChannel, WebReply};
