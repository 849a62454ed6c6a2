//! A program that runs another one with all it starts, and has one of its system calls fail. It is this test's own binary
//! once more: a tracer waits for all processes it traces, and the test waits for some of them itself.

#![expect(unsafe_code, reason = "ptrace is a system call with addresses")]

use std::{
    collections::HashMap,
    env, fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, exit},
    sync::Mutex,
    time::Duration,
};

use super::{
    calls_table::{Fault, call_of},
    orders::{ORDERS, Orders, Report},
    process::{change, filter, line_of, memory, place, ptrace, registers},
};
use libc::{c_int, pid_t};

/// What we see when a call begins or ends (PTRACE_O_TRACESYSGOOD).
const AT_CALL: c_int = libc::SIGTRAP | 0x80;

#[test]
#[ignore = "the tracer itself, which other tests run"]
fn is_run_by_tests() {
    let Ok(orders) = env::var(ORDERS) else { return };
    let (orders, line): (Orders, Vec<String>) = serde_json::from_str(&orders).unwrap();
    let mut command = Command::new(&line[0]);
    command.args(&line[1..]).env_remove(ORDERS);
    let filter = filter();
    // SAFETY: these are system calls alone, and nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            for (from, to) in [(3, 1), (4, 2)] {
                libc::dup2(from, to);
                libc::close(from);
            }
            let program = libc::sock_fprog {
                len: filter.len() as u16,
                filter: filter.as_ptr().cast_mut(),
            };
            let failed = libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) != 0
                || (libc::geteuid() != 0
                    && libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
                || libc::syscall(
                    libc::SYS_seccomp,
                    libc::SECCOMP_SET_MODE_FILTER,
                    0,
                    &raw const program,
                ) != 0;
            if failed {
                return Err(std::io::Error::last_os_error());
            }
            Ok(())
        });
    }
    let first = command.spawn().unwrap().id().cast_signed();
    for fd in [3, 4] {
        // SAFETY: nobody in this process uses them.
        unsafe { libc::close(fd) };
    }
    exit(Tracer::new(orders, first).run());
}

/// One thread of a program that is traced.
#[derive(Debug, Clone, Default)]
struct Tracee {
    /// None of ours if it is empty.
    role: String,
    /// Its program has been loaded, and its own code runs.
    counts: bool,
    /// What the call that is going on has to answer.
    answer: Option<i32>,
    cuts: bool,
}

struct Tracer {
    orders: Orders,
    first: pid_t,
    tracees: HashMap<pid_t, Tracee>,
    code: i32,
}

static REPORT: Mutex<Option<Report>> = Mutex::new(None);

fn noting(note: impl FnOnce(&mut Report)) {
    note(REPORT.lock().unwrap().get_or_insert_default());
}

fn hand_in(orders: &Orders) {
    noting(|report| {
        let fresh = orders.report.with_extension("new");
        fs::write(&fresh, serde_json::to_vec(report).unwrap()).unwrap();
        fs::rename(&fresh, &orders.report).unwrap();
    });
}

