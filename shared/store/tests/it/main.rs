//! The operator's side of the store, on a real PostgreSQL.

mod apply;
mod contact;
mod dead;
mod doctor;
mod keys;
mod ledger;
mod retention;
mod tenants;
