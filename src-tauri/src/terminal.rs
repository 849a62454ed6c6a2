//! The user's own terminal with `ssh HOST` in it. Nothing of it is kept: what should be kept is run as a job.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use orchestrator::environment;
use tauri::{AppHandle, async_runtime};
use tauri_plugin_shell::{
    ShellExt,
    process::{CommandEvent, TerminatedPayload},
};
use tokio::{sync::mpsc::Receiver, time};

/// A terminal that has not failed by then is taken to be open; it may then stay for days.
const OPENING: Duration = Duration::from_millis(1500);

/// Terminals in the order in which they are tried, each with what comes before the command in its arguments.
/// The desktop's own choice comes first (`xdg-terminal-exec`, Debian's `x-terminal-emulator`).
#[cfg(all(unix, not(target_os = "macos")))]
const TERMINALS: [(&str, &[&str]); 14] = [
    ("xdg-terminal-exec", &[]),
    ("x-terminal-emulator", &["-e"]),
    ("ptyxis", &["--"]),
    ("gnome-terminal", &["--"]),
    ("kgx", &["--"]),
    ("konsole", &["-e"]),
    ("xfce4-terminal", &["-x"]),
    ("mate-terminal", &["-x"]),
    ("ghostty", &["-e"]),
    ("kitty", &[]),
    ("alacritty", &["-e"]),
    ("wezterm", &["start", "--"]),
    ("foot", &[]),
    ("xterm", &["-e"]),
];

/// Keeps the window when ssh fails, which else takes its message with it.
#[cfg(all(unix, not(target_os = "macos")))]
const STAY: &str = r#""$@"; code=$?; [ "$code" -eq 0 ] || { printf '\nssh ended with %s. Press Enter to close. ' "$code"; read -r _; }"#;

/// Why no terminal was opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TerminalError {
    #[error("a host is a name without control characters that does not begin with a dash")]
    NoHost,
    #[error(
        "no terminal was found on PATH; install one, or name yours in the settings or in TERMINAL"
    )]
    NoTerminal,
    #[error("failed to start {program}: {why}")]
    NotStarted { program: String, why: String },
}

/// Opens a terminal on `host`, a name as `ssh` takes it: the one `of_settings`, else the one of `TERMINAL`, else the first
/// one found. Fails if there is none, or if it fails at once.
pub(crate) async fn open(
    app: &AppHandle,
    host: &str,
    of_settings: Option<String>,
) -> Result<(), TerminalError> {
    let ssh = ssh_command(host, env::var_os("VMO_SSH_CONFIG"))?;
    let named = chosen(of_settings, env::var_os("TERMINAL"));
    let (program, arguments) = in_terminal(ssh, named, on_path)?;
    let shown = program.to_string_lossy().into_owned();
    let not_started = |why: String| TerminalError::NotStarted {
        program: shown.clone(),
        why,
    };
    // A group of its own: Ctrl-C in the terminal that the app was started from ends the app, not this.
    let command = app
        .shell()
        .command(&program)
        .args(arguments)
        .envs(environment::apart().iter().cloned())
        .set_process_group(true);
    let (mut events, _child) = command
        .spawn()
        .map_err(|error| not_started(error.to_string()))?;
    match time::timeout(OPENING, failure(&mut events)).await {
        Ok(Some(why)) => Err(not_started(why)),
        Ok(None) => Ok(()),
        Err(_) => {
            // What the terminal writes must be read, or it blocks when the pipe is full.
            async_runtime::spawn(async move { while events.recv().await.is_some() {} });
            Ok(())
        }
    }
}

/// Waits until the terminal's process ends, as one does that hands the window to a server; the reason if that was a failure.
async fn failure(events: &mut Receiver<CommandEvent>) -> Option<String> {
    let mut complaint = String::new();
    while let Some(event) = events.recv().await {
        match event {
            CommandEvent::Stderr(line) => {
                complaint = String::from_utf8_lossy(&line).trim().to_owned();
            }
            CommandEvent::Error(why) => return Some(why),
            CommandEvent::Terminated(TerminatedPayload { code: Some(0), .. }) => return None,
            CommandEvent::Terminated(_) if complaint.is_empty() => {
                return Some("it ended at once".to_owned());
            }
            CommandEvent::Terminated(_) => return Some(complaint),
            _ => {}
        }
    }
    None
}

/// `ssh [-F CONFIG] -- HOST`.
fn ssh_command(host: &str, config: Option<OsString>) -> Result<Vec<OsString>, TerminalError> {
    if host.is_empty() || host.starts_with('-') || host.chars().any(char::is_control) {
        return Err(TerminalError::NoHost);
    }
    let mut ssh: Vec<OsString> = vec!["ssh".into()];
    ssh.extend(config.into_iter().flat_map(|path| ["-F".into(), path]));
    ssh.extend(["--".into(), host.into()]);
    Ok(ssh)
}

/// The terminal that somebody names: in the settings, else in the environment.
fn chosen(of_settings: Option<String>, of_environment: Option<OsString>) -> Option<OsString> {
    let of_settings = of_settings.filter(|name| !name.trim().is_empty());
    of_settings.map(OsString::from).or(of_environment)
}

