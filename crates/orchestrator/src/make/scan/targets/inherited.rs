//! What a target takes over from all that it leads to: the variables it uses, what asks first, what never runs twice at
//! once, how long a cancel waits. However many targets that are, none is left out.

use super::{
    super::{
        reader::Reader,
        recipes::{danger, language::Language, terminal},
        syntax::text::cut,
        values::expand::Expander,
    },
    reach::Reached,
    rules::{Found, Rule, Rules},
    uses::{self, Uses},
};
use crate::project::{Danger, DangerBy, Place};

/// The most names of exclusive targets in one scan, all targets together: of a thousand each may lead to all.
const MAX_EXCLUSIVE: usize = 200_000;

/// What a target takes over.
#[derive(Debug, Clone, Default)]
pub(in crate::make::scan) struct Led {
    /// The variables that it uses, and those that something fails without.
    pub(in crate::make::scan) variables: Uses,
    /// Why running it asks first.
    pub(in crate::make::scan) danger: Option<Danger>,
    /// Why it asks for a terminal.
    pub(in crate::make::scan) terminal: Option<String>,
    /// The names of exclusive targets, in file order.
    pub(in crate::make::scan) exclusive: Vec<String>,
    /// The longest times that any of them asks for.
    pub(in crate::make::scan) graces: Vec<u64>,
}

/// Of each target what it takes over.
pub(in crate::make::scan) fn of(reader: &mut Reader, default_goal: Option<&str>) -> Vec<Led> {
    let rules = &reader.rules;
    let mut reached = Reached::of(reader, default_goal);
    let mut used = vec![Uses::default(); rules.targets.len()];
    uses::uses(rules, &reader.variables, &mut reached, &mut used);
    uses::guards(rules, &reader.variables, &mut reached, &mut used);
    let of_target = |variables| Led {
        variables,
        ..Led::default()
    };
    let mut all: Vec<Led> = used.into_iter().map(of_target).collect();
    let asking = asking(rules, &reader.expander());
    dangers(rules, (&reader.expander(), &asking), &mut reached, &mut all);
    terminals(rules, &asking, &mut reached, &mut all);
    graces(rules, &mut reached, &mut all);
    if !exclusive(rules, &mut reached, &mut all) {
        let place = Place {
            file: reader.main_file(),
            line: 1,
        };
        let what = "so many targets are @exclusive that some lead to more of them than are listed";
        reader.problem(place, what.to_owned());
    }
    all
}

/// What asks for something, and why.
struct Source<'a, R> {
    node: usize,
    name: &'a str,
    why: R,
}

/// What a rule's own recipe asks for.
struct Asking {
    /// Its dangerous command.
    danger: Option<String>,
    /// Why it wants a terminal.
    terminal: Option<String>,
}

/// Of each rule what its own recipe asks for: its values are put in once for both.
fn asking(rules: &Rules, expander: &Expander<'_>) -> Vec<Asking> {
    let of_rule = |rule: &Rule| {
        let code = danger::readable(rule.code(), expander);
        Asking {
            danger: match rule.language {
                Language::Sql(_) => danger::command(&rule.text, expander),
                _ => danger::command_in(&code),
            },
            terminal: terminal::reason(&code),
        }
    };
    rules.list.iter().map(of_rule).collect()
}

