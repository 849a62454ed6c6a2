//! The SSH module against a real sshd, with the system's `ssh` as the oracle.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stopped"
)]

#[path = "ssh/config.rs"]
mod config;
#[path = "ssh/keys.rs"]
mod keys;
#[path = "ssh/own_ssh.rs"]
mod own_ssh;
#[path = "ssh/routes.rs"]
mod routes;
#[path = "ssh/shells.rs"]
mod shells;
#[path = "support/sshd.rs"]
mod sshd;
#[path = "ssh/trust.rs"]
mod trust;

use std::{
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
        Answer, Ask, Config, Controls, Ended, Exec, Handle, Output, Purpose, Question, Remote,
        Route, Sessions, controls,
    },
};
use sshd::Sshd;
use supervisor::{
    control::ToSupervisor as Control,
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

    fn noise(&mut self, bytes: &[u8]) {
        self.change(|written| written.noise.extend_from_slice(bytes));
    }
}

/// Answers questions one way and keeps them.
struct Person {
    answer: Answer,
    asked: Mutex<Vec<Question>>,
}

impl Person {
    fn who(answer: Answer) -> Arc<Self> {
        Arc::new(Self {
            answer,
            asked: Mutex::default(),
        })
    }
}

impl Ask for Person {
    fn ask(&self, _: &str, question: Question) -> Answer {
        self.asked.lock().unwrap().push(question);
        self.answer.clone()
    }
}

fn exec(command: &str) -> Exec {
    Exec {
        job: JobId::new(),
        command: command.to_owned(),
        pty: None,
        graces: Grace::usual(),
        in_batch: None,
    }
}

/// Waits for a command on this thread.
fn ended(handle: Handle) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(handle.ended())
}

/// A job that is waited for on a thread of its own.
struct Running {
    log: Log,
    controls: Controls,
    thread: thread::JoinHandle<Ended>,
}

impl Running {
    fn join(self) -> (Written, Ended) {
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

fn run(sessions: &Arc<Sessions>, sshd: &Sshd, command: &str) -> (Written, Ended) {
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

#[test]
fn the_bytes_and_the_code_are_those_of_ssh() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let commands = [
        "true",
        "exit 7",
        "echo out; echo err >&2; exit 3",
        r"printf 'a\000b\377\376'; printf 'no newline' >&2",
        "echo $0; pwd; echo \"$SHELL $HOME $USER $SHLVL\"",
        "echo 'quotes \" and $dollars and `ticks` and \\back'; echo \"it's\" !$ %s # comment",
        "  spaces   around  ",
        "cat",
        "for i in 1 2 3; do\n  echo line $i\ndone\n",
        "cat <<E\nhere $((6 * 7))\nE\n",
        "nosuchcommand",
        "echo 'ümläut — 漢字'",
        "if",
        "exec 5>&-; ls /proc/self/fd | wc -l",
        "trap 'echo bye' EXIT; exit 9",
    ];
    for command in commands {
        let expected = sshd.ssh(command);
        let running = start(&sessions, &sshd, exec(command));
        running.controls.send(Control::EndInput).unwrap();
        let (written, ended) = running.join();
        assert_eq!(
            String::from_utf8_lossy(&written.out),
            String::from_utf8_lossy(&expected.stdout),
            "stdout of {command:?}"
        );
        assert_eq!(written.out, expected.stdout, "stdout of {command:?}");
        assert_eq!(
            String::from_utf8_lossy(&written.err),
            String::from_utf8_lossy(&expected.stderr),
            "stderr of {command:?}"
        );
        assert_eq!(
            ended.exit,
            code(expected.status.code().unwrap()),
            "{command:?}"
        );
        assert!(ended.complete && !ended.canceled);
    }
}

#[test]
fn a_signal_is_not_a_code() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    for (name, number) in [
        ("KILL", 9),
        ("TERM", 15),
        ("HUP", 1),
        ("SEGV", 11),
        ("INT", 2),
    ] {
        let (_, ended) = run(&sessions, &sshd, &format!("kill -s {name} $$"));
        assert!(
            matches!(&ended.exit, Exit::Signal { signal, .. } if signal == name),
            "{name}: {:?}",
            ended.exit
        );
        let plain = 128 + number;
        if name != "INT" {
            let (_, ended) = run(&sessions, &sshd, &format!("exit {plain}"));
            assert_eq!(ended.exit, code(plain));
        }
    }
}

#[test]
fn output_is_whole_and_streams_are_apart() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let before = Instant::now();
    let (written, ended) = run(
        &sessions,
        &sshd,
        "head -c 50000000 /dev/zero | tr '\\0' x; head -c 8000000 /dev/zero >&2; printf end",
    );
    assert_eq!(ended.exit, code(0));
    assert_eq!(written.out.len(), 50_000_003);
    assert!(written.out.ends_with(b"xend"));
    assert_eq!(written.err.len(), 8_000_000);
    println!("58 MB in {:?}", before.elapsed());
}

