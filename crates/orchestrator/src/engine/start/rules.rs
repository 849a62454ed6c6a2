//! What a makefile's comments and a person say of how a job is to be run, beside what is run.

use std::collections::BTreeSet;

use supervisor::exec::Grace;

use super::queue::Claim;
use crate::{
    make,
    project::{Project, Scan},
};

/// How a job is to be run.
pub(in crate::engine) struct Rules {
    /// What it wants for itself.
    pub(in crate::engine) claims: Vec<Claim>,
    /// What a cancel sends, in order.
    pub(in crate::engine) graces: Vec<Grace>,
    /// How long it may run, in milliseconds.
    pub(in crate::engine) timeout: Option<u64>,
    /// The names of environment variables whose values are kept out of the log.
    pub(in crate::engine) secrets: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            claims: Vec::new(),
            graces: Grace::usual(),
            timeout: None,
            secrets: Vec::new(),
        }
    }
}

impl Rules {
    /// Keeps out of the log what this makefile calls secret, too.
    pub(in crate::engine) fn keep_out(&mut self, scan: &Scan) {
        self.secrets.extend(secrets(scan));
        self.secrets.sort_unstable();
        self.secrets.dedup();
    }

    /// Those of these targets; if none is named, of make's default goal.
    pub(in crate::engine) fn of(project: &Project, targets: &[String], scan: &Scan) -> Self {
        // Whatever name a folder goes by, it is one folder.
        let folder = project.path.canonicalize();
        let folder = folder.unwrap_or_else(|_| project.path.clone());
        let goals = if targets.is_empty() {
            scan.default_goal.as_slice()
        } else {
            targets
        };
        let all = || goals.iter().filter_map(|goal| scan.target(goal));
        let own: BTreeSet<String> = all()
            .flat_map(|target| target.exclusive.iter().cloned())
            .collect();
        let mut graces = Grace::usual();
        for (step, grace) in graces.iter_mut().enumerate() {
            let grace_ms = all().filter_map(|target| target.graces.get(step)).max();
            grace.wait_ms = grace_ms.copied().unwrap_or(grace.wait_ms);
        }
        let whole = project.exclusive.then_some(None);
        let claims = whole.into_iter().chain(own.into_iter().map(Some));
        Self {
            claims: claims
                .map(|target| Claim {
                    folder: folder.clone(),
                    target,
                })
                .collect(),
            graces,
            timeout: timeout(goals, scan),
            secrets: secrets(scan),
        }
    }
}

/// The time that the targets say they take, together: if one of them has none, there is no limit. Words that are
/// no targets take none.
fn timeout(goals: &[String], scan: &Scan) -> Option<u64> {
    let known = |goal: &String| scan.target(goal);
    let each: Vec<Option<u64>> = goals
        .iter()
        .filter_map(known)
        .map(|one| one.timeout)
        .collect();
    let all: Option<Vec<u64>> = each.into_iter().collect();
    all.filter(|all| !all.is_empty())
        .map(|all| all.iter().sum())
}

/// The secret variables of a makefile: as they may come from the environment, and as [`make::argv()`] hands them on.
fn secrets(scan: &Scan) -> Vec<String> {
    let secret = scan.variables.iter().filter(|variable| variable.secret);
    let mut names: Vec<&String> = secret.map(|variable| &variable.name).collect();
    for secret in &scan.secrets {
        names.push(&secret.name);
        names.extend(&secret.takes);
    }
    names.sort_unstable();
    names.dedup();
    let both = |name: &String| [name.clone(), make::carrier(name)];
    names.into_iter().flat_map(both).collect()
}
