#![doc = include_str!("../README.md")]

pub mod logs;
mod metrics;
pub mod ops;
mod trace;

pub use metrics::{Breaker, CacheRead, Inbox, Metric, Metrics, Rows};
pub use ops::{Health, Ops};
pub use trace::{ParseTraceError, Trace};
