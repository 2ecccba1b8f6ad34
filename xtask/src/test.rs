//! `cargo xtask test`: every check, with one number at the end.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::counts::Counts;
use crate::postgres::{Postgres, Purpose};
use crate::process::{self, Stream};
use crate::progress::{seconds, step};
use crate::server::{self, Server};
use crate::toolchain::{self, WASM};
use crate::workspace::Workspace;
use crate::{browser, clients, gateways, page, torture};

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Suites to run; all without any
    suites: Vec<Suite>,
}

/// A part of the tests, in the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// The code is formatted
    Fmt,
    /// Clippy has nothing to say, natively and for WebAssembly
    Clippy,
    /// The documentation builds without a warning
    Doc,
    /// Tests of the rules, the server (on a real Postgres) and these commands
    Native,
    /// Tests of the page's logic
    Frontend,
    /// The page builds
    Page,
    /// Published clients work with the Web API
    Clients,
    /// The server answers as /api/openapi.json says, whatever it is asked (schemathesis)
    Openapi,
    /// nginx and Caddy, with the ready files, in front of an API that knows nothing of tokens
    Gateways,
    /// The page works in Chromium
    Browser,
    /// Every promise holds while servers, connections and Postgres break; and the check notices when one doesn't
    Torture,
}

/// Runs the suites and prints `N passed, N failed` last; the exit code is 0 when nothing failed.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    toolchain::check_linker()?;
    let start = Instant::now();
    let chosen = |suite: &&Suite| arguments.suites.is_empty() || arguments.suites.contains(suite);
    let mut bench = Bench { workspace, postgres: None, page: None };
    let mut results = Vec::new();
    for suite in Suite::value_variants().iter().filter(chosen) {
        println!("\n=== {} ===", suite.name());
        let start = Instant::now();
        let counts = match bench.run(*suite) {
            Err(error) if error.is::<process::Interrupted>() => return Err(error),
            Err(error) => {
                eprintln!("error: {error:#}");
                Counts::one(false)
            }
            Ok(counts) => counts,
        };
        results.push((*suite, counts, start.elapsed()));
    }
    // Stops Postgres, so that nothing is printed after the last line.
    drop(bench);
    Ok(report(&results, start.elapsed()))
}

