mod handle;
mod labels;
mod table;

pub use handle::Metrics;
pub use labels::{Breaker, CacheRead, Inbox, Rows};
pub use table::Metric;

#[cfg(test)]
mod tests;
