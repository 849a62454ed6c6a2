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
    /// The nearest target that asks first.
    nearest: Vec<Option<usize>>,
    /// Why the target itself asks first.
    own: Vec<Option<String>>,
    /// The names of exclusive targets, in file order.
    pub(super) exclusive: Vec<Vec<String>>,
    /// The longest times that any of them asks for.
    pub(super) graces: Vec<Vec<u64>>,
}

impl Led {
    pub(super) fn of(reader: &mut Reader, reached: &mut Reached) -> Self {
        let rules = &reader.rules;
        let own = dangers(rules, &reader.variables);
        let mut nearest = vec![None; own.len()];
        let asking = (0..own.len()).filter(|index| own[*index].is_some());
        reached.back_from(asking, |target, source| nearest[target] = Some(source));
        let (exclusive, all) = exclusive(rules, reached);
        let graces = graces(rules, reached);
        if !all {
            let place = Place {
                file: reader.main_file(),
                line: 1,
            };
            let what =
                "so many targets are @exclusive that some lead to more of them than are told";
            reader.problem(place, what.to_owned());
        }
        Self {
            nearest,
            own,
            exclusive,
            graces,
        }
    }

    /// Why running a target asks first.
    pub(super) fn danger(&self, target: usize, rules: &Rules) -> Option<String> {
        let source = self.nearest[target]?;
        let why = self.own[source].as_ref()?;
        if source == target {
            return Some(why.clone());
        }
        Some(format!("{}: {why}", cut(&rules.targets[source].name, 60)))
    }
}

/// Of each target, what its own recipe or comment makes it ask for.
fn dangers(rules: &Rules, variables: &Variables) -> Vec<Option<String>> {
    let of_rule: Vec<Option<String>> = rules
        .list
        .iter()
        .map(|rule| danger::command(&rule.text, variables))
        .collect();
    let of_target = |found: &Found| {
        let own = found.rules.iter().find_map(|rule| of_rule[*rule].as_ref());
        let said = found.notes.danger.clone();
        said.or_else(|| own.map(|command| format!("runs `{command}`")))
    };
    rules.targets.iter().map(of_target).collect()
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
