#![doc = include_str!("../README.md")]

mod env;
mod error;
mod form;
mod markdown;
mod names;
mod program;
pub mod var;

pub use env::Env;
pub use error::{ConfigError, EXIT};
pub use form::Form;
pub use markdown::markdown;
pub use names::{DotEnv, Names, Origin, ProcessNames};
pub use program::Program;
pub use var::Var;

#[cfg(test)]
mod tests;
