//! What the user's login shell has: an app started from an icon has a bare `PATH`, and would find no `terraform`, and lacks
//! what the shell's start-up files export.

use std::{
    env,
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStringExt,
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use super::short_command::{Limits, ask};

/// How long a shell's start-up files may take.
const LIMIT: Duration = Duration::from_secs(2);
/// As much of what they print as is read, in bytes.
const MAX: usize = 1 << 20;
/// Stands before and after the answer, since start-up files print what they like.
const MARK: &str = "--vmo-path-7d1f--";

/// What a login shell has.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Login {
    path: OsString,
    /// All that it exports; empty where its `env` cannot say it byte for byte.
    environment: Vec<(OsString, OsString)>,
}

/// The login shell's `PATH`, asked once in the life of this process. None where `SHELL` is not set, or the shell says
/// nothing within 2 s. The first call blocks for as long.
#[must_use]
pub fn login_path() -> Option<&'static OsStr> {
    login().map(|login| login.path.as_os_str())
}

/// What the login shell exports, asked with its [`login_path`].
#[must_use]
pub fn login_environment() -> &'static [(OsString, OsString)] {
    login().map_or(&[], |login| login.environment.as_slice())
}

fn login() -> Option<&'static Login> {
    static LOGIN: OnceLock<Option<Login>> = OnceLock::new();
    LOGIN
        .get_or_init(|| login_of(&env::var_os("SHELL")?, LIMIT))
        .as_ref()
}

/// Asks a shell. It starts `sh` to say what it has, because each shell has its own words for it, and that way the question
/// reads the same in all of them.
fn login_of(shell: &OsStr, limit: Duration) -> Option<Login> {
    let question = format!(
        r#"/bin/sh -c 'printf "%s%s%s" "$0" "$PATH" "$0"; env -0 2>/dev/null; printf "%s" "$0"' {MARK}"#
    );
    let mut command = Command::new(shell);
    command.arg("-ilc").arg(question);
    let limits = Limits {
        enough: |said| memchr::memmem::find_iter(said, MARK).count() >= 3,
        ..Limits::of(limit, MAX)
    };
    let answer = ask(&mut command, &limits)?;
    let path = between(&answer.said).filter(|path| !path.is_empty())?;
    let rest = memchr::memmem::find(&answer.said, MARK.as_bytes())? + MARK.len() + path.len();
    let block = between(&answer.said[rest..]).unwrap_or_default();
    let pairs = block.split(|byte| *byte == 0).filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let text = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        Some((text(&pair[..at]), text(&pair[at + 1..])))
    });
    Some(Login {
        path: OsString::from_vec(path.to_vec()),
        environment: pairs.collect(),
    })
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
            "echo Welcome; echo --vmo >&2; export PATH=\"/opt/my tools/bin:$PATH\" TWO_LINES=\"a\nb=c\"",
        );
        let Login { path, environment } = login_of(&shell, Duration::from_secs(20)).unwrap();
        assert!(path.as_bytes().starts_with(b"/opt/my tools/bin:"));
        assert!(!path.as_bytes().ends_with(b"\n"));
        let two_lines = ("TWO_LINES".into(), "a\nb=c".into());
        assert!(environment.contains(&two_lines), "{environment:?}");
    }

    #[test]
    fn a_real_shell_answers() {
        let path = login_of(OsStr::new("/bin/bash"), Duration::from_secs(20))
            .unwrap()
            .path;
        assert!(env::split_paths(&path).any(|folder| folder.join("sh").exists()));
    }

    #[test]
    fn a_shell_that_hangs_or_is_not_there_costs_no_more_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let hanging = shell(&folder, "sleep 60 & wait");
        assert_eq!(login_of(&hanging, Duration::from_millis(300)), None);
        assert_eq!(login_of(OsStr::new("/no/shell"), LIMIT), None);
        assert!(start.elapsed() < Duration::from_secs(15));
    }
}
