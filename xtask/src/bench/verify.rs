//! `cargo xtask bench verify`: what a verified call costs, and what others, changes and floods do to it (design section 10).

mod bed;
mod calls;
mod data;
mod deletes;
mod figures;
mod growth;
mod load;
mod others;
mod processor;
mod services;
mod start;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use self::bed::{Bed, Plan};
use self::figures::{Figure, Report};
use crate::page;
use crate::postgres::{Postgres, Purpose};
use crate::process::{self, Interrupted};
use crate::progress::step;
use crate::toolchain;
use crate::workspace::Workspace;

/// Options of `cargo xtask bench verify`.
#[derive(Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct Verify {
    /// Tokens in the database; without it 10,000,000, or with --quick 1,000,000
    #[arg(long, value_parser = clap::value_parser!(i64).range(10_000..))]
    tokens: Option<i64>,
    /// A tenth of the tokens, and three short rounds instead of five
    #[arg(long)]
    quick: bool,
    /// A hundred million audit rows in the open month as well
    #[arg(long)]
    full: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Fill anew, though a database of these sizes was kept
    #[arg(long)]
    fresh: bool,
    /// Only rows whose name begins so; may be repeated
    #[arg(long)]
    only: Vec<String>,
}

/// Tokens in the database that the large one is compared with.
const SMALL: i64 = 1_000;

/// A row by name. It may have several figures.
type Row = (&'static str, fn(&mut Bed) -> Result<Vec<Figure>>);

const ROWS: [Row; 15] = [
    ("throughput", calls::throughput),
    ("limits", calls::limits),
    ("latency", calls::latency),
    ("first use", calls::first_use),
    ("gateway", services::gateway),
    ("pat-client", services::pat_client),
    ("list", services::list),
    ("growth", growth::growth),
    ("tokens", growth::tokens),
    ("changes", others::changes),
    ("delete", deletes::deletes),
    // After it, tokens that the server hasn't seen have a hard time from this address.
    ("flood", others::flood),
    ("memory", growth::cached_principals),
    ("start", start::ready),
    ("page", start::page),
];

impl Verify {
    /// Measures and prints; true when every goal is met.
    pub(super) fn run(&self, workspace: &Workspace) -> Result<bool> {
        let report = self.measure(workspace)?;
        if self.json {
            println!("{:#}", report.json());
        } else {
            print!("{report}");
        }
        Ok(report.is_met())
    }

    fn measure(&self, workspace: &Workspace) -> Result<Report> {
        let rows: Vec<&Row> =
            ROWS.iter().filter(|(name, _)| self.only.is_empty() || self.only.iter().any(|only| name.starts_with(only))).collect();
        if rows.is_empty() {
            bail!("no such row; there are: {}", ROWS.map(|(name, _)| name).join(", "));
        }
        let with_page = rows.iter().any(|(name, _)| *name == "page");
        let [binary, floor, asking] = build(workspace, with_page)?;
        let tokens = self.tokens.unwrap_or(if self.quick { 1_000_000 } else { 10_000_000 });
        let (rounds, window) = if self.quick { (3, Duration::from_secs(2)) } else { (5, Duration::from_secs(4)) };
        let audit = if self.full { 100_000_000 } else { 0 };
        let postgres = Postgres::start(workspace, Purpose::Bench)?;
        let small_url = data::database(workspace, &postgres, &binary, SMALL, 0, self.fresh)?;
        let url = data::database(workspace, &postgres, &binary, tokens, audit, self.fresh)?;
        let mut bed = Bed::new(Plan {
            root: workspace.root.clone(),
            log: workspace.target.join("bench-server.log"),
            principals: (tokens / 10).min(1_000_000),
            binary,
            floor,
            asking,
            url,
            small_url,
            tokens,
            rounds,
            window,
        })?;
        let mut figures = Vec::new();
        for (name, row) in rows {
            match step(&format!("measuring {name}"), || row(&mut bed)) {
                Ok(measured) => figures.extend(measured),
                Err(error) if error.is::<Interrupted>() => return Err(error),
                Err(error) => figures.push(Figure::void(name, format!("{error:#}"))),
            }
        }
        Ok(Report { setting: bed.setting()?, rounds, figures })
    }
}

/// The server, the floor it stands on, and an API that asks it, as they are shipped.
fn build(workspace: &Workspace, with_page: bool) -> Result<[PathBuf; 3]> {
    if with_page {
        toolchain::check_linker()?;
        toolchain::add_wasm_target(workspace)?;
        page::build(workspace, page::Build::Small)?;
    }
    step("building the server", || {
        let packages: [&[&str]; 2] = [&["pat-server", "--package", "pat-floor"], &["pat-client", "--example", "axum"]];
        packages.into_iter().try_for_each(|package| {
            let mut cargo = workspace.cargo();
            cargo.args(["build", "--release", "--package"]).args(package);
            process::check(&mut cargo, "the server doesn't compile: see above")
        })
    })?;
    Ok(["pat-server", "pat-floor", "examples/axum"].map(|name| workspace.target.join("release").join(name)))
}
