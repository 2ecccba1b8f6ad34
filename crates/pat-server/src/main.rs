//! `pat-server`: dispatches to the command that was asked for.

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;
use pat_server::cli::{Cli, run};

/// What a request allocates is often freed by another thread, for which the system's allocator takes locks.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
