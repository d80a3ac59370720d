//! The worker against real PostgreSQL and the table queue; the platforms are played.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot be set up fails at once"
)]

mod faults;
mod fleet;
mod flow;
mod model;
mod people;
