//! How the store fails, and which of it heals by itself. It knows SQLSTATE codes, not the statements.

use std::{borrow::Cow, io};

use crate::job::JobId;

/// The text for a person about a pooler that was recognised only when it was in use.
const SHARED_LATER: &str = "a connection pooler there gives each session to several programs in turn; name a pool \
     with pool_mode = session and server_reset_query = DISCARD ALL, or Postgres itself";

/// Why the store could not do what it was asked. Messages fit after "failed to …"; `at` is an address without its password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address cannot be used as it is written.
    #[error("read the database address: {why}")]
    BadAddress {
        /// What is wrong with it, without the password.
        why: String,
    },
    /// No server answers there, or it stopped answering.
    #[error("reach Postgres at {at}: {why}")]
    Unreachable {
        /// The address.
        at: String,
        /// What was seen, and what to try.
        why: String,
    },
    /// The server is there and cannot serve just now.
    #[error("use Postgres at {at} just now: {why}")]
    Interrupted {
        /// The address.
        at: String,
        /// Which kind.
        kind: Interruption,
        /// The server's words.
        why: String,
    },
    /// The server does not let this role in. Asking for a password may help.
    #[error("log in to Postgres at {at}: {why}")]
    AuthFailed {
        /// The address.
        at: String,
        /// The server's words, and what to try.
        why: String,
    },
    /// The server answers and must not be used as it is: a stranger's tables, too old, no such database, no right.
    #[error("use Postgres at {at}: {why}")]
    Refused {
        /// The address.
        at: String,
        /// Why, and what to try.
        why: String,
    },
    /// A newer app has changed the tables; this one does not write to them.
    #[error(
        "use Postgres at {at}: its tables have version {found} and this app knows {known}; \
         update the app, or choose another database or schema"
    )]
    TooNew {
        /// The address.
        at: String,
        /// The version of the tables.
        found: i64,
        /// The newest version this app knows.
        known: i64,
    },
    /// The embedded server's data was written by another major version of Postgres. It is left as it is.
    #[error(
        "start the embedded Postgres: {folder} holds data of Postgres {found} and the one found here is {known}; \
         nothing was changed; install Postgres {found}, or set VMO_POSTGRES to a folder with it \
         (`vmo export --all -o FILE` then takes the history along, for `vmo import FILE` in a new one), \
         or move that folder away to begin a new one"
    )]
    OtherMajor {
        /// The data folder.
        folder: String,
        /// The major version that wrote it.
        found: String,
        /// The major version of the programs found.
        known: String,
    },
    /// The embedded server could not be brought up.
    #[error("start the embedded Postgres: {why}")]
    Embedded {
        /// What happened, where, and what to try.
        why: String,
    },
    /// There is no such job in this database (any more).
    #[error("find job {job} in Postgres")]
    Gone {
        /// The job.
        job: JobId,
    },
    /// The archive ends before what was to be added begins: read the [`mark`](super::Store::mark) and go on from there.
    /// A server that crashed may have lost what was archived last and not yet made durable.
    #[error("go on archiving job {job}: the archive ends at chunk {archived}, not at {offered}")]
    Behind {
        /// The job.
        job: JobId,
        /// The next chunk the archive lacks.
        archived: u64,
        /// The first chunk that was offered, or the log's end as it was given.
        offered: u64,
    },
    /// What was to be written breaks a rule of its type; it was not written.
    #[error("write job {job}: {why}")]
    Unfit {
        /// The job.
        job: JobId,
        /// The rule.
        why: String,
    },
    /// A row says something that cannot be.
    #[error("read job {job} from Postgres: {why}")]
    Corrupt {
        /// The job.
        job: JobId,
        /// What was found.
        why: String,
    },
    /// Any other error of the server or the connection.
    #[error("ask Postgres at {at}: {source}")]
    Other {
        /// The address.
        at: String,
        /// The message.
        source: sqlx::Error,
    },
}

/// The server took what was written to this table and has not kept it.
#[derive(Debug, thiserror::Error)]
#[error(
    "its table {0} does not keep what is written; look for a trigger, a rule or a policy of row security on it"
)]
struct Unkept(&'static str);

/// The error of a transaction after which rows of this table are missing that the server reported as written.
pub(super) fn unkept(table: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(Unkept(table)))
}

/// Why a server that is there cannot serve just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// It stops, starts, or ended our session: class 57.
    Restarting,
    /// It has no connection left: 53300.
    Full,
    /// It only reads: a standby, or an administrator's wish: 25006.
    ReadOnly,
    /// Its disk or memory ran out, or it could not write: classes 53 and 58.
    NoSpace,
    /// Another transaction was in the way: classes 40 and 55.
    Contended,
}

