//! The protocol of a message, checked by walking through every state that two workers can reach, with a
//! crash, a lost lease or an unanswered commit at every step. See `docs/protocol.md`.
//!
//! - `state`: rows, queue, memory of the workers;
//! - `database`: the transactions, each atomic, as in the store's pipeline;
//! - `steps`: what may happen next;
//! - `invariants`: what must hold in every state;
//! - `walk`: the search, and whether everything ends well from everywhere;
//! - `setup`: what is looked at, and the rules that can be left out;
//! - `table`: the setups, and which rule guards what.
#![allow(
    clippy::indexing_slicing,
    reason = "rows of a model have fixed places; a wrong one fails the test"
)]

mod database;
mod invariants;
mod setup;
mod state;
mod steps;
mod table;
mod walk;
