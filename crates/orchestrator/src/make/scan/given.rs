//! Names that need no value from a person: make's own variables, and what any environment has.

use super::text::is_name;

/// make's own: its implicit rules' programs (GNU make manual, "Variables Used by Implicit Rules") and its special ones.
const MAKE: &[&str] = &[
    "AR",
    "AS",
    "CC",
    "CO",
    "CPP",
    "CTANGLE",
    "CURDIR",
    "CWEAVE",
    "CXX",
    "FC",
    "GET",
    "LD",
    "LEX",
    "LINT",
    "M2C",
    "MAKE",
    "MAKECMDGOALS",
    "MAKEFILES",
    "MAKEFILE_LIST",
    "MAKEFLAGS",
    "MAKEINFO",
    "MAKELEVEL",
    "MAKEOVERRIDES",
    "MAKESHELL",
    "MAKE_COMMAND",
    "MAKE_HOST",
    "MAKE_RESTARTS",
    "MAKE_TERMERR",
    "MAKE_TERMOUT",
    "MAKE_VERSION",
    "MFLAGS",
    "OBJC",
    "PC",
    "RM",
    "SHELL",
    "SUFFIXES",
    "TANGLE",
    "TEX",
    "TEXI2DVI",
    "VPATH",
    "WEAVE",
    "YACC",
];

/// Of nearly every environment.
const ENVIRONMENT: &[&str] = &[
    "COLUMNS", "COMSPEC", "DISPLAY", "EDITOR", "HOME", "HOSTNAME", "HOSTTYPE", "LANG", "LC_ALL",
    "LINES", "LOGNAME", "OLDPWD", "OS", "OSTYPE", "PATH", "PWD", "TEMP", "TERM", "TMP", "TMPDIR",
    "UID", "USER", "USERNAME", "VISUAL",
];

/// Names that by custom are empty unless someone wants something special.
const CUSTOM: &[&str] = &["DEBUG", "DESTDIR", "PREFIX", "Q", "V", "VERBOSE", "prefix"];

/// Whether make or the environment gives it a value, so that nobody needs to be asked.
pub(super) fn is_given(name: &str) -> bool {
    MAKE.binary_search(&name).is_ok() || ENVIRONMENT.binary_search(&name).is_ok()
}

/// Whether a person may give a value to it: of make's own variables, to its programs where the makefile sets them.
pub(super) fn is_offered(name: &str, defined: bool) -> bool {
    let special = name.starts_with("MAKE")
        || matches!(name, "CURDIR" | "MFLAGS" | "SHELL" | "SUFFIXES" | "VPATH");
    let own = MAKE.binary_search(&name).is_ok();
    is_name(name) && ENVIRONMENT.binary_search(&name).is_err() && (!own || (defined && !special))
}

/// Whether it may well stay empty.
pub(super) fn is_customary(name: &str) -> bool {
    CUSTOM.contains(&name)
        || ["FLAGS", "ARGS", "OPTS", "OPTIONS", "EXTRA", "LIBS"]
            .iter()
            .any(|end| name.to_ascii_uppercase().ends_with(end))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_lists_are_sorted() {
        assert!(super::MAKE.is_sorted() && super::ENVIRONMENT.is_sorted());
    }
}
