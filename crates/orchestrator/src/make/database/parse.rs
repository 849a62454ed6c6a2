//! Reads what `make -p` prints (make's source, `print_data_base`). A pure function.

use super::super::scan::Existing;
use crate::project::{Place, Problem};

/// What make says is there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) targets: Vec<Existing>,
    pub(super) default_goal: Option<String>,
}

/// The targets of a data base; none if it holds none. `known` says whether the text has a target of a
/// name: make prints names with blanks and colons as they are, so only that tells where such a name ends.
pub(super) fn parse(text: &str, known: impl Fn(&str) -> bool) -> Option<Listing> {
    let (variables, files) = text.split_once("\n# Files\n")?;
    let default_goal = variables
        .lines()
        .find_map(|line| line.strip_prefix(".DEFAULT_GOAL := "))
        .filter(|goal| !goal.is_empty())
        .map(str::to_owned);
    let files = files.split("\n# files hash-table stats:").next();
    let mut listing = Listing {
        default_goal,
        ..Listing::default()
    };
    for entry in files.unwrap_or_default().split("\n\n") {
        if let Some(target) = target(entry.trim_start_matches('\n'), &known) {
            listing.targets.push(target);
        }
    }
    Some(listing)
}

/// What ended make: `Makefile:3: *** missing separator.  Stop.` It says so before it prints its data base.
pub(super) fn error(text: &str) -> Option<Problem> {
    let before = text.split("\n# Make data base").next()?;
    before.lines().find_map(error_line)
}

fn error_line(line: &str) -> Option<Problem> {
    let (place, what) = line.split_once(": *** ")?;
    let (file, number) = place.rsplit_once(':')?;
    let what = what.strip_suffix("  Stop.").unwrap_or(what);
    Some(Problem {
        place: Place {
            file: file.to_owned(),
            line: number.parse().ok()?,
        },
        what: what.trim_end_matches('.').to_owned(),
    })
}

fn target(entry: &str, known: impl Fn(&str) -> bool) -> Option<Existing> {
    // Values that belong to the target alone are before it; what is known of it, after two blanks, behind it.
    let (before, rest) = entry.split_once("\n#  ")?;
    let head = before.lines().next_back()?;
    if before.lines().any(|line| line == "# Not a target:") || head.starts_with('#') {
        return None;
    }
    let (name, prerequisites) = split(head, known)?;
    let special = name.starts_with('.')
        && name.len() > 1
        && name[1..]
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if special || name == super::GOAL {
        return None;
    }
    let mut target = Existing {
        name: name.to_owned(),
        prerequisites: prerequisites
            .split_whitespace()
            .filter(|word| *word != "|")
            .map(str::to_owned)
            .collect(),
        phony: false,
        recipe: Vec::new(),
        place: None,
    };
    let mut in_recipe = false;
    for line in rest.lines() {
        let fact = line.strip_prefix("#  ").unwrap_or(line);
        if in_recipe {
            target
                .recipe
                .push(line.strip_prefix('\t').unwrap_or(line).to_owned());
        } else if fact.starts_with("Phony target") {
            target.phony = true;
        } else if let Some(place) = recipe_place(fact) {
            target.place = Some(place);
            in_recipe = true;
        } else if fact == "recipe to execute (built-in):" {
            return None;
        }
    }
    Some(target)
}

/// Splits `name: prerequisites`, `name:: prerequisites`.
fn split(head: &str, known: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    let colons = || {
        head.match_indices(':')
            .map(|(at, _)| (&head[..at], head[at + 1..].trim_start_matches(':')))
            .filter(|(_, rest)| rest.is_empty() || rest.starts_with(' '))
    };
    colons()
        .find(|(name, _)| known(name))
        .or_else(|| colons().next())
}

/// `recipe to execute (from 'Makefile', line 12):`; make 3.81 says `commands` and quotes otherwise.
fn recipe_place(fact: &str) -> Option<Place> {
    let rest = fact
        .strip_prefix("recipe to execute (from ")
        .or_else(|| fact.strip_prefix("commands to execute (from "))?;
    let rest = rest.strip_suffix("):")?;
    let (file, number) = rest.rsplit_once(", line ")?;
    Some(Place {
        file: file.trim_matches(['\'', '`']).to_owned(),
        line: number.parse().ok()?,
    })
}
