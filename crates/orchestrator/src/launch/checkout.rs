//! A project's folder on a host: the command that looks for it there, and what that found.

use serde::{Deserialize, Serialize};

use super::argv;
use crate::job::{Commit, JobId};

/// What is before each line of the answer.
const MARK: &str = "@@vmo ";
/// Looks into folders, for a shell of any kind: the first word is the targets, those after it are the folders. It changes
/// nothing there. The targets are looked for in make's own list, which runs no recipe.
const LOOK: &str = concat!(
    r##": looks for a project; exec </dev/null; export LC_ALL=C; m=@@vmo; set -f; t=$1; shift; echo "$m home $HOME"; "##,
    r##"make --version 2>/dev/null | { read -r v && echo "$m make $v"; }; for c; do "##,
    r##"case $c in "~/"*) c=$HOME/${c#"~/"};; "~") c=$HOME;; esac; cd -- "$c" 2>/dev/null || continue; "##,
    r##"echo "$m dir $(pwd -P)"; "##,
    r##"git config --get-regexp "^remote[.].*[.]url\$" 2>/dev/null | "##,
    r##"while read -r k u; do echo "$m remote $u"; done; "##,
    r##"if h=$(git rev-parse -q --verify HEAD 2>/dev/null); then echo "$m head $h"; "##,
    r##"echo "$m branch $(git symbolic-ref -q --short HEAD)"; "##,
    r##"echo "$m dirty $(git --no-optional-locks -c core.fsmonitor=false status --porcelain 2>/dev/null | wc -l)"; fi; "##,
    r##"f=; for n in GNUmakefile makefile Makefile; do [ -f "$n" ] && f=$n && break; done; "##,
    r##"[ "$f" ] || continue; echo "$m makefile $f"; "##,
    r##"p=$(make -pRrq : 2>/dev/null); [ "$p" ] || continue; echo "$m listed"; for x in $t; do "##,
    r##"printf "%s\n" "$p" | awk -v t="$x:" "index(\$0, t) == 1 && q ~ /^# Not a target/ { next } "##,
    r##"index(\$0, t) == 1 { f = 1 } { q = \$0 } END { exit 1 - f }" && echo "$m has $x"; done; done; true"##,
);

/// The command that looks into these folders for these targets; a folder below the home folder there begins with `~/`.
/// None if a word holds a NUL byte.
#[must_use]
pub fn look(folders: &[String], targets: &[String]) -> Option<String> {
    let mut words = ["sh", "-c", LOOK, "look"].map(str::to_owned).to_vec();
    words.push(targets.join(" "));
    words.extend_from_slice(folders);
    argv::line_of(&words)
}

/// What a project is here, to which its folder on a host is compared.
#[derive(Debug, Clone, Default)]
pub struct Here {
    /// The project's name.
    pub project: String,
    /// Where its git fetches from.
    pub remotes: Vec<String>,
    /// The commit it is at.
    pub commit: Option<Commit>,
    /// The targets that are to be there, but for those that a pattern makes.
    pub targets: Vec<String>,
}

/// A project's folder on a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Checkout {
    /// The host's name.
    pub host: String,
    /// The job that looked there; none if none could be started.
    pub job: Option<JobId>,
    /// Why it was not reached, if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub unreached: Option<super::Unreached>,
    /// The folder there, absolute; none if there is none.
    pub folder: Option<String>,
    /// Where its git work tree is.
    pub commit: Option<Commit>,
    /// Whether that is the commit here, with no file changed; not known if one of the two is in no work tree.
    pub as_here: Option<bool>,
    /// What was found, in words: `/srv/shop at 0123456789 (main), as here`.
    pub words: String,
    /// Why the target cannot run there; none if it can.
    pub problem: Option<String>,
}

/// A folder there, as the answer has it.
#[derive(Debug, Clone, Default)]
struct Folder {
    path: String,
    remotes: Vec<String>,
    head: Option<String>,
    branch: Option<String>,
    dirty: u32,
    has_makefile: bool,
    is_listed: bool,
    targets: Vec<String>,
}

