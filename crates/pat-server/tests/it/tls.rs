//! TLS to Postgres: chain and name are checked, and nothing goes on in the clear.

use std::path::PathBuf;
use std::sync::Arc;

use pat_server::app::App;
use pat_server::store::Store;
use pat_server::store::primary::Primary;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::{Database, Process, Server, serve_app};

/// What a client sends first to ask for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A Postgres that has a certificate and takes connections over TLS only: the tests' Postgres behind an end of TLS.
struct Encrypted {
    port: u16,
    database: String,
    ca: PathBuf,
}

impl Encrypted {
    /// With a certificate for `name`, from a CA of its own.
    async fn start(database: &Database, name: &str) -> Self {
        let ca = CertifiedIssuer::self_signed(ca_params(), KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let file = std::env::temp_dir().join(format!("pat-test-ca-{}.pem", uuid::Uuid::now_v7()));
        std::fs::write(&file, ca.pem()).unwrap();
        let target = url::Url::parse(&database.url).unwrap();
        let address = format!("{}:{}", target.host_str().unwrap(), target.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(end_tls(client, acceptor.clone(), address.clone()));
            }
        });
        let credentials = target.username().to_owned() + &target.password().map(|password| format!(":{password}")).unwrap_or_default();
        Self { port, database: format!("{credentials}@{{host}}:{{port}}{}", target.path()), ca: file }
    }

    fn url(&self, host: &str, options: &str) -> String {
        format!("postgres://{}{options}", self.database.replace("{host}", host).replace("{port}", &self.port.to_string()))
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.ca);
    }
}

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params
}

async fn end_tls(mut client: TcpStream, acceptor: TlsAcceptor, address: String) {
    let mut first = [0; 8];
    if client.read_exact(&mut first).await.is_err() || first != SSL_REQUEST {
        return;
    }
    client.write_all(b"S").await.unwrap();
    let Ok(mut client) = acceptor.accept(client).await else { return };
    let mut server = TcpStream::connect(address).await.unwrap();
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}

/// What connecting ends with.
async fn connect(url: &str, ca: Option<&PathBuf>) -> Result<(), String> {
    let store = Store::of(Primary::parse(url, ca.map(PathBuf::as_path)).unwrap(), 1).unwrap();
    let pooled = store.conn().await.map(drop).map_err(|error| error.to_string());
    let own = store.own_conn().await.map(drop).map_err(|error| error.to_string());
    assert_eq!(pooled.is_ok(), own.is_ok(), "the pool and connections of one's own go the same way: {pooled:?} {own:?}");
    pooled
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_served_from_a_database_behind_tls() {
    let server = Server::start().await;
    let encrypted = Encrypted::start(&server.database, "localhost").await;
    let primary = Primary::parse(&encrypted.url("localhost", "?sslmode=require"), Some(&encrypted.ca)).unwrap();
    let (base, app) = serve_app(|base| App::new(Store::of(primary, 4).unwrap(), base, Vec::new()).unwrap()).await;
    let server = Server { base, app, ..server };
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    assert_eq!(bearer.get("/entities.list").await.status, 200, "the pool, and the audit writer's own connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_name_from_the_right_ca_is_spoken_to() {
    let database = Database::create().await;
    let encrypted = Encrypted::start(&database, "localhost").await;
    let other = Encrypted::start(&database, "localhost").await;
    let right = encrypted.url("localhost", "?sslmode=require");
    assert_eq!(connect(&right, Some(&encrypted.ca)).await, Ok(()));
    for mode in ["verify-full", "verify-ca"] {
        assert_eq!(connect(&encrypted.url("localhost", &format!("?sslmode={mode}")), Some(&encrypted.ca)).await, Ok(()), "{mode}");
    }
    let in_url = format!("?sslmode=require&sslrootcert={}", encrypted.ca.display());
    assert_eq!(connect(&encrypted.url("localhost", &in_url), None).await, Ok(()));

    for mode in ["require", "verify-ca", "verify-full"] {
        let wrong_ca = connect(&encrypted.url("localhost", &format!("?sslmode={mode}")), Some(&other.ca)).await.unwrap_err();
        assert!(wrong_ca.contains("certificate"), "{mode}: {wrong_ca}");
        let wrong_name = connect(&encrypted.url("127.0.0.1", &format!("?sslmode={mode}")), Some(&encrypted.ca)).await.unwrap_err();
        assert!(wrong_name.contains("not valid for name"), "{mode}: {wrong_name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_not_spoken_to_in_the_clear() {
    let database = Database::create().await;
    let ca = Encrypted::start(&database, "localhost").await;
    let plain = format!("{}?sslmode=require", database.url);
    let refused = connect(&plain, Some(&ca.ca)).await.unwrap_err();
    assert!(refused.contains("TLS"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_takes_the_ca() {
    let database = Database::create().await;
    let encrypted = Encrypted::start(&database, "localhost").await;
    let ca = encrypted.ca.display().to_string();
    let mut server = Process::start_with(&encrypted.url("localhost", "?sslmode=require"), &["--database-ca", &ca]);
    server.until("/readyz", 200).await;
}
