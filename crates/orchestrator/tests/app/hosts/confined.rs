//! What a session process may do once it has met its host. It is made to try, by the debugger's own calls: whatever a hostile
//! host could have it do is a system call from one of its threads.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::{ffi::CString, fs, io, path::Path};

use orchestrator::{confined, job::Status, wire::JobRequest};

use super::{
    outlives::{holders, runs, start},
    with_host,
};
use crate::{
    home::{Home, eventually},
    page::App,
    postgres::Postgres,
    sshd::Sshd,
};

/// A thread of another process that does as it is told; it goes on as if nothing had been, afterwards.
struct Puppet {
    thread: i32,
    before: libc::user_regs_struct,
}

#[expect(unsafe_code, reason = "ptrace has no safe calls")]
fn ptrace(request: libc::c_uint, thread: i32, address: u64, data: u64) -> i64 {
    let done = unsafe { libc::ptrace(request, thread, address, data) };
    assert_ne!(done, -1, "ptrace {request}: {}", io::Error::last_os_error());
    done
}

#[expect(unsafe_code, reason = "it waits for a thread, which is no child")]
fn wait_for(thread: i32) {
    let mut status = 0;
    let waited = unsafe { libc::waitpid(thread, &raw mut status, libc::__WALL) };
    assert_eq!(waited, thread, "{}", io::Error::last_os_error());
    assert!(libc::WIFSTOPPED(status), "it has ended: {status}");
}

#[expect(unsafe_code, reason = "registers are numbers, and zero is one")]
fn registers(thread: i32) -> libc::user_regs_struct {
    let mut registers = unsafe { std::mem::zeroed::<libc::user_regs_struct>() };
    ptrace(
        libc::PTRACE_GETREGS,
        thread,
        0,
        (&raw mut registers).expose_provenance() as u64,
    );
    registers
}

impl Puppet {
    /// None of a thread that has ended since it was listed.
    #[expect(unsafe_code, reason = "ptrace has no safe calls")]
    fn of(thread: i32) -> Option<Self> {
        let attached = unsafe { libc::ptrace(libc::PTRACE_ATTACH, thread, 0_u64, 0_u64) };
        if attached != 0 {
            let error = io::Error::last_os_error();
            assert_eq!(error.raw_os_error(), Some(libc::ESRCH));
            return None;
        }
        wait_for(thread);
        let before = registers(thread);
        Some(Self { thread, before })
    }

    /// Puts a path where nothing else is, below its stack.
    fn path(&self, path: &Path) -> u64 {
        let at = (self.before.rsp - 8192) & !7;
        let text = CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
        for (place, word) in text.as_bytes_with_nul().chunks(8).enumerate() {
            let mut bytes = [0; 8];
            bytes[..word.len()].copy_from_slice(word);
            let address = at + 8 * place as u64;
            ptrace(
                libc::PTRACE_POKEDATA,
                self.thread,
                address,
                u64::from_le_bytes(bytes),
            );
        }
        at
    }

    /// Makes a system call; it waits in one, so the instruction for it is the last that it has done.
    fn call(&self, number: libc::c_long, arguments: [u64; 4]) -> Result<u64, i32> {
        let mut now = self.before;
        (now.rip, now.orig_rax) = (self.before.rip - 2, u64::MAX);
        now.rax = number.cast_unsigned();
        [now.rdi, now.rsi, now.rdx, now.r10] = arguments;
        ptrace(
            libc::PTRACE_SETREGS,
            self.thread,
            0,
            (&raw const now).expose_provenance() as u64,
        );
        ptrace(libc::PTRACE_SINGLESTEP, self.thread, 0, 0);
        wait_for(self.thread);
        let result = registers(self.thread).rax.cast_signed();
        if (-4095..0).contains(&result) {
            return Err(i32::try_from(-result).unwrap());
        }
        Ok(result.cast_unsigned())
    }

    fn open(&self, path: &Path, flags: i32) -> Result<(), i32> {
        let here = i64::from(libc::AT_FDCWD).cast_unsigned();
        let flags = u64::from(flags.cast_unsigned());
        let opened = self.call(libc::SYS_openat, [here, self.path(path), flags, 0o600])?;
        self.call(libc::SYS_close, [opened, 0, 0, 0]).map(drop)
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        let before = (&raw const self.before).expose_provenance() as u64;
        ptrace(libc::PTRACE_SETREGS, self.thread, 0, before);
        ptrace(libc::PTRACE_DETACH, self.thread, 0, 0);
    }
}

fn threads(process: i32) -> Vec<i32> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    tasks
        .map(|task| task.unwrap().file_name().to_str().unwrap().parse().unwrap())
        .collect()
}

fn only_holder(home: &Home) -> i32 {
    let holders = holders(home);
    assert_eq!(holders.len(), 1);
    holders[0].as_raw_nonzero().get()
}

