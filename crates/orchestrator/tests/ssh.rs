//! The SSH module against a real sshd, with the system's `ssh` as the oracle.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stopped"
)]

#[path = "ssh/cancel.rs"]
mod cancel;
#[path = "ssh/config.rs"]
mod config;
#[path = "ssh/ends.rs"]
mod ends;
#[path = "ssh/keys.rs"]
mod keys;
#[path = "ssh/login.rs"]
mod login;
#[path = "ssh/output.rs"]
mod output;
#[path = "ssh/own_ssh.rs"]
mod own_ssh;
#[path = "ssh/routes.rs"]
mod routes;
#[path = "ssh/sessions.rs"]
mod sessions;
#[path = "ssh/shells.rs"]
mod shells;
#[path = "support/sshd.rs"]
mod sshd;
#[path = "ssh/tries.rs"]
mod tries;
#[path = "ssh/trust.rs"]
mod trust;

use std::{
    collections::VecDeque,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use orchestrator::{
    job::{Exit, JobId},
    log::Stream,
    ssh::{
        Answer, Ask, Config, Controls, Exec, Handle, Output, Purpose, Question, Remote, RemoteExit,
        Route, Sessions, controls,
    },
};
use sshd::Sshd;
use supervisor::{
    control::{LastSignal, ToSupervisor as Control},
    exec::{Grace, Window},
};

/// Everything a job wrote, and a way to wait for it.
#[derive(Clone, Default)]
struct Log(Arc<(Mutex<Written>, Condvar)>);

#[derive(Debug, Default, Clone)]
struct Written {
    out: Vec<u8>,
    err: Vec<u8>,
    noise: Vec<u8>,
    remote: Option<Remote>,
    /// The signals on its way to its end, each with the one that was to come next.
    signals: Vec<(String, Option<String>)>,
    /// Whether none of it was left after the last.
    signals_over: bool,
}

impl Log {
    fn change(&self, change: impl FnOnce(&mut Written)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    fn wait(&self, what: &str, done: impl Fn(&Written) -> bool) -> Written {
        let (written, timeout) = self
            .0
            .1
            .wait_timeout_while(
                self.0.0.lock().unwrap(),
                Duration::from_secs(30),
                |written| !done(written),
            )
            .unwrap();
        assert!(!timeout.timed_out(), "no {what} within 30 s");
        written.clone()
    }

    fn now(&self) -> Written {
        self.0.0.lock().unwrap().clone()
    }
}

impl Output for Log {
    fn started(&mut self, remote: &Remote) {
        self.change(|written| written.remote = Some(remote.clone()));
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        self.change(|written| match stream {
            Stream::Stdout => written.out.extend_from_slice(bytes),
            Stream::Stderr => written.err.extend_from_slice(bytes),
        });
        Ok(())
    }

    fn sent_signal(&mut self, last: Option<&LastSignal>) {
        let Some(last) = last else {
            return self.change(|written| written.signals_over = true);
        };
        let next = last.next.as_ref().map(|next| next.signal.clone());
        let sent = (last.signal.clone(), next);
        self.change(|written| {
            if written.signals.last() != Some(&sent) {
                written.signals.push(sent);
            }
        });
    }

    fn noise(&mut self, bytes: &[u8]) {
        self.change(|written| written.noise.extend_from_slice(bytes));
    }
}

/// Answers questions one way and keeps them.
struct Person {
    answer: Answer,
    /// What is answered before that.
    first: Mutex<VecDeque<Answer>>,
    questions: Mutex<Vec<Question>>,
}

impl Person {
    fn who(answer: Answer) -> Arc<Self> {
        Arc::new(Self {
            answer,
            first: Mutex::default(),
            questions: Mutex::default(),
        })
    }

    /// Types these words, one a question, and then no more.
    fn who_types(words: &[&str]) -> Arc<Self> {
        let typed = words.iter().map(|word| Answer::Text((*word).into()));
        let person = Self::who(Answer::Refuse);
        person.first.lock().unwrap().extend(typed);
        person
    }
}

impl Ask for Person {
    fn ask(&self, _: &str, question: Question) -> Answer {
        self.questions.lock().unwrap().push(question);
        let first = self.first.lock().unwrap().pop_front();
        first.unwrap_or_else(|| self.answer.clone())
    }
}

fn exec(command: &str) -> Exec {
    Exec {
        sudo: false,
        job: JobId::new(),
        command: command.to_owned(),
        pty: None,
        graces: Grace::usual(),
        in_batch: None,
    }
}

/// Waits for a command on this thread.
fn ended(handle: Handle) -> RemoteExit {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(handle.ended())
}

/// A job that is waited for on a thread of its own.
struct Running {
    log: Log,
    controls: Controls,
    thread: thread::JoinHandle<RemoteExit>,
}

impl Running {
    fn join(self) -> (Written, RemoteExit) {
        let ended = self.thread.join().unwrap();
        (self.log.now(), ended)
    }
}

fn start_as(sessions: &Arc<Sessions>, config: &Path, exec: Exec, ask: &Arc<Person>) -> Running {
    let route = Config::read(config, Path::new("/nonexistent"))
        .resolve_for("box", &Purpose::new(None, &|_| true))
        .unwrap();
    start_on(sessions, &route, exec, ask)
}

fn start_on(sessions: &Arc<Sessions>, route: &Route, exec: Exec, ask: &Arc<Person>) -> Running {
    let (controls, orders) = controls().unwrap();
    let log = Log::default();
    let output = Box::new(log.clone());
    let ask: Arc<dyn Ask> = Arc::clone(ask) as _;
    let handle = sessions.submit(route, exec, output, orders, &ask);
    let thread = thread::spawn(move || ended(handle));
    Running {
        log,
        controls,
        thread,
    }
}

fn start(sessions: &Arc<Sessions>, sshd: &Sshd, exec: Exec) -> Running {
    start_as(
        sessions,
        &sshd.config(""),
        exec,
        &Person::who(Answer::Refuse),
    )
}

fn run(sessions: &Arc<Sessions>, sshd: &Sshd, command: &str) -> (Written, RemoteExit) {
    start(sessions, sshd, exec(command)).join()
}

fn code(code: i32) -> Exit {
    Exit::Code { code }
}

fn signal(name: &str) -> Exit {
    Exit::Signal {
        signal: name.to_owned(),
        core: false,
    }
}

/// A length of sleep that no other test has, to find its processes by.
fn nap() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("4711.{}{number}", std::process::id())
}

fn sleepers(nap: &str) -> usize {
    let whole = format!("sleep\0{nap}\0").into_bytes();
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .filter(|line| *line == whole)
        .count()
}

/// Whether a `sleep` of so many seconds is there.
fn is_running(nap: &str) -> bool {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let mut lines =
        entries.map(|entry| fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default());
    lines.any(|line| line == format!("sleep\0{nap}\0"))
}

fn unreachable(ended: &RemoteExit) -> (&str, &str) {
    match &ended.exit {
        Exit::Unreachable { reason, why } => (reason, why),
        exit => panic!("{exit:?}"),
    }
}
