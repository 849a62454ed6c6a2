//! The commit a folder stands at, asked of `git` itself. It never writes: no lock is taken, no index refreshed.

use std::{path::Path, process::Command, time::Duration};

use super::ask::{Limits, ask};
use crate::job::Commit;

/// How long git may take; in a huge work tree the answer is not worth a slow start.
const LIMIT: Duration = Duration::from_millis(500);
/// As much as is read, in bytes: some hundred thousand changed files.
const MAX: usize = 32 << 20;

/// Where the work tree around a folder stands. None where there is no git, no commit, or no answer within 500 ms; blocks
/// for as long. Only for trusted folders: a repository's own config may name filters that git runs to compare files.
#[must_use]
pub fn commit(dir: &Path) -> Option<Commit> {
    // Most folders of scripts are in no work tree, and a process is dear beside a short job.
    let real = dir.canonicalize().ok()?;
    if !real.ancestors().any(|above| above.join(".git").exists()) {
        return None;
    }
    let mut command = Command::new("git");
    command
        // A file system monitor is a program that the repository names.
        .args(["--no-optional-locks", "-c", "core.fsmonitor=false", "-C"])
        .arg(dir)
        .args(["status", "--porcelain=v2", "--branch", "-z"])
        .arg("--untracked-files=normal")
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        // Set while we are started from a git hook, and then about another repository.
        command.env_remove(name);
    }
    let answer = ask(&mut command, &Limits::of(LIMIT, MAX))?;
    Some(parse(&answer.said)).filter(|_| answer.code == Some(0))?
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
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn git(dir: &Path, args: &[&str]) -> String {
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
        assert_eq!(commit(dir), None);
        git(dir, &["init", "-q", "-b", "trunk"]);
        assert_eq!(commit(dir), None);
        fs::write(dir.join("a"), "1").unwrap();
        fs::write(dir.join("b"), "a longer text so that git sees the move\n").unwrap();
        git(dir, &["add", "."]);
        git(dir, &["commit", "-q", "-m", "one"]);
        let hash = git(dir, &["rev-parse", "HEAD"])[..10].to_owned();
        let clean = Commit {
            hash,
            branch: Some("trunk".to_owned()),
            dirty: 0,
        };
        // A loaded machine may miss the limit, never the answer.
        assert!(matches!(until_answered(dir), Some(at) if at == clean));

        fs::write(dir.join("a"), "22").unwrap();
        fs::write(dir.join("new file"), "3").unwrap();
        git(dir, &["mv", "b", "c"]);
        git(dir, &["checkout", "-q", "--detach"]);
        let dirty = Commit {
            branch: None,
            dirty: 3,
            ..clean
        };
        assert_eq!(until_answered(dir), Some(dirty));
    }

    fn until_answered(dir: &Path) -> Option<Commit> {
        (0..20).find_map(|_| commit(dir))
    }
}
