//! A real sshd of our own: its keys, its config and its port in a temporary folder.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test binary uses another part of it"
)]

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{OnceLock, mpsc},
    thread,
    time::Duration,
};

use tempfile::TempDir;

/// Who logs in on a server [with `sudo`](Sshd::with_sudo).
pub const PERSON: &str = "vmo-person";

/// The variable in the environment of all that a server starts, so that none of it stays when the server is gone.
const MARK: &str = "VMO_TEST_SSHD";

/// A server that is up as long as this lives.
pub struct Sshd {
    pub folder: TempDir,
    pub port: u16,
    child: Child,
}

impl Sshd {
    /// A server with one ed25519 host key, that lets the key `user` in.
    pub fn start() -> Self {
        Self::with("")
    }

    /// The same, with more lines in its config, which go before the usual ones.
    pub fn with(lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        keygen(&folder.path().join("host"));
        keygen(&folder.path().join("user"));
        fs::copy(
            folder.path().join("user.pub"),
            folder.path().join("authorized_keys"),
        )
        .unwrap();
        if am_root() {
            fs::create_dir_all("/run/sshd").unwrap();
        }
        // A port that was free a moment ago may be taken by now: then another one.
        for _ in 0..10 {
            let port = free_port();
            let sshd = Command::new("/usr/sbin/sshd");
            if let Some(child) = start(folder.path(), port, lines, sshd) {
                let sshd = Self {
                    folder,
                    port,
                    child,
                };
                sshd.know("host");
                return sshd;
            }
        }
        panic!("sshd does not start");
    }

    /// A server on which [`PERSON`] logs in with the key `user`, with this password, and may use `sudo` as this line of
    /// `sudoers` says. None if this machine cannot have one: it takes root, `sudo` and namespaces. The server has its own
    /// files of users and of `sudo`, in a mount namespace: the machine's are not touched.
    pub fn with_sudo(password: &str, sudoers: &str) -> Option<Self> {
        Self::of_person(password, sudoers, "")
    }

    /// The same for [`PERSON`] who also logs in with the password, with more lines in the server's config.
    pub fn with_password(password: &str, lines: &str) -> Option<Self> {
        let lines = format!("PasswordAuthentication yes\n{lines}");
        Self::of_person(password, "ALL=(ALL:ALL) /bin/true", &lines)
    }