impl StoreError {
    /// Whether the same may succeed later without a person's help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Interrupted { .. })
    }

    /// Whether the server, and not what it was asked, is what is wrong: the same may be asked again when that has changed, be
    /// it by itself or because a person let us in, gave us a right or made room.
    #[must_use]
    pub const fn is_of_the_server(&self) -> bool {
        match self {
            Self::BadAddress { .. }
            | Self::Unreachable { .. }
            | Self::Interrupted { .. }
            | Self::AuthFailed { .. }
            | Self::Refused { .. }
            | Self::TooNew { .. }
            | Self::OtherMajor { .. }
            | Self::Embedded { .. } => true,
            Self::Gone { .. }
            | Self::Behind { .. }
            | Self::Unfit { .. }
            | Self::Corrupt { .. }
            | Self::Other { .. } => false,
        }
    }

    /// Why, without what was tried: the server's words, or all there is to say.
    #[must_use]
    pub fn reason(&self) -> Cow<'_, str> {
        match self {
            Self::Unreachable { why, .. }
            | Self::Interrupted { why, .. }
            | Self::AuthFailed { why, .. }
            | Self::Refused { why, .. }
            | Self::Embedded { why }
            | Self::Corrupt { why, .. } => why.into(),
            other => other.to_string().into(),
        }
    }

    /// Sorts an error of the driver.
    pub(super) fn of(at: &str, error: sqlx::Error) -> Self {
        let at = at.to_owned();
        match error {
            sqlx::Error::Database(error) => Self::reported(at, error),
            // A failed TLS handshake comes as this kind; trying again would not help.
            sqlx::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                Self::untrusted(at, &error.to_string())
            }
            sqlx::Error::Io(error) => Self::Unreachable {
                why: lost(&error),
                at,
            },
            sqlx::Error::PoolTimedOut => Self::Unreachable {
                at,
                why: "it opened no connection within 5 s".to_owned(),
            },
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Unreachable {
                at,
                why: "the connection was closed".to_owned(),
            },
            // What ended or disturbed one connection may leave the next one alone.
            sqlx::Error::Protocol(why) => Self::Unreachable {
                at,
                why: disturbed(&why),
            },
            sqlx::Error::Tls(error) => Self::untrusted(at, &error.to_string()),
            sqlx::Error::Decode(error) if error.is::<Unkept>() => Self::Refused {
                at,
                why: error.to_string(),
            },
            sqlx::Error::Configuration(error) => Self::BadAddress {
                why: error.to_string(),
            },
            source => Self::Other { at, source },
        }
    }

    fn untrusted(at: String, why: &str) -> Self {
        Self::Refused {
            at,
            why: format!(
                "{why}; a server that is not on this machine needs TLS with a certificate this machine trusts, \
                 or an address that accepts less: sslrootcert=FILE, sslmode=require or sslmode=disable in it"
            ),
        }
    }

    fn reported(at: String, error: Box<dyn sqlx::error::DatabaseError>) -> Self {
        let code = error.code().unwrap_or_default().into_owned();
        let why = error.message().to_owned();
        let kind = match code.as_str() {
            "28P01" | "28000" => {
                return Self::AuthFailed {
                    at,
                    why: format!(
                        "{why}; look at the user and password in the address, or at the server's pg_hba.conf"
                    ),
                };
            }
            "3D000" => {
                return Self::Refused {
                    at,
                    why: format!("{why}; create it first, with createdb"),
                };
            }
            "42501" => return Self::Refused { at, why },
            // No statement of ours makes buckets but the one that fails so if rows of it are missing.
            "2201G" => {
                let why = Unkept("job_logs").to_string();
                return Self::Refused { at, why };
            }
            // A statement that we prepared is not in our session, or another's is: it is not ours alone.
            "26000" | "42P05" => {
                let why = format!("{why}; {SHARED_LATER}");
                return Self::Refused { at, why };
            }
            "53300" => Interruption::Full,
            "25006" => Interruption::ReadOnly,
            _ => match code.get(..2) {
                // A connection that broke while the server was speaking to us.
                Some("08") => return Self::Unreachable { at, why },
                Some("57") => Interruption::Restarting,
                Some("53" | "58") => Interruption::NoSpace,
                Some("40" | "55") => Interruption::Contended,
                _ => {
                    let source = sqlx::Error::Database(error);
                    return Self::Other { at, source };
                }
            },
        };
        Self::Interrupted { at, kind, why }
    }
}

/// What came in place of a server's answer, in words.
fn disturbed(why: &str) -> String {
    // The driver takes the end of a connection for a byte.
    if why.ends_with("SSLRequest: 0x00") {
        return "the connection was ended when it was asked for TLS".to_owned();
    }
    format!(
        "not as Postgres answers ({why}); is another server at that address, or something between?"
    )
}

/// A connection's own failure, in words.
fn lost(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused; is the server running?".to_owned(),
        io::ErrorKind::NotFound => {
            "no socket there; is the server running, and is this its socket folder?".to_owned()
        }
        io::ErrorKind::TimedOut => "no answer in time".to_owned(),
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe => "the connection was lost".to_owned(),
        _ => error.to_string(),
    }
}
