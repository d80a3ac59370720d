//! `lumi-worker`: inbox, understand, decide, send.

use std::process::ExitCode;

fn main() -> ExitCode {
    lumi_worker::program::main()
}
