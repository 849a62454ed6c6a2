//! What else differs between two jobs: what a person looks at first when a log alone does not explain a failure.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::job::{Commit, EnvironmentChange, EnvironmentChanged, Job};

/// Something that is not the same of two jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "JobChange"))]
pub struct Change {
    /// What it is, as `commit`, `variable ENV`.
    pub what: String,
    /// What it was of the other job; none if that has none.
    pub old: Option<String>,
    /// What it is of this job; none if it has none.
    pub new: Option<String>,
}

/// What differs between two jobs, beside their logs, ends and times.
#[must_use]
pub fn around(old: &Job, new: &Job) -> Vec<Change> {
    let mut changes = Changes::default();
    changes.see("command", Some(&old.command), Some(&new.command));
    changes.see("host", old.host(), new.host());
    let shown = |path: Option<&Path>| path.map(|path| path.display().to_string());
    changes.see("folder", shown(old.cwd()), shown(new.cwd()));
    changes.see("commit", old.commit().map(commit), new.commit().map(commit));
    let dirty = |job: &Job| {
        let commit = job.commit().filter(|commit| !commit.not_compared);
        commit.map(|commit| commit.dirty.to_string())
    };
    changes.see("files that differ from it", dirty(old), dirty(new));
    changes.all("variable", &variables(old), &variables(new));
    changes.all("environment", &environment(old), &environment(new));
    let flag = |is: bool| if is { "yes" } else { "no" };
    changes.see("in a terminal", Some(flag(old.pty)), Some(flag(new.pty)));
    changes.see("as root", Some(flag(old.sudo())), Some(flag(new.sudo())));
    changes.see("started by", Some(&old.owner), Some(&new.owner));
    changes.0
}

#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn see<T: AsRef<str>>(&mut self, what: &str, old: Option<T>, new: Option<T>) {
        let text = |value: Option<T>| value.map(|value| value.as_ref().to_owned());
        let (old, new) = (text(old), text(new));
        if old != new {
            self.0.push(Change {
                what: what.to_owned(),
                old,
                new,
            });
        }
    }

    fn all(&mut self, what: &str, old: &BTreeMap<&str, String>, new: &BTreeMap<&str, String>) {
        let mut names: Vec<_> = old.keys().chain(new.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            self.see(&format!("{what} {name}"), old.get(name), new.get(name));
        }
    }
}

fn commit(commit: &Commit) -> String {
    match &commit.branch {
        Some(branch) => format!("{} on {branch}", commit.hash),
        None => commit.hash.clone(),
    }
}

/// The variables that make was given. Of a secret one it is known only that it was.
fn variables(job: &Job) -> BTreeMap<&str, String> {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(secret)".into());
    let all = job.variables.iter();
    all.map(|(name, given)| (name.as_str(), value(given)))
        .collect()
}

/// What became of the app's own environment, by name.
fn environment(job: &Job) -> BTreeMap<&str, String> {
    let all = job.here().into_iter().flat_map(|here| &here.environment);
    all.map(|change| (change.name.as_str(), became(change)))
        .collect()
}

fn became(change: &EnvironmentChange) -> String {
    let what = match change.change {
        EnvironmentChanged::Added => "added",
        EnvironmentChanged::Changed => "changed",
        EnvironmentChanged::Removed => "removed",
    };
    match &change.value {
        Some(value) => format!("{value} ({what}: {})", change.by),
        None => format!("{what}: {}", change.by),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job(variables: serde_json::Value, commit: serde_json::Value) -> Job {
        serde_json::from_value(json!({
            "id": "01890000-0000-7000-8000-000000000001", "what": {"kind": "command"}, "command": "make x",
            "place": {"kind": "here", "commit": commit}, "variables": variables, "pty": false, "batch": null,
            "owner": "ann@here", "queued_at": "2026-01-01T00:00:00Z", "lines": 0, "bytes": 0,
            "state": {"state": "queued"},
        }))
        .unwrap()
    }

    #[test]
    fn only_what_differs_is_named_and_a_secret_by_its_name_alone() {
        let before = json!({"hash": "a1b2c3d4e5", "branch": "main", "dirty": 0});
        let after = json!({"hash": "f6a7b8c9d0", "branch": "main", "dirty": 3});
        let old = job(
            json!([["ENV", "staging"], ["TOKEN", null], ["N", "1"]]),
            before,
        );
        let new = job(
            json!([["ENV", "prod"], ["TOKEN", null], ["DEBUG", "1"]]),
            after,
        );
        let change = |what: &str, old: Option<&str>, new: Option<&str>| Change {
            what: what.into(),
            old: old.map(Into::into),
            new: new.map(Into::into),
        };
        let expected = [
            change(
                "commit",
                Some("a1b2c3d4e5 on main"),
                Some("f6a7b8c9d0 on main"),
            ),
            change("files that differ from it", Some("0"), Some("3")),
            change("variable DEBUG", None, Some("1")),
            change("variable ENV", Some("staging"), Some("prod")),
            change("variable N", Some("1"), None),
        ];
        assert_eq!(around(&old, &new), expected);
        assert_eq!(around(&new, &new), []);
    }
}
