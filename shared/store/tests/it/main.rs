//! The operator's side of the store, on a real PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on fails at once, and tells a story from beginning to end"
)]

mod apply;
mod contact;
mod dead;
mod doctor;
mod keys;
mod ledger;
mod retention;
mod tenants;
