//! A database a test: cloned from a template that is migrated and filled once.

use std::sync::Arc;

use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use pat_server::app::App;
use pat_server::store::Store;
use tokio::sync::OnceCell;

/// Serialises the making of the template between test processes.
const TEMPLATE_LOCK: i64 = 0x7061_745f_7465_7374;

/// A database, dropped at the end.
pub struct Database {
    pub url: String,
    name: String,
}

impl Database {
    /// A clone of the template: migrated, with the demo data.
    pub async fn create() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(make_template).await;
        Self::clone_of(Some(template)).await
    }

    /// A database without a single table.
    pub async fn create_empty() -> Self {
        Self::clone_of(None).await
    }

    async fn clone_of(template: Option<&str>) -> Self {
        let name = format!("pat_test_{}", uuid::Uuid::now_v7().simple());
        let template = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
        admin().await.batch_execute(&format!("CREATE DATABASE {name}{template}")).await.unwrap();
        Self { url: url_of(&name), name }
    }

    pub async fn connect(&self) -> AsyncPgConnection {
        AsyncPgConnection::establish(&self.url).await.unwrap()
    }

    /// Runs hand-written SQL.
    pub async fn sql(&self, sql: &str) -> Result<usize, diesel::result::Error> {
        diesel::sql_query(sql).execute(&mut self.connect().await).await
    }

    pub fn store(&self) -> Store {
        Store::new(&self.url, 4).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A runtime of its own, as the test's may be ending.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { admin().await.batch_execute(&drop).await.unwrap() });
        });
        let dropped = thread.join().is_ok();
        assert!(dropped || std::thread::panicking(), "the test's database could not be dropped");
    }
}

fn admin_url() -> String {
    std::env::var("TEST_DATABASE_URL").expect("set TEST_DATABASE_URL to a throw-away Postgres, or run `cargo xtask test`, which starts one")
}

/// The same server, another database.
fn url_of(name: &str) -> String {
    let mut url = url::Url::parse(&admin_url()).unwrap();
    url.set_path(name);
    url.to_string()
}

async fn admin() -> AsyncPgConnection {
    AsyncPgConnection::establish(&admin_url()).await.unwrap()
}

/// The template's name says what it was made from, so that an old one is never taken for a new one.
async fn make_template() -> String {
    let name = format!("pat_template_{}", &fingerprint()[..16]);
    let mut admin = admin().await;
    diesel::sql_query(format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).execute(&mut admin).await.unwrap();
    let exists = diesel::sql_query(format!("SELECT 1 FROM pg_database WHERE datname = '{name}'")).execute(&mut admin).await.unwrap() == 1;
    if !exists {
        let unfinished = format!("{name}_unfinished");
        admin.batch_execute(&format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await.unwrap();
        admin.batch_execute(&format!("CREATE DATABASE {unfinished}")).await.unwrap();
        fill(&url_of(&unfinished)).await;
        admin.batch_execute(&format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await.unwrap();
    }
    name
}

async fn fill(url: &str) {
    let store = Store::new(url, 2).unwrap();
    store.migrate().await.unwrap();
    let app = Arc::new(App::new(store, "http://127.0.0.1:1".parse().unwrap(), Vec::new()).unwrap());
    pat_server::demo::seed(&app).await.unwrap();
    app.store.close();
}

/// Of all migrations and the demo data.
fn fingerprint() -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut files: Vec<_> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path().join("up.sql")).filter(|path| path.exists()).collect();
    files.sort();
    files.push(concat!(env!("CARGO_MANIFEST_DIR"), "/demo/resources.json").into());
    files.push(concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo.rs").into());
    let mut hasher = blake3::Hasher::new();
    for file in files {
        hasher.update(&std::fs::read(file).unwrap());
    }
    hasher.finalize().to_hex().to_string()
}
