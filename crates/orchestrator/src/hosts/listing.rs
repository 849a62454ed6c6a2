//! A machine as one source names it. What a source says goes into an SSH config of ours, so no value gets into it that
//! is no name, address, user or path; and no value of a source is repeated in a problem, for it may be a secret.

use std::{
    collections::BTreeSet,
    fmt::Display,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    fleet,
    host::{Source, SourceKind},
    json_file,
};

/// Bytes of a file that are read: a state of ten thousand machines has fewer.
pub(super) const MOST_BYTES: u64 = 32 << 20;
/// Hosts of one source.
pub(super) const MOST_HOSTS: usize = 20_000;

/// A machine as one source names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Its name there.
    pub name: String,
    /// Where it is; none means at its name.
    pub address: Option<String>,
    /// The login name.
    pub user: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The file of its key.
    pub key: Option<String>,
    /// The hosts it is reached through, as `ProxyJump` has them.
    pub jump: Option<String>,
    /// The command it is reached by, as `ProxyCommand` has it; it runs only once a person has allowed it.
    pub proxy: Option<String>,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// Whether it is switched on; none if the source does not say.
    #[serde(default)]
    pub is_on: Option<bool>,
    /// The source.
    pub source: Source,
}

/// What sources name, and what of them could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The machines, in the order of the sources.
    pub machines: Vec<Machine>,
    /// What could not be read, each with its file.
    pub problems: Vec<String>,
    /// What is called otherwise here than there: said when a source is added, and no problem.
    pub notes: Vec<String>,
    /// The files that were read or would have been, for watching.
    pub files: Vec<PathBuf>,
}

/// What a new source has brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportedHosts {
    /// Hosts that were not listed before.
    pub new: u32,
    /// What of the source could not be read, each with its place: it may have more hosts than were found. And which groups
    /// are called otherwise here.
    pub problems: Vec<String>,
}

/// What a value is, the value, and whether it can be one.
type Field<'a> = (&'static str, Option<&'a str>, fn(&str) -> bool);

impl Listing {
    pub(super) fn problem(&mut self, place: impl Display, why: impl Display) {
        self.problems.push(format!("{place}: {why}"));
    }

    /// Adds what another source names.
    pub(super) fn extend(&mut self, other: Self) {
        self.machines.extend(other.machines);
        self.problems.extend(other.problems);
        self.notes.extend(other.notes);
        self.files.extend(other.files);
    }

    /// A tag as sets can have it. One that means something else there gets another name, which is said once.
    fn tag(&mut self, text: &str, place: &str) -> Option<String> {
        let tag = self::tag(text)?;
        if tag != text.trim() {
            let file = place.trim_end_matches(|c: char| c.is_ascii_digit());
            let file = file.strip_suffix(':').unwrap_or(place);
            let why = format!(
                "{file}: a group or tag is @{tag} here: a tag has letters, digits and . _ : + -, at most 64 of them"
            );
            if !self.notes.contains(&why) {
                self.notes.push(why);
            }
        }
        if !fleet::is_reserved(&tag) {
            return Some(tag);
        }
        let renamed = format!("group-{tag}");
        let why = format!(
            "{place}: its group '{tag}' is the tag @{renamed} here, for @{tag} means the hosts of a batch, or of a file"
        );
        if !self.problems.contains(&why) {
            self.problems.push(why);
        }
        Some(renamed)
    }

    /// Adds a machine, unless what is said of it cannot be.
    pub(super) fn add(&mut self, mut machine: Machine) {
        let place = machine.source.place.clone();
        if self.machines.len() == MOST_HOSTS {
            let why =
                format!("more than {MOST_HOSTS} hosts; this one and those after it are left out");
            return self.problem(place, why);
        }
        if self.machines.len() > MOST_HOSTS {
            return;
        }
        // A machine that has an address may go by another name here; else the name is what is connected to.
        let is_free = matches!(
            machine.source.kind,
            SourceKind::Terraform | SourceKind::Docker
        ) && machine.address.is_some();
        let name = name(&machine.name).filter(|name| is_free || *name == machine.name.trim());
        let Some(name) = name else {
            return self.problem(
                place,
                "a host's name is no name that can be connected to; the host is left out",
            );
        };
        if machine.port == Some(0) {
            return self.problem(
                place,
                format!("{name}: its port is not a valid one; the host is left out"),
            );
        }
        let fields: [Field<'_>; 5] = [
            ("address", machine.address.as_deref(), is_address),
            ("user", machine.user.as_deref(), is_user),
            ("key's path", machine.key.as_deref(), is_path),
            ("jump host", machine.jump.as_deref(), is_jump),
            ("proxy command", machine.proxy.as_deref(), is_line),
        ];
        for (what, value, is_right) in fields {
            if value.is_some_and(|value| !is_right(value)) {
                return self.problem(
                    place,
                    format!("{name}: its {what} is not a valid one; the host is left out"),
                );
            }
        }
        machine.tags = std::mem::take(&mut machine.tags)
            .iter()
            .filter_map(|tag| self.tag(tag, &place))
            .collect();
        machine.name = name;
        self.machines.push(machine);
    }
}

