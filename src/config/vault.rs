//! The desktop's secret store, reached so that it can never hang the program.
//!
//! On a headless host the Secret Service is usually missing, and sometimes there but locked behind a prompt nobody
//! sees. Every call therefore runs in a thread of its own and is given up after two seconds.

use std::sync::{OnceLock, mpsc};
use std::time::Duration;

/// How long the store may take.
const LIMIT: Duration = Duration::from_secs(2);
const SERVICE: &str = "watchfloor";

/// A store of secrets by account.
pub trait Vault: Send + Sync {
    /// The secret of an account, if there is one.
    ///
    /// # Errors
    /// Why the store did not say.
    fn get(&self, account: &str) -> Result<Option<String>, String>;
    /// Keeps a secret.
    ///
    /// # Errors
    /// Why it could not.
    fn set(&self, account: &str, secret: &str) -> Result<(), String>;
    /// Forgets a secret; it need not be there.
    ///
    /// # Errors
    /// Why it could not.
    fn remove(&self, account: &str) -> Result<(), String>;
}

/// The system's own: the Secret Service on Linux.
#[derive(Debug, Default)]
pub struct SystemVault {
    /// Set once it has not answered: nobody should wait for it twice.
    silent: OnceLock<String>,
}

impl SystemVault {
    fn ask<T: Send + 'static>(
        &self,
        account: &str,
        call: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Result<Option<T>, String> {
        if let Some(why) = self.silent.get() {
            return Err(why.clone());
        }
        let account = account.to_owned();
        let answer = within(LIMIT, move || {
            // An error of the store's start is kept by reference only: word it here.
            if let Err(error) = keyring::Entry::store_status() {
                return Err(error.to_string());
            }
            let outcome = keyring::Entry::new(SERVICE, &account).and_then(|entry| call(&entry));
            match outcome {
                Ok(value) => Ok(Some(value)),
                Err(keyring::Error::NoEntry) => Ok(None),
                Err(error) => Err(error.to_string()),
            }
        });
        match answer {
            Some(Ok(value)) => Ok(value),
            Some(Err(why)) => Err(format!("the Secret Service cannot be used ({why})")),
            None => {
                Err(self.silent.get_or_init(|| "the Secret Service did not answer within 2 seconds".into()).clone())
            }
        }
    }
}

impl Vault for SystemVault {
    fn get(&self, account: &str) -> Result<Option<String>, String> {
        self.ask(account, keyring::Entry::get_password)
    }

    fn set(&self, account: &str, secret: &str) -> Result<(), String> {
        let secret = secret.to_owned();
        self.ask(account, move |entry| entry.set_password(&secret)).map(drop)
    }

    fn remove(&self, account: &str) -> Result<(), String> {
        self.ask(account, keyring::Entry::delete_credential).map(drop)
    }
}

/// Runs `call` in a thread; nothing when it takes longer than `limit` (the thread is then left to itself) or fails.
fn within<T: Send + 'static>(limit: Duration, call: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (out, answer) = mpsc::channel();
    let spawned = std::thread::Builder::new().name("vault".into()).spawn(move || {
        // Nobody waits any more: the answer came too late.
        let _ = out.send(call());
    });
    spawned.ok().and_then(|_| answer.recv_timeout(limit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_store_that_hangs_is_given_up() {
        let since = Instant::now();
        let (hold, held) = mpsc::channel::<()>();
        let answer = within(Duration::from_millis(50), move || held.recv().is_ok());
        assert_eq!(answer, None);
        assert!(since.elapsed() < Duration::from_secs(2));
        drop(hold);
        assert_eq!(within(LIMIT, || 7), Some(7));
    }

    #[test]
    fn the_systems_store_answers_or_says_why_in_time() {
        let since = Instant::now();
        let vault = SystemVault::default();
        match vault.get("https://nowhere.example") {
            Ok(found) => assert_eq!(found, None),
            Err(why) => assert!(why.contains("Secret Service"), "{why}"),
        }
        assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    }
}
