//! The same failure: what a failed job's log says of it, without what differs from run to run, and which earlier runs said
//! the same.

use std::hash::{BuildHasher, Hasher};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::digest::KEYS;
use crate::{
    job::{Earlier, JobId, Status},
    log::normalise::{Masks, Normaliser, OwnMasks},
};

/// What failed a job, and whether it has failed one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "JobFailure"))]
pub struct Failure {
    /// The line of its log that says what failed.
    pub line: u64,
    /// Its text, as it is shown.
    pub text: String,
    /// Whether it is new.
    pub kind: FailureKind,
    /// Earlier runs that failed so, newest first; at most 20 failed ones are looked at.
    pub seen: Vec<Seen>,
    /// After how many of them the next run ended well.
    pub healed: u32,
}

/// Whether a failure is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum FailureKind {
    /// No earlier run failed so.
    New,
    /// One did, and none has ended well since.
    Recurring,
    /// One did, and others have ended well since.
    Back,
}

/// A run that failed the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "SeenFailure"))]
pub struct Seen {
    /// The job.
    pub job: JobId,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// The host it ran on; none means this machine.
    pub host: Option<String>,
}

/// The line that says best what failed, of lines around the first one that reports an error, which is at `error`.
#[must_use]
pub fn telling(lines: &[String], error: usize) -> usize {
    let Some(text) = lines.get(error) else {
        return error;
    };
    if text.starts_with("Traceback") {
        // Its last line names the exception.
        let after = lines.iter().enumerate().skip(error + 1);
        let mut at_margin =
            after.filter(|(_, line)| !line.is_empty() && !line.starts_with([' ', '\t']));
        return at_margin.next().map_or(error, |(at, _)| at);
    }
    if is_make(text) {
        // It says that something failed; what did was said before.
        let before = lines[..error].iter().enumerate().rev();
        let mut lines = before.filter(|(_, line)| !line.trim().is_empty() && !is_make(line));
        return lines.next().map_or(error, |(at, _)| at);
    }
    error
}

/// Whether make itself wrote a line: `make[1]: *** [Makefile:3: all] Error 2`, `gmake: Leaving directory …`.
fn is_make(line: &str) -> bool {
    let Some((program, _)) = line.split_once(": ") else {
        return false;
    };
    let program = program.rsplit('/').next().unwrap_or(program);
    let name = program.split_once('[').map_or(program, |(name, _)| name);
    matches!(name, "make" | "gmake" | "mingw32-make")
}

/// A number for what a line says, but for what differs from run to run. Those of one program can be compared.
#[must_use]
pub fn fingerprint(line: &str, names: Vec<String>, own: &OwnMasks) -> u64 {
    let mut text = String::with_capacity(line.len());
    Normaliser::new(Masks::default(), names)
        .with_own(own.clone())
        .normalise(line, &mut text);
    let mut hasher = KEYS.build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Which of the earlier runs, newest first, failed the same; whether the failure is new; and after how many the next run ended
/// well.
#[must_use]
pub fn history(
    earlier: &[Earlier],
    is_same: impl Fn(JobId) -> bool,
) -> (FailureKind, Vec<JobId>, u32) {
    let (mut same, mut healed) = (Vec::new(), 0);
    let mut last = None;
    for (at, run) in earlier.iter().enumerate() {
        if run.status != Status::Error || !is_same(run.id) {
            continue;
        }
        last.get_or_insert(at);
        same.push(run.id);
        let next = at.checked_sub(1).map(|next| earlier[next].status);
        healed += u32::from(next == Some(Status::Done));
    }
    let kind = match last {
        None => FailureKind::New,
        Some(last) if earlier[..last].iter().any(|run| run.status == Status::Done) => {
            FailureKind::Back
        }
        Some(_) => FailureKind::Recurring,
    };
    (kind, same, healed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(text: &str, error: usize) -> String {
        let lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        lines[telling(&lines, error)].clone()
    }

    #[test]
    fn the_line_is_the_one_a_person_would_quote() {
        assert_eq!(
            picked("cc a.c\na.c:3:1: error: no b\n", 1),
            "a.c:3:1: error: no b"
        );
        let python = "Traceback (most recent call last):\n  File \"a.py\", line 1\n    x\nValueError: no x\nmore\n";
        assert_eq!(picked(python, 0), "ValueError: no x");
        let make =
            "3 tests failed\n\nmake[1]: *** [Makefile:2: test] Error 1\nmake: *** [test] Error 2\n";
        assert_eq!(picked(make, 2), "3 tests failed");
        assert_eq!(picked(make, 3), "3 tests failed");
        let alone = "make: *** No rule to make target 'x'.  Stop.\n";
        assert_eq!(
            picked(alone, 0),
            "make: *** No rule to make target 'x'.  Stop."
        );
    }

    #[test]
    fn the_same_failure_is_the_same_another_time_on_another_host() {
        let own = OwnMasks::new(&["otter|heron".to_owned()]);
        let of = |line: &str, host: &str| fingerprint(line, vec![host.to_owned()], &own);
        assert_eq!(
            of("error: otter is gone", ""),
            of("error: heron is gone", "")
        );
        assert_eq!(
            of("12:00:01 db-1: error: port 5432 of pid 17 is taken", "db-1"),
            of(
                "13:10:59 db-2: error: port 5432 of pid 2041 is taken",
                "db-2"
            ),
        );
        assert_ne!(
            of("error[E0308]: mismatched types", ""),
            of("error[E0382]: use of moved value", "")
        );
    }

    #[test]
    fn a_failure_is_new_recurring_or_back_again() {
        use Status::{Canceled, Done, Error};
        let runs = |all: &[Status]| -> Vec<Earlier> {
            let all = all.iter().map(|&status| Earlier {
                id: JobId::new(),
                status,
                took_ms: 1,
            });
            all.collect()
        };
        let of = |all: &[Status], same: &[usize]| {
            let runs = runs(all);
            let same: Vec<JobId> = same.iter().map(|at| runs[*at].id).collect();
            let (kind, seen, healed) = history(&runs, |id| same.contains(&id));
            assert_eq!(seen, same);
            (kind, healed)
        };
        assert_eq!(of(&[Done, Error], &[]), (FailureKind::New, 0));
        assert_eq!(
            of(&[Canceled, Error, Done], &[1]),
            (FailureKind::Recurring, 0)
        );
        assert_eq!(
            of(&[Error, Done, Error, Error], &[0, 3]),
            (FailureKind::Recurring, 0)
        );
        assert_eq!(
            of(&[Done, Error, Done, Error], &[1, 3]),
            (FailureKind::Back, 2)
        );
    }
}
