//! The command line. Every flag can be given as an environment variable.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use jiff::Timestamp;
use pat_core::email::Email;
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::people::ReasonCode;
use pat_core::policy::WORKSPACE_ADMIN;
use pat_core::settings::AccountSettings;
use uuid::Uuid;

use crate::app::App;
use crate::change::passwords::{LINK_HOURS, create_link};
use crate::client::Client;
use crate::erase::{self, Erase};
use crate::policy_file::PolicyFile;
use crate::public_url::PublicUrl;
use crate::seals::command::{self as audit, AuditCommand, SealKeys};
use crate::store::primary::Primary;
use crate::store::{Store, people, settings};
use crate::{health, policy_file, revoke, routes, serve};

/// Personal access tokens for a Web API.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the Console API, the Web API and the page.
    Serve(Serve),
    /// Bring the database up to date and exit.
    Migrate(Database),
    /// Accounts.
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Revoke tokens in an incident, with or without the server: one, all of a user, or all of an account.
    Revoke(Revoke),
    /// The audit log's seals, and what is kept of it.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Erase a deactivated user's name, e-mail address and other personal data, in the audit log too. Can't be taken back.
    Erase(Erase),
    /// Read a policy file: say what is wrong with it and where, or print which role may do what.
    CheckPolicy {
        /// The file.
        file: PathBuf,
    },
    /// Print the OpenAPI description.
    Openapi {
        #[command(flatten)]
        policy: PolicyFile,
    },
    /// Ask a server on this machine whether it is ready; for container health checks.
    Healthcheck {
        /// Where the server listens.
        #[arg(long, env = "LISTEN", default_value = "127.0.0.1:3000")]
        listen: SocketAddr,
    },
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Make an account with its first workspace admin, and print a one-time link that sets the admin's password.
    Create(CreateAccount),
}

/// Where the data is.
#[derive(Debug, Args)]
pub struct Database {
    /// A Postgres URL, for example `postgres://user:password@host:5432/pat`. Several hosts may be given, with target_session_attrs=read-write.
    /// A database on another machine is spoken to over TLS, and its certificate and name are checked; sslmode=disable turns that off.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The certificates, in a PEM file, that the database's must come from; the system's if left out.
    #[arg(long, env = "DATABASE_CA", value_name = "FILE")]
    database_ca: Option<PathBuf>,
}

impl Database {
    /// The database, with at most so many connections.
    ///
    /// # Errors
    /// If its URL or its certificates can't be used.
    pub fn store(&self, connections: usize) -> anyhow::Result<Store> {
        let primary = Primary::parse(&self.database_url, self.database_ca.as_deref()).context("DATABASE_URL can't be used")?;
        Store::of(primary, connections)
    }
}

/// What `revoke` takes.
#[derive(Debug, Args)]
pub struct Revoke {
    #[command(flatten)]
    database: Database,
    /// Which tokens.
    #[command(flatten)]
    pub which: Which,
    /// Only tokens made before this instant, for example 2027-01-31T12:00:00Z.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub issued_before: Option<Timestamp>,
    /// Why, which the owners read: compromised, left, unused, policy or other.
    #[arg(long, default_value = "compromised", value_parser = reason)]
    pub reason: ReasonCode,
    /// Why in words, which the owners read; needed for the reason other.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

/// Which tokens to revoke.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// This token, of any kind: its id, or - to read its secret from standard input, as a command line is seen by others and kept.
    #[arg(long, value_name = "ID|-")]
    pub token: Option<TokenArgument>,
    /// All tokens of the user with this e-mail address.
    #[arg(long, value_name = "EMAIL")]
    pub user: Option<Email>,
    /// All tokens of this account.
    #[arg(long, value_name = "ID")]
    pub account: Option<AccountId>,
}

/// A token on the command line.
#[derive(Clone, Copy, Debug)]
pub enum TokenArgument {
    /// By its id.
    Id(TokenId),
    /// By its secret, which stands on standard input.
    Stdin,
    /// Something else, which no error repeats: it may be a secret.
    Nonsense,
}

/// Not a parser that fails: its error would repeat the text.
impl From<&str> for TokenArgument {
    fn from(text: &str) -> Self {
        if text == "-" { Self::Stdin } else { text.parse().map_or(Self::Nonsense, Self::Id) }
    }
}

impl Revoke {
    /// The database.
    ///
    /// # Errors
    /// If its URL can't be parsed.
    pub fn store(&self) -> anyhow::Result<Store> {
        self.database.store(2)
    }
}

