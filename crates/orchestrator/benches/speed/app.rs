//! `vmo serve` as a package ships it, on fresh folders that go with it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use orchestrator::{
    store::{Address, Store, embedded},
    wire::Request,
};

use crate::{Outcome, page::Page, printed::Printed};

/// It runs, and its Postgres is ready.
pub(crate) struct App {
    folders: tempfile::TempDir,
    serving: Child,
    pub(crate) door: Door,
    /// Another way into the same Postgres.
    pub(crate) store: Store,
    pub(crate) pool: sqlx::PgPool,
    /// The server of its Postgres.
    pub(crate) postgres: i32,
    /// What the targets of its project print.
    pub(crate) printed: Printed,
}

/// Where its socket is, and what opens it.
#[derive(Clone, serde::Deserialize)]
pub(crate) struct Door {
    pub(crate) port: u16,
    pub(crate) token: String,
    pub(crate) origin: String,
}

impl App {
    /// Starts it with a trusted project named `work`.
    pub(crate) async fn start(programs: &Path) -> Outcome<Self> {
        let folders = tempfile::tempdir()?;
        let work = folders.path().join("work");
        std::fs::create_dir(&work)?;
        let printed = Printed::write_into(&work)?;
        let (serving, door) = serve(programs, folders.path())?;
        let mut page = Page::open(&door).await?;
        page.ready().await?;
        let path = work.display().to_string();
        page.ask(Request::AddProject { path }).await?;
        let name = "work".to_owned();
        page.ask(Request::TrustProject { name }).await?;
        let uri = uri(programs, folders.path())?;
        let address = Address::parse(&uri, None)?;
        Ok(Self {
            store: Store::connect(&address).await?,
            pool: sqlx::PgPool::connect(&uri).await?,
            postgres: postmaster(&folders.path().join("data"))?,
            printed,
            serving,
            door,
            folders,
        })
    }

    pub(crate) async fn page(&self) -> Outcome<Page> {
        Page::open(&self.door).await
    }

    /// The process that serves.
    pub(crate) fn pid(&self) -> i32 {
        self.serving.id().cast_signed()
    }

    /// Where the targets run.
    pub(crate) fn work(&self) -> PathBuf {
        self.folders.path().join("work")
    }

    /// The folders of jobs that are not archived yet.
    pub(crate) fn jobs(&self) -> PathBuf {
        self.folders.path().join("data/jobs")
    }

    /// Ends it as Ctrl-C does.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        end(&mut self.serving)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        drop(end(&mut self.serving));
    }
}

fn end(serving: &mut Child) -> Outcome<()> {
    if serving.try_wait()?.is_none() {
        let pid = rustix::process::Pid::from_child(serving);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        serving.wait()?;
    }
    Ok(())
}

/// `vmo` with folders of its own.
pub(crate) fn vmo(programs: &Path, folders: &Path) -> Command {
    let mut command = Command::new(programs.join("vmo"));
    command
        .env("VMO_DATA_DIR", folders.join("data"))
        .env("VMO_CONFIG_DIR", folders.join("config"))
        .env("VMO_SSH_CONFIG", folders.join("ssh_config"))
        .env("MKCLI_REGISTRY", folders.join("registry"))
        .env("HOME", folders.join("work"))
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null());
    command
}

/// Starts serving; on return the socket can be connected to.
pub(crate) fn serve(programs: &Path, folders: &Path) -> Outcome<(Child, Door)> {
    let mut command = vmo(programs, folders);
    let mut serving = command
        .args(["serve", "--json"])
        .stdout(Stdio::piped())
        .spawn()?;
    let said = first_line(&mut serving)?;
    Ok((serving, serde_json::from_str(&said)?))
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

/// The address of its Postgres, as `vmo db` prints it.
fn uri(programs: &Path, folders: &Path) -> Outcome<String> {
    let mut command = vmo(programs, folders);
    let mut asking = command
        .arg("db")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let uri = first_line(&mut asking);
    // It holds the server up until it is interrupted; we have one that does.
    let pid = rustix::process::Pid::from_child(&asking);
    rustix::process::kill_process(pid, rustix::process::Signal::INT)?;
    asking.wait()?;
    uri
}

fn postmaster(data: &Path) -> Outcome<i32> {
    let note = embedded::data_folder(data)?.join("postmaster.pid");
    let note = std::fs::read_to_string(note)?;
    Ok(note.lines().next().unwrap_or_default().parse()?)
}
