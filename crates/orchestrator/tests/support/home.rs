//! A user's folders made for one test, and `vmo` run in them.

#[path = "leavings.rs"]
mod leavings;

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use leavings::Leavings;

/// Gives a program that is to start this command the variables that the command itself would have.
pub(crate) fn same_variables(command: &Command, starter: &mut Command) {
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => starter.env(name, value),
            None => starter.env_remove(name),
        };
    }
}

/// Nothing here takes this long, but a busy machine may make it seem so.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a make that runs the tests leaves in the environment, and what direnv is told where to look by.
const OF_THE_TESTER: [&str; 7] = [
    "MAKEFLAGS",
    "MAKELEVEL",
    "MAKE_TERMERR",
    "MAKE_TERMOUT",
    "MFLAGS",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
];

/// Fresh data and config folders, and a folder to work in. All goes when it is dropped, and nobody may still work in it.
pub(crate) struct Home {
    /// Of our own server, if the history goes to that.
    leavings: Option<Leavings>,
    folder: tempfile::TempDir,
    database_url: Option<String>,
}

impl Home {
    /// Folders whose history goes to this Postgres, or to one of our own.
    pub(crate) fn new(database_url: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("work")).unwrap();
        let app = folder.path().join("data");
        let own = database_url.is_none();
        Self {
            leavings: own.then(|| Leavings::of(folder.path(), &app)),
            folder,
            database_url,
        }
    }

    /// From now on history goes there.
    pub(crate) fn use_database(&mut self, url: String) {
        self.database_url = Some(url);
    }

    /// Where commands are run.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// The SSH config, which is not there unless a test writes it.
    pub(crate) fn ssh_config(&self) -> PathBuf {
        self.folder.path().join("ssh_config")
    }

    /// Writes the makefile of the folder to work in.
    pub(crate) fn makefile(&self, text: &str) {
        fs::write(self.work().join("Makefile"), text).unwrap();
    }

    /// `vmo` with these arguments, in the folder to work in.
    pub(crate) fn vmo(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmo"));
        let path = |name: &str| self.folder.path().join(name);
        command
            .args(args)
            .current_dir(self.work())
            .env("VMO_DATA_DIR", path("data"))
            .env("VMO_CONFIG_DIR", path("config"))
            .env("VMO_SSH_CONFIG", path("ssh_config"))
            .env("MKCLI_REGISTRY", path("registry"))
            .env("HOME", path("work"))
            .env("VMO_POSTGRES_LINGER_MS", "200")
            // However full the tester's disk is.
            .env("VMO_DISK_FLOOR", "0")
            .env_remove("DATABASE_URL")
            .env_remove("VMO_DATABASE_URL")
            .stdin(Stdio::null());
        for name in OF_THE_TESTER {
            command.env_remove(name);
        }
        if let Some(url) = &self.database_url {
            command.env("VMO_DATABASE_URL", url);
        }
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.vmo(args).output().unwrap()
    }

    /// Runs it to its end, which has to be a good one, and gives what it printed.
    pub(crate) fn text(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(
            output.status.success(),
            "vmo {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, read as JSON.
    pub(crate) fn json(&self, args: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.text(args)).unwrap()
    }

    /// What `vmo jobs` lists while Postgres is away: the jobs that are not archived yet. That it is not all is its exit status.
    pub(crate) fn jobs_not_archived(&self) -> serde_json::Value {
        let output = self.run(&["jobs", "--json"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Starts it, to be read from while it runs.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        Self::start_command(self.vmo(args))
    }

    /// Starts a command that was made from one of these.
    pub(crate) fn start_command(mut command: Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { child, lines }
    }

    /// Who was started for these folders and runs: their path is in the environment of all, or in a server's arguments.
    pub(crate) fn left(&self) -> Vec<(Pid, String)> {
        let server = self.leavings.as_ref().map(|leavings| leavings.home());
        let paths = [Some(self.folder.path()), server].into_iter().flatten();
        let paths: Vec<&[u8]> = paths
            .map(|path| path.as_os_str().as_encoded_bytes())
            .collect();
        let holds = |text: &[u8]| {
            let mut paths = paths.iter();
            paths.any(|path| text.windows(path.len()).any(|part| part == *path))
        };
        let entries = fs::read_dir("/proc").unwrap().flatten();
        entries
            .filter_map(|entry| {
                let pid = entry.file_name().to_str()?.parse().ok()?;
                let line = fs::read(entry.path().join("cmdline")).ok()?;
                let ours = holds(&line) || holds(&fs::read(entry.path().join("environ")).ok()?);
                let line = String::from_utf8_lossy(&line).replace('\0', " ");
                (ours && is_alive(pid)).then_some((Pid::from_raw(pid)?, line))
            })
            .collect()
    }

    /// The folders of jobs that are not archived yet; one that was never moved into place is none.
    pub(crate) fn job_folders(&self) -> Vec<PathBuf> {
        let jobs = self.data().join("jobs");
        fs::read_dir(jobs)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with(".new-"))
            .map(|entry| entry.path())
            .collect()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        let begun = Instant::now();
        let mut left = self.left();
        // Supervisors and archivers leave by themselves, a moment after the last command.
        while !left.is_empty() && !failed && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
            left = self.left();
        }
        for (pid, _) in &left {
            kill_process(*pid, Signal::KILL).ok();
        }
        assert!(failed || left.is_empty(), "left running: {left:?}");
    }
}

/// A program that runs. It is killed when this is dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// The next line it prints.
    pub(crate) fn line(&mut self) -> String {
        self.lines.next().expect("it prints one more line").unwrap()
    }

    /// `kill -9`, and its end awaited.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.kill();
        }
    }
}

/// Whether a process of this id runs: a zombie does not.
pub(crate) fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

/// Waits until a condition holds; fails after a minute, naming it.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until a file is there.
pub(crate) fn appears(path: &Path) {
    eventually(&format!("{} appears", path.display()), || path.exists());
}
