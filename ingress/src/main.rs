//! `lumi-ingress`: see the library.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match lumi_ingress::start(lumi_ingress::stop_signal()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lumi-ingress: {error:#}");
            ExitCode::from(error.exit_code())
        }
    }
}
