//! How many files this process may have open: more than it was started with, because each job takes some. What a job
//! runs gets the limit we were started with, as if it had been started by hand. It imports no module of ours.

use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Enough for thousands of jobs. There are programs that look at every number below the limit.
const ENOUGH: u64 = 65_536;
/// What a system takes whose hard limit is none and that has one all the same, as macOS.
const AT_LEAST: u64 = 10_240;

static FOUND: OnceLock<Option<u64>> = OnceLock::new();

/// Raises the soft limit to the hard one; before anything is started. That it cannot be raised costs jobs at once.
pub fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    FOUND.get_or_init(|| limit.current);
    let hard = limit.maximum.unwrap_or(ENOUGH).min(ENOUGH);
    for wanted in [hard, AT_LEAST] {
        let raised = Rlimit {
            current: Some(wanted),
            ..limit
        };
        if limit.current.is_none_or(|current| current >= wanted)
            || setrlimit(Resource::Nofile, raised).is_ok()
        {
            return;
        }
    }
    tracing::warn!("the limit of open files could not be raised");
}

/// The soft limit now; none if there is no limit.
#[must_use]
pub fn open_files() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// The soft limit that what a job runs should have: the one we were started with.
#[must_use]
pub fn open_files_of_jobs() -> Option<u64> {
    FOUND.get().copied().unwrap_or_else(open_files)
}
