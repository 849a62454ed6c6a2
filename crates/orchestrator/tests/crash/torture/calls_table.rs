//! The system calls that touch a file or a socket, and how each can fail.

use libc::{EACCES, ECONNREFUSED, ECONNRESET, EDQUOT, EINTR, EIO, EMFILE, ENOBUFS, ENOMEM, ENOSPC};

/// What a call's first argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// An open file of some sort.
    Descriptor,
    /// A path.
    Path,
    /// A folder's descriptor; the path is the second.
    PathAt,
    /// Neither.
    Nothing,
}

/// A system call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) number: libc::c_long,
    pub(crate) name: &'static str,
    pub(crate) on: On,
    errors: &'static [i32],
    /// Whether its third argument says how much is passed on, which may be less.
    pub(crate) may_be_short: bool,
    /// Whether it changes what is on a disk, or says that it is there.
    pub(crate) changes: bool,
}

const fn call(
    number: libc::c_long,
    name: &'static str,
    on: On,
    errors: &'static [i32],
    may_be_short: bool,
    changes: bool,
) -> Call {
    Call {
        number,
        name,
        on,
        errors,
        may_be_short,
        changes,
    }
}

const OPENS: &[i32] = &[EMFILE, EIO, ENOSPC, EACCES, EINTR];
const READS: &[i32] = &[EIO, EINTR];
const WRITES: &[i32] = &[ENOSPC, EIO, EINTR, EDQUOT];
const SYNCS: &[i32] = &[EIO, ENOSPC, EDQUOT, EINTR];
const NAMES: &[i32] = &[ENOSPC, EIO, EDQUOT];
const LOOKS: &[i32] = &[EIO, ENOMEM];
const SENDS: &[i32] = &[ECONNRESET, EINTR, ENOBUFS];
const RECEIVES: &[i32] = &[ECONNRESET, EINTR];
const SOCKETS: &[i32] = &[EMFILE, ENOBUFS];

