//! Names that need no value from a person: make's own variables, and what any environment has.

use super::{functions, text::is_name};

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
    "LOADLIBES",
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
    "OUTPUT_OPTION",
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

/// Names that are empty unless someone wants something special, by custom; those of tools and services that set them
/// where they run are among them.
const CUSTOM: &[&str] = &[
    "ARCH",
    "BUILD_NUMBER",
    "BUILD_TAG",
    "CI",
    "CROSS",
    "CROSS_COMPILE",
    "CROSS_PREFIX",
    "DEBUG",
    "DESTDIR",
    "DOCKER_HOST",
    "EXE",
    "EXEEXT",
    "GOARCH",
    "GOBIN",
    "GOOS",
    "GOPATH",
    "GOROOT",
    "JAVA_HOME",
    "KUBECONFIG",
    "LDADD",
    "NO_COLOR",
    "O",
    "PAPER",
    "PREFIX",
    "Q",
    "SSH_AUTH_SOCK",
    "SUDO",
    "SUDO_USER",
    "TARGET_ARCH",
    "TARGET_MACH",
    "V",
    "VERBOSE",
    "VIRTUAL_ENV",
    "W",
    "prefix",
];
/// How names begin that a service sets for its jobs.
const OF_SERVICES: &[&str] = &[
    "AZURE_",
    "BITBUCKET_",
    "BUILDKITE_",
    "CI_",
    "CIRCLE_",
    "CONDA_",
    "DRONE_",
    "GITHUB_",
    "GITLAB_",
    "JENKINS_",
    "RUNNER_",
    "TRAVIS_",
    "XDG_",
];
/// How names end of what is added to a command, if anything is.
const ADDED: &[&str] = &[
    "FLAGS", "FLAG", "ARGS", "OPTS", "OPTIONS", "EXTRA", "LIBS", "OBJS", "DEFS",
];

/// Whether make or the environment gives it a value, so that a person need not be asked.
pub(in crate::make::scan) fn is_given(name: &str) -> bool {
    is_own(name) || ENVIRONMENT.binary_search(&name).is_ok()
}

/// Whether it is make's own.
pub(in crate::make::scan) fn is_own(name: &str) -> bool {
    MAKE.binary_search(&name).is_ok()
}

/// Whether a person may give a value to it: of make's own variables, to its programs if the makefile sets them.
pub(in crate::make::scan) fn is_offered(name: &str, defined: bool) -> bool {
    let special = name.starts_with("MAKE")
        || matches!(name, "CURDIR" | "MFLAGS" | "SHELL" | "SUFFIXES" | "VPATH");
    // `$(dir)` is a slip, or what is left of a name that is put together.
    let is_function = !defined && functions::is_known(name);
    let own = is_own(name);
    is_name(name)
        && !is_function
        && ENVIRONMENT.binary_search(&name).is_err()
        && (!own || (defined && !special))
}

/// Whether it may well stay empty.
pub(in crate::make::scan) fn is_customary(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    CUSTOM.contains(&name)
        || ADDED.iter().any(|end| upper.ends_with(end))
        || ["EXTRA_", "ADDITIONAL_"]
            .iter()
            .any(|start| upper.starts_with(start))
        || OF_SERVICES.iter().any(|start| name.starts_with(start))
        || upper.ends_with("_PROXY")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_lists_are_sorted() {
        assert!(
            super::MAKE.is_sorted() && super::ENVIRONMENT.is_sorted() && super::CUSTOM.is_sorted()
        );
    }
}
