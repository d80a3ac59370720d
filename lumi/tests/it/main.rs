//! The built `lumi` binary: what it says, where, and with which exit code.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on fails at once, and tells a story from beginning to end"
)]

mod apply;
mod basics;
mod dlq;
mod doctor;
mod lines;
mod lumi;
mod people;
mod target;