/// All of them, on x86-64 Linux.
pub(crate) const CALLS: &[Call] = &[
    call(libc::SYS_openat, "openat", On::PathAt, OPENS, false, false),
    call(libc::SYS_open, "open", On::Path, OPENS, false, false),
    call(libc::SYS_read, "read", On::Descriptor, READS, true, false),
    call(libc::SYS_readv, "readv", On::Descriptor, READS, true, false),
    call(
        libc::SYS_pread64,
        "pread",
        On::Descriptor,
        READS,
        true,
        false,
    ),
    call(libc::SYS_write, "write", On::Descriptor, WRITES, true, true),
    call(
        libc::SYS_writev,
        "writev",
        On::Descriptor,
        WRITES,
        true,
        true,
    ),
    call(
        libc::SYS_pwrite64,
        "pwrite",
        On::Descriptor,
        WRITES,
        true,
        true,
    ),
    call(libc::SYS_fsync, "fsync", On::Descriptor, SYNCS, false, true),
    call(
        libc::SYS_fdatasync,
        "fdatasync",
        On::Descriptor,
        SYNCS,
        false,
        true,
    ),
    call(
        libc::SYS_ftruncate,
        "ftruncate",
        On::Descriptor,
        WRITES,
        false,
        true,
    ),
    call(
        libc::SYS_fallocate,
        "fallocate",
        On::Descriptor,
        WRITES,
        false,
        true,
    ),
    call(
        libc::SYS_flock,
        "flock",
        On::Descriptor,
        &[EINTR, EIO],
        false,
        false,
    ),
    call(
        libc::SYS_lseek,
        "lseek",
        On::Descriptor,
        &[EIO],
        false,
        false,
    ),
    call(
        libc::SYS_getdents64,
        "getdents",
        On::Descriptor,
        &[EIO],
        false,
        false,
    ),
    call(
        libc::SYS_fstat,
        "fstat",
        On::Descriptor,
        LOOKS,
        false,
        false,
    ),
    call(
        libc::SYS_fstatfs,
        "fstatfs",
        On::Descriptor,
        &[EIO, EINTR],
        false,
        false,
    ),
    call(
        libc::SYS_fchmod,
        "fchmod",
        On::Descriptor,
        NAMES,
        false,
        true,
    ),
    call(
        libc::SYS_fchown,
        "fchown",
        On::Descriptor,
        NAMES,
        false,
        true,
    ),
    call(
        libc::SYS_close,
        "close",
        On::Descriptor,
        &[EIO, EINTR],
        false,
        false,
    ),
    call(libc::SYS_statx, "statx", On::PathAt, LOOKS, false, false),
    call(
        libc::SYS_newfstatat,
        "fstatat",
        On::PathAt,
        LOOKS,
        false,
        false,
    ),
    call(libc::SYS_stat, "stat", On::Path, LOOKS, false, false),
    call(libc::SYS_lstat, "lstat", On::Path, LOOKS, false, false),
    call(
        libc::SYS_statfs,
        "statfs",
        On::Path,
        &[EIO, EINTR],
        false,
        false,
    ),
    call(libc::SYS_access, "access", On::Path, LOOKS, false, false),
    call(
        libc::SYS_faccessat2,
        "faccessat",
        On::PathAt,
        LOOKS,
        false,
        false,
    ),
    call(
        libc::SYS_readlink,
        "readlink",
        On::Path,
        LOOKS,
        false,
        false,
    ),
    call(
        libc::SYS_readlinkat,
        "readlinkat",
        On::PathAt,
        LOOKS,
        false,
        false,
    ),
    call(libc::SYS_mkdir, "mkdir", On::Path, NAMES, false, true),
    call(libc::SYS_mkdirat, "mkdirat", On::PathAt, NAMES, false, true),
    call(libc::SYS_rename, "rename", On::Path, NAMES, false, true),
    call(
        libc::SYS_renameat,
        "renameat",
        On::PathAt,
        NAMES,
        false,
        true,
    ),
    call(
        libc::SYS_renameat2,
        "renameat2",
        On::PathAt,
        NAMES,
        false,
        true,
    ),
    call(libc::SYS_unlink, "unlink", On::Path, &[EIO], false, true),
    call(
        libc::SYS_unlinkat,
        "unlinkat",
        On::PathAt,
        &[EIO],
        false,
        true,
    ),
    call(libc::SYS_rmdir, "rmdir", On::Path, &[EIO], false, true),
    call(libc::SYS_link, "link", On::Path, NAMES, false, true),
    call(libc::SYS_linkat, "linkat", On::PathAt, NAMES, false, true),
    call(libc::SYS_symlink, "symlink", On::Path, NAMES, false, true),
    call(libc::SYS_chmod, "chmod", On::Path, NAMES, false, true),
    call(
        libc::SYS_fchmodat,
        "fchmodat",
        On::PathAt,
        NAMES,
        false,
        true,
    ),
    call(libc::SYS_chown, "chown", On::Path, NAMES, false, true),
    call(
        libc::SYS_socket,
        "socket",
        On::Nothing,
        SOCKETS,
        false,
        false,
    ),
    call(
        libc::SYS_socketpair,
        "socketpair",
        On::Nothing,
        SOCKETS,
        false,
        false,
    ),
    call(
        libc::SYS_pipe2,
        "pipe",
        On::Nothing,
        &[EMFILE],
        false,
        false,
    ),
    call(
        libc::SYS_connect,
        "connect",
        On::Descriptor,
        &[ECONNREFUSED, EINTR],
        false,
        false,
    ),
    call(
        libc::SYS_bind,
        "bind",
        On::Descriptor,
        &[ENOSPC, EIO, EACCES],
        false,
        false,
    ),
    call(
        libc::SYS_listen,
        "listen",
        On::Descriptor,
        &[ENOBUFS],
        false,
        false,
    ),
    call(
        libc::SYS_accept4,
        "accept",
        On::Descriptor,
        &[EMFILE, EINTR, ENOBUFS],
        false,
        false,
    ),
    call(
        libc::SYS_sendto,
        "sendto",
        On::Descriptor,
        SENDS,
        true,
        false,
    ),
    call(
        libc::SYS_sendmsg,
        "sendmsg",
        On::Descriptor,
        SENDS,
        false,
        false,
    ),
    call(
        libc::SYS_recvfrom,
        "recvfrom",
        On::Descriptor,
        RECEIVES,
        true,
        false,
    ),
    call(
        libc::SYS_recvmsg,
        "recvmsg",
        On::Descriptor,
        RECEIVES,
        false,
        false,
    ),
    call(libc::SYS_poll, "poll", On::Nothing, &[EINTR], false, false),
    call(
        libc::SYS_ppoll,
        "ppoll",
        On::Nothing,
        &[EINTR],
        false,
        false,
    ),
    call(
        libc::SYS_epoll_wait,
        "epoll_wait",
        On::Nothing,
        &[EINTR],
        false,
        false,
    ),
    call(
        libc::SYS_inotify_add_watch,
        "watch",
        On::Nothing,
        &[ENOSPC],
        false,
        false,
    ),
];

