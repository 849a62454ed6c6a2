//! What a job inherits: the user's environment without what would change make's meaning, and without what is ours.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
};

use super::Known;
use crate::job::{EnvironmentChange, EnvironmentChanged};

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

/// What every shell changes for itself: such a change is not listed.
const OF_SHELLS: [&str; 4] = ["_", "OLDPWD", "PWD", "SHLVL"];

/// Names the variables, parted by commas, that the app has set for what it starts for itself: no job inherits them.
pub const FOR_ITSELF: &str = "VMO_FOR_ITSELF";

/// The environment of a job: `base` without the names above and without our own, and with the login shell's
/// `PATH` if one is given. Folders that only the base's `PATH` names come after it.
///
/// `DATABASE_URL` stays, which is everybody's name for a database: taking it away would break the user's own `make migrate`.
#[must_use]
pub fn environment(
    base: impl Iterator<Item = (OsString, OsString)>,
    path: Option<&OsStr>,
) -> Vec<(OsString, OsString)> {
    let base: Vec<_> = base.collect();
    let own = base.iter().find(|(name, _)| name == FOR_ITSELF);
    let own = own.map_or(String::new(), |(_, names)| {
        names.to_string_lossy().into_owned()
    });
    let mut kept: Vec<_> = base
        .into_iter()
        .filter(|(name, _)| {
            let ours = name.as_encoded_bytes().starts_with(b"VMO_")
                || own.split(',').any(|own| name == own);
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

/// An environment with the login shell's in it. What that has said now goes before ours, as in a terminal; what it said
/// another day adds only what we lack. What every shell sets for itself is none of it, and its `PATH` is told apart.
pub fn with_login(
    base: impl Iterator<Item = (OsString, OsString)>,
    login: &Known,
) -> impl Iterator<Item = (OsString, OsString)> {
    let mut all: Vec<_> = base.collect();
    let is_taken = |(name, _): &&(OsString, OsString)| {
        // A shell exports functions under names with `%` or brackets.
        let is_plain = name.to_str().is_some_and(|name| !name.contains(['%', '(']));
        is_plain && name != "PATH" && !OF_SHELLS.iter().any(|own| name == own)
    };
    for (name, value) in login.environment.iter().filter(is_taken) {
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, own)) if login.is_fresh => own.clone_from(value),
            Some(_) => {}
            None => all.push((name.clone(), value.clone())),
        }
    }
    all.into_iter()
}

/// What is said of a secret that is too short to be looked for in a log.
pub const NOT_MASKED: &str = "secret, and shown in the log: it is shorter than 6 characters";

/// A word in a job's details of a secret variable whose value is not kept out of its log.
#[must_use]
pub fn not_masked(name: &str) -> EnvironmentChange {
    EnvironmentChange {
        name: name.to_owned(),
        change: EnvironmentChanged::Added,
        by: NOT_MASKED.to_owned(),
        value: None,
    }
}

/// A word in a job's details of a login shell's environment that could not be had.
#[must_use]
pub fn not_had(why: String) -> EnvironmentChange {
    EnvironmentChange {
        name: "login shell".to_owned(),
        change: EnvironmentChanged::Removed,
        by: why,
        value: None,
    }
}

/// Names a terminal for a job that gets one, if the app has none to name, as one that was started from a desktop: what
/// fills a screen refuses to start without. It is the name of what the window shows it in.
pub fn name_terminal(environment: &mut Vec<(OsString, OsString)>) {
    let named = environment.iter_mut().find(|(name, _)| name == "TERM");
    let ours = OsString::from("xterm-256color");
    match named {
        Some((_, name)) if name.is_empty() || name == "dumb" => *name = ours,
        Some(_) => {}
        None => environment.push(("TERM".into(), ours)),
    }
}