fn report(results: &[(Suite, Counts, Duration)], time: Duration) -> ExitCode {
    println!();
    for (suite, counts, time) in results {
        let skipped = if counts.skipped == 0 { String::new() } else { format!(", {} skipped", counts.skipped) };
        let mark = if counts.failed == 0 { '✓' } else { '✗' };
        println!("{mark} {:<8}  {counts}{skipped} ({})", suite.name(), seconds(*time));
    }
    println!("All in {}.", seconds(time));
    let all: Counts = results.iter().map(|(_, counts, _)| *counts).sum();
    println!("{all}");
    if all.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Suite {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// What suites share, made when the first one needs it.
struct Bench<'a> {
    workspace: &'a Workspace,
    postgres: Option<Postgres>,
    /// Whether the page could be built; `None` before it was tried.
    page: Option<bool>,
}

impl Bench<'_> {
    fn run(&mut self, suite: Suite) -> Result<Counts> {
        match suite {
            Suite::Fmt => self.cargo_check(&[&["fmt", "--all", "--check"]]),
            Suite::Clippy => {
                toolchain::add_wasm_target(self.workspace)?;
                self.cargo_check(&[
                    &["clippy", "--all-targets", "--", "-D", "warnings"],
                    &["clippy", "--package", "pat-core", "--package", "frontend", "--target", WASM, "--", "-D", "warnings"],
                ])
            }
            Suite::Doc => self.doc(),
            Suite::Native => self.native(),
            Suite::Frontend => self.cargo_test(&["--package", "frontend"], None),
            Suite::Page => self.page().map(|()| Counts::one(true)),
            Suite::Clients => {
                clients::prepare()?;
                let server = self.demo("clients")?;
                clients::run(self.workspace, &server)
            }
            Suite::Openapi => {
                clients::prepare()?;
                let server = self.demo_with("openapi", &[("ACCOUNT_CALLS_PER_MINUTE", "0"), ("GATEWAYS", "127.0.0.1/32")])?;
                clients::compare_description(self.workspace, &server)
            }
            Suite::Gateways => self.gateways(),
            Suite::Browser => {
                let chromium = browser::prepare()?;
                self.page()?;
                let server = self.demo("browser")?;
                browser::run(self.workspace, &chromium, &server)
            }
            Suite::Torture => {
                let kept = torture::torture(self.workspace, &torture::Arguments::short(false))?;
                let noticed = torture::torture(self.workspace, &torture::Arguments::short(true))?;
                Ok([kept, noticed].into_iter().map(Counts::one).sum())
            }
        }
    }

    /// One check of several commands. All of them run, to show everything there is to mend.
    fn cargo_check(&self, commands: &[&[&str]]) -> Result<Counts> {
        let mut passed = true;
        for arguments in commands {
            passed &= process::run(self.workspace.cargo().args(*arguments))?.success();
        }
        Ok(Counts::one(passed))
    }

    fn doc(&self) -> Result<Counts> {
        let mut cargo = self.workspace.cargo();
        cargo.args(["doc", "--no-deps", "--document-private-items"]).env("RUSTDOCFLAGS", "-D warnings");
        Ok(Counts::one(process::run(&mut cargo)?.success()))
    }

    fn native(&mut self) -> Result<Counts> {
        let url = self.postgres()?.url.clone();
        self.cargo_test(&[], Some(&url))
    }

    fn cargo_test(&self, packages: &[&str], database_url: Option<&str>) -> Result<Counts> {
        let mut cargo = self.workspace.cargo();
        cargo.args(["test", "--no-fail-fast"]).args(packages);
        if let Some(url) = database_url {
            cargo.env("TEST_DATABASE_URL", url);
        }
        let (status, output) = process::tee(&mut cargo, Stream::Stdout)?;
        Ok(Counts::from_cargo(&output).judged(status.success()))
    }

    fn postgres(&mut self) -> Result<&Postgres> {
        let postgres = match self.postgres.take() {
            Some(postgres) => postgres,
            None => Postgres::start(self.workspace, Purpose::Test)?,
        };
        Ok(self.postgres.insert(postgres))
    }

    /// Builds the page as visitors get it, once.
    fn page(&mut self) -> Result<()> {
        if self.page == Some(false) {
            bail!("the page couldn't be built, see above");
        }
        if self.page.is_none() {
            self.page = Some(false);
            toolchain::add_wasm_target(self.workspace)?;
            page::build(self.workspace, page::Build::Small)?;
            self.page = Some(true);
        }
        Ok(())
    }

    fn gateways(&mut self) -> Result<Counts> {
        gateways::prepare()?;
        self.build_server()?;
        let postgres = self.postgres()?;
        let database_urls = [postgres.empty_database("pat_xtask_gateways")?, postgres.empty_database("pat_xtask_second_company")?];
        gateways::run(self.workspace, &server::debug_binary(self.workspace), database_urls.each_ref().map(String::as_str))
    }

    fn build_server(&self) -> Result<()> {
        step("building the server", || {
            let mut cargo = self.workspace.cargo();
            // The same selection of packages as the native tests, so that nothing is compiled twice.
            cargo.args(["test", "--no-run", "--quiet"]);
            process::check(&mut cargo, "the server doesn't compile: see above")
        })
    }

    /// A server with demo data in a database of its own. Its log goes to a file, between the tests it would only be noise.
    fn demo(&mut self, suite: &str) -> Result<Server> {
        self.demo_with(suite, &[])
    }

    /// The same with more in its environment.
    fn demo_with(&mut self, suite: &str, environment: &[(&str, &str)]) -> Result<Server> {
        self.build_server()?;
        let database_url = self.postgres()?.empty_database(&format!("pat_xtask_{suite}"))?;
        let log = self.workspace.target.join(format!("test-server-{suite}.log"));
        println!("  the server's log: {}", log.display());
        let listen = server::free_address(([127, 0, 0, 1], 0).into())?;
        Server::start_with(&server::debug_binary(self.workspace), listen, &database_url, Some(&log), environment)
    }
}
