#![doc = include_str!("../README.md")]

pub mod answer;
mod commit;
mod conversation;
mod decide;
pub mod directory;
mod intake;
mod lease;
pub mod program;
mod rates;
mod run;
mod send;
mod shared;
mod sweep;
mod upkeep;

pub use run::{Parts, Worker, WorkerConfig};
