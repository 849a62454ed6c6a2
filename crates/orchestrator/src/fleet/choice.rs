//! Which hosts one line means: `web[01-37]`, `db*`, `@production`, `,` or, `&` and, `!` not, read from left to right, with
//! brackets; `@web/3` the first three, `@web/10%` a tenth that is the same each time; `@file:PATH`, `-`, and `*` for all.

use std::{collections::HashSet, io};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    parse::{self, Part, Set, Step},
    range::expand,
};

/// Tags that name hosts of a batch.
pub const OF_BATCHES: [&str; 5] = ["failed", "unreachable", "held", "canceled", "differ"];

/// Whether a tag means something else in a set than the hosts that have it: those of a batch, or of a file.
#[must_use]
pub fn is_reserved(tag: &str) -> bool {
    let name = tag.split(':').next().unwrap_or_default();
    name == "file" || OF_BATCHES.contains(&name)
}

/// Characters of one line, at most.
const LONGEST: usize = 64 << 10;
/// Characters of a line that are shown in a refusal.
const LONGEST_SHOWN: usize = 300;

/// What is there to choose from.
pub trait Inventory {
    /// Every host's name, in the order in which hosts are listed.
    fn names(&self) -> Vec<String>;

    /// The hosts that have such a name, by their names in [`Self::names`].
    fn having(&self, is_meant: &dyn Fn(&str) -> bool) -> Vec<String> {
        let names = self.names().into_iter();
        names.filter(|name| is_meant(name)).collect()
    }

    /// The hosts that have a tag; none if no host has it.
    fn tagged(&self, tag: &str) -> Vec<String>;

    /// The line that was saved as a set under a name.
    fn saved(&self, _name: &str) -> Option<String> {
        None
    }

    /// The tags that there are, and the names of saved sets.
    fn tags(&self) -> Vec<String>;

    /// The text of a file of names; of standard input if no path is given.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, path: Option<&str>) -> io::Result<String>;
}

/// What was chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Choice {
    /// The hosts, each once, in the order in which they were named. A name that was written in full may be unknown.
    pub hosts: Vec<String>,
    /// Whether the line says "all", itself or by leaving some out of all.
    pub is_all: bool,
    /// Those of the hosts whose names the line has in full.
    pub typed: Vec<String>,
    /// Batches that the line names hosts by and that this installation did not start as they now are, and their owners.
    #[cfg_attr(test, ts(type = "[string, string][]"))]
    pub of_others: Vec<(Uuid, String)>,
}

/// Why no host was chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The line cannot be read.
    #[error("choose hosts: {0}")]
    Unreadable(String),
    /// No host has this tag.
    #[error("choose hosts: no host has the tag @{tag}; {}", there_are(.tags))]
    UnknownTag {
        /// The tag, without its `@`.
        tag: String,
        /// The tags that there are.
        tags: Vec<String>,
    },
    /// A file of names cannot be read.
    #[error("choose hosts: read {path}: {why}")]
    NoFile {
        /// Its path, as it was given.
        path: String,
        /// What the system says.
        why: String,
    },
    /// No host is left.
    #[error("choose hosts: '{0}' means no host")]
    Nothing(String),
}

fn there_are(tags: &[String]) -> String {
    match tags {
        [] => "there are no tags".to_owned(),
        tags => format!("there are @{}", tags.join(", @")),
    }
}

/// Reads a line and finds the hosts that it means.
///
/// # Errors
/// The line cannot be read, names what is not there, or means no host.
pub fn choose(line: &str, inventory: &dyn Inventory) -> Result<Choice, ChoiceError> {
    if line.len() > LONGEST {
        let why = format!(
            "the line has more than {LONGEST} bytes; put the names into a file: @file:PATH"
        );
        return Err(ChoiceError::Unreadable(why));
    }
    let steps = parse::parse(line).map_err(|why| ChoiceError::Unreadable(short(&why)))?;
    let mut choice = all_steps(&steps, inventory)?;
    if choice.hosts.is_empty() {
        return Err(ChoiceError::Nothing(short(line.trim())));
    }
    choice.typed = kept(once(choice.typed), &choice.hosts, true);
    Ok(choice)
}

fn all_steps(steps: &[(Step, Set)], inventory: &dyn Inventory) -> Result<Choice, ChoiceError> {
    let mut chosen = Choice::default();
    for (step, set) in steps {
        let more = one_set(set, inventory)?;
        if *step == Step::Or {
            chosen.typed.extend(more.typed);
        }
        match step {
            Step::Or => {
                chosen.is_all |= more.is_all;
                chosen.hosts = once(chosen.hosts.into_iter().chain(more.hosts));
            }
            Step::And => {
                chosen.is_all &= more.is_all;
                chosen.hosts = kept(chosen.hosts, &more.hosts, true);
            }
            Step::Not => chosen.hosts = kept(chosen.hosts, &more.hosts, false),
            Step::AllBut => {
                chosen.is_all = true;
                chosen.hosts = kept(inventory.names(), &more.hosts, false);
            }
        }
    }
    Ok(chosen)
}