/// Of each target the nearest that its own recipe or comment, or that of what it leads to, makes it ask for.
fn dangers(
    rules: &Rules,
    (expander, asking): (&Expander<'_>, &[Asking]),
    reached: &mut Reached,
    all: &mut [Led],
) {
    let runs = |rule: usize| {
        let command = asking[rule].danger.as_ref()?;
        Some((danger::runs(command), DangerBy::Rule))
    };
    let by_comment = |found: &Found| Some((found.notes.danger.clone()?, DangerBy::Comment));
    // What runs anyway goes before what only other values make run.
    let may_run = |rule: usize| {
        let Rule {
            other, language, ..
        } = &rules.list[rule];
        let is_known = !matches!(language, Language::Other(_));
        let command = is_known.then(|| danger::command(&other.text, expander))??;
        let names = other.tests.iter();
        let name = names
            .map(|test| &expander.variables.list[*test].name)
            .next();
        let when = name.map_or_else(String::new, |name| format!(", if {name} says so"));
        Some((format!("{}{when}", danger::runs(&command)), DangerBy::Value))
    };
    let mut tell = |target: usize, of, (why, by)| {
        let known: &mut Option<Danger> = &mut all[target].danger;
        known.get_or_insert(Danger { of, why, by });
    };
    nearest(rules, reached, (&runs, &by_comment), &mut tell);
    nearest(rules, reached, (&may_run, &|_| None), &mut tell);
}

/// Of each target the nearest that asks for a terminal.
fn terminals(rules: &Rules, asking: &[Asking], reached: &mut Reached, all: &mut [Led]) {
    let asks = |rule: usize| asking[rule].terminal.clone();
    nearest(rules, reached, (&asks, &|_| None), |target, of, why| {
        all[target].terminal = Some(match of {
            Some(name) => format!("{name}: {why}"),
            None => why,
        });
    });
}

/// What a rule, and what a target's comment, says of something.
type Reasons<'a, R> = (
    &'a dyn Fn(usize) -> Option<R>,
    &'a dyn Fn(&Found) -> Option<R>,
);

/// Reports each target the nearest reason that its own rules or comment, or those of what it leads to, give; and the
/// target whose reason it is, if that is another.
fn nearest<R: Clone>(
    rules: &Rules,
    reached: &mut Reached,
    (of_rule, of_comment): Reasons<'_, R>,
    mut tell: impl FnMut(usize, Option<String>, R),
) {
    let by_rule: Vec<Option<R>> = (0..rules.list.len()).map(of_rule).collect();
    let of_target = |(node, found): (usize, &'_ Found)| {
        let own = || found.rules.iter().find_map(|rule| by_rule[*rule].clone());
        Some((node, of_comment(found).or_else(own)?))
    };
    let targets = rules.targets.iter().enumerate().filter_map(of_target);
    let mut sources: Vec<Source<'_, R>> = targets
        .map(|(node, why)| Source {
            node,
            name: &rules.targets[node].name,
            why,
        })
        .collect();
    sources.extend(rules.patterns.iter().filter_map(|(name, rule)| {
        let (node, why) = (reached.rule(*rule), by_rule[*rule].clone()?);
        Some(Source { node, name, why })
    }));
    sources.sort_by_key(|source| source.node);
    reached.back_from(sources.iter().map(|one| one.node), |target, node| {
        let at = sources.partition_point(|source| source.node < node);
        let Source { name, why, .. } = &sources[at];
        let of = (target != node).then(|| cut(name, 60));
        tell(target, of, why.clone());
    });
}

/// Of each target the exclusive ones that it leads to; false if these are not all.
fn exclusive(rules: &Rules, reached: &mut Reached, all: &mut [Led]) -> bool {
    let mut room = MAX_EXCLUSIVE;
    for (index, found) in rules.targets.iter().enumerate() {
        if found.notes.exclusive && room > 0 {
            reached.back_from([index], |target, _| {
                if let Some(left) = room.checked_sub(1) {
                    room = left;
                    all[target].exclusive.push(found.name.clone());
                }
            });
        }
    }
    room > 0
}

fn graces(rules: &Rules, reached: &mut Reached, all: &mut [Led]) {
    for step in 0..2 {
        let of = |target: usize| rules.targets[target].notes.graces.get(step).copied();
        let mut asking: Vec<usize> = (0..all.len()).filter(|one| of(*one).is_some()).collect();
        asking.sort_by_key(|target| std::cmp::Reverse(of(*target)));
        // The longest goes first, and what it has come to is left out of what a shorter one comes to.
        reached.begin();
        for target in asking {
            reached.further_back_from([target], |leading, source| {
                all[leading].graces.extend(of(source));
            });
        }
    }
}
