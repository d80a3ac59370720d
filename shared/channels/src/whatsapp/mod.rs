//! WhatsApp Cloud API. Source: developers.facebook.com/docs/whatsapp/cloud-api.

mod errors;
mod receive;
mod send;
mod shapes;
#[cfg(test)]
mod tests;

pub(crate) use receive::{parse, route_hint};
pub(crate) use send::send;
