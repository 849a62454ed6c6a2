//! A program that runs another one with all it starts, and has one of its system calls fail. It is this test's own binary
//! once more: a tracer waits for all processes it traces, and the test waits for some of them itself.

#![expect(unsafe_code, reason = "ptrace is a system call with addresses")]

use std::{
    collections::{BTreeMap, HashMap},
    env, fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, exit},
    sync::Mutex,
    time::Duration,
};

use libc::{c_int, c_void, pid_t};
use serde::{Deserialize, Serialize};

use super::calls_table::{Call, Fault, On, call_of, calls};

/// The variable that has the orders.
const ORDERS: &str = "VMO_TRACER";
/// What we see when a call begins or ends (PTRACE_O_TRACESYSGOOD).
const AT_CALL: c_int = libc::SIGTRAP | 0x80;

/// What is to be done.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Orders {
    /// The program's role, the call with what it is on, which of them from 1, and the fault's name; none to count alone.
    pub(crate) fault: Option<(String, String, u32, String)>,
    /// The file for the [`Report`].
    pub(crate) report: PathBuf,
    /// The disk whose power is cut.
    pub(crate) disk: Option<PathBuf>,
    /// Where that disk is seen, so that only changes there count.
    pub(crate) places: Vec<PathBuf>,
    /// When all that still runs is ended, in milliseconds.
    pub(crate) deadline_ms: u64,
}

/// What was seen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// How often each role made each call.
    pub(crate) seen: BTreeMap<String, u32>,
    /// The call that was hit, and what on.
    pub(crate) hit: Option<String>,
    /// Words of a panic, and signals that ended one of ours.
    pub(crate) bad_ends: Vec<String>,
    /// Who still ran at the deadline.
    pub(crate) hung: Vec<String>,
}

/// The same command, traced.
pub(crate) fn traced(command: &Command, orders: &Orders) -> Command {
    let mut traced = Command::new("/bin/sh");
    // What a test binary prints of itself goes nowhere.
    let script = "exec 3>&1 4>&2 >/dev/null 2>&1; exec \"$0\" torture::tracer::is_run_by_tests --exact --ignored --nocapture";
    traced.args(["-c", script]).arg(env::current_exe().unwrap());
    let line: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .collect();
    let line: Vec<_> = line.iter().map(|word| word.to_str().unwrap()).collect();
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    traced.env(ORDERS, serde_json::to_string(&(orders, line)).unwrap());
    traced.current_dir(command.get_current_dir().unwrap());
    traced
}

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

/// Has the kernel stop at the calls that matter, and at no others: each stop takes two turns of the scheduler's.
fn filter() -> Vec<libc::sock_filter> {
    // SAFETY: both make a record of numbers.
    let (load, jump) = unsafe {
        let load = libc::BPF_STMT((libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16, 0);
        let jump = |number: libc::c_long, left: usize| {
            let code = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
            libc::BPF_JUMP(code, number as u32, left as u8, 0)
        };
        (load, jump)
    };
    let mut filter = vec![load];
    let many = calls().count();
    for (number, call) in calls().enumerate() {
        filter.push(jump(call.number, many - number));
    }
    for answer in [libc::SECCOMP_RET_ALLOW, libc::SECCOMP_RET_TRACE] {
        // SAFETY: as above.
        filter.push(unsafe { libc::BPF_STMT((libc::BPF_RET | libc::BPF_K) as u16, answer) });
    }
    filter
}

/// One thread of a program that is traced.
#[derive(Debug, Clone, Default)]
struct Tracee {
    /// None of ours where it is empty.
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

fn ptrace(request: libc::c_uint, pid: pid_t, at: usize, data: usize) -> libc::c_long {
    // SAFETY: at and data are numbers, or addresses of memory of the caller's as large as the request needs.
    unsafe { libc::ptrace(request, pid, at as *mut c_void, data as *mut c_void) }
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
                    .push(format!("{who} was ended by signal {signal}"))
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
            ("vmo-supervisor", "--nursery") => "nursery".to_owned(),
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
                registers.rax = i64::from(-code).cast_unsigned()
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
            let seen = report
                .seen
                .entry(format!("{}/{name}", tracee.role))
                .or_default();
            *seen += 1;
            count = *seen;
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
            report.hit = Some(format!("{role} {name} {count} {} of {place}", fault.name()))
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

/// What sort of thing a call is on, and its name; none for what is neither a file nor a socket nor a pipe.
fn place(pid: pid_t, call: &Call, args: [u64; 3]) -> Option<(&'static str, String)> {
    match call.on {
        On::Nothing => Some(("", String::new())),
        On::Path => Some(("path", text(pid, args[0]))),
        On::PathAt => Some(("path", text(pid, args[1]))),
        On::Descriptor => {
            let link = fs::read_link(format!("/proc/{pid}/fd/{}", args[0])).ok()?;
            let link = link.to_string_lossy().into_owned();
            let sort = match link.split(':').next()? {
                "socket" => "socket",
                // What does not wait is never interrupted.
                "pipe" if is_ready(pid, args[0]) => "ready-pipe",
                "pipe" => "pipe",
                name if name.starts_with('/') => "file",
                _ => return None,
            };
            Some((sort, link))
        }
    }
}

/// Whether a descriptor does not wait.
fn is_ready(pid: pid_t, fd: u64) -> bool {
    let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & libc::O_NONBLOCK != 0)
}

fn line_of(process: &Path) -> String {
    let line = fs::read(process.join("cmdline")).unwrap_or_default();
    let waits = fs::read_to_string(process.join("wchan")).unwrap_or_default();
    format!(
        "{} ({waits})",
        String::from_utf8_lossy(&line).replace('\0', " ")
    )
}

fn memory(pid: pid_t, at: u64, size: usize) -> Vec<u8> {
    let Ok(file) = fs::File::open(format!("/proc/{pid}/mem")) else {
        return Vec::new();
    };
    let mut bytes = vec![0; size];
    let read = std::os::unix::fs::FileExt::read_at(&file, &mut bytes, at).unwrap_or(0);
    bytes.truncate(read);
    bytes
}

fn text(pid: pid_t, at: u64) -> String {
    // A page at a time: the next one may not be there.
    let bytes = memory(pid, at, 4096 - (at % 4096) as usize);
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn registers(pid: pid_t) -> libc::user_regs_struct {
    // SAFETY: it is a plain record of numbers.
    let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
    ptrace(libc::PTRACE_GETREGS, pid, 0, (&raw mut registers) as usize);
    registers
}

fn change(pid: pid_t, by: impl FnOnce(&mut libc::user_regs_struct)) {
    let mut registers = registers(pid);
    by(&mut registers);
    ptrace(
        libc::PTRACE_SETREGS,
        pid,
        0,
        (&raw const registers) as usize,
    );
}
