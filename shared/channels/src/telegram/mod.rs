//! Telegram Bot API. Source: core.telegram.org/bots/api.

mod receive;
mod send;
mod shapes;
#[cfg(test)]
mod tests;

pub(crate) use receive::{parse, route_hint, verify};
pub(crate) use send::send;

/// A peer is a chat, or a topic of a forum: `-1001234` or `-1001234:7`.
const TOPIC: char = ':';
