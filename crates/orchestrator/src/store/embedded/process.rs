//! Another process, distinct from any later one with the same number.

use std::{io, path::Path};

use rustix::process::{Pid, Signal};

pub(super) use system::{Process, is_server, users_of};

/// Whether any process has this number, a dead one that was not waited for included: Postgres refuses to start over
/// either.
pub(super) fn exists(pid: Pid) -> bool {
    !matches!(
        rustix::process::test_kill_process(pid),
        Err(rustix::io::Errno::SRCH)
    )
}

/// How a server of ours is recognised.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServerMark<'a> {
    /// Its data folder, without symlinks.
    pub(super) data: &'a Path,
    /// Whom it runs as.
    pub(super) uid: u32,
    /// The name it gives its processes.
    pub(super) cluster: &'a str,
}

#[cfg(target_os = "linux")]
mod system {
    use std::{
        fs,
        os::{fd::OwnedFd, unix::fs::MetadataExt},
        path::PathBuf,
    };

    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
    use tokio::io::{Interest, unix::AsyncFd};

    use super::{Pid, ServerMark, Signal, io};

    /// A process, held by a descriptor: the number may go to another, this does not.
    pub(in super::super) struct Process(AsyncFd<OwnedFd>);

    impl Process {
        /// None if there is none of this number.
        pub(in super::super) fn open(pid: Pid) -> io::Result<Option<Self>> {
            match pidfd_open(pid, PidfdFlags::empty()) {
                Ok(fd) => {
                    #[expect(
                        unsafe_code,
                        reason = "the safe way is deprecated for descriptors that are not owned"
                    )]
                    // SAFETY: an OwnedFd is the same open descriptor for as long as it is there.
                    let watched =
                        unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) };
                    Ok(Some(Self(watched?)))
                }
                Err(rustix::io::Errno::SRCH) => Ok(None),
                Err(error) => Err(error.into()),
            }
        }

        pub(in super::super) fn signal(&self, signal: Signal) {
            // It may be gone already, which is what signals are sent for here.
            pidfd_send_signal(self.0.get_ref(), signal).ok();
        }

        pub(in super::super) async fn ended(&self) {
            drop(self.0.readable().await);
        }
    }

    /// Whether this process is a server over this data folder. Root without the right to look into others' processes, as
    /// in a container, goes by what all may see: whose it is and what it was started as.
    pub(in super::super) fn is_server(pid: Pid, mark: &ServerMark<'_>) -> bool {
        let folder = PathBuf::from(format!("/proc/{}", pid.as_raw_pid()));
        match (
            fs::read_link(folder.join("exe")),
            fs::read_link(folder.join("cwd")),
        ) {
            (Ok(exe), Ok(cwd)) => {
                // After an upgrade the name ends in " (deleted)".
                let name = exe
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned());
                name.is_some_and(|name| name.starts_with("postgres")) && cwd == mark.data
            }
            (Err(error), _) | (_, Err(error)) => {
                error.kind() == io::ErrorKind::PermissionDenied
                    && fs::metadata(&folder).is_ok_and(|about| about.uid() == mark.uid)
                    && fs::read(folder.join("cmdline")).is_ok_and(|line| says_data(&line, mark))
            }
        }
    }

    fn says_data(line: &[u8], mark: &ServerMark<'_>) -> bool {
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        words
            .windows(2)
            .any(|pair| pair[0] == b"-D" && pair[1] == mark.data.as_os_str().as_encoded_bytes())
    }

    /// The processes that still work in this data folder.
    pub(in super::super) fn users_of(mark: &ServerMark<'_>) -> Vec<i32> {
        let title = format!("postgres: {}: ", mark.cluster);
        let works_there = |folder: &PathBuf| match fs::read_link(folder.join("cwd")) {
            Ok(cwd) => cwd == mark.data,
            Err(error) => {
                error.kind() == io::ErrorKind::PermissionDenied
                    && fs::read(folder.join("cmdline"))
                        .is_ok_and(|line| line.starts_with(title.as_bytes()))
            }
        };
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let pid = entry.file_name().to_str()?.parse().ok()?;
                works_there(&entry.path()).then_some(pid)
            })
            .collect()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::{process::Command, time::Duration};

    use super::{Pid, ServerMark, Signal, exists, io};

    /// A process by its number; written for macOS and never run there.
    pub(in super::super) struct Process(Pid);

    impl Process {
        /// None if there is none of this number.
        pub(in super::super) fn open(pid: Pid) -> io::Result<Option<Self>> {
            Ok(exists(pid).then_some(Self(pid)))
        }

        pub(in super::super) fn signal(&self, signal: Signal) {
            rustix::process::kill_process(self.0, signal).ok();
        }

        pub(in super::super) async fn ended(&self) {
            while exists(self.0) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// Whether this process is a server over this data folder, by whose it is and what it was started as.
    pub(in super::super) fn is_server(pid: Pid, mark: &ServerMark<'_>) -> bool {
        let start = format!("-D {} ", mark.data.display());
        listed(mark.uid)
            .iter()
            .any(|(listed, line)| *listed == pid.as_raw_pid() && line.contains(&start))
    }

    /// The processes that still work in this data folder.
    pub(in super::super) fn users_of(mark: &ServerMark<'_>) -> Vec<i32> {
        let title = format!("postgres: {}: ", mark.cluster);
        let own = listed(mark.uid).into_iter();
        own.filter(|(_, line)| line.starts_with(&title))
            .map(|(pid, _)| pid)
            .collect()
    }

    fn listed(uid: u32) -> Vec<(i32, String)> {
        let uid = uid.to_string();
        let Ok(output) = Command::new("/bin/ps")
            .args(["-ww", "-U", &uid, "-o", "pid=,command="])
            .output()
        else {
            return Vec::new();
        };
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| {
                let (pid, command) = line.trim().split_once(' ')?;
                Some((pid.parse().ok()?, format!("{} ", command.trim())))
            })
            .collect()
    }
}
