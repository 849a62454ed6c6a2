//! Fresh folders of one user, and our programs in them. All goes when it is dropped.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use orchestrator::store::embedded;
use rustix::process::{Pid, Signal, kill_process};

use crate::Outcome;

/// Nothing takes this long, but a busy machine may make it seem so.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Home {
    folder: tempfile::TempDir,
    programs: PathBuf,
    /// A Postgres to keep history in; none for our own.
    database_url: Option<String>,
    /// What else our programs are told.
    environment: &'static [(&'static str, &'static str)],
}

/// Where a socket is, and what opens it.
#[derive(Clone, serde::Deserialize)]
pub(crate) struct Door {
    pub(crate) port: u16,
    pub(crate) token: String,
    pub(crate) origin: String,
}

impl Home {
    /// Folders for the programs that lie in one.
    pub(crate) fn new(programs: &Path, database_url: Option<String>) -> Outcome<Self> {
        Self::with(programs, database_url, &[])
    }

    /// The same for programs that are told something else.
    pub(crate) fn with(
        programs: &Path,
        database_url: Option<String>,
        environment: &'static [(&'static str, &'static str)],
    ) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("work"))?;
        Ok(Self {
            folder,
            programs: programs.to_owned(),
            database_url,
            environment,
        })
    }

    /// Where the targets run.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of ours, which finds these folders alone.
    pub(crate) fn program(&self, name: &str) -> Command {
        let path = |name: &str| self.folder.path().join(name);
        let mut command = Command::new(self.programs.join(name));
        command
            .env("VMO_DATA_DIR", path("data"))
            .env("VMO_CONFIG_DIR", path("config"))
            .env("VMO_SSH_CONFIG", path("ssh_config"))
            .env("MKCLI_REGISTRY", path("registry"))
            .env("HOME", path("work"))
            .env("VMO_POSTGRES_LINGER_MS", "100")
            .env_remove("DATABASE_URL")
            .env_remove("VMO_DATABASE_URL")
            .envs(self.environment.iter().copied())
            .stdin(Stdio::null());
        if let Some(url) = &self.database_url {
            command.env("VMO_DATABASE_URL", url);
        }
        command
    }

    /// Starts serving; on return the socket can be connected to.
    pub(crate) fn serve(&self) -> Outcome<(Child, Door)> {
        let mut serving = self
            .program("vmo")
            .args(["serve", "--json"])
            .stdout(Stdio::piped())
            .spawn()?;
        let line = first_line(&mut serving)?;
        Ok((serving, serde_json::from_str(&line)?))
    }

    /// The address of the Postgres, while somebody serves.
    pub(crate) fn uri(&self) -> Outcome<String> {
        if let Some(url) = &self.database_url {
            return Ok(url.clone());
        }
        let mut asking = self
            .program("vmo")
            .arg("db")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let uri = first_line(&mut asking);
        // It holds the server up until it is ended; whoever serves does so too. If we are a script's background, it
        // ignores an interruption.
        kill_process(Pid::from_child(&asking), Signal::TERM)?;
        asking.wait()?;
        uri
    }

    /// Our own Postgres, while it runs.
    pub(crate) fn postmaster(&self) -> Option<i32> {
        let note = embedded::data_folder(&self.data())
            .ok()?
            .join("postmaster.pid");
        fs::read_to_string(note).ok()?.lines().next()?.parse().ok()
    }

    /// Ends what serves as Ctrl-C does, and waits until our own Postgres is gone too.
    pub(crate) fn end(&self, serving: &mut Child) -> Outcome<()> {
        if serving.try_wait()?.is_none() {
            kill_process(Pid::from_child(serving), Signal::TERM)?;
            serving.wait()?;
        }
        let begun = Instant::now();
        while self.postmaster().is_some() {
            if begun.elapsed() > PATIENCE {
                return Err("Postgres stays".into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // Root's data is elsewhere, in a folder that is this app's alone.
        if let Ok(data) = embedded::data_folder(&self.data())
            && let Some(folder) = data.parent()
            && !folder.starts_with(self.folder.path())
        {
            drop(fs::remove_dir_all(folder));
        }
    }
}

fn first_line(child: &mut Child) -> Outcome<String> {
    let output = child.stdout.take().ok_or("its output is read already")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    if line.is_empty() {
        return Err("it said nothing and ended".into());
    }
    Ok(line.trim_end().to_owned())
}
