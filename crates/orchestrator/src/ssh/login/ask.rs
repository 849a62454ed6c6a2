//! What a login may ask of a person, and for how long it may take.

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// For the key exchange, and again for the login; what a person is asked does not count.
pub(in crate::ssh) const LIMIT: Duration = Duration::from_secs(20);

/// What only a person knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// Whether an unknown host key is the right one.
    HostKey {
        /// `SHA256:…`.
        fingerprint: String,
        /// As `ssh-ed25519`.
        key_type: String,
        /// The address it was shown by.
        address: String,
    },
    /// The password that `sudo` on the host asks for.
    Sudo {
        /// Whose it is: the name by which we are logged in.
        user: String,
    },
    /// A passphrase, a password, or one line of a login dialog.
    Secret {
        /// The words to ask with, as they may be shown; each line begins with who asks, as `(root@web-1)`.
        label: String,
        /// Whether what is typed may be seen.
        echo: bool,
    },
}

/// What a person says to a [`Question`].
#[derive(Debug, Clone)]
pub enum Answer {
    /// Yes, the key is right.
    Accept,
    /// No, or no person is there to answer.
    Refuse,
    /// The secret.
    Text(SecretString),
}

/// What a person has to do somewhere else than here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// To touch this key.
    Touch(String),
    /// Nothing any more.
    Done,
}

/// Somebody to ask. It blocks until there is an answer, and answers [`Answer::Refuse`] when the job is canceled.
pub trait Ask: Send + Sync {
    /// Asks, for the host of this name.
    fn ask(&self, host: &str, question: Question) -> Answer;

    /// Says what is waited for, and does not wait.
    fn hint(&self, host: &str, hint: Hint) {
        tracing::info!(host, ?hint, "a login waits for a person");
    }
}

impl<T: Ask + ?Sized> Ask for Arc<T> {
    fn ask(&self, host: &str, question: Question) -> Answer {
        (**self).ask(host, question)
    }

    fn hint(&self, host: &str, hint: Hint) {
        (**self).hint(host, hint);
    }
}