#[test]
fn a_confined_process_opens_no_file_but_its_own_and_runs_no_program() {
    if confined::available().is_err() || !rustix::process::geteuid().is_root() {
        return println!("it is not confined here, or cannot be looked into");
    }
    let (sshd, _postgres, home) = with_host();
    let go = home.work().join("go");
    let command = format!(
        "echo up; while [ ! -e {} ]; do sleep 0.1; done; echo on",
        go.display()
    );
    let mut running = home.start(&["run", "--on", "box", "--", &command]);
    assert_eq!(running.line(), "up");
    let process = only_holder(&home);
    let (key, known) = (sshd.path("user"), sshd.path("known_hosts"));
    let job = home.job_folders().remove(0);
    let spool = fs::read_dir(job.join("spool"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let puppets = threads(process).into_iter().filter_map(Puppet::of);
    let mut tried = 0;
    for puppet in puppets {
        tried += 1;
        // What it does all the time, so that a refusal means something.
        assert_eq!(puppet.open(&spool.path(), libc::O_RDWR), Ok(()));
        assert_eq!(
            puppet.open(&job.join("exit.try"), libc::O_WRONLY | libc::O_CREAT),
            Ok(())
        );
        for path in [
            &key,
            &known,
            &home.data(),
            &home.config(),
            &home.ssh_config(),
        ] {
            assert_eq!(
                puppet.open(path, libc::O_RDONLY),
                Err(libc::EACCES),
                "{path:?}"
            );
        }
        for path in [
            "/etc/passwd",
            "/bin/sh",
            "/proc/self/environ",
            "/proc/1/environ",
            "/root",
        ] {
            let path = Path::new(path);
            assert_eq!(
                puppet.open(path, libc::O_RDONLY),
                Err(libc::EACCES),
                "{path:?}"
            );
        }
        let new = home.work().join("new");
        assert_eq!(
            puppet.open(&new, libc::O_WRONLY | libc::O_CREAT),
            Err(libc::EACCES)
        );
        let program = puppet.path(Path::new("/bin/true"));
        let refused = |number, arguments| {
            assert_eq!(puppet.call(number, arguments), Err(libc::EPERM), "{number}");
        };
        refused(libc::SYS_execve, [program, 0, 0, 0]);
        refused(libc::SYS_fork, [0; 4]);
        refused(libc::SYS_clone, [libc::SIGCHLD as u64, 0, 0, 0]);
        // The agent, the database, the desktop.
        let stream = libc::SOCK_STREAM as u64;
        refused(libc::SYS_socket, [libc::AF_UNIX as u64, stream, 0, 0]);
        refused(libc::SYS_ptrace, [u64::from(libc::PTRACE_ATTACH), 1, 0, 0]);
        refused(libc::SYS_kill, [1, 0, 0, 0]);
        let key = puppet.path(&key);
        refused(libc::SYS_chmod, [key, 0o666, 0, 0]);
        assert_eq!(puppet.call(libc::SYS_clone3, [0; 4]), Err(libc::ENOSYS));
    }
    // Its first thread, the session's and the engine's.
    assert!(tried >= 3, "{tried}");
    // It goes on.
    fs::write(go, "").unwrap();
    assert_eq!(running.line(), "on");
    assert!(running.child.wait().unwrap().success());
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(job["status"], "done", "{job}");
}

#[tokio::test]
async fn a_confined_process_logs_in_again_and_asks_its_keeper_for_what_that_takes() {
    // A second command at once needs a second login.
    let (sshd, postgres) = (Sshd::with("MaxSessions 1"), Postgres::start());
    let home = Home::new(Some(postgres.url("postgres")));
    fs::copy(sshd.config(""), home.ssh_config()).unwrap();
    let app = App::start(home);
    let mut page = app.page().await;
    let first = start(&mut page, "read a; echo $a").await;
    runs(&mut page, first).await;
    let process = only_holder(&app.home);
    // As other programs do that change a file: the new one has the old one's name alone.
    let (known, new) = (sshd.path("known_hosts"), sshd.path("known_hosts.new"));
    fs::copy(&known, &new).unwrap();
    fs::rename(&new, &known).unwrap();
    let logins = sshd.session_pids().len();
    for _ in 0..2 {
        let job = start(&mut page, "echo two").await;
        let job = page.now_over(job).await;
        assert_eq!(job.status, Status::Done, "{job:?}");
        let remarks = job
            .notes
            .iter()
            .filter(|note| note.contains("not confined"));
        assert_eq!(remarks.count(), usize::from(confined::available().is_err()));
    }
    assert_eq!(only_holder(&app.home), process);
    assert!(sshd.session_pids().len() > logins);
    let (text, end) = ("on\n".into(), true);
    let input = JobRequest::Input {
        job: first,
        text,
        end,
    };
    page.ask(input).await.unwrap();
    assert_eq!(page.now_over(first).await.status, Status::Done);
}

#[test]
fn a_killed_apps_job_is_archived_where_the_app_would_have() {
    let (_sshd, _postgres, home) = with_host();
    let stop = home.work().join("stop");
    let command = format!(
        "echo up; while [ ! -e {} ]; do sleep 0.1; done; exit 3",
        stop.display()
    );
    let mut running = home.start(&["run", "--on", "box", "--", &command]);
    assert_eq!(running.line(), "up");
    // The address is in the environment alone, and the process that a host could get hold of has not got it.
    let has_it = |pid: i32, file: &str| {
        let text = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&text).contains("postgres")
    };
    let left = home.left().into_iter();
    let (mut keepers, mut sessions) = (0, 0);
    for (pid, line) in left {
        let pid = pid.as_raw_nonzero().get();
        assert!(!line.contains("postgres://"), "{line}");
        if line.contains(" session ") {
            sessions += 1;
            assert!(!has_it(pid, "environ"), "{line}");
        } else if line.contains(" keep ") {
            keepers += 1;
        }
    }
    assert_eq!((keepers, sessions), (1, 1));
    running.kill();
    fs::write(stop, "").unwrap();
    eventually("it is archived with no app there", || {
        home.job_folders().is_empty()
    });
    eventually("nothing is left", || {
        home.left()
            .iter()
            .all(|(_, line)| !line.contains(" keep ") && !line.contains(" session "))
    });
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(
        (job["status"].as_str(), job["exit_code"].as_i64()),
        (Some("error"), Some(3))
    );
    assert_eq!(home.text(&["log", "last", "--raw"]), "up\n");
}
