//! Where the primary is, and how it is spoken to: in the clear to this machine, else over TLS that checks whom it speaks to.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::NoTls;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Conn;

/// How long connecting may take, for each host.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// What every connection is told: no statement, lock or idle transaction lasts for ever; and statements are neither compiled nor shared
/// out to workers, as to begin with that takes longer than ours last.
const LIMITS: &str = "-c default_transaction_isolation=read\\ committed -c statement_timeout=30s -c lock_timeout=10s \
    -c idle_in_transaction_session_timeout=60s -c jit=off -c max_parallel_workers_per_gather=0";

/// The primary. Has no `Debug`: the configuration may hold a password.
#[derive(Clone)]
pub struct Primary {
    config: Config,
    /// `None`: in the clear.
    tls: Option<MakeRustlsConnect>,
}

/// How TLS is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Never.
    Disable,
    /// Always; the server's certificate is checked, and its name.
    Verify,
    /// Nothing was said, or `prefer`, which protects from nobody: decided by where the database is.
    ByPlace,
}

impl Primary {
    /// Reads a Postgres URL, or a text of `key=value` pairs. Certificates come from `ca`, a PEM file, else from the URL's
    /// `sslrootcert`, else from the system.
    ///
    /// # Errors
    /// If it can't be understood, or there are no certificates to check the server's with.
    pub fn parse(database_url: &str, ca: Option<&Path>) -> anyhow::Result<Self> {
        let (url, asked) = TlsOptions::take_from(database_url)?;
        let mut config: Config = url.parse()?;
        let mode = match asked.mode {
            Mode::ByPlace if config.get_ssl_mode() == SslMode::Prefer && is_on_this_machine(&config) => Mode::Disable,
            Mode::ByPlace if config.get_ssl_mode() == SslMode::Disable => Mode::Disable,
            Mode::ByPlace => Mode::Verify,
            said => said,
        };
        let tls = match mode {
            Mode::Disable => None,
            _ => Some(MakeRustlsConnect::new(verifying(ca.or(asked.ca.as_deref().map(Path::new)))?)),
        };
        let options = config.get_options().map_or_else(|| LIMITS.to_owned(), |given| format!("{LIMITS} {given}"));
        config
            .options(options)
            .application_name("pat-server")
            .connect_timeout(CONNECT_LIMIT)
            .tcp_user_timeout(Duration::from_secs(10))
            .keepalives_idle(Duration::from_secs(30))
            .ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Self { config, tls })
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> diesel::ConnectionResult<Conn> {
        let bad = |error: tokio_postgres::Error| diesel::ConnectionError::BadConnection(describe(&error));
        // The limit for one host is the driver's; it has none for a server that accepts and then says nothing.
        let hosts = u32::try_from(self.config.get_hosts().len().max(1)).unwrap_or(1);
        let limit = |_| diesel::ConnectionError::BadConnection("the database accepts connections but doesn't answer".to_owned());
        let connecting = async {
            match &self.tls {
                None => {
                    let (client, connection) = self.config.connect(NoTls).await.map_err(bad)?;
                    Conn::try_from_client_and_connection(client, connection).await
                }
                Some(tls) => {
                    let (client, connection) = self.config.connect(tls.clone()).await.map_err(bad)?;
                    Conn::try_from_client_and_connection(client, connection).await
                }
            }
        };
        tokio::time::timeout(CONNECT_LIMIT.saturating_mul(hosts), connecting).await.map_err(limit)?
    }
}

/// What libpq's URLs say of TLS and the driver's parser doesn't take.
struct TlsOptions {
    mode: Mode,
    ca: Option<String>,
}

