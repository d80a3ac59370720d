#![doc = include_str!("../README.md")]

mod accept;
mod answer;
mod body;
mod chat;
mod config;
mod directory;
mod ingress;
mod run;
mod serve;
mod webhook;

pub use answer::{Answer, AnswerBody};
pub use config::{Config, Legacy, StartError};
pub use ingress::{Ingress, Parts, PeerAddress};
pub use run::{run, start, stop_signal};
pub use serve::serve;