/// The names of the errors, for people.
const ERRORS: &[(i32, &str)] = &[
    (EACCES, "EACCES"),
    (ECONNREFUSED, "ECONNREFUSED"),
    (ECONNRESET, "ECONNRESET"),
    (EDQUOT, "EDQUOT"),
    (EINTR, "EINTR"),
    (EIO, "EIO"),
    (EMFILE, "EMFILE"),
    (ENOBUFS, "ENOBUFS"),
    (ENOMEM, "ENOMEM"),
    (ENOSPC, "ENOSPC"),
];

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails with this error.
    Error(i32),
    /// It does half of what it should.
    Short,
    /// The power goes before it.
    CutBefore,
    /// The power goes after it.
    CutAfter,
}

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::CutBefore => "cut-before",
            Self::CutAfter => "cut-after",
            Self::Error(code) => {
                let known = ERRORS.iter().find(|(number, _)| *number == code);
                known.map_or("an error", |(_, name)| name)
            }
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        let others = [Self::Short, Self::CutBefore, Self::CutAfter];
        let errors = ERRORS.iter().map(|(number, _)| Self::Error(*number));
        others
            .into_iter()
            .chain(errors)
            .find(|one| one.name() == name)
    }
}

impl Call {
    /// How it may fail on a descriptor of this sort, as a kernel would have it: what is no file or socket is at most
    /// interrupted, or passes on less.
    pub(crate) fn faults(&self, sort: &str) -> Vec<Fault> {
        let is_on_disk = sort == "file" || sort == "path" || sort.is_empty();
        let may_be = |error: &&i32| match sort {
            "socket" => match **error {
                EIO if self.name == "read" || self.name == "readv" => false,
                ENOSPC | EDQUOT | EIO => self.name == "bind",
                _ => true,
            },
            "pipe" => **error == EINTR,
            _ => is_on_disk,
        };
        let mut faults: Vec<_> = self
            .errors
            .iter()
            .filter(may_be)
            .map(|error| Fault::Error(*error))
            .collect();
        if sort == "socket" && matches!(self.name, "write" | "writev" | "read" | "readv") {
            faults.push(Fault::Error(ECONNRESET));
        }
        if self.may_be_short {
            faults.push(Fault::Short);
        }
        faults
    }
}

pub(crate) fn call_of(number: u64) -> Option<&'static Call> {
    CALLS
        .iter()
        .find(|call| u64::try_from(call.number) == Ok(number))
}

pub(crate) fn call_named(name: &str) -> Option<&'static Call> {
    CALLS.iter().find(|call| call.name == name)
}