impl TlsOptions {
    /// Takes them out of a URL. Pairs stay as they are: of those the driver knows `sslmode`.
    fn take_from(database_url: &str) -> anyhow::Result<(String, Self)> {
        let mut taken = Self { mode: Mode::ByPlace, ca: None };
        let Some((url, query)) = database_url.split_once('?').filter(|(url, _)| url.contains("://")) else {
            return Ok((database_url.to_owned(), taken));
        };
        let mut rest = Vec::new();
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some(("sslmode", mode)) => taken.mode = Mode::parse(mode)?,
                Some(("sslrootcert", "system")) => taken.ca = None,
                Some(("sslrootcert", file)) => {
                    taken.ca =
                        Some(percent_encoding::percent_decode_str(file).decode_utf8().context("sslrootcert is no text")?.into_owned());
                }
                _ => rest.push(pair),
            }
        }
        Ok((if rest.is_empty() { url.to_owned() } else { format!("{url}?{}", rest.join("&")) }, taken))
    }
}

impl Mode {
    fn parse(text: &str) -> anyhow::Result<Self> {
        match text {
            "disable" => Ok(Self::Disable),
            "require" | "verify-ca" | "verify-full" => Ok(Self::Verify),
            "prefer" | "allow" => Ok(Self::ByPlace),
            _ => bail!("sslmode must be disable, require or verify-full"),
        }
    }
}

/// Nobody stands between. A host by name is elsewhere, unless it is `localhost`; a numeric address of a host overrules its name.
fn is_on_this_machine(config: &Config) -> bool {
    if !config.get_hostaddrs().is_empty() {
        return config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

/// TLS that checks chain and name.
fn verifying(ca: Option<&Path>) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = ca {
        let read = || format!("the certificates of the database's CA can't be read from {}", file.display());
        for certificate in CertificateDer::pem_file_iter(file).with_context(read)? {
            roots.add(certificate.with_context(read)?).with_context(read)?;
        }
        anyhow::ensure!(!roots.is_empty(), "there is no certificate in {}", file.display());
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        anyhow::ensure!(!roots.is_empty(), "this system has no certificates to check the database's with; name a file with --database-ca");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

/// The driver's own text says little ("error connecting to server"); its causes say the rest.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether TLS is used, and what else the driver was told.
    fn tls(url: &str) -> bool {
        let file = std::env::temp_dir().join(format!("pat-ca-{}.pem", uuid::Uuid::now_v7()));
        let ca = rcgen::generate_simple_self_signed(vec!["db".to_owned()]).unwrap().cert.pem();
        std::fs::write(&file, ca).unwrap();
        let primary = Primary::parse(url, Some(&file)).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(primary.tls.is_some(), primary.config.get_ssl_mode() == SslMode::Require);
        assert_ne!(primary.config.get_ssl_mode(), SslMode::Prefer, "nothing is left to whoever answers");
        primary.tls.is_some()
    }

    #[test]
    fn what_leaves_this_machine_is_encrypted_unless_the_url_says_otherwise() {
        for url in [
            "postgres://db/pat",
            "postgres://10.0.0.1,localhost/pat",
            "postgres://db/pat?sslmode=prefer",
            "postgres://localhost/pat?sslmode=require",
            "postgres://localhost/pat?sslmode=verify-full&target_session_attrs=read-write",
            "postgres://localhost/pat?hostaddr=10.0.0.1",
            "host=db dbname=pat",
            "host=localhost sslmode=require",
        ] {
            assert!(tls(url), "{url}");
        }
        for url in [
            "postgres://localhost/pat",
            "postgres://127.0.0.1:5433,[::1]/pat",
            "postgres:///pat?host=/run/postgresql",
            "postgres://db/pat?sslmode=disable",
            "host=db sslmode=disable",
        ] {
            assert!(!tls(url), "{url}");
        }
    }

    #[test]
    fn broken_options_are_refused_without_repeating_the_url() {
        let refused = |url| format!("{:#}", Primary::parse(url, None).err().unwrap());
        assert!(refused("postgres://u:hunter2@db/pat?sslmode=nonsense").contains("sslmode"));
        let missing = refused("postgres://u:hunter2@db/pat?sslrootcert=%2Fno%2Fsuch.pem");
        assert!(missing.contains("/no/such.pem") && !missing.contains("hunter2"), "{missing}");
    }
}