    fn of_person(password: &str, sudoers: &str, lines: &str) -> Option<Self> {
        let can = Command::new("unshare")
            .args(["-m", "sh", "-c", "command -v sudo"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !am_root() || !can.is_ok_and(|status| status.success()) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        open_to_all(at);
        for key in ["host", "user"] {
            keygen(&at.join(key));
        }
        fs::copy(at.join("user.pub"), at.join("authorized_keys")).unwrap();
        fs::create_dir_all("/run/sshd").unwrap();
        let hash = Command::new("openssl")
            .args(["passwd", "-6", password])
            .output()
            .unwrap();
        let hash = String::from_utf8(hash.stdout).unwrap();
        for (name, line) in [
            (
                "passwd",
                format!("{PERSON}:x:54321:54321::{}/home:/bin/bash", at.display()),
            ),
            (
                "shadow",
                format!("{PERSON}:{}:19000:0:99999:7:::", hash.trim()),
            ),
            ("group", format!("{PERSON}:x:54321:")),
        ] {
            let known = fs::read_to_string(Path::new("/etc").join(name)).unwrap();
            fs::write(at.join(name), format!("{known}{line}\n")).unwrap();
        }
        for name in ["home", "sudoers.d", "lectured", "stamps"] {
            fs::create_dir(at.join(name)).unwrap();
        }
        std::os::unix::fs::chown(at.join("home"), Some(54321), Some(54321)).unwrap();
        fs::write(at.join("sudoers.d/person"), format!("{PERSON} {sudoers}\n")).unwrap();
        for _ in 0..10 {
            let port = free_port();
            let within = "mkdir -p /var/lib/sudo /run/sudo; for x in passwd shadow group sudoers.d; do \
                          mount --bind \"$0/$x\" \"/etc/$x\"; done; mount --bind \"$0/lectured\" /var/lib/sudo; \
                          mount --bind \"$0/stamps\" /run/sudo; exec \"$@\"";
            let mut sshd = Command::new("unshare");
            sshd.args(["-m", "sh", "-ec", within]).arg(at);
            sshd.arg("/usr/sbin/sshd");
            if let Some(child) = start(at, port, lines, sshd) {
                let sshd = Self {
                    folder,
                    port,
                    child,
                };
                sshd.know("host");
                return Some(sshd);
            }
        }
        panic!("sshd does not start in a namespace of its own");
    }

    /// A `Host` block that reaches it as [`PERSON`].
    pub fn block_of_person(&self, name: &str) -> String {
        let (own, theirs) = (format!("User {}\n", whoami()), format!("User {PERSON}\n"));
        self.block(name).replace(&own, &theirs)
    }

    /// A file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The address its keys are known by.
    pub fn address(&self) -> String {
        format!("[127.0.0.1]:{}", self.port)
    }

    /// Writes into `known_hosts` that its key is the one in this file.
    pub fn know(&self, key: &str) {
        let public = fs::read_to_string(self.path(&format!("{key}.pub"))).unwrap();
        let line = format!("{} {public}", self.address());
        fs::write(self.path("known_hosts"), line).unwrap();
    }

    /// A `Host` block that reaches it.
    pub fn block(&self, name: &str) -> String {
        format!(
            "Host {name}\n  HostName 127.0.0.1\n  Port {}\n  User {}\n  IdentityFile {}\n  IdentityAgent none\n  \
             UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n",
            self.port,
            whoami(),
            self.path("user").display(),
            self.path("known_hosts").display(),
        )
    }

    /// An SSH config in its folder, with these lines before the block of host `box`.
    pub fn config(&self, lines: &str) -> PathBuf {
        let path = self.path("config");
        fs::write(&path, format!("{lines}\n{}", self.block("box"))).unwrap();
        path
    }

    /// What the system's own `ssh` makes of a command.
    pub fn ssh(&self, command: &str) -> std::process::Output {
        Command::new("ssh")
            .arg("-F")
            .arg(self.config(""))
            .args(["-o", "BatchMode=yes", "box", command])
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// The process of the server itself.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The server's processes for connections: its children and theirs that are sshd too.
    pub fn session_pids(&self) -> Vec<u32> {
        let mut found = Vec::new();
        let mut open = vec![self.pid()];
        while let Some(pid) = open.pop() {
            for child in children(pid) {
                let comm = fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
                if comm.trim().starts_with("sshd") {
                    found.push(child);
                    open.push(child);
                }
            }
        }
        found
    }

    /// What its sessions have started and still runs.
    fn started(&self) -> Vec<u32> {
        let mark = format!("{MARK}={}", self.folder.path().display());
        let entries = fs::read_dir("/proc").unwrap().flatten();
        entries
            .filter_map(|entry| {
                let pid = entry.file_name().to_str()?.parse().ok()?;
                let all = fs::read(entry.path().join("environ")).ok()?;
                let ours = all
                    .split(|byte| *byte == 0)
                    .any(|one| one == mark.as_bytes());
                ours.then_some(pid)
            })
            .collect()
    }

    /// Sends a signal to every process of every connection.
    pub fn signal_sessions(&self, signal: &str) {
        for pid in self.session_pids() {
            signal_process(pid, signal);
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.signal_sessions("CONT");
        self.signal_sessions("KILL");
        self.child.kill().ok();
        self.child.wait().ok();
        for pid in self.started() {
            signal_process(pid, "KILL");
        }
    }
}

/// Sends a signal to a process that a test started.
pub fn signal_process(pid: u32, signal: &str) {
    Command::new("kill")
        .args(["-s", signal, &pid.to_string()])
        .stderr(Stdio::null())
        .status()
        .unwrap();
}

/// A new key without a passphrase.
pub fn keygen(path: &Path) {
    keygen_with(path, &["-t", "ed25519", "-N", ""]);
}

/// A new key as `ssh-keygen` is told.
pub fn keygen_with(path: &Path, args: &[&str]) {
    let status = Command::new("ssh-keygen")
        .args(["-q", "-C", "test", "-f"])
        .arg(path)
        .args(args)
        .status()
        .unwrap();
    assert!(status.success());
}

/// A port that nothing listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Our own login name.
pub fn whoami() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn am_root() -> bool {
    whoami() == "root"
}

fn children(pid: u32) -> Vec<u32> {
    fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
        .unwrap_or_default()
        .split_ascii_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Whether this machine's sshd has penalties for addresses.
fn knows_penalties(folder: &Path) -> bool {
    static KNOWS: OnceLock<bool> = OnceLock::new();
    *KNOWS.get_or_init(|| {
        Command::new("/usr/sbin/sshd")
            .args(["-t", "-f", "/dev/null", "-o", "PerSourcePenalties=no", "-h"])
            .arg(folder.join("host"))
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    })
}

fn start(folder: &Path, port: u16, lines: &str, mut sshd: Command) -> Option<Child> {
    // A bash that is no top-level shell leaves out ~/.bashrc, which may be slow or chatty on the machine of a tester.
    let at = folder.display();
    // From 9.8 on a server turns away whoever failed to log in a moment ago, as tests do all the time.
    let penalties = if knows_penalties(folder) {
        "PerSourcePenalties no\n"
    } else {
        ""
    };
    let config = format!(
        "{lines}\n{penalties}Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host\nPidFile none\nUsePAM no\nStrictModes no\n\
         PermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         AuthorizedKeysFile {at}/authorized_keys\nAcceptEnv VMO_TEST_*\nSetEnv SHLVL=3 {MARK}={at}\nPrintMotd no\nPrintLastLog no\n"
    );
    let path = folder.join("sshd_config");
    fs::write(&path, config).unwrap();
    let mut child = sshd
        .args(["-D", "-e", "-f"])
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let (up, is_up) = mpsc::channel();
    let mut log = File::create(folder.join("sshd.log")).unwrap();
    thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            writeln!(log, "{line}").ok();
            if line.starts_with("Server listening") {
                up.send(()).ok();
            }
        }
    });
    if is_up.recv_timeout(Duration::from_secs(60)).is_ok() {
        return Some(child);
    }
    child.kill().ok();
    child.wait().ok();
    None
}