/// How a job's environment, as [`environment`] gives it, differs from its base in what a person may wonder about: the
/// `PATH`, what the login shell adds, by name alone, and what was taken away.
#[must_use]
pub fn changes(
    base: impl Iterator<Item = (OsString, OsString)>,
    job: &[(OsString, OsString)],
) -> Vec<EnvironmentChange> {
    let base: BTreeMap<OsString, OsString> = base.collect();
    let path = |all: &[(OsString, OsString)]| {
        let mut all = all.iter();
        all.find(|(name, _)| name == "PATH")
            .map(|(_, value)| value.clone())
    };
    let mut changes = Vec::new();
    let (before, after) = (base.get(OsStr::new("PATH")), path(job));
    if before != after.as_ref() {
        changes.push(EnvironmentChange {
            name: "PATH".to_owned(),
            change: match before {
                Some(_) => EnvironmentChanged::Changed,
                None => EnvironmentChanged::Added,
            },
            by: "login shell".to_owned(),
            value: after.map(|path| path.to_string_lossy().into_owned()),
        });
    }
    // `PATH` is listed above, and `TERM` is set by every job's own terminal.
    let of_login = |(name, value): &&(OsString, OsString)| {
        *name != "PATH" && *name != "TERM" && base.get(name) != Some(value)
    };
    let mut added: Vec<_> = job
        .iter()
        .filter(of_login)
        .map(|(name, _)| EnvironmentChange {
            name: name.to_string_lossy().into_owned(),
            change: match base.contains_key(name) {
                true => EnvironmentChanged::Changed,
                false => EnvironmentChanged::Added,
            },
            by: "login shell".to_owned(),
            value: None,
        })
        .collect();
    // The order of an environment is chance; two launches should read the same.
    added.sort_by(|one, other| one.name.cmp(&other.name));
    changes.append(&mut added);
    let removed = REMOVED
        .iter()
        .filter(|name| base.contains_key(OsStr::new(name)));
    changes.extend(removed.map(|name| EnvironmentChange {
        name: (*name).to_owned(),
        change: EnvironmentChanged::Removed,
        by: "would change make".to_owned(),
        value: None,
    }));
    changes
}

