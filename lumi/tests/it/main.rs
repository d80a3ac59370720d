//! The built `lumi` binary: what it says, where, and with which exit code.

mod apply;
mod basics;
mod dlq;
mod doctor;
mod lines;
mod lumi;
mod people;
mod target;
