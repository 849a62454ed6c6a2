//! mkcli's registry: one project a line, `alias absolute-path version`. It is read and never written.

use std::{
    collections::HashSet,
    env,
    path::{Path, PathBuf},
};

use crate::json_file;

/// As much of a registry as is read, in bytes; thousands of projects fit.
const MAX_BYTES: u64 = 4 << 20;

/// The longest line that can hold a path the system takes, in bytes.
const MAX_LINE: usize = 8 << 10;
/// Problems that are reported, at most; a binary file has one on each line.
const MAX_PROBLEMS: usize = 50;

/// A line of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The project's name; no spaces, no control characters.
    pub alias: String,
    /// Its folder, absolute and without `..`; it may be gone.
    pub path: PathBuf,
}

/// Where mkcli keeps its registry: `$MKCLI_REGISTRY`, else `.config/mkcli/registry` below the home folder.
#[must_use]
pub fn place(home: &Path) -> PathBuf {
    env::var_os("MKCLI_REGISTRY")
        .filter(|path| !path.is_empty())
        .map_or_else(|| home.join(".config/mkcli/registry"), PathBuf::from)
}

/// Reads a registry: its entries in order, the first of each alias, and what is wrong with it as `file:line: …`.
/// No file is no entries and no problem. Bad lines are left out; a byte order mark and Windows line ends are only reported.
/// One of which nothing at all can be read, as a binary file, counts as the last good one, a copy of which is in `good`.
#[must_use]
pub fn read(registry: &Path, good: &Path) -> (Vec<Entry>, Vec<String>) {
    let name = registry.display().to_string();
    let (bytes, (entries, mut problems)) = match json_file::bytes(registry, MAX_BYTES + 1) {
        Ok(None) => return Default::default(),
        Ok(Some(bytes)) => {
            let parsed = parse(&bytes, &name);
            (Some(bytes), parsed)
        }
        Err(error) => {
            let problem = format!("{name}:1: cannot be read: {error}");
            (None, (Vec::new(), vec![problem]))
        }
    };
    if problems.is_empty() && !entries.is_empty() {
        json_file::remember(good, bytes.as_deref());
    } else if !problems.is_empty()
        && entries.is_empty()
        && let Ok(Some(last)) = json_file::own_bytes(good, MAX_BYTES)
    {
        let (entries, _) = parse(&last, &name);
        problems.push(format!(
            "{name}:1: the last one that could be read counts until it is mended"
        ));
        return (entries, problems);
    }
    (entries, problems)
}

fn parse(bytes: &[u8], name: &str) -> (Vec<Entry>, Vec<String>) {
    let mut entries: Vec<Entry> = Vec::new();
    let mut aliases = HashSet::new();
    let mut problems = Vec::new();
    let mut text = bytes;
    if text.starts_with(b"\xef\xbb\xbf") {
        text = &text[3..];
        problems.push(format!("{name}:1: starts with a byte order mark"));
    }
    if bytes.len() as u64 > MAX_BYTES {
        problems.push(format!("{name}:1: larger than 4 MiB; the rest is not read"));
    }
    let mut windows = false;
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let place = format!("{name}:{}", index + 1);
        let line = line.strip_suffix(b"\r").map_or(line, |line| {
            if !windows {
                windows = true;
                problems.push(format!("{place}: Windows line end"));
            }
            line
        });
        match entry(line) {
            Ok(Some(new)) if aliases.insert(new.alias.clone()) => entries.push(new),
            Ok(_) => {}
            Err(why) => problems.push(format!("{place}: {why}")),
        }
    }
    problems.truncate(MAX_PROBLEMS);
    (entries, problems)
}

/// One line; none if it is empty or a comment.
fn entry(line: &[u8]) -> Result<Option<Entry>, &'static str> {
    if line.len() > MAX_LINE {
        return Err("longer than any path; left out");
    }
    if line.contains(&0) {
        return Err("holds a NUL byte; left out");
    }
    let line = std::str::from_utf8(line).map_err(|_| "not valid UTF-8; left out")?;
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (alias, rest) = line
        .split_once([' ', '\t'])
        .ok_or("has no path; a line is `alias absolute-path version`")?;
    if alias.chars().any(char::is_control) {
        return Err("its alias holds a control character; left out");
    }
    let path = path_of(rest.trim());
    let path = Path::new(path);
    if !path.is_absolute() {
        return Err("its path is not absolute; left out");
    }
    if path.components().any(|part| part.as_os_str() == "..") {
        return Err("its path holds `..`; left out");
    }
    Ok(Some(Entry {
        alias: alias.to_owned(),
        path: path.to_owned(),
    }))
}

