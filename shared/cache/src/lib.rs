#![doc = include_str!("../README.md")]

mod breaker;
mod cache;
mod config;
mod entry;
mod link;
mod tls;

pub use cache::{Cache, Class};
pub use config::CacheConfig;
pub use entry::{Entry, Wanted};
