//! A real Postgres of the system's own, in a folder of its own, for a test. As root it runs as the user `postgres`,
//! since it refuses to run as root.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{PermissionsExt, chown, symlink},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};

#[path = "standby.rs"]
mod standby;

const PATIENCE: Duration = Duration::from_secs(60);

/// A server that is gone when this is dropped, or when the test is.
pub(crate) struct Postgres {
    folder: tempfile::TempDir,
    port: u16,
    settings: Vec<String>,
    server: Option<Child>,
}

impl Postgres {
    /// Starts one. It listens on a socket file, and on a free port of 127.0.0.1; any role may log in.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with settings, each `name=value`.
    pub(crate) fn start_with(settings: &[&str]) -> Self {
        Self::start_on(settings, None, None)
    }

    /// Starts one whose data, or whose write-ahead log, is on another disk.
    pub(crate) fn start_on(settings: &[&str], data: Option<&Path>, wal: Option<&Path>) -> Self {
        let folder = tempfile::Builder::new().prefix("pg-").tempdir().unwrap();
        give(folder.path());
        let place = folder.path().join("data");
        match data {
            Some(disk) => {
                copy(&template(), &disk.join("data"));
                symlink(disk.join("data"), &place).unwrap();
            }
            None => copy(&template(), &place),
        }
        if let Some(disk) = wal {
            let (from, to) = (place.join("pg_wal"), disk.join("wal"));
            copy(&from, &to);
            fs::remove_dir_all(&from).unwrap();
            symlink(&to, &from).unwrap();
        }
        let mut server = Self {
            port: free_port(),
            folder,
            settings: settings.iter().map(|&setting| setting.to_owned()).collect(),
            server: None,
        };
        server.up();
        server
    }