/// The terminal to start and its arguments. One that is named is a program that takes `-e COMMAND…`.
#[cfg(all(unix, not(target_os = "macos")))]
fn in_terminal(
    ssh: Vec<OsString>,
    named: Option<OsString>,
    exists: impl Fn(&Path) -> bool,
) -> Result<(PathBuf, Vec<OsString>), TerminalError> {
    let named = named.filter(|name| !name.is_empty()).map(PathBuf::from);
    let (program, before) = match named.filter(|name| exists(name)) {
        Some(named) => {
            let listed = TERMINALS
                .iter()
                .find(|(name, _)| named.file_name().is_some_and(|file| file == *name));
            (named, listed.map_or(&["-e"][..], |(_, before)| before))
        }
        None => TERMINALS
            .iter()
            .map(|(name, before)| (PathBuf::from(name), *before))
            .find(|(name, _)| exists(name))
            .ok_or(TerminalError::NoTerminal)?,
    };
    let mut arguments: Vec<OsString> = before.iter().map(OsString::from).collect();
    arguments.extend(["sh", "-c", STAY, "sh"].map(OsString::from));
    arguments.extend(ssh);
    Ok((program, arguments))
}

/// Terminal.app, driven by AppleScript; the command goes in as an argument, so nothing of it is read as script.
#[cfg(target_os = "macos")]
fn in_terminal(
    ssh: Vec<OsString>,
    _named: Option<OsString>,
    _exists: impl Fn(&Path) -> bool,
) -> Result<(PathBuf, Vec<OsString>), TerminalError> {
    let words = ssh
        .iter()
        .map(|word| word.to_str().ok_or(TerminalError::NoHost))
        .collect::<Result<Vec<_>, _>>()?;
    let line = shlex::try_join(words).map_err(|_| TerminalError::NoHost)?;
    let script = [
        "on run argv",
        "tell application \"Terminal\"",
        "activate",
        "do script (item 1 of argv)",
        "end tell",
        "end run",
    ];
    let mut arguments: Vec<OsString> = script
        .iter()
        .flat_map(|line| ["-e".into(), line.into()])
        .collect();
    arguments.push(line.into());
    Ok(("osascript".into(), arguments))
}

/// Not yet.
#[cfg(windows)]
fn in_terminal(
    _ssh: Vec<OsString>,
    _named: Option<OsString>,
    _exists: impl Fn(&Path) -> bool,
) -> Result<(PathBuf, Vec<OsString>), TerminalError> {
    Err(TerminalError::NoTerminal)
}

/// Whether a program can be found, by path or on `PATH`.
fn on_path(program: &Path) -> bool {
    if program.components().count() > 1 {
        return program.is_file();
    }
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    fn words(arguments: &[OsString]) -> Vec<&str> {
        arguments
            .iter()
            .map(|word| word.to_str().expect("we wrote it"))
            .collect()
    }

    #[test]
    fn a_host_cannot_be_an_option() {
        for host in ["", "-oProxyCommand=touch /tmp/x", "a\nb", "\u{1b}[2J"] {
            assert!(
                matches!(ssh_command(host, None), Err(TerminalError::NoHost)),
                "{host:?}"
            );
        }
        assert_eq!(
            words(&ssh_command("web-1", None).unwrap()),
            ["ssh", "--", "web-1"]
        );
        assert_eq!(
            words(&ssh_command("web-1", Some("/c".into())).unwrap()),
            ["ssh", "-F", "/c", "--", "web-1"]
        );
    }

    #[test]
    fn the_first_terminal_that_is_there_is_taken() {
        let ssh = || ssh_command("web-1", None).unwrap();
        let only = |names: &'static [&str]| {
            move |program: &Path| names.iter().any(|name| program == Path::new(name))
        };
        let (program, arguments) = in_terminal(ssh(), None, only(&["xterm", "wezterm"])).unwrap();
        assert_eq!(program, Path::new("wezterm"));
        assert_eq!(
            words(&arguments),
            ["start", "--", "sh", "-c", STAY, "sh", "ssh", "--", "web-1"]
        );
        assert!(matches!(
            in_terminal(ssh(), None, |_| false),
            Err(TerminalError::NoTerminal)
        ));
    }

    #[test]
    fn the_settings_go_before_the_environment() {
        let environment = || Some(OsString::from("xterm"));
        assert_eq!(
            chosen(Some("kitty".into()), environment()),
            Some("kitty".into())
        );
        assert_eq!(chosen(Some(" ".into()), environment()), environment());
        assert_eq!(chosen(None, environment()), environment());
        assert_eq!(chosen(None, None), None);
    }

    #[test]
    fn the_named_terminal_goes_before_all_others() {
        let ssh = || ssh_command("web-1", None).unwrap();
        let named = |name: &str| in_terminal(ssh(), Some(name.into()), |_| true).unwrap();
        assert_eq!(named("/opt/kitty").0, Path::new("/opt/kitty"));
        assert_eq!(words(&named("/opt/kitty").1)[0], "sh");
        assert_eq!(words(&named("mine").1)[..2], ["-e", "sh"]);
        // One that is set and not there does not stand in the way.
        let missing = in_terminal(ssh(), Some("gone".into()), |program| {
            program == Path::new("xterm")
        })
        .unwrap();
        assert_eq!(missing.0, Path::new("xterm"));
    }

    #[test]
    fn the_window_stays_when_ssh_fails() {
        let run = |script: &str| {
            std::process::Command::new("sh")
                .args(["-c", STAY, "sh", "sh", "-c", script])
                .stdin(std::process::Stdio::null())
                .output()
                .unwrap()
        };
        assert!(
            String::from_utf8(run("exit 255").stdout)
                .unwrap()
                .contains("ssh ended with 255")
        );
        assert!(run("exit 0").stdout.is_empty());
    }
}
