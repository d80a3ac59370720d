//! The cache against a real Redis, and against servers that misbehave.
//!
//! Needs `LUMI_TEST_REDIS_URL`; `scripts/test` starts one and sets it. Each test has keys of its own.

#[cfg(test)]
mod misbehaving;
#[cfg(test)]
mod real;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod world;