#[test]
fn new_keys_in_mid_stream_change_nothing() {
    let sshd = Sshd::with("RekeyLimit 1M");
    let (written, ended) = run(
        &Sessions::new(),
        &sshd,
        "seq 1 2000000; seq 1 100000 >&2; exit 3",
    );
    assert_eq!(ended.exit, code(3));
    let expected = |last: u32| (1..=last).map(|n| format!("{n}\n")).collect::<String>();
    assert!(written.out == expected(2_000_000).as_bytes());
    assert!(written.err == expected(100_000).as_bytes());
}

#[test]
fn a_name_with_several_addresses_is_reached_by_the_one_that_answers() {
    let sshd = Sshd::start();
    let known = fs::read_to_string(sshd.path("known_hosts")).unwrap();
    fs::write(
        sshd.path("known_hosts"),
        known.replace("[127.0.0.1]", "[localhost]"),
    )
    .unwrap();
    // The server listens on 127.0.0.1 alone; where localhost has ::1 too, that one refuses.
    let config = sshd.config("Host box\n HostName localhost");
    let nobody = Person::who(Answer::Refuse);
    let (_, ended) = start_as(&Sessions::new(), &config, exec("exit 2"), &nobody).join();
    assert_eq!(ended.exit, code(2));
}

#[test]
fn a_log_that_is_slow_to_take_bytes_is_not_taken_for_a_frozen_host() {
    struct Slow(Log);
    impl Output for Slow {
        fn started(&mut self, remote: &Remote) {
            self.0.started(remote);
        }
        fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
            thread::sleep(Duration::from_secs(17));
            self.0.write(stream, bytes)
        }
        fn noise(&mut self, _: &[u8]) {}
    }
    let sshd = Sshd::start();
    let route = Config::read(&sshd.config(""), Path::new("/nonexistent"))
        .resolve("box")
        .unwrap();
    let (_controls, orders) = controls().unwrap();
    let log = Log::default();
    let ask: Arc<dyn Ask> = Person::who(Answer::Refuse);
    let exec = exec("echo one; sleep 19; exit 6");
    let output = Box::new(Slow(log.clone()));
    let ended = ended(Sessions::new().submit(&route, exec, output, orders, &ask));
    assert_eq!(ended.exit, code(6));
    assert_eq!(log.now().out, b"one\n");
}

#[test]
fn what_a_login_script_prints_is_noise() {
    let sshd = Sshd::with(
        "ForceCommand echo HELLO; echo WARN >&2; exec ${TEST_SHELL:-/bin/dash} -c \"$SSH_ORIGINAL_COMMAND\"",
    );
    let sessions = Sessions::new();
    let (written, ended) = run(&sessions, &sshd, "echo mine; echo err >&2; exit 4");
    assert_eq!(written.out, b"mine\n");
    assert_eq!(written.err, b"err\n");
    assert_eq!(ended.exit, code(4));
    let noise = String::from_utf8(written.noise).unwrap();
    assert!(
        noise.contains("HELLO\n") && noise.contains("WARN\n"),
        "{noise:?}"
    );
}

#[test]
fn the_trailer_cannot_be_printed_by_looking_at_processes() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let (written, ended) = run(
        &sessions,
        &sshd,
        "cat /proc/[0-9]*/cmdline; set; env; exit 3",
    );
    assert_eq!(ended.exit, code(3));
    assert!(written.out.len() > 1000);
    // Nor does the wrapper hold the command's words, for this to find and kill.
    let (_, ended) = run(&sessions, &sshd, "pkill -f needle-in-a-haystack");
    assert_eq!(ended.exit, code(1));
}

