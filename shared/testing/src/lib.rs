#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up fails at once"
)]

mod db;
mod platform;
mod slow;

pub use db::{TestDb, keys, service_url};
pub use platform::{Answer, Platform, Sent};
pub use slow::slow;
