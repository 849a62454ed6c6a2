//! A home as the pages have it: the project `shop`, and three hosts that are one real sshd.

use std::{
    fs,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

use super::fences::{Step, matches};
use crate::{
    home::{Home, same_variables},
    postgres::Postgres,
    sshd::Sshd,
};

/// Longer than any command of the pages takes, on a machine however busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the private server waits for the next command, so that it is not started for each.
const LINGER: &str = "2000";

/// Their names, and the addresses of one server, so that each is a machine of its own.
const HOSTS: [(&str, &str); 3] = [
    ("web-1", "127.0.0.1"),
    ("web-2", "127.0.0.2"),
    ("db-1", "127.0.0.3"),
];

/// What is another thing on the tester's machine.
const SERVER: &str = "postgres://me@db.example.org/work?sslmode=verify-full";
const FOLDER_THERE: &str = "/srv/shop";

pub(super) struct World {
    postgres: std::cell::OnceCell<Postgres>,
    home: Home,
    _sshd: Sshd,
}

impl World {
    pub(super) fn new() -> Self {
        let home = Home::new(None);
        let shop = home.work().join("shop");
        fs::create_dir(&shop).unwrap();
        fs::write(shop.join("Makefile"), include_str!("shop.mk")).unwrap();
        let sshd = Sshd::with("ListenAddress 127.0.0.2\nListenAddress 127.0.0.3");
        let known = format!("  HostKeyAlias {}\n", sshd.address());
        let blocks = HOSTS.map(|(name, address)| {
            let at = format!("HostName {address}\n");
            sshd.block(name).replace("HostName 127.0.0.1\n", &at) + &known
        });
        fs::write(home.ssh_config(), blocks.concat()).unwrap();
        Self {
            postgres: std::cell::OnceCell::new(),
            home,
            _sshd: sshd,
        }
    }

    fn shop(&self) -> PathBuf {
        self.home.work().join("shop")
    }

    /// A command as it is written, with what it names put in place.
    fn here(&self, command: &str) -> String {
        let folders = [
            (FOLDER_THERE, self.shop()),
            ("~/.config/vm-orchestrator", self.home.config()),
            ("~/.local/share/vm-orchestrator", self.home.data()),
        ];
        let mut command = command.to_owned();
        for (written, here) in folders {
            command = command.replace(written, &here.display().to_string());
        }
        if command.contains(SERVER) {
            let postgres = self.postgres.get_or_init(Postgres::start);
            command = command.replace(SERVER, &postgres.url("postgres"));
        }
        command
    }

    /// Runs a command, and looks at what it does.
    pub(super) fn take(&self, page: &str, step: &Step) {
        let place = format!("docs/{page}:{}: {}", step.line, step.command);
        let output = self.home.work().join("printed");
        let file = fs::File::create(&output).unwrap();
        let mut shell = Command::new("bash");
        same_variables(&self.home.vmo(&[]), &mut shell);
        let programs = PathBuf::from(env!("CARGO_BIN_EXE_vmo"));
        let path = std::env::var("PATH").unwrap();
        let mut child = shell
            .args(["-o", "pipefail", "-c", &self.here(&step.command)])
            .current_dir(self.shop())
            .env(
                "PATH",
                format!("{}:{path}", programs.parent().unwrap().display()),
            )
            .env("VMO_POSTGRES_LINGER_MS", LINGER)
            .env("TZ", "UTC")
            .env("PAGER", "cat")
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .process_group(0)
            .spawn()
            .unwrap();
        let printed = || String::from_utf8_lossy(&fs::read(&output).unwrap()).into_owned();
        let holds = |text: &str| {
            step.expected.is_empty() || matches(&step.expected, &text.lines().collect::<Vec<_>>())
        };
        let begun = Instant::now();
        let code = loop {
            if let Some(code) = ended(&mut child) {
                break code;
            }
            if step.interrupted && holds(&printed()) {
                let group = Pid::from_child(&child);
                kill_process_group(group, Signal::INT).unwrap();
                let status = child.wait().unwrap();
                break status.code().unwrap_or_default();
            }
            if begun.elapsed() > PATIENCE {
                kill_process_group(Pid::from_child(&child), Signal::KILL).ok();
                panic!("{place}\ndoes not end; it has printed\n{}", printed());
            }
            thread::sleep(Duration::from_millis(10));
        };
        let text = printed();
        assert!(
            holds(&text),
            "{place}\nis to print\n{}\nand prints\n{text}",
            step.expected.join("\n")
        );
        assert!(
            step.interrupted || code == step.code,
            "{place}\nis to end with {}, and ends with {code}:\n{text}",
            step.code
        );
    }
}

/// The exit code as a shell has it, once there is one.
fn ended(child: &mut Child) -> Option<i32> {
    let status = child.try_wait().unwrap()?;
    status.code().or_else(|| Some(128 + status.signal()?))
}
