//! A private PostgreSQL for `lumi dev`: a child process on a free port of this machine, with its
//! data under the data folder and fsync on.

mod account;
mod home;
mod server;

pub(crate) use server::Postgres;
