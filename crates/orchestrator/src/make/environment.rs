//! What a job inherits: the user's environment without what would change make's meaning, and without what is ours.

use std::{
    env,
    ffi::{OsStr, OsString},
};

/// Left by a make we were started from, or set to make every make and every shell do more than it was told.
const REMOVED: [&str; 9] = [
    "BASH_ENV",
    "ENV",
    "GNUMAKEFLAGS",
    "MAKEFILES",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MAKE_TERMERR",
    "MAKE_TERMOUT",
    "MFLAGS",
];

/// The environment of a job: `base` without the names above and without our own `VMO_…`, and with the login shell's
/// `PATH` where one is given. Folders that only the base's `PATH` names come after it.
///
/// `DATABASE_URL` stays. It chooses our server, but it is everybody's name for a database: taking it away would break
/// the user's own `make migrate`, and whoever can run a target can read it from our environment anyway.
#[must_use]
pub fn environment(
    base: impl Iterator<Item = (OsString, OsString)>,
    path: Option<&OsStr>,
) -> Vec<(OsString, OsString)> {
    let mut kept: Vec<_> = base
        .filter(|(name, _)| {
            let ours = name.as_encoded_bytes().starts_with(b"VMO_");
            !ours && !REMOVED.iter().any(|removed| name == removed)
        })
        .collect();
    if let Some(path) = path {
        match kept.iter_mut().find(|(name, _)| name == "PATH") {
            Some((_, own)) => *own = joined(path, own),
            None => kept.push(("PATH".into(), path.to_owned())),
        }
    }
    kept
}

fn joined(first: &OsStr, then: &OsStr) -> OsString {
    let mut folders: Vec<_> = env::split_paths(first).collect();
    for folder in env::split_paths(then) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    env::join_paths(folders).unwrap_or_else(|_| first.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        list.iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    #[test]
    fn what_changes_makes_meaning_stays_behind() {
        let base = pairs(&[
            ("HOME", "/root"),
            ("MAKEFLAGS", "-n"),
            ("MAKEFILES", "/tmp/evil.mk"),
            ("MFLAGS", "-n"),
            ("GNUMAKEFLAGS", "-n"),
            ("MAKELEVEL", "1"),
            ("BASH_ENV", "/tmp/evil"),
            ("ENV", "/tmp/evil"),
            ("VMO_DATA_DIR", "/tmp/data"),
            ("DATABASE_URL", "postgres://x"),
            ("ENVIRONMENT", "prod"),
        ]);
        let kept = pairs(&[
            ("HOME", "/root"),
            ("DATABASE_URL", "postgres://x"),
            ("ENVIRONMENT", "prod"),
        ]);
        assert_eq!(environment(base.into_iter(), None), kept);
    }

    #[test]
    fn the_login_path_goes_first_and_nothing_is_lost() {
        let base = pairs(&[("PATH", "/usr/bin:/only/here")]);
        let path = Some(OsStr::new("/opt/bin:/usr/bin"));
        assert_eq!(
            environment(base.into_iter(), path),
            pairs(&[("PATH", "/opt/bin:/usr/bin:/only/here")])
        );
        assert_eq!(
            environment(std::iter::empty(), path),
            pairs(&[("PATH", "/opt/bin:/usr/bin")])
        );
    }
}
