//! Any system that speaks Standard Webhooks 1.0.0 both ways (standardwebhooks.com).

mod receive;
mod send;
mod sign;
#[cfg(test)]
mod tests;

pub(crate) use receive::{parse, route_hint};
pub(crate) use send::send;
pub(crate) use sign::{key_of, verify};
