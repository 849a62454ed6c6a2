//! After a job's end: an engine archives it, or the archiver is started.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use supervisor::folder::Folder;

/// How long an engine has to claim the job before the archiver is started.
const LINGER: Duration = Duration::from_secs(2);
/// Between two looks at that.
const AGAIN: Duration = Duration::from_millis(100);

/// Leaves a job whose end is on the disk to the engine that claims it, or to the archiver if none does.
pub(super) async fn leave(folder: &Folder, archiver: &[String]) {
    let Some((program, args)) = archiver.split_first() else {
        return;
    };
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < LINGER {
        if folder.is_claimed().unwrap_or(true) {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
    let Some(job) = folder.path().file_name() else {
        return;
    };
    let mut command = Command::new(program);
    command.args(args).arg(job);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = tokio::process::Command::from(command)
        .process_group(0)
        .spawn();
    match started {
        Ok(mut archiver) => {
            // Reaped as long as this process lives.
            tokio::spawn(async move { archiver.wait().await });
        }
        Err(error) => tracing::error!(%error, program, "the archiver could not be started"),
    }
}
