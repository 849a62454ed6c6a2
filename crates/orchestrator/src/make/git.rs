//! The commit a folder is at, asked of `git` itself. It never writes: no lock is taken, no index refreshed.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::short_command::{Limits, ask};
use crate::{folders, job::Commit};

/// How long git may take; in a huge work tree the answer is not worth a slow start.
const LIMIT: Duration = Duration::from_millis(500);
/// The same if a person waits for the answer itself.
const PATIENCE: Duration = Duration::from_secs(10);
/// As much as is read, in bytes: some hundred thousand changed files.
const MAX: usize = 32 << 20;

/// The folder of the work tree around a folder: the nearest above it, or it, that has a `.git`. Nothing is run.
#[must_use]
pub fn work_tree(dir: &Path) -> Option<PathBuf> {
    let real = dir.canonicalize().ok()?;
    let mut above = real.ancestors();
    above
        .find(|above| above.join(".git").exists())
        .map(Path::to_owned)
}

/// Where the work tree around a folder is. None if there is no git, no commit, or no answer within 500 ms; blocks
/// for as long. To compare files git runs the filters that the repository's own config names, so files are compared only
/// if that is `trusted`, which is asked for a folder in a work tree alone; elsewhere no more is asked than what HEAD
/// names, which needs none of its programs.
#[must_use]
pub fn commit(dir: &Path, trusted: impl FnOnce() -> bool) -> Option<Commit> {
    commit_within(LIMIT, dir, trusted)
}

/// The same for who asks for that alone: it waits up to 10 s.
#[must_use]
pub fn commit_asked_for(dir: &Path, trusted: impl FnOnce() -> bool) -> Option<Commit> {
    commit_within(PATIENCE, dir, trusted)
}

fn commit_within(limit: Duration, dir: &Path, trusted: impl FnOnce() -> bool) -> Option<Commit> {
    // Most folders of scripts are in no work tree, and a process is dear beside a short job.
    work_tree(dir)?;
    if trusted() {
        let all = [
            "status",
            "--porcelain=v2",
            "--branch",
            "-z",
            "--untracked-files=normal",
        ];
        parse(&git(limit, dir, &all)?)
    } else {
        let head = ["rev-parse", "HEAD", "--abbrev-ref", "HEAD"];
        named(&git(limit, dir, &head)?)
    }
}

/// Where a work tree fetches from, as its config has it; none if there is no git, or no answer within 10 s.
#[must_use]
pub fn remotes(dir: &Path) -> Vec<String> {
    let all = ["config", "--get-regexp", r"^remote\..*\.url$"];
    let printed = work_tree(dir).and_then(|_| git(PATIENCE, dir, &all));
    let text = String::from_utf8_lossy(printed.as_deref().unwrap_or_default()).into_owned();
    let urls = text.lines().filter_map(|line| line.split_once(' '));
    urls.map(|(_name, url)| url.to_owned()).collect()
}

/// The output of a git command that asks a person nothing.
fn git(limit: Duration, dir: &Path, args: &[&str]) -> Option<Vec<u8>> {
    let mut command = Command::new(folders::installed("git").ok()?);
    command
        .arg("--no-optional-locks")
        // Programs that a repository may name: a file system monitor, hooks, whatever fetches an object that is missing.
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .args(["-c", "core.sshCommand=false", "-c", "protocol.allow=never"])
        .arg("-C")
        .arg(dir)
        .args(args)
        .env("LC_ALL", "C")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        // Set while we are started from a git hook, and then about another repository.
        command.env_remove(name);
    }
    let answer = ask(&mut command, &Limits::of(limit, MAX))?;
    (answer.code == Some(0)).then_some(answer.stdout)
}

/// Reads `git rev-parse HEAD --abbrev-ref HEAD`.
fn named(stdout: &[u8]) -> Option<Commit> {
    let text = String::from_utf8_lossy(stdout);
    let mut lines = text.lines();
    let hash = lines.next()?.get(..10)?.to_owned();
    let branch = lines.next().map(str::to_owned);
    Some(Commit {
        hash,
        branch: branch.filter(|name| name != "HEAD"),
        dirty: 0,
        not_compared: true,
    })
}

