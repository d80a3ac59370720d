//! The worker against real PostgreSQL and the table queue; the platforms are played.

mod faults;
mod fleet;
mod flow;
mod model;