/// The path of what follows an alias. It may hold spaces, a version does not: from the first word that looks like one
/// nothing is the path's. If none does, the last word is the version; lines of old versions end with the path.
fn path_of(rest: &str) -> &str {
    let is_blank = |c: char| matches!(c, ' ' | '\t');
    let looks_like_one = |word: &str| {
        let word = word.strip_prefix('v').unwrap_or(word);
        word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.') && !word.contains('/')
    };
    let mut words = rest
        .match_indices(is_blank)
        .map(|(at, _)| (at, &rest[at + 1..]));
    let version = words
        .clone()
        .find(|(_, after)| {
            let word = after.split(is_blank).next().unwrap_or_default();
            looks_like_one(word) && !after.contains('/')
        })
        .or_else(|| words.next_back().filter(|(_, after)| !after.contains('/')));
    version.map_or(rest, |(at, _)| rest[..at].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines_that_a_hand_wrote() {
        for line in [
            "one  /p/one",
            "one /p/one",
            "one\t/p/one\t0.1.0",
            "one   /p/one   0.1.0",
            "one /p/one 0.1.0 beta",
            "  one /p/one v1.2 ",
            "one /p/one latest",
        ] {
            let (entries, problems) = parse(line.as_bytes(), "registry");
            assert_eq!(problems, Vec::<String>::new(), "{line}");
            let [entry] = entries.as_slice() else {
                panic!("{line}")
            };
            assert_eq!(
                (entry.alias.as_str(), entry.path.to_str()),
                ("one", Some("/p/one")),
                "{line}"
            );
        }
        let path = |line: &str| {
            parse(line.as_bytes(), "registry")
                .0
                .pop()
                .map(|entry| entry.path)
        };
        assert_eq!(path("two /p/my site 0.1.0"), Some("/p/my site".into()));
        assert_eq!(
            path("two /p/my 2.0 site/x 0.1.0"),
            Some("/p/my 2.0 site/x".into())
        );
    }

    #[test]
    fn reads_what_mkcli_writes() {
        let (entries, problems) = parse(
            b"vm /srv/vm 0.1.0\nweb /srv/my site 0.1.0\nold /srv/old\nvm /elsewhere 0.1.0\n",
            "registry",
        );
        let read: Vec<_> = entries
            .iter()
            .map(|entry| (entry.alias.as_str(), entry.path.to_str().unwrap()))
            .collect();
        assert_eq!(
            read,
            [
                ("vm", "/srv/vm"),
                ("web", "/srv/my site"),
                ("old", "/srv/old")
            ]
        );
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn names_each_bad_line_and_goes_on() {
        let mut bytes = b"\xef\xbb\xbfbom /a 1\r\ncrlf /b 1\r\nrel a/b 1\nup /a/../etc 1\nnul /a\0b 1\nalone\n\xff /x 1\nh ".to_vec();
        bytes.extend(std::iter::repeat_n(b'/', 100_000));
        bytes.extend(b" 1\nlast /z 1");
        let (entries, problems) = parse(&bytes, "r");
        let names: Vec<_> = entries.iter().map(|entry| entry.alias.as_str()).collect();
        assert_eq!(names, ["bom", "crlf", "last"]);
        assert_eq!(entries[0].path, Path::new("/a"));
        assert_eq!(
            problems,
            [
                "r:1: starts with a byte order mark",
                "r:1: Windows line end",
                "r:3: its path is not absolute; left out",
                "r:4: its path holds `..`; left out",
                "r:5: holds a NUL byte; left out",
                "r:6: has no path; a line is `alias absolute-path version`",
                "r:7: not valid UTF-8; left out",
                "r:8: longer than any path; left out",
            ]
        );
    }

    #[test]
    fn a_huge_one_and_odd_aliases_are_reported_and_the_rest_counts() {
        let lines = |count: usize| -> String {
            (0..count).map(|n| format!("p{n} /srv/p{n} 1\n")).collect()
        };
        let (entries, problems) = parse(lines(100_000).as_bytes(), "r");
        assert_eq!((entries.len(), problems.len()), (100_000, 0));
        let folder = tempfile::tempdir().unwrap();
        let registry = folder.path().join("registry");
        std::fs::write(&registry, lines(300_000)).unwrap();
        let (entries, problems) = read(&registry, &folder.path().join("good"));
        assert!(entries.len() > 100_000, "{}", entries.len());
        assert!(problems[0].ends_with("larger than 4 MiB; the rest is not read"));

        let odd = "a\x1b[31m /a 1\n\ttab /b 1\n# /c 1\n\n  \n日本 /d 1\n--flag /e 1\n../up /f 1\n";
        let (entries, problems) = parse(odd.as_bytes(), "r");
        let names: Vec<_> = entries.iter().map(|entry| entry.alias.as_str()).collect();
        assert_eq!(names, ["tab", "日本", "--flag", "../up"]);
        let problem = "r:1: its alias holds a control character; left out";
        assert_eq!(problems, [problem]);
        let many = "bad\n".repeat(10_000);
        assert_eq!(parse(many.as_bytes(), "r").1.len(), MAX_PROBLEMS);
    }

    #[test]
    fn a_missing_registry_is_no_problem_and_a_folder_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("good");
        assert_eq!(
            read(&folder.path().join("none"), &good),
            (Vec::new(), Vec::<String>::new())
        );
        let (entries, problems) = read(folder.path(), &good);
        assert!(entries.is_empty());
        assert!(problems[0].ends_with("it is not a file"), "{problems:?}");
    }

    #[test]
    fn one_that_is_all_garbage_counts_as_the_last_good_one() {
        let folder = tempfile::tempdir().unwrap();
        let (registry, good) = (folder.path().join("registry"), folder.path().join("good"));
        let aliases = |text: &[u8]| {
            std::fs::write(&registry, text).unwrap();
            let (entries, problems) = read(&registry, &good);
            let aliases: Vec<_> = entries.into_iter().map(|entry| entry.alias).collect();
            (aliases.join(" "), problems)
        };
        assert_eq!(aliases(b"a /a 1\nb /b 1\n"), ("a b".into(), vec![]));
        let (garbage, problems) = aliases(b"\0\xff\x80 /x\nnothing\n");
        assert_eq!(garbage, "a b");
        assert!(problems[0].contains("registry:1: "), "{problems:?}");
        // What can be read counts as it is, so that what was removed stays removed. One that is being written is
        // empty for an instant.
        assert_eq!(aliases(b"b /b 1\n\xff\n").0, "b");
        assert_eq!(aliases(b"").0, "");
        assert_eq!(aliases(b"\xff\n").0, "a b");
    }
}
