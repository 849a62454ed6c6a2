//! What a target takes over from all that it leads to: what asks first, what never runs twice at once, how long a cancel
//! waits. However many targets that are, none is left out.

use super::{
    danger,
    reach::Reached,
    reader::Reader,
    rules::{Found, Rules},
    text::cut,
    variables::Variables,
};
use crate::project::Place;

/// The most names of exclusive targets in one scan, all targets together: of a thousand each may lead to all.
const MAX_EXCLUSIVE: usize = 200_000;

/// Of each target what it takes over.
pub(super) struct Led {
    /// Why running it asks first.
    pub(super) dangers: Vec<Option<String>>,
    /// The names of exclusive targets, in file order.
    pub(super) exclusive: Vec<Vec<String>>,
    /// The longest times that any of them asks for.
    pub(super) graces: Vec<Vec<u64>>,
}

impl Led {
    pub(super) fn of(reader: &mut Reader, reached: &mut Reached) -> Self {
        let rules = &reader.rules;
        let (exclusive, all) = exclusive(rules, reached);
        let led = Self {
            dangers: dangers(rules, &reader.variables, reached),
            exclusive,
            graces: graces(rules, reached),
        };
        if !all {
            let place = Place {
                file: reader.main_file(),
                line: 1,
            };
            let what =
                "so many targets are @exclusive that some lead to more of them than are told";
            reader.problem(place, what.to_owned());
        }
        led
    }
}

/// What asks first, and why.
struct Source<'a> {
    node: usize,
    name: &'a str,
    why: String,
}

/// Of each target the nearest that its own recipe or comment, or that of what it leads to, makes it ask for.
fn dangers(rules: &Rules, variables: &Variables, reached: &mut Reached) -> Vec<Option<String>> {
    let of_rule: Vec<Option<String>> = rules
        .list
        .iter()
        .map(|rule| danger::command(&rule.text, variables))
        .collect();
    let runs = |rule: &usize| Some(format!("runs `{}`", of_rule[*rule].as_ref()?));
    let of_target = |(node, found): (usize, &'_ Found)| {
        let said = found.notes.danger.clone();
        Some((node, said.or_else(|| found.rules.iter().find_map(runs))?))
    };
    let targets = rules.targets.iter().enumerate().filter_map(of_target);
    let mut sources: Vec<Source<'_>> = targets
        .map(|(node, why)| Source {
            node,
            name: &rules.targets[node].name,
            why,
        })
        .collect();
    sources.extend(rules.patterns.iter().filter_map(|(name, rule)| {
        let (node, why) = (reached.rule(*rule), runs(rule)?);
        Some(Source { node, name, why })
    }));
    sources.sort_by_key(|source| source.node);
    let mut all = vec![None; rules.targets.len()];
    reached.back_from(sources.iter().map(|one| one.node), |target, node| {
        let at = sources.partition_point(|source| source.node < node);
        let Source { name, why, .. } = &sources[at];
        all[target] = Some(if target == node {
            why.clone()
        } else {
            format!("{}: {why}", cut(name, 60))
        });
    });
    all
}

/// Of each target the exclusive ones that it leads to; and whether these are all.
fn exclusive(rules: &Rules, reached: &mut Reached) -> (Vec<Vec<String>>, bool) {
    let mut all = vec![Vec::new(); rules.targets.len()];
    let mut room = MAX_EXCLUSIVE;
    for (index, found) in rules.targets.iter().enumerate() {
        if found.notes.exclusive && room > 0 {
            reached.back_from([index], |target, _| {
                if let Some(left) = room.checked_sub(1) {
                    room = left;
                    all[target].push(found.name.clone());
                }
            });
        }
    }
    (all, room > 0)
}

fn graces(rules: &Rules, reached: &mut Reached) -> Vec<Vec<u64>> {
    let mut all: Vec<Vec<u64>> = vec![Vec::new(); rules.targets.len()];
    for step in 0..2 {
        let of = |target: usize| rules.targets[target].notes.graces.get(step).copied();
        let mut asking: Vec<usize> = (0..all.len()).filter(|one| of(*one).is_some()).collect();
        asking.sort_by_key(|target| std::cmp::Reverse(of(*target)));
        // The longest goes first, and what it has come to is left out of what a shorter one comes to.
        reached.begin();
        for target in asking {
            reached.further_back_from([target], |leading, source| {
                all[leading].extend(of(source));
            });
        }
    }
    all
}