fn one_set(set: &Set, inventory: &dyn Inventory) -> Result<Choice, ChoiceError> {
    let hosts = match set {
        Set::Names(pattern) => {
            let (hosts, is_all) = named(pattern, inventory)?;
            let is_typed = hosts == [pattern.as_str()];
            let typed = is_typed.then(|| pattern.clone()).into_iter().collect();
            return Ok(Choice {
                hosts,
                is_all,
                typed,
                ..Choice::default()
            });
        }
        Set::Inner(steps) => return all_steps(steps, inventory),
        Set::Part(set, part) => {
            let whole = one_set(set, inventory)?;
            let count = whole.hosts.len();
            let hosts = part_of(whole.hosts, *part);
            return Ok(Choice {
                is_all: whole.is_all && hosts.len() == count,
                hosts,
                ..Choice::default()
            });
        }
        Set::File(path) => {
            let (hosts, is_all) = of_file(path.as_deref(), inventory)?;
            return Ok(Choice {
                hosts,
                is_all,
                ..Choice::default()
            });
        }
        Set::Tag(tag) => {
            if let Some(line) = inventory.saved(tag) {
                let steps = parse::parse(&line).map_err(|why| {
                    ChoiceError::Unreadable(short(&format!("the set @{tag}: {why}")))
                })?;
                let within = Within {
                    of: inventory,
                    name: tag,
                };
                // Names in it were not typed by whoever uses it.
                return Ok(Choice {
                    typed: Vec::new(),
                    ..all_steps(&steps, &within)?
                });
            }
            let hosts = inventory.tagged(tag);
            if hosts.is_empty() {
                return Err(ChoiceError::UnknownTag {
                    tag: tag.clone(),
                    tags: inventory.tags(),
                });
            }
            hosts
        }
    };
    Ok(Choice {
        hosts,
        ..Choice::default()
    })
}

/// What a saved set is read with: all but itself, so that none goes in a circle.
struct Within<'a> {
    of: &'a dyn Inventory,
    name: &'a str,
}

impl Inventory for Within<'_> {
    fn names(&self) -> Vec<String> {
        self.of.names()
    }

    fn having(&self, is_meant: &dyn Fn(&str) -> bool) -> Vec<String> {
        self.of.having(is_meant)
    }

    fn tagged(&self, tag: &str) -> Vec<String> {
        self.of.tagged(tag)
    }

    fn saved(&self, name: &str) -> Option<String> {
        self.of.saved(name).filter(|_| name != self.name)
    }

    fn tags(&self) -> Vec<String> {
        self.of.tags()
    }

    fn read(&self, path: Option<&str>) -> io::Result<String> {
        self.of.read(path)
    }
}

/// Whether a line can be read, whatever it means.
///
/// # Errors
/// It cannot.
pub fn check(line: &str) -> Result<(), ChoiceError> {
    let steps = parse::parse(line).map_err(|why| ChoiceError::Unreadable(short(&why)))?;
    steps.iter().try_for_each(|(_, set)| check_set(set))
}

fn check_set(set: &Set) -> Result<(), ChoiceError> {
    match set {
        Set::Names(pattern) => expand(pattern).map(drop).map_err(ChoiceError::Unreadable),
        Set::Inner(steps) => steps.iter().try_for_each(|(_, set)| check_set(set)),
        Set::Part(set, _) => check_set(set),
        Set::File(_) | Set::Tag(_) => Ok(()),
    }
}

/// The hosts of a name, a range or a glob, and whether it means all.
fn named(pattern: &str, inventory: &dyn Inventory) -> Result<(Vec<String>, bool), ChoiceError> {
    let (mut hosts, mut is_all) = (Vec::new(), false);
    for one in expand(pattern).map_err(ChoiceError::Unreadable)? {
        if !one.contains(['*', '?']) {
            hosts.push(one);
            continue;
        }
        is_all |= one.bytes().all(|byte| byte == b'*');
        let glob = glob::Pattern::new(&one)
            .map_err(|error| ChoiceError::Unreadable(format!("{one}: {error}")))?;
        let meant = inventory.having(&|name| glob.matches(name));
        // However it is written, all is all.
        let all = inventory.names().len();
        is_all |= all > 1 && meant.len() == all;
        hosts.extend(meant);
    }
    Ok((once(hosts), is_all))
}

/// The hosts of a file, and whether it means all: names, ranges or globs with blanks, commas or new lines between; after `#`, a comment.
fn of_file(
    path: Option<&str>,
    inventory: &dyn Inventory,
) -> Result<(Vec<String>, bool), ChoiceError> {
    let text = inventory.read(path).map_err(|error| ChoiceError::NoFile {
        path: path.unwrap_or("standard input").to_owned(),
        why: error.to_string(),
    })?;
    let (mut hosts, mut is_all) = (Vec::new(), false);
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.split_once('#').map_or(line, |(before, _)| before);
        for word in parse::words(line) {
            let (more, all) = named(word, inventory)?;
            hosts.extend(more);
            is_all |= all;
        }
    }
    Ok((once(hosts), is_all))
}

/// As much of a text as a person reads.
fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Each once, at its first place.
fn once(hosts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let is_new = |host: &String| seen.insert(host.clone());
    hosts.into_iter().filter(is_new).collect()
}

/// The hosts that are among others, or are not.
fn kept(hosts: Vec<String>, others: &[String], are_among: bool) -> Vec<String> {
    let others: HashSet<&String> = others.iter().collect();
    let is_kept = |host: &String| others.contains(host) == are_among;
    hosts.into_iter().filter(is_kept).collect()
}

fn part_of(hosts: Vec<String>, part: Part) -> Vec<String> {
    match part {
        Part::First(count) => hosts.into_iter().take(count).collect(),
        Part::Percent(percent) => {
            let count = (hosts.len() * usize::from(percent)).div_ceil(100);
            let mut drawn: Vec<&String> = hosts.iter().collect();
            drawn.sort_by_key(|host| lot(host));
            drawn.truncate(count);
            let drawn: HashSet<String> = drawn.into_iter().cloned().collect();
            hosts
                .into_iter()
                .filter(|host| drawn.contains(host))
                .collect()
        }
    }
}

/// A number by which hosts are drawn: of the name alone, so that a tenth is the same today and tomorrow, here and on
/// another machine (FNV-1a, then its bits mixed, since names that differ in their last letter alone are near each other).
fn lot(name: &str) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}
