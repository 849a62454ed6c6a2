//! What a config has run here while a way is looked for: commands for a shell, and names that are looked up.

use std::{
    env,
    net::ToSocketAddrs,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// The shell that ssh would take: `$SHELL`, else `/bin/sh`.
pub(in crate::ssh) fn shell() -> String {
    env::var("SHELL")
        .ok()
        .filter(|shell| !shell.is_empty())
        .unwrap_or_else(|| "/bin/sh".to_owned())
}

/// Whether a name may be in a command: neither a shell nor a program's options could misread it.
pub(super) fn is_plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next();
    name.len() <= 254
        && first.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
}

/// Whether a command succeeds. One that takes longer is killed.
///
/// # Errors
/// It cannot be started, or took too long.
pub(super) fn succeeds_within(mut command: Command, most: Duration) -> Result<bool, String> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command
        .spawn()
        .map_err(|error| format!("its command cannot be started: {error}"))?;
    let pid = rustix::process::Pid::from_child(&child);
    let (ended, end) = mpsc::sync_channel(1);
    let waiting = thread::spawn(move || {
        let status = child.wait();
        // The receiver may be gone.
        ended.try_send(()).ok();
        status
    });
    let is_late = end.recv_timeout(most).is_err();
    if is_late {
        // It may have ended just now.
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok();
    }
    let status = waiting
        .join()
        .map_err(|_| "its command was not waited for".to_owned())?
        .map_err(|error| error.to_string())?;
    if is_late {
        return Err(format!("its command took longer than {} s", most.as_secs()));
    }
    Ok(status.success())
}

/// Whether a name has an address.
pub(super) fn has_address(name: &str) -> bool {
    (name, 0)
        .to_socket_addrs()
        .is_ok_and(|mut addresses| addresses.next().is_some())
}
