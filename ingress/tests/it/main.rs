//! The program on a real broker and a real database.
//!
//! Needs `LUMI_TEST_AMQP_URL`, `LUMI_TEST_DATABASE_URL` and `LUMI_TEST_REDIS_URL`; `scripts/test` starts the
//! services and sets them. Each test has a database, exchanges and queues of its own.

#[cfg(test)]
mod chat;
#[cfg(test)]
mod client;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod stream;
#[cfg(test)]
mod webhooks;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod world;
