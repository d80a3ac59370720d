#![doc = include_str!("../README.md")]

mod cli;
mod commands;
mod compose;
mod demo;
mod dev;
mod ending;
mod files;
mod keys;
mod manifest;
mod output;
mod postgres;
mod serve;
mod since;
mod target;

use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ending::failed(&error.into()),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(ended) => ended.into(),
        Err(error) => ending::failed(&error),
    }
}
