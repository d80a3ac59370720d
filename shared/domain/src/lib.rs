#![doc = include_str!("../README.md")]

mod account;
mod channel;
pub mod dialogue;
mod ids;
mod lang;
mod message;
mod reply;
pub mod retrieval;
pub mod texts;
mod vacation;

pub use account::Channel;
pub use channel::{ChannelKind, UnknownKind};
pub use ids::{ConversationId, InboxSeq, Peer, TenantId};
pub use lang::Lang;
pub use message::{Event, Inbound, InputKind, MessageText, Update};
pub use reply::{Part, SendOutcome};
pub use vacation::{Block, Dates};