#[test]
fn a_login_shell_that_does_not_run_it_is_named() {
    let sshd = Sshd::with("ForceCommand echo This account is closed.; exit 1");
    let (_, ended) = run(&Sessions::new(), &sshd, "echo hi");
    let Exit::CouldNotStart { why } = ended.exit else {
        panic!("{:?}", ended.exit);
    };
    assert!(why.contains("This account is closed."), "{why}");
    // It is kept as it may be shown.
    let sshd = Sshd::with(r"ForceCommand printf '\033]0;x\007\342\200\256a\nb'; exit 1");
    let (_, ended) = run(&Sessions::new(), &sshd, "echo hi");
    let Exit::CouldNotStart { why } = ended.exit else {
        panic!("{:?}", ended.exit);
    };
    assert!(why.ends_with(r": \x1b]0;x\x07⟨U+202E⟩a\nb"), "{why}");
    let sshd = Sshd::with("ForceCommand exit 0");
    let (_, ended) = run(&Sessions::new(), &sshd, "echo hi");
    assert!(matches!(ended.exit, Exit::Lost { .. }), "{:?}", ended.exit);
}

#[test]
fn input_reaches_the_command() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let running = start(
        &sessions,
        &sshd,
        exec("read a; echo \"got $a\"; cat | wc -c"),
    );
    let text = b"hello\n".to_vec();
    running.controls.send(Control::Input(text)).unwrap();
    running
        .log
        .wait("answer", |written| written.out == b"got hello\n");
    for _ in 0..10 {
        // What is refused for now is tried again when the command has read some.
        let mut bytes = Control::Input(vec![b'x'; 500_000]);
        while running.controls.send(bytes).is_err() {
            thread::yield_now();
            bytes = Control::Input(vec![b'x'; 500_000]);
        }
    }
    running.controls.send(Control::EndInput).unwrap();
    let (written, ended) = running.join();
    assert_eq!(ended.exit, code(0));
    assert_eq!(written.out, b"got hello\n5000000\n");
}

#[test]
fn a_terminal_is_one_and_has_a_size() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let mut exec =
        exec("stty size; read line; stty size; echo err >&2; test -t 0 -a -t 1 -a -t 2; exit 6");
    exec.pty = Some((31, 97));
    let running = start(&sessions, &sshd, exec);
    running
        .log
        .wait("size", |written| written.out == b"31 97\r\n");
    let (rows, cols) = (40, 120);
    running
        .controls
        .send(Control::Resize(Window { rows, cols }))
        .unwrap();
    running
        .controls
        .send(Control::Input(b"go\n".to_vec()))
        .unwrap();
    let (written, ended) = running.join();
    let text = String::from_utf8(written.out).unwrap();
    assert_eq!(text, "31 97\r\ngo\r\n40 120\r\nerr\r\n");
    assert_eq!(ended.exit, code(6));
    assert_eq!(written.err, b"");
}

#[test]
fn jobs_share_a_session() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let slow = start(
        &sessions,
        &sshd,
        exec("echo ready; read line; echo \"$line\""),
    );
    slow.log.wait("start", |written| written.out == b"ready\n");
    let first = sshd.session_pids();
    let many: Vec<_> = (0..7)
        .map(|n| start(&sessions, &sshd, exec(&format!("echo {n}; exit {n}"))))
        .collect();
    for (n, running) in many.into_iter().enumerate() {
        let (written, ended) = running.join();
        assert_eq!(written.out, format!("{n}\n").as_bytes());
        assert_eq!(ended.exit, code(i32::try_from(n).unwrap()));
    }
    assert_eq!(sshd.session_pids().len(), first.len(), "one connection");
    slow.controls
        .send(Control::Input(b"bye\n".to_vec()))
        .unwrap();
    let (written, _) = slow.join();
    assert_eq!(written.out, b"ready\nbye\n");
}

#[test]
fn more_jobs_than_a_server_allows_get_another_session() {
    let sshd = Sshd::with("MaxSessions 2");
    let sessions = Sessions::new();
    let jobs: Vec<_> = (0..5)
        .map(|_| start(&sessions, &sshd, exec("echo in; read line; echo out")))
        .collect();
    for job in &jobs {
        job.log.wait("start", |written| written.out == b"in\n");
    }
    for job in jobs {
        job.controls.send(Control::Input(b"x\n".to_vec())).unwrap();
        let (written, ended) = job.join();
        assert_eq!(
            (written.out.as_slice(), ended.exit),
            (&b"in\nout\n"[..], code(0))
        );
    }
}

