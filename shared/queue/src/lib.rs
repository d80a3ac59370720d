#![doc = include_str!("../README.md")]

mod arrivals;
mod consumer;
mod delivery;
mod depth;
mod envelope;
mod error;
mod health;
mod park_pause;
mod partition;
mod publisher;
mod rabbit;
mod table;

pub use consumer::{Consumer, ConsumerOptions};
pub use delivery::{Delay, Delivery, Source, Ticket};
pub use depth::Depth;
pub use envelope::{Envelope, Headers, MalformedReason, Payload, Raw, VERSION};
pub use error::{PublishError, QueueError, UrlError};
pub use health::{Health, Trouble};
pub use partition::{PARTITIONS, Partition, partition};
pub use publisher::Publisher;
pub use rabbit::{BrokerUrl, Topology, broker_depth};
pub use table::table_depth;