impl Checkout {
    /// What a host answered. Of several folders the first one of the same repository counts; one that was `given` by a
    /// person counts whatever it holds.
    #[must_use]
    pub fn read(host: &str, answer: &str, here: &Here, given: Option<&str>) -> Self {
        let (has_make, folders) = folders(answer);
        let host = host.to_owned();
        let known = |folder: &&Folder| {
            let remotes = || folder.remotes.iter().map(|url| plain_url(url));
            let ours = |url: &String| remotes().any(|theirs| theirs == plain_url(url));
            given.is_some() || here.remotes.iter().any(ours)
        };
        let Some(folder) = folders.iter().find(known) else {
            return Self {
                host,
                problem: Some(not_found(&folders, here, given)),
                ..Self::default()
            };
        };
        let commit = folder.head.as_ref().map(|head| Commit {
            hash: head.chars().take(10).collect(),
            branch: folder.branch.clone(),
            dirty: folder.dirty,
            not_compared: false,
        });
        let ours = here.commit.as_ref();
        let as_here = ours
            .zip(commit.as_ref())
            .map(|(ours, theirs)| ours.hash == theirs.hash && theirs.dirty == 0);
        let is_there = |target: &&String| folder.targets.contains(target);
        let missing = here.targets.iter().find(|target| !is_there(target));
        let problem = if !has_make {
            Some("there is no make".to_owned())
        } else if !folder.has_makefile {
            Some(format!("there is no makefile in {}", folder.path))
        } else {
            missing
                .filter(|_| folder.is_listed)
                .map(|target| format!("the makefile in {} has no target {target}", folder.path))
        };
        Self {
            host,
            job: None,
            unreached: None,
            words: words(folder, commit.as_ref(), here),
            folder: Some(folder.path.clone()),
            commit,
            as_here,
            problem,
        }
    }
}

/// Whether there is a make, and the folders that are there, each once.
fn folders(answer: &str) -> (bool, Vec<Folder>) {
    let mut has_make = false;
    let mut folders: Vec<Folder> = Vec::new();
    for line in answer.lines().filter_map(|line| line.strip_prefix(MARK)) {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = value.trim();
        match (key, folders.last_mut()) {
            ("make", _) => has_make = true,
            ("dir", _) => folders.push(Folder {
                path: value.to_owned(),
                ..Folder::default()
            }),
            ("remote", Some(folder)) => folder.remotes.push(value.to_owned()),
            ("head", Some(folder)) => folder.head = Some(value.to_owned()),
            ("branch", Some(folder)) if !value.is_empty() => {
                folder.branch = Some(value.to_owned());
            }
            ("dirty", Some(folder)) => folder.dirty = value.parse().unwrap_or(0),
            ("makefile", Some(folder)) => folder.has_makefile = true,
            ("listed", Some(folder)) => folder.is_listed = true,
            ("has", Some(folder)) => folder.targets.push(value.to_owned()),
            _ => {}
        }
    }
    (has_make, folders)
}

fn not_found(folders: &[Folder], here: &Here, given: Option<&str>) -> String {
    if let Some(given) = given {
        return format!("there is no folder {given}");
    }
    let name = &here.project;
    if here.remotes.is_empty() {
        return format!(
            "{name} has no git remote here by which its folder there could be found: give the folder"
        );
    }
    match folders.first() {
        None => format!("no folder of {name} was found in the usual places: give the folder"),
        Some(other) => format!(
            "{} is of another repository, and no other folder of {name} was found: give the folder",
            other.path
        ),
    }
}

fn words(folder: &Folder, commit: Option<&Commit>, here: &Here) -> String {
    let mut words = folder.path.clone();
    let Some(commit) = commit else {
        return words + ", in no git work tree";
    };
    words += &format!(" at {}", commit.hash);
    if let Some(branch) = &commit.branch {
        words += &format!(" ({branch})");
    }
    match &here.commit {
        Some(ours) if ours.hash == commit.hash => words += ", the commit here",
        Some(ours) => words += &format!(", and not at {}, the commit here", ours.hash),
        None => {}
    }
    words += &match commit.dirty {
        0 => String::new(),
        1 => ", 1 file differs".to_owned(),
        many => format!(", {many} files differ"),
    };
    let is_ours = |url: &String| here.remotes.iter().any(|r| plain_url(r) == plain_url(url));
    match folder.remotes.first() {
        Some(other) if !here.remotes.is_empty() && !folder.remotes.iter().any(is_ours) => {
            words + &format!("; its remote is {}", without_password(other))
        }
        _ => words,
    }
}

/// A remote's address by its host and path alone: the same repository is fetched in several ways.
fn plain_url(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url);
    let (is_url, rest) = match url.split_once("://") {
        Some(("file", path)) => return path.to_owned(),
        Some((_, rest)) => (true, rest),
        None => (false, url),
    };
    let host_end = if is_url {
        rest.find('/')
    } else {
        // A path has a slash before any colon.
        rest.find([':', '/'])
            .filter(|at| rest[*at..].starts_with(':'))
    };
    let Some(end) = host_end else {
        return rest.to_owned();
    };
    let (host, path) = rest.split_at(end);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _port)| host);
    let path = path[1..].trim_start_matches('/');
    format!("{}/{path}", host.to_ascii_lowercase())
}

/// A remote's address without what may be a password in it.
fn without_password(url: &str) -> String {
    let found = url.split_once("://").and_then(|(scheme, rest)| {
        let (who, rest) = rest.split_once('@').filter(|(who, _)| !who.contains('/'))?;
        let user = who.split_once(':').map_or(who, |(user, _)| user);
        Some(format!("{scheme}://{user}@{rest}"))
    });
    found.unwrap_or_else(|| url.to_owned())
}

#[cfg(test)]
mod tests;
