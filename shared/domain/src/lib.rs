#![doc = include_str!("../README.md")]

mod channel;
mod ids;
mod lang;
mod message;
mod reply;

pub use channel::{ChannelKind, UnknownKind};
pub use ids::{ConversationId, InboxSeq, Peer, TenantId};
pub use lang::Lang;
pub use message::{Event, Inbound, InputKind, MessageText, Update};
pub use reply::{Part, SendOutcome};