/// What a program changed between the environment it was given and that of another which it then became: names, because
/// the values may be secrets; but the `PATH` with its value. What the program keeps for itself begins with `own`.
#[must_use]
pub fn changes_by(
    who: &str,
    own: &str,
    given: &BTreeMap<OsString, OsString>,
    after: &BTreeMap<OsString, OsString>,
) -> Vec<EnvironmentChange> {
    let names = given
        .keys()
        .chain(after.keys().filter(|name| !given.contains_key(*name)));
    let mut changes: Vec<_> = names
        .filter(|name| !name.as_encoded_bytes().starts_with(own.as_bytes()))
        .filter(|name| !OF_SHELLS.iter().any(|known| name == known))
        .filter_map(|name| {
            let change = match (given.get(name), after.get(name)) {
                (old, new) if old == new => return None,
                (None, _) => EnvironmentChanged::Added,
                (_, None) => EnvironmentChanged::Removed,
                _ => EnvironmentChanged::Changed,
            };
            let path = after.get(name).filter(|_| name == "PATH");
            Some(EnvironmentChange {
                name: name.to_string_lossy().into_owned(),
                change,
                by: who.to_owned(),
                value: path.map(|path| path.to_string_lossy().into_owned()),
            })
        })
        .collect();
    changes.sort_by(|one, other| one.name.cmp(&other.name));
    changes
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

    #[test]
    fn what_the_app_set_for_itself_stays_with_it() {
        let base = [("A", "1"), ("B", "2"), ("C", "3"), (FOR_ITSELF, "A,C")];
        let base = base.map(|(name, value)| (name.into(), value.into()));
        let job = environment(base.into_iter(), None);
        assert_eq!(job, [("B".into(), "2".into())]);
    }

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

    #[test]
    fn what_the_login_shell_has_is_inherited_and_reported_by_name() {
        let base = pairs(&[("A", "1"), ("VMO_X", "1"), ("PATH", "/bin")]);
        let login = Known {
            environment: pairs(&[
                ("A", "2"),
                ("B", "hidden"),
                ("SHLVL", "1"),
                ("PATH", "/opt"),
                ("BASH_FUNC_x%%", "() { :; }"),
                ("MAKEFLAGS", "-n"),
                ("VMO_Y", "1"),
            ]),
            is_fresh: true,
            ..Known::default()
        };
        let inherited =
            |login: &Known| environment(with_login(base.clone().into_iter(), login), None);
        let job = inherited(&login);
        assert_eq!(job, pairs(&[("A", "2"), ("PATH", "/bin"), ("B", "hidden")]));
        let listed = changes(base.clone().into_iter(), &job);
        let listed: Vec<_> = listed
            .iter()
            .map(|one| (one.name.as_str(), one.change, &*one.by, &one.value))
            .collect();
        let by = "login shell";
        let expected = [
            ("A", EnvironmentChanged::Changed, by, &None),
            ("B", EnvironmentChanged::Added, by, &None),
        ];
        assert_eq!(listed, expected);
        // What it said another day may be wrong by now.
        let last = Known {
            is_fresh: false,
            ..login
        };
        assert_eq!(
            inherited(&last),
            pairs(&[("A", "1"), ("PATH", "/bin"), ("B", "hidden")])
        );
    }

    #[test]
    fn a_terminal_has_a_name() {
        let ours = pairs(&[("TERM", "xterm-256color")]);
        for nameless in [&[][..], &[("TERM", "")], &[("TERM", "dumb")]] {
            let mut environment = pairs(nameless);
            name_terminal(&mut environment);
            assert_eq!(environment, ours);
        }
        let own = pairs(&[("TERM", "screen-256color")]);
        let mut environment = own.clone();
        name_terminal(&mut environment);
        assert_eq!(environment, own);
    }

    #[test]
    fn the_path_and_what_was_taken_away_are_reported() {
        let base = pairs(&[
            ("PATH", "/bin"),
            ("MAKEFLAGS", "-n"),
            ("ENV", "x"),
            ("A", "1"),
        ]);
        let path = Some(OsStr::new("/opt/bin"));
        let listed = |path| {
            let job = environment(base.clone().into_iter(), path);
            let listed = changes(base.clone().into_iter(), &job).into_iter();
            listed
                .map(|one| (one.name, one.change, one.by, one.value))
                .collect::<Vec<_>>()
        };
        let removed = |name: &str| {
            let by = "would change make".to_owned();
            (name.to_owned(), EnvironmentChanged::Removed, by, None)
        };
        let path_changed = (
            "PATH".to_owned(),
            EnvironmentChanged::Changed,
            "login shell".to_owned(),
            Some("/opt/bin:/bin".to_owned()),
        );
        let expected = [path_changed, removed("ENV"), removed("MAKEFLAGS")];
        assert_eq!(listed(path), expected);
        assert_eq!(listed(None), expected[1..]);
    }

    #[test]
    fn what_another_changed_is_reported_by_name() {
        let map = |list: &[(&str, &str)]| pairs(list).into_iter().collect();
        let given = map(&[("A", "1"), ("B", "2"), ("PATH", "/bin"), ("Z", "z")]);
        let after = map(&[
            ("B", "3"),
            ("C", "4"),
            ("DIRENV_DIFF", "x"),
            ("PATH", "/x:/bin"),
            ("Z", "z"),
        ]);
        let listed = changes_by("direnv", "DIRENV_", &given, &after);
        let listed: Vec<_> = listed
            .iter()
            .map(|one| (one.name.as_str(), one.change, one.value.as_deref()))
            .collect();
        let expected = [
            ("A", EnvironmentChanged::Removed, None),
            ("B", EnvironmentChanged::Changed, None),
            ("C", EnvironmentChanged::Added, None),
            ("PATH", EnvironmentChanged::Changed, Some("/x:/bin")),
        ];
        assert_eq!(listed, expected);
    }
}
