//! What the hosts of a batch answered, and which of them answered the same.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::HostState;
use crate::log::diff::DiffLine;

/// What the hosts of a batch answered so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchAnswers"))]
pub struct Answers {
    /// Of each host with a job, in the order of the hosts.
    pub answers: Vec<Answer>,
    /// The hosts whose command is over, by what they answered; the reference comes first, then those that ended well, and
    /// of these the larger ones.
    pub groups: Vec<Group>,
    /// Whether the first group is what the others are compared with: the largest of those that ended best.
    pub has_reference: bool,
}

/// A host's output so far, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchAnswer"))]
pub struct Answer {
    /// The host, by its place in [`super::Batch::hosts`].
    pub host: u32,
    /// Lines in its log.
    pub lines: u64,
    /// The last line that is not blank, at most 512 bytes of it; empty if there is none.
    pub last: String,
}

/// Hosts whose command ended alike and wrote the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchGroup"))]
pub struct Group {
    /// The hosts, by their places in [`super::Batch::hosts`].
    pub hosts: Vec<u32>,
    /// How they are.
    pub state: HostState,
    /// How their command ended, in words; none if it ended well.
    pub why: Option<String>,
    /// Lines that the reference does not have, and lines that it alone has; none if they were not compared: of the
    /// reference, of hosts where nothing ran, of long output, and of more than 64 groups.
    pub differs: Option<Differs>,
}

/// How many lines differ from the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchDiffers"))]
pub struct Differs {
    /// Lines that only this group has.
    pub added: u32,
    /// Lines that only the reference has.
    pub removed: u32,
}

/// A host's output beside that of the reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchDifference"))]
pub struct Difference {
    /// The host.
    pub host: String,
    /// The host of the reference that it is compared with; none if it is one of the reference's own, or there is none.
    pub reference: Option<String>,
    /// The lines: standard output, then standard error. With no reference all of them are in both.
    pub lines: Vec<DiffLine>,
    /// Whether one of the outputs is longer than what was compared, its first 2,000 lines.
    pub cut: bool,
}

/// What the hosts of a batch answered when the same command ran there the last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchLastTime"))]
pub struct LastTime {
    /// The batch of then.
    pub batch: Uuid,
    /// When that was asked for.
    pub queued_at: DateTime<Utc>,
    /// Of each host whose command is over in both, in the order of this batch's hosts.
    pub hosts: Vec<Then>,
}

/// What a host answered the last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchThen"))]
pub struct Then {
    /// The host, by its place in this batch.
    pub host: u32,
    /// How it was.
    pub state: HostState,
    /// The last line that is not blank, as in [`Answer::last`].
    pub last: String,
    /// Whether it ends differently now, or writes something else.
    pub has_changed: bool,
}

impl LastTime {
    /// How many hosts have changed since.
    #[must_use]
    pub fn changed(&self) -> usize {
        self.hosts.iter().filter(|host| host.has_changed).count()
    }
}

/// How a host's command ended, and what it wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The host, by its place.
    pub host: u32,
    /// How it is.
    pub state: HostState,
    /// How its command ended, in words; none if it ended well.
    pub why: Option<String>,
    /// A hash of its output.
    pub output: [u8; 32],
}

/// Hosts by what they answered, and whether the first group is a reference.
#[must_use]
pub fn grouped(ended: &[Ended]) -> (Vec<Group>, bool) {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<(HostState, Option<&str>, [u8; 32]), usize> = HashMap::new();
    for one in ended {
        let key = (one.state, one.why.as_deref(), one.output);
        let at = *known.entry(key).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Group {
                hosts: Vec::new(),
                state: one.state,
                why: one.why.clone(),
                differs: None,
            });
        }
        groups[at].hosts.push(one.host);
    }
    // A stable sort: groups of one size stay in the order of their first hosts.
    groups.sort_by_key(|group| (rank(group.state), std::cmp::Reverse(group.hosts.len())));
    let has_reference = groups.first().is_some_and(|group| has_run(group.state));
    (groups, has_reference)
}

/// Whether a host's command ran to an end of its own, so that its output is an answer.
#[must_use]
pub const fn has_run(state: HostState) -> bool {
    matches!(state, HostState::Done | HostState::Error)
}

/// The best end comes first.
const fn rank(state: HostState) -> u8 {
    match state {
        HostState::Done => 0,
        HostState::Error => 1,
        HostState::Unreachable => 2,
        HostState::Canceled => 3,
        HostState::Held | HostState::Skipped | HostState::Queued | HostState::Running => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(host: u32, state: HostState, why: Option<&str>, output: u8) -> Ended {
        Ended {
            host,
            state,
            why: why.map(ToOwned::to_owned),
            output: [output; 32],
        }
    }

    #[test]
    fn the_reference_is_the_largest_group_of_those_that_ended_best() {
        use HostState::{Done, Error, Unreachable};
        let all = [
            ended(0, Error, Some("exit code 1"), 1),
            ended(1, Error, Some("exit code 1"), 1),
            ended(2, Error, Some("exit code 1"), 1),
            ended(3, Done, None, 2),
            ended(4, Done, None, 3),
            ended(5, Done, None, 3),
            ended(6, Error, Some("exit code 2"), 1),
            ended(7, Unreachable, Some("no route"), 0),
        ];
        let (groups, has_reference) = grouped(&all);
        let hosts: Vec<&[u32]> = groups.iter().map(|group| group.hosts.as_slice()).collect();
        assert_eq!(hosts, [&[4, 5][..], &[3], &[0, 1, 2], &[6], &[7]]);
        assert!(has_reference);

        // Nothing ran: there is nothing to compare with.
        let (groups, has_reference) = grouped(&all[7..]);
        assert_eq!((groups.len(), has_reference), (1, false));
        // Of commands that all failed, the usual failure is the reference.
        let (groups, has_reference) = grouped(&all[..3]);
        assert_eq!((groups.len(), has_reference), (1, true));
        assert_eq!(grouped(&[]), (Vec::new(), false));
    }
}
