//! What a person can set.

use serde::{Deserialize, Serialize};

use super::launch::WhenBusy;

/// What a person can set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Settings {
    /// A Postgres to keep history in; none means our own private one. `VMO_DATABASE_URL` goes before it.
    pub database_url: Option<String>,
    /// The schema of our tables in a configured Postgres; none means the role's own first one.
    pub database_schema: Option<String>,
    /// How many jobs may run at once here; 0 means 128.
    pub max_jobs: u32,
    /// Free mebibytes of the disk with the data folder below which jobs wait; none means 256. `VMO_DISK_FLOOR`, in bytes, goes
    /// before it.
    pub disk_floor: Option<u32>,
    /// What becomes of a job that is exclusive and runs already.
    pub when_busy: WhenBusy,
    /// Whether a project has to be trusted anew when its makefiles have changed.
    pub trust_again: bool,
    /// The program that opens a terminal; none means the first one found.
    pub terminal: Option<String>,
    /// The command that opens an editor, with `{file}`, `{line}` and `{column}` in it; none means the first one found.
    pub editor: Option<String>,
    /// Regular expressions; a line of a log in which one is found tells of an error. Case does not matter.
    pub error_rules: Vec<String>,
}
