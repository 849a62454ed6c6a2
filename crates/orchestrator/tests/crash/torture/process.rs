//! What a tracer does with one process: looks into it, and changes a call of it.

#![expect(unsafe_code, reason = "ptrace is a system call with addresses")]

use std::{ffi::c_void, fs, path::Path};

use libc::pid_t;

use super::calls_table::{Call, On, calls};

pub(super) fn ptrace(request: libc::c_uint, pid: pid_t, at: usize, data: usize) -> libc::c_long {
    // SAFETY: at and data are numbers, or addresses of memory of the caller's as large as the request needs.
    unsafe { libc::ptrace(request, pid, at as *mut c_void, data as *mut c_void) }
}

/// Has the kernel stop at the calls that matter, and at no others: each stop takes two turns of the scheduler's.
pub(super) fn filter() -> Vec<libc::sock_filter> {
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

/// What sort of thing a call is on, and its name; none for what is neither a file nor a socket nor a pipe.
pub(super) fn place(pid: pid_t, call: &Call, args: [u64; 3]) -> Option<(&'static str, String)> {
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
                name if name.starts_with('/') && Path::new(name).is_dir() => "folder",
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

pub(super) fn line_of(process: &Path) -> String {
    let line = fs::read(process.join("cmdline")).unwrap_or_default();
    let waits = fs::read_to_string(process.join("wchan")).unwrap_or_default();
    format!(
        "{} ({waits})",
        String::from_utf8_lossy(&line).replace('\0', " ")
    )
}

pub(super) fn memory(pid: pid_t, at: u64, size: usize) -> Vec<u8> {
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

pub(super) fn registers(pid: pid_t) -> libc::user_regs_struct {
    // SAFETY: it is a plain record of numbers.
    let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
    ptrace(libc::PTRACE_GETREGS, pid, 0, (&raw mut registers) as usize);
    registers
}

pub(super) fn change(pid: pid_t, by: impl FnOnce(&mut libc::user_regs_struct)) {
    let mut registers = registers(pid);
    by(&mut registers);
    ptrace(
        libc::PTRACE_SETREGS,
        pid,
        0,
        (&raw const registers) as usize,
    );
}