impl Tracer {
    fn new(orders: Orders, first: pid_t) -> Self {
        let late = orders.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(late.deadline_ms));
            let ours = fs::read_dir("/proc/self/task").unwrap().flatten();
            let ours: Vec<_> = ours
                .map(|thread| format!("TracerPid:\t{}\n", thread.file_name().display()))
                .collect();
            let is_traced = |path: &PathBuf| {
                let status = fs::read_to_string(path.join("status")).unwrap_or_default();
                ours.iter().any(|ours| status.contains(ours))
            };
            let processes = fs::read_dir("/proc").unwrap().flatten();
            let hung = processes.map(|entry| entry.path()).filter(is_traced);
            let hung: Vec<_> = hung.map(|path| line_of(&path)).collect();
            noting(|report| report.hung = hung);
            hand_in(&late);
            // Who is traced is killed with us.
            exit(124);
        });
        Self {
            orders,
            first,
            tracees: HashMap::new(),
            code: 0,
        }
    }

    fn run(mut self) -> i32 {
        loop {
            let mut status = 0;
            // SAFETY: status is ours.
            let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL) };
            if pid < 0 {
                if std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR) {
                    continue;
                }
                hand_in(&self.orders);
                return self.code;
            }
            if libc::WIFSTOPPED(status) {
                self.stopped(pid, status);
            } else {
                self.ended(pid, status);
            }
        }
    }

    fn ended(&mut self, pid: pid_t, status: c_int) {
        let tracee = self.tracees.remove(&pid);
        if pid == self.first {
            self.code = if libc::WIFSIGNALED(status) {
                128 + libc::WTERMSIG(status)
            } else {
                libc::WEXITSTATUS(status)
            };
        }
        let bad = [libc::SIGABRT, libc::SIGSEGV, libc::SIGBUS, libc::SIGILL];
        if libc::WIFSIGNALED(status) && bad.contains(&libc::WTERMSIG(status)) {
            let who = tracee.map(|tracee| tracee.role).unwrap_or_default();
            let signal = libc::WTERMSIG(status);
            noting(|report| {
                report
                    .bad_ends
                    .push(format!("{who} was ended by signal {signal}"));
            });
        }
    }

    fn stopped(&mut self, pid: pid_t, status: c_int) {
        let signal = libc::WSTOPSIG(status);
        let event = status >> 16;
        if !self.tracees.contains_key(&pid) {
            let tracee = self.newcomer(pid);
            self.tracees.insert(pid, tracee);
            if pid == self.first {
                let options = libc::PTRACE_O_EXITKILL
                    | libc::PTRACE_O_TRACESYSGOOD
                    | libc::PTRACE_O_TRACECLONE
                    | libc::PTRACE_O_TRACEFORK
                    | libc::PTRACE_O_TRACEVFORK
                    | libc::PTRACE_O_TRACESECCOMP
                    | libc::PTRACE_O_TRACEEXEC;
                ptrace(libc::PTRACE_SETOPTIONS, pid, 0, options as usize);
                self.became(pid);
                ptrace(libc::PTRACE_CONT, pid, 0, 0);
                return;
            }
            if signal == libc::SIGSTOP {
                ptrace(libc::PTRACE_CONT, pid, 0, 0);
                return;
            }
        }
        match (signal, event) {
            (AT_CALL, _) => self.at_end(pid),
            (_, libc::PTRACE_EVENT_SECCOMP) => self.at_call(pid),
            (_, libc::PTRACE_EVENT_EXEC) => self.became(pid),
            _ => {}
        }
        let is_ours = event != 0 || signal == AT_CALL || signal == libc::SIGTRAP;
        let passed = if is_ours { 0 } else { signal };
        let tracee = &self.tracees[&pid];
        let until = if tracee.answer.is_some() || tracee.cuts {
            libc::PTRACE_SYSCALL
        } else {
            libc::PTRACE_CONT
        };
        ptrace(until, pid, 0, passed.cast_unsigned() as usize);
    }

    /// A new thread or process is at first as who made it.
    fn newcomer(&self, pid: pid_t) -> Tracee {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse::<pid_t>().ok()
        };
        let kin = ["Tgid:", "PPid:"].into_iter().filter_map(number);
        let mut kin = kin.filter_map(|pid| self.tracees.get(&pid));
        let found = kin.next().cloned().unwrap_or_default();
        Tracee {
            answer: None,
            cuts: false,
            ..found
        }
    }

    /// It runs another program from now on.
    fn became(&mut self, pid: pid_t) {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let program = words.next().unwrap_or_default();
        let program = program.rsplit('/').next().unwrap_or_default().to_owned();
        let word = words.next().unwrap_or_default().into_owned();
        let role = match (program.as_str(), word.as_str()) {
            ("vmo-supervisor", "--fork-server") => "fork_server".to_owned(),
            ("vmo-supervisor", _) => "supervisor".to_owned(),
            ("vmo", word) => word.to_owned(),
            _ => String::new(),
        };
        let tracee = Tracee {
            role,
            ..Tracee::default()
        };
        self.tracees.insert(pid, tracee);
    }

    /// The call that goes on ends.
    fn at_end(&mut self, pid: pid_t) {
        // SAFETY: it is a plain record of numbers.
        let mut info: libc::ptrace_syscall_info = unsafe { std::mem::zeroed() };
        let size = size_of_val(&info);
        ptrace(
            libc::PTRACE_GET_SYSCALL_INFO,
            pid,
            size,
            (&raw mut info) as usize,
        );
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return;
        };
        if info.op != libc::PTRACE_SYSCALL_INFO_EXIT {
            return;
        }
        if let Some(code) = tracee.answer.take() {
            change(pid, |registers| {
                registers.rax = i64::from(-code).cast_unsigned();
            });
        }
        if tracee.cuts {
            self.cut();
        }
    }

    fn at_call(&mut self, pid: pid_t) {
        let tracee = self.tracees.get_mut(&pid).unwrap();
        if tracee.role.is_empty() {
            return;
        }
        let registers = registers(pid);
        if !tracee.counts {
            // The first thing a Rust program does is to look at its standard streams.
            tracee.counts = registers.orig_rax == libc::SYS_poll.cast_unsigned();
            return;
        }
        let args = [registers.rdi, registers.rsi, registers.rdx];
        self.begins(pid, registers.orig_rax, args);
    }

    fn begins(&mut self, pid: pid_t, number: u64, args: [u64; 3]) {
        let Some(call) = call_of(number) else { return };
        if number == libc::SYS_write.cast_unsigned() && args[2] < 8192 {
            let words = memory(pid, args[1], args[2] as usize);
            let words = String::from_utf8_lossy(&words);
            if words.contains("panicked at") {
                noting(|report| report.bad_ends.push(words.into_owned()));
            }
        }
        let Some((sort, place)) = place(pid, &call, args) else {
            return;
        };
        let tracee = &self.tracees[&pid];
        let name = if sort.is_empty() {
            call.name.to_owned()
        } else {
            format!("{}:{sort}", call.name)
        };
        let is_there = || {
            self.orders
                .places
                .iter()
                .any(|there| Path::new(&place).starts_with(there))
        };
        if self.orders.disk.is_some() && !(call.changes() && is_there()) {
            return;
        }
        let mut count = 0;
        noting(|report| {
            let count_of_call = report
                .calls
                .entry(format!("{}/{name}", tracee.role))
                .or_default();
            *count_of_call += 1;
            count = *count_of_call;
        });
        let role = tracee.role.clone();
        let Some((wanted, on, which, fault)) = &self.orders.fault else {
            return;
        };
        if (wanted, on, *which) != (&role, &name, count) {
            return;
        }
        let fault = Fault::named(fault).unwrap();
        noting(|report| {
            report.hit = Some(format!("{role} {name} {count} {} of {place}", fault.name()));
        });
        let tracee = self.tracees.get_mut(&pid).unwrap();
        match fault {
            // A close that fails has closed nevertheless.
            Fault::Error(code) if call.name == "close" => tracee.answer = Some(code),
            Fault::Error(code) => change(pid, |registers| {
                registers.orig_rax = u64::MAX;
                registers.rax = i64::from(-code).cast_unsigned();
            }),
            Fault::Short => change(pid, |registers| registers.rdx = (registers.rdx / 2).max(1)),
            Fault::CutBefore => self.cut(),
            Fault::CutAfter => tracee.cuts = true,
        }
    }

    /// Cuts the disk's power, and ends all that is traced.
    fn cut(&self) -> ! {
        let disk = fs::File::open(self.orders.disk.as_ref().unwrap()).unwrap();
        // EXT4_GOING_FLAGS_NOLOGFLUSH: not even the journal's last words come onto the disk.
        let flags: u32 = 2;
        // SAFETY: FS_IOC_SHUTDOWN reads a number of 32 bits.
        let done = unsafe {
            libc::ioctl(
                std::os::fd::AsRawFd::as_raw_fd(&disk),
                0x8004_587d,
                &raw const flags,
            )
        };
        assert_eq!(done, 0, "the power was not cut");
        hand_in(&self.orders);
        exit(125)
    }
}
