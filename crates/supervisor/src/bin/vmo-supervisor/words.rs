//! Words for a person: signals by name, and why a child could not be started.

use std::{env, io, path::Path};

use rustix::{io::Errno, process::Signal};

/// No reason is longer than this many characters.
const LONGEST: usize = 300;

const NAMES: [(Signal, &str); 29] = [
    (Signal::HUP, "HUP"),
    (Signal::INT, "INT"),
    (Signal::QUIT, "QUIT"),
    (Signal::ILL, "ILL"),
    (Signal::TRAP, "TRAP"),
    (Signal::ABORT, "ABRT"),
    (Signal::BUS, "BUS"),
    (Signal::FPE, "FPE"),
    (Signal::KILL, "KILL"),
    (Signal::USR1, "USR1"),
    (Signal::SEGV, "SEGV"),
    (Signal::USR2, "USR2"),
    (Signal::PIPE, "PIPE"),
    (Signal::ALARM, "ALRM"),
    (Signal::TERM, "TERM"),
    (Signal::CHILD, "CHLD"),
    (Signal::CONT, "CONT"),
    (Signal::STOP, "STOP"),
    (Signal::TSTP, "TSTP"),
    (Signal::TTIN, "TTIN"),
    (Signal::TTOU, "TTOU"),
    (Signal::URG, "URG"),
    (Signal::XCPU, "XCPU"),
    (Signal::XFSZ, "XFSZ"),
    (Signal::VTALARM, "VTALRM"),
    (Signal::PROF, "PROF"),
    (Signal::WINCH, "WINCH"),
    (Signal::IO, "IO"),
    (Signal::SYS, "SYS"),
];

/// A signal's name without `SIG`, or its number.
pub(crate) fn signal_name(number: i32) -> String {
    let named = NAMES.iter().find(|(signal, _)| signal.as_raw() == number);
    named.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}

/// The signal of a name without `SIG`.
pub(crate) fn signal_named(name: &str) -> Option<Signal> {
    let named = NAMES.iter().find(|(_, known)| *known == name);
    named.map(|(signal, _)| *signal)
}

/// Why the working directory could not be entered.
pub(crate) fn no_folder(folder: &Path, error: Errno) -> String {
    let folder = folder.display();
    shortened(match error {
        Errno::NOENT => format!("the folder {folder} is not there"),
        Errno::NOTDIR => format!("{folder} is not a folder"),
        Errno::ACCESS => format!("the folder {folder} may not be entered (permission denied)"),
        other => format!("the folder {folder}: {other}"),
    })
}

/// Why a program could not be started, in the working directory it was to have.
pub(crate) fn no_program(program: &str, error: &io::Error) -> String {
    let by_path = program.contains('/');
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    shortened(match errno {
        Some(Errno::NOENT) if !by_path => format!("{program}: not found in PATH"),
        // The system says so too when it is in none of them and one may not be looked into.
        Some(Errno::ACCESS) if !by_path && !is_in_path(program) => {
            format!("{program}: not found in PATH")
        }
        Some(Errno::NOENT) if Path::new(program).exists() => {
            format!("{program}: the interpreter it names is not there")
        }
        Some(Errno::NOENT) => format!("{program}: no such file"),
        Some(Errno::NOTDIR) => format!("{program}: a part of its path is not a folder"),
        Some(Errno::ACCESS) if by_path && Path::new(program).is_dir() => {
            format!("{program}: a folder, not a program")
        }
        Some(Errno::ACCESS) => format!("{program}: may not be run (permission denied)"),
        Some(Errno::NOEXEC) => format!("{program}: not a program this machine can run"),
        Some(Errno::TXTBSY) => format!("{program}: is being written to (text file busy)"),
        Some(Errno::TOOBIG) => {
            format!("{program}: its arguments and environment are longer than the system takes")
        }
        Some(Errno::AGAIN) => format!("{program}: no more processes are allowed"),
        Some(Errno::NOMEM) => format!("{program}: out of memory"),
        _ => format!("{program}: {error}"),
    })
}

fn is_in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn shortened(mut why: String) -> String {
    if let Some((at, _)) = why.char_indices().nth(LONGEST) {
        why.truncate(at);
        why.push('…');
    }
    why
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names_or_numbers() {
        assert_eq!(signal_name(9), "KILL");
        assert_eq!(signal_name(34), "34");
        assert_eq!(signal_named("TERM"), Some(Signal::TERM));
        assert_eq!(signal_named("SIGTERM"), None);
    }

    #[test]
    fn a_reason_keeps_a_bound() {
        let why = no_program(&"ü".repeat(10_000), &io::Error::from_raw_os_error(2));
        assert_eq!(why.chars().count(), LONGEST + 1);
    }
}