/// What `serve` takes.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    database: Database,
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// The address to serve /metrics on, for Prometheus only; off if left out. Keep it from the public.
    #[arg(long, env = "METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// The origin that people use, for example `https://tokens.example.com`; `http://` only on loopback.
    #[arg(long, env = "PUBLIC_URL", default_value = "http://127.0.0.1:3000")]
    pub public_url: PublicUrl,
    /// Addresses of proxies whose X-Forwarded-For counts, for example 10.0.0.0/8. May be repeated, or given with commas.
    #[arg(long, env = "TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
    /// Addresses of gateways that may ask whether a request may go on to an API behind them, for example 10.0.0.7/32; their
    /// X-Forwarded-For counts, too. May be repeated, or given with commas. None by default: nobody may ask.
    #[arg(long, env = "GATEWAYS", value_delimiter = ',')]
    pub gateways: Vec<IpNet>,
    /// The policy table.
    #[command(flatten)]
    pub policy: PolicyFile,
    /// Calls of the Web API and questions of gateways that an account may make in a minute, as far as this node sees; 0 for any number.
    #[arg(long, env = "ACCOUNT_CALLS_PER_MINUTE", value_name = "CALLS", default_value_t = 1000)]
    pub account_calls_per_minute: u32,
    /// The same for each token; 0 for any number.
    #[arg(long, env = "TOKEN_CALLS_PER_MINUTE", value_name = "CALLS", default_value_t = 0)]
    pub token_calls_per_minute: u32,
    /// Connections to the database at most.
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 20)]
    pub database_connections: usize,
    /// What the audit log is sealed with.
    #[command(flatten)]
    pub seal_keys: SealKeys,
    /// Seconds after which a minute of the audit log is sealed: room for a database's clock that is set back.
    #[arg(long, env = "AUDIT_SEAL_AFTER", value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub audit_seal_after: u32,
    /// Bring the database up to date first.
    #[arg(long, env = "MIGRATE")]
    pub migrate: bool,
    /// Fill the database with demo accounts whose password everybody knows. Never where it matters.
    #[arg(long, env = "DEMO")]
    pub demo: bool,
    /// Log as JSON lines.
    #[arg(long, env = "LOG_JSON")]
    pub log_json: bool,
}

impl Serve {
    /// The database to serve from.
    ///
    /// # Errors
    /// If its URL can't be parsed.
    pub fn store(&self) -> anyhow::Result<Store> {
        self.database.store(self.database_connections)
    }
}

#[derive(Debug, Args)]
struct CreateAccount {
    #[command(flatten)]
    database: Database,
    /// The account's name.
    #[arg(long, value_parser = name)]
    name: String,
    /// The first admin's e-mail address.
    #[arg(long)]
    email: Email,
    /// The first admin's name.
    #[arg(long, value_parser = name)]
    admin_name: String,
    /// Product features, with commas; all of the policy table if left out.
    #[arg(long, value_delimiter = ',')]
    features: Option<Vec<String>>,
    #[command(flatten)]
    policy: PolicyFile,
    /// The origin that people use; the link begins with it.
    #[arg(long, env = "PUBLIC_URL", default_value = "http://127.0.0.1:3000")]
    public_url: PublicUrl,
}

/// Runs a command.
///
/// # Errors
/// What to tell the operator.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(options) => serve::run(options).await,
        Command::Migrate(database) => database.store(1)?.migrate().await.context("the database could not be brought up to date"),
        Command::Account { command: AccountCommand::Create(options) } => create_account(options).await,
        Command::Revoke(options) => revoke::run(options).await,
        Command::Audit { command } => audit::run(command).await,
        Command::Erase(options) => erase::run(options).await,
        Command::CheckPolicy { file } => {
            print!("{}", policy_file::check(&file)?);
            Ok(())
        }
        Command::Openapi { policy } => {
            println!("{}", routes::openapi(&policy.read()?).to_pretty_json()?);
            Ok(())
        }
        Command::Healthcheck { listen } => health::check(listen).await,
    }
}

async fn create_account(options: CreateAccount) -> anyhow::Result<()> {
    let store = options.database.store(1)?;
    let mut app = App::new(store, options.public_url, Vec::new())?;
    app.policy = options.policy.read()?;
    let known: Vec<_> = app.policy.features().iter().map(|feature| feature.name.clone()).collect();
    let features = options.features.unwrap_or_else(|| known.clone());
    if let Some(unknown) = features.iter().find(|name| !known.contains(name)) {
        anyhow::bail!("there is no feature {unknown}; the policy table has {}", known.join(", "));
    }
    let mut tx = app.store.begin().await?;
    let (account, admin) = (AccountId(Uuid::now_v7()), UserId(Uuid::now_v7()));
    people::insert_account(&mut tx, account, &options.name).await?;
    settings::insert(&mut tx, account, &AccountSettings::new(features)).await?;
    if !people::insert_user(&mut tx, account, admin, &options.email, &options.admin_name, None).await? {
        anyhow::bail!("{} belongs to somebody already; e-mail addresses are unique in the whole installation", options.email.as_str());
    }
    people::set_roles(&mut tx, account, admin, &[WORKSPACE_ADMIN.to_owned()]).await?;
    let user = people::find_by_id(&mut tx, admin).await?;
    let client = Client::operator();
    crate::change::accounts::record_creation(&mut tx, &user, &options.name, &client).await?;
    let link = create_link(&app, &mut tx, &user, &client).await?;
    tx.commit().await?;
    println!("{}", link.url);
    eprintln!("Open this link to set the password of {}. It works once, within {LINK_HOURS} hours.", user.email);
    Ok(())
}

/// Parses an instant.
pub(crate) fn instant(text: &str) -> Result<Timestamp, &'static str> {
    pat_core::instant::parse(text).ok_or("it must be an instant such as 2027-01-31T12:00:00Z")
}

fn reason(text: &str) -> Result<ReasonCode, &'static str> {
    ReasonCode::parse(text).ok_or("it must be one of compromised, left, unused, policy, other")
}

fn name(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    if name.is_empty() || name.chars().any(char::is_control) { Err("it must be a name") } else { Ok(name.to_owned()) }
}
