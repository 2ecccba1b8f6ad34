//! A server with a database of its own, and callers as types.

mod callers;
mod database;
mod door;
mod process;

use std::net::SocketAddr;
use std::sync::Arc;

use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use pat_server::app::{App, SharedApp};
use pat_server::public_url::PublicUrl;
use pat_server::routes;
use pat_server::store::Store;
pub use serde_json::json;
use tokio::net::TcpListener;

pub use self::callers::{Answer, Bearer, Browser};
pub use self::database::Database;
pub use self::door::Door;
pub use self::process::Process;

/// Every demo user's password.
pub const PASSWORD: &str = pat_server::demo::PASSWORD;

/// A running server. Its database goes with it.
pub struct Server {
    pub base: String,
    pub app: SharedApp,
    pub database: Database,
}

impl Server {
    /// A server on the demo data.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A server on the demo data, with an application of its own making.
    pub async fn start_with(configure: impl FnOnce(&mut App)) -> Self {
        let database = Database::create().await;
        let (base, app) = serve_with(&database.url, configure).await;
        Self { base, app, database }
    }

    /// Signs in through the API.
    pub async fn sign_in(&self, email: &str) -> Browser {
        let browser = self.visitor();
        let answer = browser.post("/api/session", json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        browser
    }

    /// A browser that isn't signed in.
    pub fn visitor(&self) -> Browser {
        Browser::new(&self.base)
    }

    /// A client with a token.
    pub fn bearer(&self, token: &str) -> Bearer {
        Bearer::new(&self.base, token)
    }

    /// Mints a token and returns a client with it, and its id.
    pub async fn token(&self, owner: &Browser, scopes: &[&str]) -> (Bearer, String) {
        let name = format!("token {}", uuid::Uuid::now_v7());
        let created = owner.mint(&name, scopes).await;
        assert_eq!(created.status, 201, "{created:?}");
        (self.bearer(created.body["token"].as_str().unwrap()), created.body["personal_access_token"]["id"].as_str().unwrap().to_owned())
    }

    /// Runs hand-written SQL.
    pub async fn sql(&self, sql: &str) -> usize {
        self.database.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// One text that a query selects `AS text`.
    pub async fn text(&self, sql: &str) -> String {
        self.texts(sql).await.into_iter().next().unwrap_or_else(|| panic!("no row: {sql}"))
    }

    /// All texts that a query selects `AS text`.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            text: String,
        }
        let mut conn = self.database.connect().await;
        let rows: Vec<Row> = diesel::sql_query(sql).load(&mut conn).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.into_iter().map(|row| row.text).collect()
    }

    /// A number that a query selects.
    pub async fn count(&self, from: &str) -> i64 {
        self.text(&format!("SELECT count(*)::text AS text FROM {from}")).await.parse().unwrap()
    }

    /// Lets `INSERT INTO audit_log` write rows by hand, as wide as they are read.
    pub async fn open_log(&self) {
        let mut conn = self.database.connect().await;
        conn.batch_execute(
            "CREATE OR REPLACE FUNCTION write_log() RETURNS trigger LANGUAGE plpgsql AS $$
             DECLARE
                 no_commitment bytea := decode(repeat('00', 32), 'hex');
                 principal bigint := floor(random() * 2 ^ 62);
                 client bigint := floor(random() * 2 ^ 62);
             BEGIN
                 IF NEW.user_id IS NOT NULL OR NEW.token_id IS NOT NULL THEN
                     INSERT INTO audit_principals (id, account_id, user_id, user_name, user_email, token_id, token_name, commitment)
                     VALUES (principal, NEW.account_id, NEW.user_id, NEW.user_name, NEW.user_email, NEW.token_id, NEW.token_name, no_commitment);
                 END IF;
                 INSERT INTO audit_clients (id, account_id, ip, user_agent, client_type, client_version, agent_name, agent_session_id, agent_model, commitment)
                 VALUES (client, NEW.account_id, NEW.ip, NEW.user_agent, NEW.client_type, NEW.client_version, NEW.agent_name, NEW.agent_session_id,
                         NEW.agent_model, no_commitment);
                 INSERT INTO audit_events (account_id, time, id, principal_id, client_id, event_type, outcome, reason, method, context, request_id, session_id)
                 VALUES (NEW.account_id, coalesce(NEW.time, pat_now()), NEW.id, principal, client, NEW.event_type, NEW.outcome, NEW.reason, NEW.method,
                         coalesce(NEW.context, '{}'), NEW.request_id, NEW.session_id);
                 RETURN NEW;
             END $$;
             CREATE OR REPLACE TRIGGER write_log INSTEAD OF INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION write_log()",
        )
        .await
        .unwrap();
    }

    /// A user's id by e-mail address.
    pub async fn user_id(&self, email: &str) -> String {
        self.text(&format!("SELECT id::text AS text FROM users WHERE email = '{email}'")).await
    }

    /// Sets the database's clock ahead, for everything that asks it.
    pub async fn advance_clock(&self, interval: &str) {
        self.sql(&format!(
            "CREATE OR REPLACE FUNCTION pat_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
             AS $$ SELECT statement_timestamp() + interval '{interval}' $$"
        ))
        .await;
    }

    /// Stops the database's clock at an instant.
    pub async fn stop_clock(&self, at: &str) {
        self.sql(&format!(
            "CREATE OR REPLACE FUNCTION pat_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
             AS $$ SELECT timestamptz '{at}' $$"
        ))
        .await;
    }
}

/// Serves an application on a free port.
pub async fn serve(database_url: &str) -> (String, SharedApp) {
    serve_with(database_url, |_| {}).await
}

/// Serves one that is configured otherwise than by default.
async fn serve_with(database_url: &str, configure: impl FnOnce(&mut App)) -> (String, SharedApp) {
    serve_app(|base| {
        let mut app = App::new(Store::new(database_url, 20).unwrap(), base, Vec::new()).unwrap();
        configure(&mut app);
        app
    })
    .await
}

/// Serves one that was made for its origin.
pub async fn serve_app(app: impl FnOnce(PublicUrl) -> App) -> (String, SharedApp) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = Arc::new(app(base.parse().unwrap()));
    let router = routes::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (base, app)
}