/// Reads `git status --porcelain=v2 --branch -z`.
fn parse(status: &[u8]) -> Option<Commit> {
    let text = String::from_utf8_lossy(status);
    let (mut hash, mut branch, mut dirty) = (None, None, 0);
    let mut fields = text.split('\0');
    while let Some(field) = fields.next() {
        if let Some(oid) = field.strip_prefix("# branch.oid ") {
            hash = Some(oid.get(..10)?.to_owned()).filter(|_| oid != "(initial)");
        } else if let Some(head) = field.strip_prefix("# branch.head ") {
            branch = Some(head.to_owned()).filter(|head| head != "(detached)");
        } else if field.starts_with("2 ") {
            // A renamed file is followed by its old name.
            fields.next();
            dirty += 1;
        } else if field.starts_with(['1', 'u', '?']) {
            dirty += 1;
        }
    }
    Some(Commit {
        hash: hash?,
        branch,
        dirty,
        not_compared: false,
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn run(dir: &Path, args: &[&str]) -> String {
        let output = Command::new("git")
            .arg("-C")
            .arg(dir)
            .args(["-c", "user.name=t", "-c", "user.email=t@t"])
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    #[test]
    fn tells_commit_branch_and_how_many_files_differ() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        assert_eq!(commit(dir, || true), None);
        assert_eq!(commit(dir, || false), None);
        run(dir, &["init", "-q", "-b", "trunk"]);
        assert_eq!(commit(dir, || true), None);
        assert_eq!(commit(dir, || false), None);
        fs::write(dir.join("a"), "1").unwrap();
        fs::write(dir.join("b"), "a longer text so that git sees the move\n").unwrap();
        run(dir, &["add", "."]);
        run(dir, &["commit", "-q", "-m", "one"]);
        let hash = run(dir, &["rev-parse", "HEAD"])[..10].to_owned();
        let clean = Commit {
            hash,
            branch: Some("trunk".to_owned()),
            dirty: 0,
            not_compared: false,
        };
        // A loaded machine may miss the limit, never the answer.
        assert_eq!(until_answered(dir, true).as_ref(), Some(&clean));
        let unseen = Commit {
            not_compared: true,
            ..clean.clone()
        };
        assert_eq!(until_answered(dir, false).as_ref(), Some(&unseen));

        fs::write(dir.join("a"), "22").unwrap();
        fs::write(dir.join("new file"), "3").unwrap();
        run(dir, &["mv", "b", "c"]);
        run(dir, &["checkout", "-q", "--detach"]);
        let dirty = Commit {
            branch: None,
            dirty: 3,
            ..clean
        };
        assert_eq!(until_answered(dir, true), Some(dirty));
        let unseen = Commit {
            branch: None,
            ..unseen
        };
        assert_eq!(until_answered(dir, false), Some(unseen));
    }

    /// Each of what a repository's config may name as a program writes a file where it runs.
    #[test]
    fn nothing_that_a_repository_names_is_run_unless_it_is_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let (dir, ran) = (folder.path().join("it"), folder.path().join("ran"));
        fs::create_dir(&dir).unwrap();
        run(&dir, &["init", "-q", "-b", "trunk"]);
        fs::write(dir.join(".gitattributes"), "* filter=evil diff=evil\n").unwrap();
        fs::write(dir.join("a"), "1").unwrap();
        run(&dir, &["add", "."]);
        run(&dir, &["commit", "-q", "-m", "one"]);
        let program = folder.path().join("program");
        fs::write(
            &program,
            format!("#!/bin/sh\necho \"$0 $@\" >> {}\ncat\n", ran.display()),
        )
        .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let named = program.display().to_string();
        for key in [
            "filter.evil.clean",
            "filter.evil.smudge",
            "filter.evil.process",
            "diff.evil.textconv",
            "diff.evil.command",
            "diff.external",
            "core.fsmonitor",
            "core.pager",
            "pager.rev-parse",
            "core.editor",
            "core.askPass",
            "core.sshCommand",
            "core.gitProxy",
            "core.alternateRefsCommand",
            "credential.helper",
            "gpg.program",
            "uploadpack.packObjectsHook",
            "remote.origin.uploadpack",
        ] {
            run(&dir, &["config", key, &named]);
        }
        run(&dir, &["config", "alias.rev-parse", &format!("!{named}")]);
        run(&dir, &["config", "alias.status", &format!("!{named}")]);
        // A partial clone fetches what is missing, by whatever its remote names.
        run(
            &dir,
            &["config", "remote.origin.url", &format!("ext::{named}")],
        );
        run(&dir, &["config", "remote.origin.promisor", "true"]);
        run(&dir, &["config", "protocol.ext.allow", "always"]);
        run(&dir, &["config", "extensions.partialClone", "origin"]);
        run(&dir, &["config", "core.repositoryFormatVersion", "1"]);
        for hook in [
            "post-index-change",
            "reference-transaction",
            "post-checkout",
        ] {
            let hook = dir.join(".git/hooks").join(hook);
            fs::copy(&program, hook).unwrap();
        }
        // The file is another at the same size, so that only its contents tell.
        fs::write(dir.join("a"), "2").unwrap();
        let at = until_answered(&dir, false).unwrap();
        assert!(at.not_compared);
        assert!(!ran.exists(), "{}", fs::read_to_string(&ran).unwrap());
        // An object that is not there is not fetched.
        fs::write(
            dir.join(".git/refs/heads/trunk"),
            format!("{}\n", "12".repeat(20)),
        )
        .unwrap();
        let _answer = commit(&dir, || false);
        assert!(!ran.exists(), "{}", fs::read_to_string(&ran).unwrap());
    }

    fn until_answered(dir: &Path, trusted: bool) -> Option<Commit> {
        (0..20).find_map(|_| commit(dir, || trusted))
    }
}
