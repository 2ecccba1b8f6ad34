//! argon2id, away from the threads that serve requests, at most one hash per core at a time.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

/// Hashes that may wait for a core. More would only make everybody wait longer.
const MAX_WAITING: usize = 64;

/// The password hasher.
#[derive(Clone, Debug)]
pub struct Passwords {
    places: Arc<Semaphore>,
    cores: Arc<Semaphore>,
    /// Verified for unknown e-mail addresses, so that they take as long as known ones.
    dummy: Arc<str>,
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many wait already.
    #[error("too many passwords wait to be checked")]
    Busy,
    /// A defect of ours.
    #[error(transparent)]
    Defect(#[from] anyhow::Error),
}

impl Passwords {
    /// Makes the dummy hash, which takes a moment.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn new() -> anyhow::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            places: Arc::new(Semaphore::new(MAX_WAITING)),
            cores: Arc::new(Semaphore::new(cores)),
            dummy: hash("nobody's password")?.into(),
        })
    }

    /// A PHC string for a new password.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let password = password.to_owned();
        self.on_blocking_thread(move || hash(&password)).await
    }

    /// Whether the password is the one of the PHC string; `None` stands for somebody without one, and takes as long.
    ///
    /// # Errors
    /// [`PasswordError`]; a broken stored string is a defect.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> Result<bool, PasswordError> {
        let (password, exists) = (password.to_owned(), phc.is_some());
        let phc = phc.unwrap_or(&self.dummy).to_owned();
        let matches = self
            .on_blocking_thread(move || {
                let stored = PasswordHash::new(&phc).map_err(|error| anyhow!("a stored password hash is broken: {error}"))?;
                Ok(Argon2::default().verify_password(password.as_bytes(), &stored).is_ok())
            })
            .await?;
        Ok(matches && exists)
    }

    async fn on_blocking_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = self.places.clone().try_acquire_owned().ok().ok_or(PasswordError::Busy)?;
        let core = self.cores.clone().acquire_owned().await.context("the password hasher is shutting down")?;
        let run = move || {
            let _held_to_the_end = (place, core);
            work()
        };
        Ok(tokio::task::spawn_blocking(run).await.context("a password hash was cut short")??)
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