#[test]
fn a_cancel_finds_a_way_where_no_second_channel_is_allowed() {
    let sshd = Sshd::with("MaxSessions 1");
    let sessions = Sessions::new();
    let running = start(
        &sessions,
        &sshd,
        exec("trap 'exit 43' INT; echo up; while :; do sleep 0.1; done"),
    );
    running.log.wait("start", |written| written.out == b"up\n");
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (_, ended) = running.join();
    assert_eq!(ended.exit, code(43));
    assert_eq!(ended.survivors, Vec::<String>::new());
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

#[test]
fn cancel_ends_a_tree_that_does_not_want_to() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    // One ignores every signal that can be ignored, one has left the session, one has lost its parent.
    let nap = nap();
    let mut stubborn = exec(&format!(
        "trap '' INT TERM HUP; setsid sh -c 'trap \"\" INT TERM; sleep {nap} & wait; wait' & \
         (sleep {nap} &) ; echo up; while :; do sleep {nap}; done",
    ));
    let grace = |signal: &str, wait_ms| Grace {
        signal: signal.to_owned(),
        wait_ms,
    };
    stubborn.graces = vec![grace("INT", 300), grace("TERM", 300), grace("KILL", 2000)];
    let running = start(&sessions, &sshd, stubborn);
    running.log.wait("start", |written| written.out == b"up\n");
    // Nothing tells when a stranger's process is there, so it is looked for, a bounded time.
    let begun = Instant::now();
    while sleepers(&nap) < 3 {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the tree is not up"
        );
        thread::sleep(Duration::from_millis(10));
    }
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (_, ended) = running.join();
    assert!(ended.canceled);
    assert_eq!(ended.survivors, Vec::<String>::new());
    assert_eq!(ended.exit, signal("KILL"));
    assert_eq!(sleepers(&nap), 0);
}

#[test]
fn cancel_is_polite_first_and_quick() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    for pty in [None, Some((24, 80))] {
        let mut polite =
            exec("trap 'echo interrupted; exit 42' INT; echo up; while :; do sleep 0.1; done");
        polite.pty = pty;
        let running = start(&sessions, &sshd, polite);
        running
            .log
            .wait("start", |written| written.out.starts_with(b"up"));
        let asked = Instant::now();
        running
            .controls
            .send(Control::Cancel { force: false })
            .unwrap();
        let (written, ended) = running.join();
        assert!(
            asked.elapsed() < Duration::from_secs(3),
            "{:?}",
            asked.elapsed()
        );
        assert_eq!(
            ended.exit,
            code(42),
            "{pty:?} {}",
            String::from_utf8_lossy(&written.out)
        );
        assert!(ended.canceled && String::from_utf8_lossy(&written.out).contains("interrupted"));
    }
}

#[test]
fn force_kills_at_once() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    for pty in [None, Some((24, 80))] {
        let nap = nap();
        let mut deaf = exec(&format!(
            "trap '' INT TERM; echo up; while :; do sleep {nap}; done"
        ));
        deaf.pty = pty;
        let running = start(&sessions, &sshd, deaf);
        running
            .log
            .wait("start", |written| written.out.starts_with(b"up"));
        running
            .controls
            .send(Control::Cancel { force: false })
            .unwrap();
        running
            .controls
            .send(Control::Cancel { force: true })
            .unwrap();
        let asked = Instant::now();
        let (_, ended) = running.join();
        assert!(
            asked.elapsed() < Duration::from_secs(2),
            "{:?}",
            asked.elapsed()
        );
        assert_eq!(ended.exit, signal("KILL"), "{pty:?}");
        assert_eq!(sleepers(&nap), 0);
    }
}

#[test]
fn what_a_command_leaves_running_does_not_hold_its_end_up() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let running = start(&sessions, &sshd, exec("(sleep 4; echo late) & echo now"));
    let (written, ended) = running.join();
    assert_eq!(written.out, b"now\n");
    assert_eq!(ended.exit, code(0));
    assert!(!ended.complete);
}

#[test]
fn what_a_command_leaves_running_is_named() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let naps = [nap(), nap(), nap(), nap()];
    let [plain, away, orphan, bare] = &naps;
    let quiet = "</dev/null >/dev/null 2>&1";
    // The last one has nothing of the command's but its output.
    let command = format!(
        "sleep {plain} {quiet} & setsid sleep {away} {quiet} & (setsid sh -c 'sleep {orphan} & wait' {quiet} &)
         (env -i setsid sleep {bare} &) ; sleep 0.3; exit 7"
    );
    let (_, ended) = run(&sessions, &sshd, &command);
    assert_eq!((ended.exit, ended.canceled), (code(7), false));
    for nap in [plain, away, orphan] {
        let named = format!("sleep {nap}");
        let is_named = ended.survivors.iter().any(|line| line.contains(&named));
        assert!(is_named, "{nap}: {:?}", ended.survivors);
    }
    let (_, ended) = run(
        &sessions,
        &sshd,
        &format!("env -i setsid sleep {bare}1 & exit 0"),
    );
    let named = format!("sleep {bare}1");
    let [one] = ended.survivors.as_slice() else {
        panic!("{:?}", ended.survivors);
    };
    assert!(one.ends_with(&named), "{one}");
    let (_, ended) = run(&sessions, &sshd, "sleep 0.1 & wait");
    assert_eq!(ended.survivors, Vec::<String>::new());
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let line = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        let is_ours =
            line.starts_with("sleep\0") && naps.iter().any(|nap| line.contains(nap.as_str()));
        if is_ours {
            let pid = entry.file_name().to_str().unwrap().parse().unwrap();
            let pid = rustix::process::Pid::from_raw(pid).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok();
        }
    }
}

