//! The queue on RabbitMQ.

mod ack_window;
mod confirmed;
mod consumer;
mod depth;
mod field_table;
mod link;
mod session;
mod standing;
mod topology;

pub(crate) use confirmed::{ConfirmedSender, Outgoing};
pub(crate) use consumer::RabbitConsumer;
pub use depth::broker_depth;
pub(crate) use field_table::to_field_table;
pub use link::BrokerUrl;
pub use topology::Topology;
