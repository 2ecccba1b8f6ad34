//! argon2id, away from the threads that serve requests, at most one hash per core at a time.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

/// The password hasher.
#[derive(Clone, Debug)]
pub struct Passwords {
    cores: Arc<Semaphore>,
    /// Verified for unknown e-mail addresses, so that they take as long as known ones.
    dummy: Arc<str>,
}

impl Passwords {
    /// Makes the dummy hash, which takes a moment.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn new() -> anyhow::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { cores: Arc::new(Semaphore::new(cores)), dummy: hash("nobody's password")?.into() })
    }

    /// A PHC string for a new password.
    ///
    /// # Errors
    /// If hashing fails, which is a defect.
    pub async fn hash(&self, password: &str) -> anyhow::Result<String> {
        let password = password.to_owned();
        self.on_blocking_thread(move || hash(&password)).await?
    }

    /// Whether the password is the one of the PHC string; `None` stands for somebody without one, and takes as long.
    ///
    /// # Errors
    /// If the stored string is broken, which is a defect.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> anyhow::Result<bool> {
        let (password, exists) = (password.to_owned(), phc.is_some());
        let phc = phc.unwrap_or(&self.dummy).to_owned();
        let matches = self
            .on_blocking_thread(move || {
                let stored = PasswordHash::new(&phc).map_err(|error| anyhow!("a stored password hash is broken: {error}"))?;
                Ok::<_, anyhow::Error>(Argon2::default().verify_password(password.as_bytes(), &stored).is_ok())
            })
            .await??;
        Ok(matches && exists)
    }

    async fn on_blocking_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
        let permit = self.cores.clone().acquire_owned().await.context("the password hasher is shutting down")?;
        let run = move || {
            let _permit = permit;
            work()
        };
        tokio::task::spawn_blocking(run).await.context("a password hash was cut short")
    }
}

/// A PHC string; blocks for some tens of milliseconds.
///
/// # Errors
/// If hashing fails, which is a defect.
pub fn hash(password: &str) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|error| anyhow!("password hashing failed: {error}"))?;
    Ok(hash.to_string())
}
