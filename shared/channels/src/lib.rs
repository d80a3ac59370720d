#![doc = include_str!("../README.md")]

mod adapter;
mod limits;
mod manifest;
mod meta;
mod outbound;
mod payload;
mod signature;
mod split;
mod standard;
mod telegram;
mod web;
mod whatsapp;

pub use adapter::{body_cap, parse, route_hint, verify};
pub use ipnet::IpNet;
pub use limits::{Limits, Rates, Unit, limits, rates, supports_idempotency};
pub use manifest::{Field, Form, Place, Problem, account_of, fields, problems};
pub use meta::{handshake, verify_meta};
pub use outbound::{SendConfig, SendMeta, Sender, is_public};
pub use payload::ParseError;
pub use signature::{Verified, VerifyError};
pub use split::split;
