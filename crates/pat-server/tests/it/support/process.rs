//! The real process.

use std::process::{Child, Command, Stdio};

use reqwest::Client;

/// A server process. It ends with this.
pub struct Process {
    pub child: Child,
    pub base: String,
    pub log_file: std::path::PathBuf,
}

impl Process {
    /// Starts the server at the most talkative log level.
    pub fn start(database_url: &str) -> Self {
        Self::start_with(database_url, &["--migrate", "--demo"])
    }

    pub fn start_with(database_url: &str, options: &[&str]) -> Self {
        Self::start_in(database_url, options, &[])
    }

    /// With more environment variables.
    pub fn start_in(database_url: &str, options: &[&str], variables: &[(&str, &str)]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::env::temp_dir().join(format!("pat-server-test-{}.log", uuid::Uuid::now_v7()));
        let base = format!("http://127.0.0.1:{port}");
        let child = Command::new(env!("CARGO_BIN_EXE_pat-server"))
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--public-url", &base])
            .args(options)
            .env_clear()
            .env("DATABASE_URL", database_url)
            .env("RUST_LOG", "trace")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, base, log_file: log }
    }

    /// Waits until a path answers with a status.
    pub async fn until(&mut self, path: &str, status: u16) {
        let url = format!("{}{path}", self.base);
        while Client::new().get(&url).send().await.map_or(0, |answer| answer.status().as_u16()) != status {
            assert!(self.child.try_wait().unwrap().is_none(), "the server ended: {}", self.log());
            tokio::task::yield_now().await;
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log_file).unwrap()
    }

    pub fn signal(&self, signal: &str) {
        // The shell has `kill` built in; a small Linux image has no other.
        let arguments = ["-c", "kill \"$0\" \"$1\"", signal, &self.child.id().to_string()];
        assert!(Command::new("sh").args(arguments).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.log_file);
    }
}