#[test]
fn a_channel_that_is_closed_early_is_lost() {
    let sshd = Sshd::with("ChannelTimeout session:*=3s");
    let sessions = Sessions::new();
    let (written, ended) = run(&sessions, &sshd, "echo begun; sleep 8; exit 0");
    assert!(matches!(ended.exit, Exit::Lost { .. }), "{:?}", ended.exit);
    assert_eq!(written.out, b"begun\n");
}

#[test]
fn a_killed_session_is_lost_and_its_output_whole() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let running = start(&sessions, &sshd, exec("echo begun; sleep 30"));
    running
        .log
        .wait("start", |written| written.out == b"begun\n");
    let killed = Instant::now();
    sshd.signal_sessions("KILL");
    let (written, ended) = running.join();
    assert!(killed.elapsed() < Duration::from_secs(2));
    assert_eq!(written.out, b"begun\n");
    assert!(matches!(ended.exit, Exit::Lost { .. }), "{:?}", ended.exit);
    let (_, next) = run(&sessions, &sshd, "exit 5");
    assert_eq!(next.exit, code(5), "the next job gets a new session");
}

#[test]
fn a_frozen_host_is_noticed() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let running = start(&sessions, &sshd, exec("echo begun; sleep 60"));
    running
        .log
        .wait("start", |written| written.out == b"begun\n");
    sshd.signal_sessions("STOP");
    let frozen = Instant::now();
    let (_, ended) = running.join();
    assert!(
        frozen.elapsed() < Duration::from_secs(20),
        "{:?}",
        frozen.elapsed()
    );
    assert!(matches!(ended.exit, Exit::Lost { .. }), "{:?}", ended.exit);
}

#[test]
fn a_host_that_is_asked_every_second_is_not_taken_for_a_frozen_one() {
    let sshd = Sshd::start();
    let config = sshd.config("ServerAliveInterval 1\nServerAliveCountMax 1");
    let nobody = Person::who(Answer::Refuse);
    let (written, ended) = start_as(
        &Sessions::new(),
        &config,
        exec("sleep 9; echo awake"),
        &nobody,
    )
    .join();
    assert_eq!((ended.exit, &*written.out), (code(0), &b"awake\n"[..]));
}

#[test]
fn what_a_cancel_could_not_reach_is_ended_once_the_host_is_back() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let (one, two) = (nap(), nap());
    let command =
        format!("(setsid sleep {one} >/dev/null 2>&1 &) ; sleep 0.2; echo begun; sleep {two}");
    let config = sshd.config("ServerAliveInterval 1\nServerAliveCountMax 1");
    let nobody = Person::who(Answer::Refuse);
    let running = start_as(&sessions, &config, exec(&command), &nobody);
    running
        .log
        .wait("start", |written| written.out == b"begun\n");
    sshd.signal_sessions("STOP");
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (_, ended) = running.join();
    assert!(
        ended.canceled && matches!(ended.exit, Exit::Lost { .. }),
        "{ended:?}"
    );
    let is_noted = |words: &str| ended.notes.iter().any(|note| note.contains(words));
    assert!(is_noted("once the host is back"), "{:?}", ended.notes);
    assert!(is_running(&one) && is_running(&two));
    let route = Config::read(&config, Path::new("/nonexistent"))
        .resolve("box")
        .unwrap();
    let ask: Arc<dyn Ask> = nobody;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let finish = sessions.finish(&route, ended.unfinished.unwrap(), &ask);
    assert!(runtime.block_on(finish));
    assert!(!is_running(&one) && !is_running(&two));
}

/// Whether a `sleep` of so many seconds is there.
fn is_running(nap: &str) -> bool {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let mut lines =
        entries.map(|entry| fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default());
    lines.any(|line| line == format!("sleep\0{nap}\0"))
}

