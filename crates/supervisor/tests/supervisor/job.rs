//! A job under a real supervisor, with this test in the engine's place.

use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use serde::Serialize;
use supervisor::{
    control::{self, Decoder, Frame, ToEngine, ToSupervisor},
    exec::{Exec, FORMAT, Grace},
    exit::ExitRecord,
    folder::{EXIT, Folder, JOB, Lock, SUPERVISOR, Supervisor},
    spool::{Position, Reader, Stream},
};

/// Nothing here takes this long, but a busy machine may make it seem so.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A program as the tests start it: no archiver, short graces.
pub(crate) fn exec(program: &str, args: &[&str]) -> Exec {
    Exec {
        timeout_ms: None,
        secrets: Vec::new(),
        open_files: None,
        format: FORMAT,
        program: program.to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        cwd: "/".into(),
        pty: None,
        graces: [("INT", 100), ("TERM", 100), ("KILL", 1000)]
            .map(|(signal, wait_ms)| Grace {
                signal: signal.to_owned(),
                wait_ms,
            })
            .into(),
        archiver: Vec::new(),
        archiver_env: Vec::new(),
        archiver_env_bytes: Vec::new(),
    }
}

/// A shell script as a job.
pub(crate) fn sh(script: &str) -> Exec {
    exec("sh", &["-c", script])
}

/// The supervisor's program, for a folder.
pub(crate) fn supervisor(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmo-supervisor"));
    // However full the tester's disk is.
    command.arg(folder).env("VMO_DISK_FLOOR", "0");
    command
}

/// A job's folder with its `job.json`, in a folder that goes with the test.
pub(crate) fn folder(exec: &Exec) -> (tempfile::TempDir, Folder) {
    let scratch = tempfile::tempdir().unwrap();
    let folder = Folder::create(scratch.path().join("0198-job")).unwrap();
    describe(&folder, exec);
    (scratch, folder)
}

/// Writes down what to run, as far as a supervisor reads it.
pub(crate) fn describe(folder: &Folder, exec: &impl Serialize) {
    let job = serde_json::json!({ "job": { "id": "…" }, "exec": exec });
    folder.write_json(JOB, &job).unwrap();
}

/// A running job.
pub(crate) struct Job {
    scratch: tempfile::TempDir,
    pub(crate) folder: Folder,
    pub(crate) supervisor: Child,
    pub(crate) listener: Listener,
    /// As an engine has it. Without it a supervisor waits for one to come by.
    _claim: Lock,
}

impl Job {
    /// Starts a job and listens to it.
    pub(crate) fn start(exec: &Exec) -> Self {
        Self::start_in(exec, |_, _| {})
    }

    /// The same, in a scratch folder and with a command that were looked after before.
    pub(crate) fn start_in(exec: &Exec, prepare: impl FnOnce(&Path, &mut Command)) -> Self {
        let (scratch, folder) = folder(exec);
        let claim = folder.lock_blocking().unwrap();
        let mut command = supervisor(folder.path());
        prepare(scratch.path(), &mut command);
        let socket = control::bind(folder.path()).unwrap();
        let listener = Listener::to(&folder);
        let supervisor = command.stdin(OwnedFd::from(socket)).spawn().unwrap();
        Self {
            scratch,
            folder,
            supervisor,
            listener,
            _claim: claim,
        }
    }

    /// A script with the scratch folder in `$HERE`.
    pub(crate) fn start_here(script: &str) -> Self {
        Self::start_in(
            &sh(&format!("cd \"$HERE\"; {script}")),
            |scratch, command| {
                command.env("HERE", scratch);
            },
        )
    }

    /// A path in the scratch folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// Waits for the end and for the supervisor to leave; the exit, which the socket and the file agree on.
    pub(crate) fn end(&mut self) -> ExitRecord {
        let reported = self.listener.complete();
        let written: ExitRecord = self.folder.read_json(EXIT).unwrap().unwrap();
        assert_eq!(reported, written);
        assert_eq!(
            supervisor::spool::end(self.folder.path()).unwrap().offset,
            written.spool_end
        );
        self.left();
        written
    }

    /// Waits for the supervisor to leave.
    pub(crate) fn left(&mut self) {
        let status = patiently(|| self.supervisor.try_wait().unwrap());
        assert!(status.success(), "{status}");
        assert_eq!(self.complaints(), "");
    }

    pub(crate) fn complaints(&self) -> String {
        let log = self
            .folder
            .read_file(supervisor::folder::COMPLAINTS)
            .unwrap();
        String::from_utf8(log.unwrap_or_default()).unwrap()
    }

    /// What the child has written so far.
    pub(crate) fn log(&self) -> Vec<(Stream, Vec<u8>)> {
        log(&self.folder)
    }

