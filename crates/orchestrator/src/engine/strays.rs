//! Processes of a job whose supervisor is gone, found by `VMO_JOB` in their environment, and ended.

use std::{fs, time::Duration};

use rustix::process::{Pid, Signal, kill_process};

use crate::job::JobId;

/// How long a stray has to go after SIGTERM before it gets SIGKILL.
const GRACE: Duration = Duration::from_millis(500);

/// Ends every process that carries this job's id, TERM first, then KILL, and names them: `sleep (pid 4711)`.
pub(crate) async fn end(job: JobId) -> Vec<String> {
    let found = find(job);
    signal(&found, Signal::TERM);
    if !found.is_empty() {
        tokio::time::sleep(GRACE).await;
        signal(&find(job), Signal::KILL);
    }
    found
        .into_iter()
        .map(|(pid, name)| format!("{name} (pid {pid})"))
        .collect()
}

fn signal(processes: &[(i32, String)], signal: Signal) {
    for (pid, name) in processes {
        if let Some(pid) = Pid::from_raw(*pid)
            && let Err(error) = kill_process(pid, signal)
        {
            tracing::debug!(?pid, name, %error, "a stray could not be signalled");
        }
    }
}

/// Linux alone: elsewhere another process's environment cannot be read, and nothing is found.
fn find(job: JobId) -> Vec<(i32, String)> {
    let mark = format!("VMO_JOB={job}");
    let carries = |pid: i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
        environment
            .split(|byte| *byte == 0)
            .any(|one| one == mark.as_bytes())
            .then(|| {
                let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
                (pid, name.trim().to_owned())
            })
    };
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(carries)
        .collect()
}