/// A source by its kind and file.
pub(super) fn source(kind: SourceKind, place: &str) -> Source {
    Source {
        kind,
        place: place.to_owned(),
    }
}

/// A file's text, if it can be read whole.
///
/// # Errors
/// Why it cannot.
pub(super) fn text(path: &Path) -> Result<String, String> {
    let bytes = json_file::bytes(path, MOST_BYTES + 1)
        .map_err(|error| format!("cannot be read: {error}"))?;
    let bytes = bytes.ok_or("is not there any more")?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("is larger than {} MiB", MOST_BYTES >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|_| "is no UTF-8 text")?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// A YAML text. What it holds is in no error: it may be a secret.
///
/// # Errors
/// If it is no YAML, or unfolds to too much.
pub(super) fn yaml(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let at = error.location().map_or_else(String::new, |at| {
            format!(" (line {}, column {})", at.line(), at.column())
        });
        format!("cannot be read as YAML, or is nested or repeated too much{at}")
    })
}

/// A JSON text; as [`yaml`].
///
/// # Errors
/// If it is no JSON.
pub(super) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("cannot be read as JSON (line {line}, column {column})")
    })
}

/// A value as a word: a number is one, too.
pub(super) fn word(value: &Value) -> Option<String> {
    let word = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!word.is_empty()).then_some(word)
}

/// A value of a variable as a word; what is none, as a list, is a word that is never right, so that it is not passed over.
pub(super) fn value(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        value => Some(word(value).unwrap_or_else(|| "\0".to_owned())),
    }
}

/// A port; 0 of what is none.
pub(super) fn port(text: &str) -> u16 {
    text.trim().parse().unwrap_or(0)
}

/// A name as a command line can hold it: other characters become `-`. None if no character is left.
pub(super) fn name(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let plain: String = text
        .trim()
        .chars()
        .map(|c| if is_plain(c) { c } else { '-' })
        .collect();
    let name = plain.trim_matches('-');
    let is_right = name.len() <= 254 && !name.starts_with('.') && !name.is_empty();
    is_right.then(|| name.to_owned())
}

/// A tag as the grammar of sets can hold it: other characters become `-`. None if no character is left.
pub(super) fn tag(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_alphanumeric() || "._-:+".contains(c);
    let plain: String = text
        .trim()
        .chars()
        .take(64)
        .map(|c| if is_plain(c) { c } else { '-' })
        .collect();
    let tag = plain.trim_matches('-');
    (!tag.is_empty()).then(|| tag.to_owned())
}

/// A host's name or address.
pub(super) fn is_address(text: &str) -> bool {
    let mut bytes = text.bytes();
    let is_first = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
    // A number alone would be an address in a way that nobody writes: 123 is 0.0.0.123.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 254
        && !is_number
        && bytes.next().is_some_and(is_first)
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._:-%".contains(&byte))
}

/// A login name.
pub(super) fn is_user(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= 64
        && bytes
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// A path that can stand between quotes in an SSH config.
pub(super) fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 4096
        && !text.contains(['"', '\\'])
        && !text.chars().any(char::is_control)
}

/// One or more hosts, as `ProxyJump` has them.
pub(super) fn is_jump(text: &str) -> bool {
    text.split(',').all(|hop| {
        let (user, place) = match hop.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, hop),
        };
        user.is_none_or(is_user)
            && is_address(
                place
                    .trim_matches(['[', ']'])
                    .split("]:")
                    .next()
                    .unwrap_or(""),
            )
    })
}

/// A text of one line.
fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 8_000 && !text.chars().any(char::is_control)
}
