//! What a job asks of a person, and the answer.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::job::JobId;

/// A question of a job that waits for a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Prompt {
    /// Its id.
    pub id: Uuid,
    /// The job that waits.
    pub job: JobId,
    /// The host.
    pub host: String,
    /// The question.
    pub question: Question,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
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
    /// A passphrase, a password, or one line of a login dialog.
    Secret {
        /// The words to ask with.
        label: String,
        /// Whether what is typed may be seen.
        echo: bool,
    },
    /// The password that `sudo` on the host wants.
    Sudo {
        /// Whose: the name by which we are logged in there; empty if the user's own `ssh` knows it.
        user: String,
        /// On how many other hosts of the batch the same password may be needed: they get it once it is right here.
        others: u32,
    },
    /// To touch a security key. It needs no answer: it is withdrawn once that was done, or not done in time.
    Touch {
        /// The name of the key.
        key: String,
    },
}

/// The answer to a prompt.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Answer {
    /// Yes: the host key is right.
    Accept,
    /// No: no secret is sent, the job does not start.
    Refuse,
    /// A secret, or one answer of several.
    Text {
        /// The secret or answer.
        text: String,
    },
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Accept => "Accept",
            Self::Refuse => "Refuse",
            Self::Text { .. } => "Text(…)",
        })
    }
}
