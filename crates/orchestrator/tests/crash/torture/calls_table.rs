//! The system calls that touch a file or a socket, and how each can fail.

use libc::{
    EACCES, ECONNREFUSED, ECONNRESET, EDQUOT, EINTR, EIO, EMFILE, ENOBUFS, ENOMEM, ENOSPC, c_long,
};

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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) number: c_long,
    pub(crate) name: &'static str,
    pub(crate) on: On,
    errors: &'static [i32],
}

const OPENS: &[i32] = &[EMFILE, EIO, ENOSPC, EACCES, EINTR];
const READS: &[i32] = &[EIO, EINTR];
const WRITES: &[i32] = &[ENOSPC, EIO, EINTR, EDQUOT];
const NAMES: &[i32] = &[ENOSPC, EIO, EDQUOT];
const LOOKS: &[i32] = &[EIO, ENOMEM];
const SOCKETS: &[i32] = &[EMFILE, ENOBUFS];

/// Calls on the same sort of thing that fail alike, by their names here.
type Alike = (On, &'static [i32], &'static [(c_long, &'static str)]);

/// All of them, on x86-64 Linux.
const ALL: &[Alike] = &[
    (On::PathAt, OPENS, &[(libc::SYS_openat, "openat")]),
    (On::Path, OPENS, &[(libc::SYS_open, "open")]),
    (
        On::Descriptor,
        READS,
        &[
            (libc::SYS_read, "read"),
            (libc::SYS_readv, "readv"),
            (libc::SYS_pread64, "pread"),
            (libc::SYS_close, "close"),
            (libc::SYS_flock, "flock"),
            (libc::SYS_fstatfs, "fstatfs"),
        ],
    ),
    (
        On::Descriptor,
        WRITES,
        &[
            (libc::SYS_write, "write"),
            (libc::SYS_writev, "writev"),
            (libc::SYS_pwrite64, "pwrite"),
            (libc::SYS_fsync, "fsync"),
            (libc::SYS_fdatasync, "fdatasync"),
            (libc::SYS_ftruncate, "ftruncate"),
            (libc::SYS_fallocate, "fallocate"),
        ],
    ),
    (
        On::Descriptor,
        LOOKS,
        &[
            (libc::SYS_lseek, "lseek"),
            (libc::SYS_getdents64, "getdents"),
            (libc::SYS_fstat, "fstat"),
        ],
    ),
    (
        On::Descriptor,
        NAMES,
        &[(libc::SYS_fchmod, "fchmod"), (libc::SYS_fchown, "fchown")],
    ),
    (
        On::Path,
        LOOKS,
        &[
            (libc::SYS_stat, "stat"),
            (libc::SYS_lstat, "lstat"),
            (libc::SYS_statfs, "statfs"),
            (libc::SYS_access, "access"),
            (libc::SYS_readlink, "readlink"),
        ],
    ),
    (
        On::PathAt,
        LOOKS,
        &[
            (libc::SYS_statx, "statx"),
            (libc::SYS_newfstatat, "fstatat"),
            (libc::SYS_faccessat2, "faccessat"),
            (libc::SYS_readlinkat, "readlinkat"),
        ],
    ),
    (
        On::Path,
        NAMES,
        &[
            (libc::SYS_mkdir, "mkdir"),
            (libc::SYS_rename, "rename"),
            (libc::SYS_unlink, "unlink"),
            (libc::SYS_rmdir, "rmdir"),
            (libc::SYS_link, "link"),
            (libc::SYS_symlink, "symlink"),
            (libc::SYS_chmod, "chmod"),
            (libc::SYS_chown, "chown"),
        ],
    ),
    (
        On::PathAt,
        NAMES,
        &[
            (libc::SYS_mkdirat, "mkdirat"),
            (libc::SYS_renameat, "renameat"),
            (libc::SYS_renameat2, "renameat2"),
            (libc::SYS_unlinkat, "unlinkat"),
            (libc::SYS_linkat, "linkat"),
            (libc::SYS_fchmodat, "fchmodat"),
        ],
    ),
    (
        On::Nothing,
        SOCKETS,
        &[
            (libc::SYS_socket, "socket"),
            (libc::SYS_socketpair, "socketpair"),
            (libc::SYS_pipe2, "pipe"),
        ],
    ),
    (
        On::Descriptor,
        &[ECONNREFUSED, EINTR],
        &[(libc::SYS_connect, "connect")],
    ),
    (
        On::Descriptor,
        &[ENOSPC, EIO, EACCES],
        &[(libc::SYS_bind, "bind")],
    ),
    (
        On::Descriptor,
        &[EMFILE, EINTR, ENOBUFS],
        &[(libc::SYS_accept4, "accept"), (libc::SYS_listen, "listen")],
    ),
    (
        On::Descriptor,
        &[ECONNRESET, EINTR, ENOBUFS],
        &[(libc::SYS_sendto, "sendto"), (libc::SYS_sendmsg, "sendmsg")],
    ),
    (
        On::Descriptor,
        &[ECONNRESET, EINTR],
        &[
            (libc::SYS_recvfrom, "recvfrom"),
            (libc::SYS_recvmsg, "recvmsg"),
        ],
    ),
    (
        On::Nothing,
        &[EINTR],
        &[
            (libc::SYS_poll, "poll"),
            (libc::SYS_ppoll, "ppoll"),
            (libc::SYS_epoll_wait, "epoll_wait"),
        ],
    ),
    (
        On::Nothing,
        &[ENOSPC],
        &[(libc::SYS_inotify_add_watch, "watch")],
    ),
];

/// Those whose third argument says how much is passed on, which may be less.
const MAY_BE_SHORT: [&str; 8] = [
    "read", "readv", "pread", "write", "writev", "pwrite", "sendto", "recvfrom",
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
                let error = ERRORS.iter().find(|(number, _)| *number == code);
                error.map_or("an error", |(_, name)| name)
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
    /// Whether it changes what is on a disk, or says that it is there.
    pub(crate) fn changes(&self) -> bool {
        let writes = self.on == On::Descriptor && (self.errors == WRITES || self.errors == NAMES);
        writes || (self.on != On::Descriptor && self.errors == NAMES)
    }

    /// How it may fail on a descriptor of this sort, as a kernel would have it: what is no file or socket is at most
    /// interrupted, or passes on less.
    pub(crate) fn faults(&self, sort: &str) -> Vec<Fault> {
        let is_on_disk = ["file", "folder", "path", ""].contains(&sort);
        let may_be = |error: &&i32| match sort {
            "socket" => match **error {
                EIO if self.name == "read" || self.name == "readv" => false,
                ENOSPC | EDQUOT | EIO => self.name == "bind",
                _ => true,
            },
            "pipe" => **error == EINTR,
            "ready-pipe" => false,
            // No file system of a local disk has anything to say there, and the standard library panics of it.
            "folder" if self.name == "close" => false,
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
        if MAY_BE_SHORT.contains(&self.name) {
            faults.push(Fault::Short);
        }
        faults
    }
}

/// All of them.
pub(crate) fn calls() -> impl Iterator<Item = Call> {
    ALL.iter().flat_map(|(on, errors, alike)| {
        alike.iter().map(|(number, name)| Call {
            number: *number,
            name,
            on: *on,
            errors,
        })
    })
}

pub(crate) fn call_of(number: u64) -> Option<Call> {
    calls().find(|call| u64::try_from(call.number) == Ok(number))
}

pub(crate) fn call_named(name: &str) -> Option<Call> {
    calls().find(|call| call.name == name)
}
