//! Names of programs that no variable is called by: `$(nproc)` was meant for the shell.

/// Those that are called without words, for what they print.
const PROGRAMS: [&str; 15] = [
    "arch", "date", "gcc", "getconf", "groups", "hostname", "id", "logname", "nproc", "pwd",
    "tput", "tty", "uname", "uptime", "whoami",
];

/// Whether a name is such a program's.
pub(in crate::make::scan) fn is_program(name: &str) -> bool {
    PROGRAMS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_sorted() {
        assert!(super::PROGRAMS.is_sorted());
    }
}
