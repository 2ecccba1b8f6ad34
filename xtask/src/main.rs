//! Developer commands: `cargo xtask dev`, `test`, `seed`, `bench`, `torture`, `dist`.
//!
//! This file only reads the command line; each command and each thing a command owns (Postgres, the page, the server,
//! the browser) has its own file.

mod assets;
mod bench;
mod browser;
mod clients;
mod console;
mod counts;
mod dev;
mod dist;
mod gateways;
mod packages;
mod page;
mod postgres;
mod process;
mod progress;
mod seed;
mod server;
mod test;
mod toolchain;
mod torture;
mod watch;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Developer commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a demo: finds or starts a Postgres, builds everything, serves, and rebuilds on change
    Dev(dev::Arguments),
    /// Run every check and test; the last line is `N passed, N failed`
    Test(test::Arguments),
    /// Fill a database with a large account: a million tokens, ten million audit rows
    Seed(seed::Arguments),
    /// Measure what is promised about speed
    Bench(bench::Arguments),
    /// Break servers, connections and Postgres while tokens change and are used, and check that every promise was kept
    Torture(torture::Arguments),
    /// Build one self-contained server binary with the page inside
    Dist,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) if error.is::<process::Interrupted>() => {
            eprintln!("{error}");
            // What a shell reports for a command that ended by Ctrl-C.
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    process::listen_for_signals()?;
    let workspace = Workspace::find()?;
    match command {
        Command::Dev(arguments) => dev::run(&workspace, &arguments).map(|()| ExitCode::SUCCESS),
        Command::Test(arguments) => test::run(&workspace, &arguments),
        Command::Seed(arguments) => seed::run(&workspace, &arguments).map(|()| ExitCode::SUCCESS),
        Command::Bench(arguments) => bench::run(&workspace, &arguments),
        Command::Torture(arguments) => torture::run(&workspace, &arguments),
        Command::Dist => dist::run(&workspace).map(|()| ExitCode::SUCCESS),
    }
}
