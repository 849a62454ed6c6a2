//! A user of the embedded server: holds it, and sees to it that there is a guardian.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{ChildStdout, Command},
    task::JoinHandle,
};

use super::{
    broken, cannot,
    guardian::Word,
    lock::{Lock, Mode},
    server::{address, open_log, reachable},
    server_folders::ServerFolders,
};
use crate::store::{Address, StoreError};

/// How long another's start or stop may take; the first start makes the data, and a crash has to be recovered from.
const TO_WAIT: Duration = Duration::from_secs(660);
/// How long a guardian that is there may take to bring a server back that was killed.
const TO_RETURN: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The embedded server, held: it stays up until this is dropped or its process ends, however that comes about. If its
/// guardian is killed, another is started by itself.
#[derive(Debug)]
pub struct Running {
    /// How to reach it.
    pub address: Address,
    watch: JoinHandle<()>,
    _hold: Lock,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// Holds the embedded server of an app's data folder, and brings it up if it is down. `guardian` is the command that
/// calls [`super::guardian`] for the data folder in `VMO_DATA_DIR`, which it is given; it has to run for long. `progress` gets what is done, in
/// words: the first start takes seconds.
///
/// # Errors
/// [`StoreError::OtherMajor`], [`StoreError::Embedded`].
pub async fn start(
    app: &Path,
    guardian: &[OsString],
    progress: impl Fn(&str),
) -> Result<Running, StoreError> {
    let place = ServerFolders::of(app)?;
    // Held first: a guardian that is about to stop the server finishes with that, and a new one does not begin to.
    let hold = Lock::within(TO_WAIT, &place.holders(), Mode::Shared)
        .await
        .map_err(|error| cannot("lock", &place.holders(), &error))?;
    let post = Arc::new(Post {
        app: std::path::absolute(app).map_err(|error| cannot("find", app, &error))?,
        place,
        guardian: guardian.to_vec(),
    });
    let sockets = post.man(&progress).await?;
    Ok(Running {
        address: address(&sockets),
        watch: tokio::spawn(async move { post.keep().await }),
        _hold: hold,
    })
}

/// What is needed to have a guardian.
struct Post {
    app: PathBuf,
    place: ServerFolders,
    guardian: Vec<OsString>,
}

impl Post {
    /// Sees to it that there is a guardian and a server that answers; gives the folder of its socket file.
    async fn man(&self, progress: &impl Fn(&str)) -> Result<PathBuf, StoreError> {
        let start = match self.lock_start() {
            Ok(Some(lock)) => lock,
            Ok(None) => {
                progress("waiting for PostgreSQL, which somebody else is starting");
                let waited = Lock::within(TO_WAIT, &self.place.start(), Mode::Alone).await;
                waited.map_err(|error| cannot("lock", &self.place.start(), &error))?
            }
            Err(error) => return Err(cannot("lock", &self.place.start(), &error)),
        };
        if !self.has_guardian() {
            return self.employ(start, progress).await;
        }
        // It brings back by itself what was killed a moment ago.
        let back = async {
            loop {
                if let Some(sockets) = reachable(&self.place).await {
                    return Some(sockets);
                }
                if !self.has_guardian() {
                    return None;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        match tokio::time::timeout(TO_RETURN, back).await {
            Ok(Some(sockets)) => Ok(sockets),
            Ok(None) => self.employ(start, progress).await,
            Err(_) => Err(broken(format!(
                "it does not come back; see {}",
                self.place.log().display()
            ))),
        }
    }

    fn lock_start(&self) -> io::Result<Option<Lock>> {
        Lock::now(&self.place.start(), Mode::Alone)
    }

    fn has_guardian(&self) -> bool {
        matches!(Lock::now(&self.place.guardian(), Mode::Shared), Ok(None))
    }

    /// Starts a guardian, which gets the start lock, and waits until its server is ready.
    async fn employ(&self, start: Lock, progress: &impl Fn(&str)) -> Result<PathBuf, StoreError> {
        let (program, args) = self
            .guardian
            .split_first()
            .ok_or_else(|| broken("there is no command to start its guardian"))?;
        let fails = |error: io::Error| broken(format!("cannot run {}: {error}", program.display()));
        let log = open_log(&self.place.log())
            .map_err(|error| cannot("write", &self.place.log(), &error))?;
        let mut child = Command::new(program)
            .args(args)
            .env("VMO_DATA_DIR", &self.app)
            // One that a job's command starts is no part of the job.
            .env_remove("VMO_JOB")
            .stdin(Stdio::from(start.into_file()))
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log))
            .spawn()
            .map_err(fails)?;
        // It is not waited for: the runtime buries it when it ends.
        let out = child
            .stdout
            .take()
            .ok_or_else(|| broken("its guardian has no output"))?;
        self.listen(out, progress).await
    }

    /// Listens to a guardian until its server is ready.
    async fn listen(
        &self,
        out: ChildStdout,
        progress: &impl Fn(&str),
    ) -> Result<PathBuf, StoreError> {
        let mut lines = BufReader::new(out).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            match serde_json::from_str(&line) {
                Ok(Word::Step(step)) => progress(&step),
                Ok(Word::Ready(sockets)) => return Ok(sockets),
                Ok(Word::Failed(why)) => return Err(broken(why)),
                Ok(Word::OtherMajor {
                    folder,
                    found,
                    known,
                }) => {
                    return Err(StoreError::OtherMajor {
                        folder,
                        found,
                        known,
                    });
                }
                Err(_) => tracing::warn!(line, "a guardian said what no guardian says"),
            }
        }
        Err(broken(format!(
            "its guardian ended at once; see {}",
            self.place.log().display()
        )))
    }

    /// Waits for the guardian's death, and has another one.
    async fn keep(&self) {
        let mut pause = Duration::from_millis(100);
        loop {
            // Shared and let go at once: all who wait wake, and the next guardian finds it free.
            if let Ok(lock) = Lock::wait(&self.place.guardian(), Mode::Shared).await {
                drop(lock);
                match self.man(&|_| ()).await {
                    Ok(_) => {
                        pause = Duration::from_millis(100);
                        continue;
                    }
                    Err(error) => tracing::warn!(%error, "the embedded Postgres has no guardian"),
                }
            }
            tokio::time::sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }
}
