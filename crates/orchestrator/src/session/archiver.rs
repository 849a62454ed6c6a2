//! After a job's end: an engine archives it, or the archiver is started.

use std::time::Duration;

use supervisor::folder::Folder;
use tokio::task::spawn_blocking;

use crate::confined;

/// How long an engine has to claim the job before the archiver is started.
const LINGER: Duration = Duration::from_secs(2);
/// Between two looks at that.
const AGAIN: Duration = Duration::from_millis(100);

/// Leaves a job whose end is on the disk to the engine that claims it, or to the archiver if none does.
pub(super) async fn leave(folder: &Folder) {
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < LINGER {
        if folder.is_claimed().unwrap_or(true) {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
    if let Ok(Err(error)) = spawn_blocking(confined::archive).await {
        tracing::error!(%error, "the archiver could not be started");
    }
}