#[test]
fn a_session_without_a_job_is_closed_in_time() {
    let sshd = Sshd::start();
    let sessions = Sessions::kept_for(Duration::from_secs(1));
    let (_, ended) = run(&sessions, &sshd, "exit 3");
    assert_eq!(ended.exit, code(3));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let closed = async { tokio::time::timeout(Duration::from_secs(20), sessions.ended()).await };
    assert!(runtime.unwrap().block_on(closed).is_ok());
    let (_, ended) = run(&sessions, &sshd, "exit 4");
    assert_eq!(ended.exit, code(4));
}

#[test]
fn a_quiet_command_is_not_taken_for_a_frozen_host() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let (written, ended) = run(&sessions, &sshd, "sleep 18; echo awake");
    assert_eq!(ended.exit, code(0));
    assert_eq!(written.out, b"awake\n");
}

fn unreachable(ended: &Ended) -> (&str, &str) {
    match &ended.exit {
        Exit::Unreachable { reason, why } => (reason, why),
        exit => panic!("{exit:?}"),
    }
}

#[test]
fn an_unknown_host_key_is_asked_for_and_written_down() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let known_hosts = sshd.path("known_hosts");
    fs::write(&known_hosts, "# no newline at the end").unwrap();

    let no = Person::who(Answer::Refuse);
    let (_, ended) = start_as(&sessions, &sshd.config(""), exec("true"), &no).join();
    let (reason, why) = unreachable(&ended);
    assert_eq!(reason, "host_key_unknown");
    let listed = std::process::Command::new("ssh-keygen")
        .arg("-lf")
        .arg(sshd.path("host.pub"))
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let print = listed.split(' ').nth(1).unwrap();
    assert!(print.starts_with("SHA256:") && why.contains(print), "{why}");

    let yes = Person::who(Answer::Accept);
    let hashed = sshd.config("HashKnownHosts yes");
    let (_, ended) = start_as(&sessions, &hashed, exec("exit 3"), &yes).join();
    assert_eq!(ended.exit, code(3));
    assert_eq!(yes.asked.lock().unwrap().len(), 1);
    // OpenSSH reads what we wrote, and so do we.
    let text = fs::read_to_string(&known_hosts).unwrap();
    assert!(text.starts_with("# no newline at the end\n|1|"), "{text}");
    assert_eq!(sshd.ssh("exit 9").status.code(), Some(9));
    let (_, ended) = start_as(&Sessions::new(), &hashed, exec("exit 4"), &no).join();
    assert_eq!(ended.exit, code(4));
}

#[test]
fn a_changed_host_key_is_refused_hard() {
    let sshd = Sshd::start();
    sshd::keygen(&sshd.path("other"));
    sshd.know("other");
    let yes = Person::who(Answer::Accept);
    let (_, ended) = start_as(&Sessions::new(), &sshd.config(""), exec("true"), &yes).join();
    let (reason, why) = unreachable(&ended);
    assert_eq!(reason, "host_key_changed");
    assert!(
        why.contains("known_hosts:1") && why.contains("ssh-keygen -f"),
        "{why}"
    );
    assert!(yes.asked.lock().unwrap().is_empty(), "there is no question");
}

#[test]
fn a_host_known_by_another_type_of_key_is_asked_for_that_one() {
    let folder = tempfile::tempdir().unwrap();
    let rsa = folder.path().join("rsa");
    sshd::keygen_with(&rsa, &["-t", "rsa", "-b", "2048", "-N", ""]);
    let sshd = Sshd::with(&format!("HostKey {}", rsa.display()));
    let public = fs::read_to_string(rsa.with_extension("pub")).unwrap();
    let line = format!("{} {public}", sshd.address());
    fs::write(sshd.path("known_hosts"), line).unwrap();
    let (_, ended) = run(&Sessions::new(), &sshd, "exit 2");
    assert_eq!(ended.exit, code(2));
}

#[test]
fn a_wrong_key_says_what_was_tried() {
    let sshd = Sshd::start();
    fs::remove_file(sshd.path("user")).unwrap();
    fs::remove_file(sshd.path("user.pub")).unwrap();
    sshd::keygen(&sshd.path("user"));
    let (_, ended) = run(&Sessions::new(), &sshd, "true");
    let (reason, why) = unreachable(&ended);
    assert_eq!(reason, "auth_failed");
    assert!(why.contains("publickey") && why.contains("/user"), "{why}");
}

