//! The `PATH` of the user's login shell: an app started from an icon has a bare one, and would find no `terraform`.

use std::{
    env,
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStringExt,
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use super::ask::{Limits, ask};

/// How long a shell's start-up files may take.
const LIMIT: Duration = Duration::from_secs(2);
/// As much of what they print as is read, in bytes.
const MAX: usize = 1 << 20;
/// Stands before and after the answer, since start-up files print what they like.
const MARK: &str = "--vmo-path-7d1f--";

/// The login shell's `PATH`, asked once in the life of this process. None where `SHELL` is not set, or the shell says
/// nothing within 2 s. The first call blocks for as long.
#[must_use]
pub fn login_path() -> Option<&'static OsStr> {
    static PATH: OnceLock<Option<OsString>> = OnceLock::new();
    PATH.get_or_init(|| path_of(&env::var_os("SHELL")?, LIMIT))
        .as_deref()
}

/// Asks a shell. It starts `sh` to say the `PATH`, because each shell has its own words for it, and that way the
/// question reads the same in all of them.
fn path_of(shell: &OsStr, limit: Duration) -> Option<OsString> {
    let question = format!(r#"/bin/sh -c 'printf "%s%s%s" "$0" "$PATH" "$0"' {MARK}"#);
    let mut command = Command::new(shell);
    command.arg("-ilc").arg(question);
    let limits = Limits {
        enough: |said| between(said).is_some(),
        ..Limits::of(limit, MAX)
    };
    let answer = ask(&mut command, &limits)?;
    between(&answer.said)
        .filter(|path| !path.is_empty())
        .map(|path| OsString::from_vec(path.to_vec()))
}

fn between(said: &[u8]) -> Option<&[u8]> {
    let start = memchr::memmem::find(said, MARK.as_bytes())? + MARK.len();
    let length = memchr::memmem::find(&said[start..], MARK.as_bytes())?;
    Some(&said[start..start + length])
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::{ffi::OsStrExt, fs::PermissionsExt},
        time::Instant,
    };

    use super::*;

    /// A shell whose start-up files are these lines, which runs its third argument.
    fn shell(folder: &tempfile::TempDir, lines: &str) -> OsString {
        let path = folder.path().join("shell");
        let script = format!("#!/bin/sh\n{lines}\nexec /bin/sh -c \"$2\"\n");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.into()
    }

    #[test]
    fn finds_the_path_among_what_start_up_files_print() {
        let folder = tempfile::tempdir().unwrap();
        let shell = shell(
            &folder,
            "echo Welcome; echo --vmo >&2; export PATH=\"/opt/my tools/bin:$PATH\"",
        );
        let path = path_of(&shell, Duration::from_secs(20)).unwrap();
        assert!(path.as_bytes().starts_with(b"/opt/my tools/bin:"));
        assert!(!path.as_bytes().ends_with(b"\n"));
    }

    #[test]
    fn a_real_shell_answers() {
        let path = path_of(OsStr::new("/bin/bash"), Duration::from_secs(20)).unwrap();
        assert!(env::split_paths(&path).any(|folder| folder.join("sh").exists()));
    }

    #[test]
    fn a_shell_that_hangs_or_is_not_there_costs_no_more_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let hanging = shell(&folder, "sleep 60 & wait");
        assert_eq!(path_of(&hanging, Duration::from_millis(300)), None);
        assert_eq!(path_of(OsStr::new("/no/shell"), LIMIT), None);
        assert!(start.elapsed() < Duration::from_secs(15));
    }
}
