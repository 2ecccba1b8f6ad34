//! `pat-server audit`: what a sceptic and an operator ask of the log.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use pat_core::seal::chain::Head;
use pat_core::seal::key::Keys;

use super::prune::{self, Month};
use super::verify::{Range, Report, verify};
use crate::cli::{Database, instant};
use crate::store::seals;

/// Where the keys of the seals are.
#[derive(Args, Debug)]
pub struct SealKeys {
    /// Seals the audit log: 32 random bytes as hexadecimal digits. Former keys may follow, after commas. Give it in the environment: a
    /// command line is seen by others.
    #[arg(long, env = "AUDIT_SEAL_KEY", hide_env_values = true, value_name = "HEX")]
    audit_seal_key: Option<KeyText>,
    /// A file with the same, a key a line.
    #[arg(long, env = "AUDIT_SEAL_KEY_FILE", value_name = "FILE")]
    audit_seal_key_file: Option<PathBuf>,
}

/// A text that holds keys. Any text parses: clap's errors would repeat it. Its `Debug` says nothing.
#[derive(Clone)]
pub struct KeyText(String);

impl FromStr for KeyText {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(…)")
    }
}

impl SealKeys {
    /// The keys, if any are given.
    ///
    /// # Errors
    /// If they can't be read, or are no keys.
    pub fn read(&self) -> anyhow::Result<Option<Keys>> {
        let text = self.audit_seal_key.as_ref().map(|text| text.0.as_str()).filter(|text| !text.trim().is_empty());
        match (text, &self.audit_seal_key_file) {
            (Some(_), Some(_)) => bail!("AUDIT_SEAL_KEY and AUDIT_SEAL_KEY_FILE are both given"),
            (Some(text), None) => Ok(Some(Keys::parse(text).context("AUDIT_SEAL_KEY holds no keys")?)),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
                Ok(Some(Keys::parse(&text).with_context(|| format!("{} holds no keys", file.display()))?))
            }
            (None, None) => Ok(None),
        }
    }

    fn required(&self) -> anyhow::Result<Keys> {
        self.read()?.context("the keys are needed: AUDIT_SEAL_KEY or AUDIT_SEAL_KEY_FILE")
    }
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that the log is as it was sealed. Fails with the first row or seal that isn't.
    Verify(Verify),
    /// Print the last seal, to be kept elsewhere and given to `verify --head` one day.
    Head {
        /// Where the log is.
        #[command(flatten)]
        database: Database,
    },
    /// Remove months that are sealed and as they were; their seals stay.
    Prune(Prune),
}

/// What `audit verify` takes.
#[derive(Args, Debug)]
pub struct Verify {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    keys: SealKeys,
    /// Rows and seals from this instant on, for example 2027-01-31T12:00:00Z.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<Timestamp>,
    /// Rows and seals up to this instant.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    to: Option<Timestamp>,
    /// A file with heads: from `audit head`, or a server's own log. The chain must contain all of them. May be repeated.
    #[arg(long, value_name = "FILE")]
    head: Vec<PathBuf>,
}

/// What `audit prune` takes.
#[derive(Args, Debug)]
#[group(id = "which", required = true, multiple = false, args = ["before", "keep_months"])]
pub struct Prune {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    keys: SealKeys,
    /// Months before this one, for example 2027-01.
    #[arg(long, value_name = "MONTH")]
    before: Option<Month>,
    /// All but so many whole months and the current one.
    #[arg(long, value_name = "N")]
    keep_months: Option<u16>,
}

/// Runs a command.
///
/// # Errors
/// What to tell the operator; of `verify`, what isn't as it was.
pub async fn run(command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::Verify(options) => print_report(&options.run().await?),
        AuditCommand::Head { database } => {
            let store = database.store(1)?;
            let last = seals::last(&mut *store.conn().await?).await?.context("nothing is sealed yet")?;
            println!("{}", last.head());
        }
        AuditCommand::Prune(options) => {
            let (keys, store) = (options.keys.required()?, options.database.store(2)?);
            prune::run(&store, &keys, options.before, options.keep_months.unwrap_or_default()).await?;
        }
    }
    Ok(())
}

impl Verify {
    async fn run(&self) -> anyhow::Result<Report> {
        let keys = self.keys.required()?;
        let mut heads = Vec::new();
        for file in &self.head {
            let text = std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
            let before = heads.len();
            heads.extend(Head::find_all(&text));
            ensure!(heads.len() > before, "{} holds no heads", file.display());
        }
        let store = self.database.store(1)?;
        let mut conn = seals::patient_conn(&store).await?;
        Ok(verify(&mut conn, &keys, Range { from: self.from, until: self.to }, &heads).await?)
    }
}

fn print_report(report: &Report) {
    if let Some((from, until)) = report.span {
        println!("{} in {}, from {from} until {until}: as they were sealed", count(report.rows, "row"), count(report.seals, "seal"));
    }
    if report.pruned > 0 {
        println!("{} pruned by somebody who had the key", count(report.pruned, "row"));
    }
    let commitments = count(report.commitments, "principal or client");
    println!("{commitments} with what they were committed to, of which {} erased", report.erased);
    if report.heads > 0 {
        println!("{} in the chain", count(report.heads, "head"));
    }
    if let Some(until) = report.sealed_until {
        println!("sealed until {until}; {} since then not sealed yet", count(u64::try_from(report.unsealed).unwrap_or_default(), "row"));
    }
    if report.astray > 0 {
        println!(
            "warning: {} in audit_events_default, as a month was not made in time",
            count(u64::try_from(report.astray).unwrap_or_default(), "row")
        );
    }
}

/// `1 row`, `2 rows`.
fn count(number: u64, what: &str) -> String {
    match (number, what) {
        (1, _) => format!("1 {what}"),
        (_, "principal or client") => format!("{number} principals and clients"),
        _ => format!("{number} {what}s"),
    }
}
