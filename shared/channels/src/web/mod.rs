//! Our own chat page. Its bodies are written by the ingress, after it checked the visitor's token.

mod receive;
#[cfg(test)]
mod tests;

pub(crate) use receive::{parse, route_hint};