#[test]
fn an_encrypted_key_asks_for_its_passphrase() {
    for args in [
        &["-t", "ed25519", "-N", "secret words"][..],
        &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "secret words"][..],
    ] {
        let sshd = Sshd::start();
        fs::remove_file(sshd.path("user")).unwrap();
        sshd::keygen_with(&sshd.path("user"), args);
        fs::copy(sshd.path("user.pub"), sshd.path("authorized_keys")).unwrap();
        let right = Person::who(Answer::Text("secret words".into()));
        let running = start_as(&Sessions::new(), &sshd.config(""), exec("exit 8"), &right);
        assert_eq!(running.join().1.exit, code(8));
        assert_eq!(right.asked.lock().unwrap().len(), 1);
        let wrong = Person::who(Answer::Text("another".into()));
        let running = start_as(&Sessions::new(), &sshd.config(""), exec("true"), &wrong);
        let (_, ended) = running.join();
        let (reason, why) = unreachable(&ended);
        assert_eq!(reason, "auth_failed");
        assert!(why.contains("wrong passphrase"), "{why}");
    }
}

#[test]
fn the_agent_lets_in() {
    let sshd = Sshd::start();
    let socket = sshd.path("agent.sock");
    let mut agent = std::process::Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // It prints where it listens once it does.
    let mut line = String::new();
    io::BufRead::read_line(
        &mut io::BufReader::new(agent.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    let added = std::process::Command::new("ssh-add")
        .arg("-q")
        .arg(sshd.path("user"))
        .env("SSH_AUTH_SOCK", &socket)
        .status()
        .unwrap();
    assert!(added.success());
    fs::remove_file(sshd.path("user")).unwrap();
    let config = sshd.config(&format!("Host box\n IdentityAgent {}", socket.display()));
    let nobody = Person::who(Answer::Refuse);
    let (_, ended) = start_as(&Sessions::new(), &config, exec("exit 6"), &nobody).join();
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert_eq!(ended.exit, code(6));
}

#[test]
fn a_server_with_old_algorithms_alone_is_named() {
    for line in [
        "KexAlgorithms diffie-hellman-group14-sha1",
        "Ciphers aes128-cbc",
        "MACs hmac-sha1\nCiphers aes128-ctr",
    ] {
        let sshd = Sshd::with(line);
        let (_, ended) = run(&Sessions::new(), &sshd, "true");
        assert_eq!(unreachable(&ended).0, "server_too_old", "{line}: {ended:?}");
    }
}

#[test]
fn nobody_there_is_named() {
    let sshd = Sshd::start();
    let nobody = Person::who(Answer::Refuse);
    let at = |lines: &str| {
        let (_, ended) =
            start_as(&Sessions::new(), &sshd.config(lines), exec("true"), &nobody).join();
        let (reason, why) = unreachable(&ended);
        (reason.to_owned(), why.to_owned())
    };
    let port = sshd::free_port();
    assert_eq!(at(&format!("Host box\n Port {port}")).0, "refused");
    assert_eq!(at("Host box\n HostName nosuchhost.invalid").0, "dns");
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let before = Instant::now();
    let (reason, _) = at(&format!("Host box\n Port {port}"));
    assert_eq!(reason, "timeout");
    assert!(before.elapsed() <= Duration::from_secs(21));
}

#[test]
fn a_cancel_ends_a_connect_at_once() {
    let sshd = Sshd::start();
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let config = sshd.config(&format!("Host box\n Port {port}"));
    let nobody = Person::who(Answer::Refuse);
    let running = start_as(&Sessions::new(), &config, exec("true"), &nobody);
    let (_connection, _) = silent.accept().unwrap();
    let asked = Instant::now();
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (_, ended) = running.join();
    assert!(asked.elapsed() < Duration::from_secs(1));
    assert!(ended.canceled && matches!(ended.exit, Exit::CouldNotStart { .. }));
}

/// A server that sends this, and then the second without a pause as long as somebody reads.
fn chatter(first: &'static [u8], again: &'static [u8]) -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            thread::spawn(move || {
                let block = again.repeat(4096);
                let mut sent = io::Write::write_all(&mut connection, first);
                while sent.is_ok() {
                    sent = io::Write::write_all(&mut connection, &block);
                }
            });
        }
    });
    port
}