    /// Starts the server again if it is down.
    pub(crate) fn up(&mut self) {
        assert!(self.server.is_none(), "it is running");
        let mut command = as_postgres(&bin("postgres"));
        command.arg("-D").arg(self.data());
        command.args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            &format!("port={}", self.port),
        ]);
        // A test's data need not outlive the machine, and a crash of the server alone loses nothing by it.
        command.args(["-c", "fsync=off", "-c", "shared_buffers=8MB"]);
        command.arg("-c").arg(format!(
            "unix_socket_directories={}",
            self.sockets().display()
        ));
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let mut server = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = server.stderr.take().unwrap();
        self.server = Some(server);
        ready(log);
    }

    /// Ends the server with this signal, and waits until it is gone: TERM waits for sessions, INT ends them, QUIT is a crash.
    pub(crate) fn down(&mut self, signal: Signal) {
        let mut server = self.server.take().expect("it is not running");
        kill_process(Pid::from_child(&server), signal).unwrap();
        server.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ends(&mut self) {
        let mut server = self.server.take().expect("it is not running");
        let begun = Instant::now();
        while server.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The processes of the server and of all its sessions.
    pub(crate) fn processes(&self) -> Vec<Pid> {
        let server = Pid::from_child(self.server.as_ref().unwrap());
        let children = format!("/proc/{0}/task/{0}/children", server.as_raw_pid());
        let children = fs::read_to_string(children).unwrap();
        let children = children.split_ascii_whitespace();
        let children = children.filter_map(|pid| Pid::from_raw(pid.parse().ok()?));
        std::iter::once(server).chain(children).collect()
    }

    /// Stops it in its tracks, or lets it go on: the process alone that lets sessions in.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.server.as_ref().unwrap()), signal).unwrap();
    }

    /// The address of a database by the socket file, as the superuser.
    pub(crate) fn url(&self, database: &str) -> String {
        let folder = self.sockets().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}:{}/{database}", self.port)
    }

    /// The address of a database by TCP, as a role with a password that is not asked for.
    pub(crate) fn tcp_url(&self, role: &str, database: &str) -> String {
        format!(
            "postgres://{role}:not-asked-for@127.0.0.1:{}/{database}",
            self.port
        )
    }

    /// Runs SQL as the superuser by psql, and gives what it prints, unaligned.
    pub(crate) fn psql(&self, database: &str, sql: &str) -> String {
        self.psql_in_turn(database, &[sql])
    }

    /// The same for several statements, each a transaction of its own.
    fn psql_in_turn(&self, database: &str, sql: &[&str]) -> String {
        let mut psql = Command::new(bin("psql"));
        psql.args(["-XAtqv", "ON_ERROR_STOP=1", "-d", &self.url(database)]);
        for one in sql {
            psql.args(["-c", one]);
        }
        let output = psql.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "psql: {errors}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// A session of somebody else's that does nothing until it is dropped; none if the server refuses all logins.
    pub(crate) fn session(&self, role: &str) -> Option<Session> {
        let psql = Command::new(bin("psql"))
            .args(["-XAtq", "-d", &self.tcp_url(role, "postgres")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut session = Session(psql);
        // It may have ended already.
        let stdin = session.0.stdin.as_mut().unwrap();
        stdin.write_all(b"select 'in';\n").ok();
        let stdout = session.0.stdout.as_mut().unwrap();
        let is_in = BufReader::new(stdout).lines().next().is_some();
        is_in.then_some(session)
    }

    /// A session of the superuser's that has done this in a transaction, which goes on until it is dropped.
    pub(crate) fn locks(&self, sql: &str) -> Session {
        let mut psql = Command::new(bin("psql"))
            .args([
                "-XAtq",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                &self.url("postgres"),
            ])
            .env("PGOPTIONS", "-c lock_timeout=0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = psql.stdin.as_mut().unwrap();
        stdin
            .write_all(format!("begin; {sql}; select 'done';\n").as_bytes())
            .unwrap();
        let stdout = psql.stdout.as_mut().unwrap();
        let done = BufReader::new(stdout).lines().next().unwrap().unwrap();
        assert_eq!(done, "done");
        Session(psql)
    }

    /// Changes a setting, for all transactions that begin a moment later.
    pub(crate) fn set_now(&self, name: &str, value: &str) {
        // Also if it only reads: that setting is ours to leave aside.
        let write = "set default_transaction_read_only = off";
        self.psql_in_turn(
            "postgres",
            &[
                write,
                &format!("alter system set {name} = '{value}'"),
                "select pg_reload_conf()",
            ],
        );
    }

    /// Changes who may log in how (`pg_hba.conf`), and waits until that holds.
    pub(crate) fn rules(&self, rules: &str) {
        fs::write(self.data().join("pg_hba.conf"), rules).unwrap();
        self.psql("postgres", "select pg_reload_conf()");
        let holds = "select count(*) from pg_stat_activity where backend_start < pg_conf_load_time() and pid = pg_backend_pid()";
        while self.psql("postgres", holds) != "0" {}
    }

    /// Changes a setting, `name=value`, from the next start on.
    pub(crate) fn set(&mut self, setting: &str) {
        self.settings.push(setting.to_owned());
    }

    /// The server's process.
    pub(crate) fn pid(&self) -> i32 {
        self.server.as_ref().unwrap().id().cast_signed()
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The port, which also names the socket file.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    fn sockets(&self) -> &Path {
        self.folder.path()
    }
}

/// Somebody else's session.
pub(crate) struct Session(Child);

impl Drop for Session {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.server.is_some() {
            for process in self.processes() {
                kill_process(process, Signal::CONT).ok();
            }
            self.down(Signal::QUIT);
        }
    }
}

/// A cluster nobody has used, made once and then copied: `initdb` takes a second.
fn template() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pg-{}-{}", major(), user()));
    let lock = File::create(folder.with_extension("lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    if !folder.exists() {
        // The server's user may not reach a build folder.
        let made_in = tempfile::Builder::new().prefix("pg-").tempdir().unwrap();
        give(made_in.path());
        let data = made_in.path().join("data");
        let output = as_postgres(&bin("initdb"))
            .args([
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--no-locale",
                "-N",
                "--wal-segsize=1",
            ])
            .arg("-D")
            .arg(&data)
            .stdout(Stdio::null())
            .status();
        assert!(output.unwrap().success(), "initdb failed");
        let fresh = folder.with_extension("new");
        drop(fs::remove_dir_all(&fresh));
        copy(&data, &fresh);
        fs::rename(&fresh, &folder).unwrap();
    }
    folder
}

/// Copies a folder with all in it, and whose it is.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success(), "copying the cluster failed");
}

/// A program of the newest PostgreSQL of the system.
pub(crate) fn bin(name: &str) -> String {
    format!("/usr/lib/postgresql/{}/bin/{name}", major())
}

fn major() -> u32 {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .expect("a PostgreSQL of the system: apt-get install postgresql");
    let number =
        |entry: std::io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
    versions.filter_map(number).max().unwrap()
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The user and group a server runs as, if that is not our own.
pub(crate) fn other_user() -> Option<(u32, u32)> {
    if user() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let mut fields = line.expect("a user postgres").split(':').skip(2);
    let mut next = || fields.next().unwrap().parse().unwrap();
    Some((next(), next()))
}

/// Makes a folder the server's own.
pub(crate) fn give(folder: &Path) {
    hand_over(folder, 0o700);
}

/// Makes a file the server's own.
pub(crate) fn give_file(file: &Path) {
    hand_over(file, 0o600);
}

fn hand_over(path: &Path, mode: u32) {
    if let Some((uid, gid)) = other_user() {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A command as the user a server runs as; it is gone when the test is.
pub(crate) fn as_postgres(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null());
    if let Some((uid, gid)) = other_user() {
        command.uid(uid).gid(gid);
    }
    #[expect(unsafe_code, reason = "one system call between fork and exec")]
    // SAFETY: prctl is async-signal-safe, and nothing is allocated.
    unsafe {
        command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::QUIT))?));
    }
    command
}

pub(crate) fn free_port() -> u16 {
    let probe = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    probe.local_addr().unwrap().port()
}

/// Waits until the server says that it is ready, and goes on reading what it says so that it never blocks.
fn ready(log: impl Read + Send + 'static) {
    let (tell, result) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = String::new();
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            output.push_str(&line);
            output.push('\n');
            if line.contains("ready to accept") {
                drop(tell.send(Ok(())));
            }
        }
        drop(tell.send(Err(output)));
    });
    let output = result
        .recv_timeout(PATIENCE)
        .expect("the server did not get ready");
    output.expect("the server ended at once");
}
