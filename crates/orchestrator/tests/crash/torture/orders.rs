//! What a tracer is to do, and what it saw.

use std::{collections::BTreeMap, env, path::PathBuf, process::Command};

use serde::{Deserialize, Serialize};

/// The variable that has the orders.
pub(super) const ORDERS: &str = "VMO_TRACER";

/// What is to be done.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Orders {
    /// The program's role, the call with what it is on, which of them from 1, and the fault's name; none to count alone.
    pub(crate) fault: Option<(String, String, u32, String)>,
    /// The file for the [`Report`].
    pub(crate) report: PathBuf,
    /// The disk whose power is cut.
    pub(crate) disk: Option<PathBuf>,
    /// Where that disk is seen, so that only changes there count.
    pub(crate) places: Vec<PathBuf>,
    /// When all that still runs is ended, in milliseconds.
    pub(crate) deadline_ms: u64,
}

/// What one run did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// How often each role made each call.
    pub(crate) calls: BTreeMap<String, u32>,
    /// The call that was hit, and what on.
    pub(crate) hit: Option<String>,
    /// Words of a panic, and signals that ended one of ours.
    pub(crate) bad_ends: Vec<String>,
    /// Who still ran at the deadline.
    pub(crate) hung: Vec<String>,
}

/// The same command, traced.
pub(crate) fn traced(command: &Command, orders: &Orders) -> Command {
    let mut traced = Command::new("/bin/sh");
    // What a test binary prints of itself goes nowhere.
    let script = "exec 3>&1 4>&2 >/dev/null 2>&1; exec \"$0\" torture::tracer::is_run_by_tests --exact --ignored --nocapture";
    traced.args(["-c", script]).arg(env::current_exe().unwrap());
    let line: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .collect();
    let line: Vec<_> = line.iter().map(|word| word.to_str().unwrap()).collect();
    crate::home::same_variables(command, &mut traced);
    traced.env(ORDERS, serde_json::to_string(&(orders, line)).unwrap());
    traced.current_dir(command.get_current_dir().unwrap());
    traced
}