#[test]
fn a_server_that_never_pauses_can_be_canceled_and_is_given_up() {
    let sshd = Sshd::start();
    let nobody = Person::who(Answer::Refuse);
    // Lines before the banner, as a notice may be; and messages to be ignored, before any key exchange.
    let ignored = b"\0\0\0\x0c\x06\x02\0\0\0\0\0\0\0\0\0\0";
    let ports = [
        chatter(b"", b"a notice\r\n"),
        chatter(b"SSH-2.0-chatter\r\n", ignored),
    ];
    let begun = Instant::now();
    let started = |port: &u16, name: &str| {
        let usual = sshd.config(&format!("Host box\n Port {port}"));
        let own = usual.with_file_name(name);
        fs::rename(usual, &own).unwrap();
        start_as(&Sessions::new(), &own, exec("true"), &nobody)
    };
    let left_alone = [started(&ports[0], "a"), started(&ports[1], "b")];
    for (port, name) in [(&ports[0], "c"), (&ports[1], "d")] {
        let running = started(port, name);
        thread::sleep(Duration::from_millis(300));
        let asked = Instant::now();
        let cancel = Control::Cancel { force: false };
        running.controls.send(cancel).unwrap();
        let (_, ended) = running.join();
        assert!(ended.canceled, "{ended:?}");
        assert!(
            asked.elapsed() < Duration::from_secs(2),
            "{name}: {:?}",
            asked.elapsed()
        );
    }
    for running in left_alone {
        let (_, ended) = running.join();
        assert!(matches!(ended.exit, Exit::Unreachable { .. }), "{ended:?}");
    }
    assert!(
        begun.elapsed() < Duration::from_secs(25),
        "{:?}",
        begun.elapsed()
    );
}

/// Hundredths of a second of processor time that this process's sessions have taken.
fn session_ticks() -> u64 {
    let mut ticks = 0;
    for task in fs::read_dir("/proc/self/task").unwrap().flatten() {
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        // utime and stime, the 14th and 15th field; the name before them is in brackets.
        if let Some((_, rest)) = stat.split_once("(ssh box) ") {
            let fields: Vec<&str> = rest.split(' ').collect();
            ticks += fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        }
    }
    ticks
}

#[test]
fn a_session_without_a_job_rests_and_still_listens() {
    // The server asks for signs of life, and closes a connection that gives none.
    let sshd = Sshd::with("ClientAliveInterval 2\nClientAliveCountMax 2");
    let kept = Sessions::new();
    let (_, ended) = run(&kept, &sshd, "seq 200000; echo end >&2");
    assert_eq!(ended.exit, code(0));
    let before = sshd.session_pids();
    // Others whose last channel was closed before it was read to its end, or was a terminal.
    let canceled = Sessions::new();
    let flood = start(&canceled, &sshd, exec("yes"));
    flood.log.wait("output", |written| !written.out.is_empty());
    flood
        .controls
        .send(Control::Cancel { force: true })
        .unwrap();
    flood.join();
    let terminal = Sessions::new();
    let mut in_terminal = exec("echo hi");
    in_terminal.pty = Some((24, 80));
    start(&terminal, &sshd, in_terminal).join();
    // And one whose server goes away meanwhile.
    let gone = Sshd::start();
    let left = Sessions::new();
    run(&left, &gone, "true");
    drop(gone);

    let ticks = session_ticks();
    // Long enough for both sides to have asked for signs of life, and for the server to have lost patience twice.
    thread::sleep(Duration::from_secs(12));
    let taken = session_ticks() - ticks;
    assert!(
        taken <= 12,
        "{taken} hundredths of a second in twelve seconds of rest"
    );
    let (_, ended) = run(&kept, &sshd, "exit 4");
    assert_eq!(ended.exit, code(4));
    let after = sshd.session_pids();
    assert!(
        before.iter().all(|pid| after.contains(pid)),
        "{before:?} {after:?}"
    );
}

#[test]
fn variables_go_along_as_the_config_asks() {
    let sshd = Sshd::start();
    let config = sshd.config("SetEnv VMO_TEST_A=one VMO_TEST_B=\"two words\"");
    let nobody = Person::who(Answer::Refuse);
    let command = exec("echo $VMO_TEST_A $VMO_TEST_B");
    let (written, _) = start_as(&Sessions::new(), &config, command, &nobody).join();
    assert_eq!(written.out, b"one two words\n");
}

#[test]
fn a_crowd_at_the_door_gets_in() {
    let sshd = Sshd::with("MaxStartups 3:50:6");
    let failures = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..20)
        .map(|n| {
            let config = fs::canonicalize(sshd.config("")).unwrap();
            let own = config.with_file_name(format!("config{n}"));
            fs::copy(&config, &own).unwrap();
            let failures = Arc::clone(&failures);
            thread::spawn(move || {
                let nobody = Person::who(Answer::Refuse);
                let (_, ended) = start_as(&Sessions::new(), &own, exec("exit 1"), &nobody).join();
                if ended.exit != code(1) {
                    println!("{:?}", ended.exit);
                    failures.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(failures.load(Ordering::Relaxed), 0);
}
