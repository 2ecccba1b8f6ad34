//! `cargo xtask bench`: what is promised about speed, measured. Every figure is a ratio of two things that were measured in turn in one run.

mod database;
mod measure;
mod report;
mod rows;
mod verify;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use self::database::Database;
use self::report::Report;
use crate::console::Console;
use crate::postgres::{Postgres, Purpose, connect};
use crate::process;
use crate::progress::step;
use crate::seed::{self, Sizes};
use crate::server::{self, Server};
use crate::workspace::Workspace;

/// Options of `cargo xtask bench`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(clap::Subcommand)]
enum Part {
    /// The admins' lists, filters, previews and exports, against plain SELECTs and COPY
    Admin(Admin),
    /// Calls with a token: what one costs, and what changes, floods and size do to it
    Verify(verify::Verify),
}

#[derive(Default, clap::Args)]
struct Admin {
    #[command(flatten)]
    sizes: Sizes,
    /// A tenth of the rows, and three rounds instead of five
    #[arg(long)]
    quick: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Seed anew, though a database of these sizes was kept
    #[arg(long)]
    fresh: bool,
    /// Only rows whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// A database that `cargo xtask seed` has filled; without it, one that is kept in the build folder
    #[arg(long)]
    database_url: Option<String>,
}

/// Measures and prints; the exit code is 0 when every goal is met.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let is_met = match &arguments.part {
        Some(Part::Admin(admin)) => admin.run(workspace)?,
        Some(Part::Verify(verify)) => verify.run(workspace)?,
        None => {
            let verified = verify::Verify::default().run(workspace)?;
            Admin::default().run(workspace)? && verified
        }
    };
    Ok(if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Admin {
    /// Measures and prints; true when every goal is met.
    fn run(&self, workspace: &Workspace) -> Result<bool> {
        let report = self.measure(workspace)?;
        if self.json {
            println!("{:#}", report.json());
        } else {
            print!("{report}");
        }
        Ok(report.is_met())
    }

    fn measure(&self, workspace: &Workspace) -> Result<Report> {
        step("building the server", || {
            let mut cargo = workspace.cargo();
            process::check(cargo.args(["build", "--release", "--package", "pat-server"]), "the server doesn't compile: see above")
        })?;
        let binary = workspace.target.join("release/pat-server");
        let postgres;
        let url = if let Some(url) = &self.database_url {
            url.clone()
        } else {
            postgres = Postgres::start(workspace, Purpose::Bench)?;
            self.seeded(workspace, &postgres, &binary)?
        };
        // A kept database may be behind, and a large one takes longer than a server may take to start.
        step("bringing the database up to date", || {
            let mut migrate = Command::new(&binary);
            process::check(migrate.arg("migrate").env("DATABASE_URL", &url), "the database can't be migrated: see above")
        })?;
        let listen = server::free_address(([127, 0, 0, 1], 0).into())?;
        let server = Server::start(&binary, listen, &url, Some(&workspace.target.join("bench-server.log")))?;
        let console = Console::sign_in(&server.base_url, seed::ADMIN, seed::PASSWORD).context("is the database seeded?")?;
        let mut database = Database::open(connect(&url)?)?;
        step("reading everything once", || database.warm())?;
        let rows = rows::all(&mut database, &console)?;
        let rows: Vec<_> = rows.into_iter().filter(|row| row.name.contains(&self.only)).collect();
        let rounds = if self.quick { 3 } else { 5 };
        let results =
            step(&format!("measuring {} rows in {rounds} rounds", rows.len()), || measure::all(&console, &mut database, &rows, rounds))?;
        Ok(Report { sizes: database.sizes()?, rounds, results })
    }

    /// The URL of a database of these sizes: the kept one, or a new one.
    fn seeded(&self, workspace: &Workspace, postgres: &Postgres, binary: &Path) -> Result<String> {
        let Sizes { tokens, users, audit } = self.sizes;
        let sizes = if self.quick { Sizes { tokens: tokens / 10, users: users / 10, audit: audit / 10 } } else { self.sizes };
        let any = format!("pat_bench_{}_{}_{}_", sizes.tokens, sizes.users, sizes.audit);
        let name = format!("{any}{}", seed::fingerprint());
        if !self.fresh
            && let Some(url) = postgres.database(&name)?
        {
            return Ok(url);
        }
        // What was made from another seed is of no use any more.
        postgres.drop_databases(&any)?;
        let unfinished = format!("{any}unfinished");
        seed::fill(workspace, binary, &postgres.empty_database(&unfinished)?, sizes)?;
        postgres.rename_database(&unfinished, &name)
    }
}