    /// What the child has written to one stream so far.
    pub(crate) fn bytes(&self, stream: Stream) -> Vec<u8> {
        let of_stream = self.log().into_iter().filter(|(of, _)| *of == stream);
        of_stream.flat_map(|(_, bytes)| bytes).collect()
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.bytes(Stream::Stdout)).unwrap()
    }

    /// Waits until the child has written this to its standard output.
    pub(crate) fn stdout_has(&mut self, text: &str) {
        while !self.stdout().contains(text) {
            self.listener.next().expect("the supervisor is there");
        }
    }

    pub(crate) fn who(&self) -> Supervisor {
        patiently(|| self.folder.read_json(SUPERVISOR).unwrap())
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if matches!(self.supervisor.try_wait(), Ok(None)) {
            self.listener.say(&ToSupervisor::Cancel { force: true });
            let patience = Instant::now() + Duration::from_secs(5);
            while matches!(self.supervisor.try_wait(), Ok(None)) && Instant::now() < patience {
                thread::sleep(Duration::from_millis(10));
            }
            self.supervisor.kill().ok();
            self.supervisor.wait().ok();
        }
    }
}

/// Everything in a folder's spool.
pub(crate) fn log(folder: &Folder) -> Vec<(Stream, Vec<u8>)> {
    let mut reader = match Reader::open(folder.path(), Position::default()) {
        Ok(reader) => reader,
        // The supervisor has not come so far.
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => panic!("{error}"),
    };
    let mut log = Vec::new();
    while let Some(block) = reader.read(u64::MAX, 1 << 20).unwrap() {
        let parts = block.records.iter().map(|record| {
            let bytes = block.bytes[record.payload.clone()].to_vec();
            (record.stream, bytes)
        });
        log.extend(parts);
    }
    log
}

/// A connection to a supervisor.
pub(crate) struct Listener {
    stream: UnixStream,
    decoder: Decoder<ToEngine>,
    /// The latest exit that was told.
    pub(crate) exit: Option<ExitRecord>,
}

impl Listener {
    pub(crate) fn to(folder: &Folder) -> Self {
        Self::try_to(folder).unwrap()
    }

    /// None if no supervisor answers at the socket yet.
    pub(crate) fn try_to(folder: &Folder) -> Option<Self> {
        let stream = control::connect(folder.path()).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Some(Self {
            stream,
            decoder: Decoder::new(),
            exit: None,
        })
    }

    pub(crate) fn another_end(&self) -> UnixStream {
        self.stream.try_clone().unwrap()
    }

    /// Sends an order. That nobody takes it any more is no mistake of the test.
    pub(crate) fn say(&mut self, order: &ToSupervisor) {
        let mut bytes = Vec::new();
        order.encode(&mut bytes);
        self.stream.write_all(&bytes).ok();
    }

    /// The next thing told; None when the supervisor has left.
    pub(crate) fn next(&mut self) -> Option<ToEngine> {
        loop {
            if let Some(message) = self.decoder.next().unwrap() {
                if let ToEngine::Exit(exit) = &message {
                    self.exit = Some(exit.clone());
                }
                return Some(message);
            }
            let mut bytes = [0; 4096];
            let n = self
                .stream
                .read(&mut bytes)
                .expect("the supervisor says something in time");
            if n == 0 {
                return None;
            }
            self.decoder.push(&bytes[..n]);
        }
    }

    /// Waits for something to be told.
    pub(crate) fn until<T>(&mut self, mut wanted: impl FnMut(&ToEngine) -> Option<T>) -> T {
        loop {
            let message = self.next().expect("the supervisor is still there");
            if let Some(found) = wanted(&message) {
                return found;
            }
        }
    }

    /// Waits for the next exit told.
    pub(crate) fn exit(&mut self) -> ExitRecord {
        self.until(|message| match message {
            ToEngine::Exit(exit) => Some(exit.clone()),
            _ => None,
        })
    }

    /// Waits for the end; the last exit told before it.
    pub(crate) fn complete(&mut self) -> ExitRecord {
        self.until(|message| matches!(message, ToEngine::Complete).then_some(()));
        self.exit.clone().expect("an exit is told before the end")
    }
}

/// Asks again and again for what no event tells of.
pub(crate) fn patiently<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let patience = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < patience, "it takes too long");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process runs, other than to be reaped.
pub(crate) fn runs(pid: i32) -> bool {
    let Ok(stat) = std::fs::read(format!("/proc/{pid}/stat")) else {
        return false;
    };
    supervisor::stat::Stat::parse(&stat).is_some_and(|stat| !stat.has_ended())
}

/// Ends a process a test has started, or a job's child.
pub(crate) fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok();
}

/// A named pipe a script waits at until the test opens it here.
pub(crate) fn release(fifo: &Path) {
    patiently(|| fifo.exists().then_some(()));
    File::options()
        .write(true)
        .open(fifo)
        .unwrap()
        .write_all(b"go\n")
        .unwrap();
}
