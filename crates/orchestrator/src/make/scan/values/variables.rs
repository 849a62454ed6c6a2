//! The variables a makefile defines or mentions, in the order of their first mention.

mod notes;
mod value;

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
};

use super::{
    super::{
        syntax::{assignment::Flavor, builtin_names::is_own},
        texts::comment::Notes,
    },
    lookup::by_call,
    references::{Reference, references},
};
use crate::project::Place;

/// The longest value that is kept, in bytes: `X := $(X)$(X)` doubles it with each line.
const MAX_VALUE: usize = 64 << 10;

/// Of what a value uses, as many names are kept.
const MAX_USES: usize = 500;

/// Of what a variable is given, as many texts are kept.
const MAX_GIVEN: usize = 16;

/// A variable as far as it has been read.
#[derive(Debug, Default)]
pub(in crate::make::scan) struct Variable {
    pub(in crate::make::scan) name: String,
    /// As written; none if it is not defined.
    pub(in crate::make::scan) value: Option<String>,
    /// What `:=` made of that where it is, as far as no command has to be run for it.
    pub(in crate::make::scan) at_once: Option<String>,
    /// Whether `:=` gave it that, so that what is added is worked out where it is, too.
    pub(in crate::make::scan) is_simple: bool,
    pub(in crate::make::scan) place: Option<Place>,
    pub(in crate::make::scan) optional: bool,
    /// Whether only some targets, or only one side of a condition, define it.
    pub(in crate::make::scan) partly: bool,
    /// Whether only some targets define it.
    pub(in crate::make::scan) specific: bool,
    /// Where an `override` for all targets makes make ignore a value given on its command line.
    pub(in crate::make::scan) fixed: Option<Place>,
    /// Whether it is a `define`d text, which is no setting.
    pub(in crate::make::scan) is_text: bool,
    pub(in crate::make::scan) notes: Notes,
    /// Whether something takes its value as a secret.
    pub(in crate::make::scan) is_taken_as_secret: bool,
    /// All that it is given anywhere, as written; at most [`MAX_GIVEN`].
    pub(in crate::make::scan) given: Vec<String>,
    /// Values that it is compared with, and those that are examples for it.
    pub(in crate::make::scan) examples: Vec<(String, bool)>,
    /// The variables its value uses.
    pub(in crate::make::scan) uses: Vec<usize>,
    /// Whether a target needs it.
    pub(in crate::make::scan) needed: bool,
    /// Whether something tests for its being there, so that it may be left out.
    pub(in crate::make::scan) tested: bool,
    /// Whether a text outside the conditions of make names it, or a recipe's shell reads it.
    pub(in crate::make::scan) is_put_in: bool,
    /// Whether it is called as a function.
    pub(in crate::make::scan) called: bool,
    /// What fails if it is empty.
    pub(in crate::make::scan) guard: Guard,
    /// Whether make ends for want of it before it comes to what gives it a value.
    pub(in crate::make::scan) is_too_late: bool,
    /// The variables that its value fails without.
    pub(in crate::make::scan) guards: Vec<usize>,
    /// Whether `$(eval …)` gives it a value.
    pub(in crate::make::scan) is_set: bool,
    /// Whether its value so far is only given on sides that are not taken, as far as that is known.
    is_other_side: bool,
    /// What such sides add to its value.
    added: String,
    /// Whether one side of a condition gives it a value, which may be the side that holds.
    pub(in crate::make::scan) is_filled_at_times: bool,
    /// Whether its value depends on what only running it could show.
    pub(in crate::make::scan) by_answer: bool,
    /// Whether it is used in a way that is no slip of a hand used to the shell.
    pub(in crate::make::scan) is_plain: bool,
}

/// What fails if a variable is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::make::scan) enum Guard {
    /// Nothing.
    #[default]
    None,
    /// Some rule, or what uses a value, which then name it among their guards.
    There,
    /// Each target that uses it, since a condition leaves open when.
    WhereUsed,
    /// make itself, whatever the target.
    Always,
}

/// A use of a variable.
#[derive(Debug, Clone, Copy)]
pub(in crate::make::scan) struct Use {
    /// Its place in the list.
    pub(in crate::make::scan) index: usize,
    /// Whether what uses it fails if it is empty.
    pub(in crate::make::scan) guarded: bool,
}

/// How an assignment is in the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::make::scan) struct Standing {
    pub(in crate::make::scan) conditional: bool,
    /// It belongs to one target.
    pub(in crate::make::scan) specific: bool,
    /// By `override`.
    pub(in crate::make::scan) fixed: bool,
    /// By `define`.
    pub(in crate::make::scan) is_text: bool,
    /// Under a condition that depends on what only running it could show.
    pub(in crate::make::scan) is_left_open: bool,
    /// Under a condition that holds on another system.
    pub(in crate::make::scan) is_foreign: bool,
    /// On a side that is not taken, as far as that is known.
    pub(in crate::make::scan) is_other_side: bool,
}

/// Whether a text holds a shell's answer.
pub(in crate::make::scan) fn asks_shell(text: &str) -> bool {
    text.contains("$(shell") || text.contains("${shell")
}

/// All of them.
#[derive(Default)]
pub(in crate::make::scan) struct Variables {
    pub(in crate::make::scan) list: Vec<Variable>,
    by_name: HashMap<String, usize>,
    /// Bytes that expanding may still make in this scan.
    pub(in crate::make::scan) budget: Cell<usize>,
    /// Whether something was not expanded for want of it.
    pub(in crate::make::scan) overspent: Cell<bool>,
}

impl Variables {
    pub(in crate::make::scan) fn get(&self, name: &str) -> Option<&Variable> {
        self.by_name.get(name).map(|index| &self.list[*index])
    }

    /// The place of a variable in the list.
    pub(in crate::make::scan) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The place of a variable in the list; a new one is put at its end.
    pub(in crate::make::scan) fn mention(&mut self, name: &str) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        let index = self.list.len();
        self.by_name.insert(name.to_owned(), index);
        self.list.push(Variable {
            name: name.to_owned(),
            ..Variable::default()
        });
        index
    }

    /// Whether the value of one of these depends on what only running it could show, by way of others as well.
    pub(in crate::make::scan) fn any_by_answer(&self, variables: &[usize]) -> bool {
        self.any(variables, |one| {
            one.by_answer || (one.value.is_none() && is_own(&one.name))
        })
    }

    /// As [`Self::any_by_answer`], if what make sets by itself is known: the folder, the goals.
    pub(in crate::make::scan) fn any_named_by_answer(&self, variables: &[usize]) -> bool {
        self.any(variables, |one| one.by_answer)
    }

    /// Whether one of these, or of those that their values use, is such a one.
    fn any(&self, variables: &[usize], is_such: impl Fn(&Variable) -> bool) -> bool {
        let mut open = variables.to_vec();
        let mut seen = HashSet::new();
        while let Some(index) = open.pop() {
            if seen.insert(index) {
                let variable = &self.list[index];
                if is_such(variable) {
                    return true;
                }
                open.extend(&variable.uses);
            }
        }
        false
    }

    /// Takes note of a use. None if a name is given to what does not look it up, or is set there.
    pub(in crate::make::scan) fn refer(&mut self, reference: &Reference<'_>) -> Option<Use> {
        let guarded = match reference.given_to {
            Some(called) => by_call(&|name| self.get(name)?.value.as_deref(), called, 0)?,
            None => reference.guarded,
        };
        let index = self.mention(reference.name);
        let variable = &mut self.list[index];
        if reference.is_set {
            variable.is_set = true;
            return None;
        }
        variable.tested |= reference.tested;
        variable.is_put_in |= !reference.is_condition;
        variable.called |= reference.called;
        variable.is_plain |= reference.meant.is_none();
        if guarded {
            variable.guard = variable.guard.max(Guard::There);
        }
        Some(Use { index, guarded })
    }

    /// Takes note of what a variable's value uses. If it is worked out at once, make itself fails by its guards.
    pub(in crate::make::scan) fn uses(&mut self, name: &str, value: &str, at_once: bool) {
        let uses: Vec<Use> = references(value)
            .iter()
            .take(MAX_USES)
            .filter_map(|reference| self.refer(reference))
            .collect();
        let index = self.mention(name);
        let own = &mut self.list[index];
        let room = MAX_USES.saturating_sub(own.uses.len());
        own.uses.extend(uses.iter().take(room).map(|one| one.index));
        let guards = uses.iter().filter(|one| one.guarded).map(|one| one.index);
        if at_once {
            guards.for_each(|guarded| self.guard(guarded, Guard::Always));
        } else {
            let room = MAX_USES.saturating_sub(own.guards.len());
            own.guards.extend(guards.take(room));
        }
    }

    /// Takes note that a variable's value depends on that of others, which conditions around it test.
    pub(in crate::make::scan) fn depends(&mut self, name: &str, on: &[usize]) {
        let index = self.mention(name);
        let uses = &mut self.list[index].uses;
        for other in on.iter().filter(|other| **other != index) {
            if uses.len() < MAX_USES && !uses.contains(other) {
                uses.push(*other);
            }
        }
    }

    /// Takes note of what fails without a variable.
    pub(in crate::make::scan) fn guard(&mut self, index: usize, guard: Guard) {
        let known = &mut self.list[index].guard;
        *known = guard.max(*known);
    }

    pub(in crate::make::scan) fn assign(
        &mut self,
        name: &str,
        flavor: Flavor,
        value: &str,
        place: Place,
        standing: Standing,
    ) {
        let index = self.mention(name);
        let variable = &mut self.list[index];
        // `override X += y` adds to what is given, and `override X ?= y` leaves it. One for some targets, or on one side of
        // a condition, leaves room for a value.
        let adds = matches!(flavor, Flavor::Append | Flavor::Optional);
        if standing.fixed && !standing.conditional && !standing.specific && !adds {
            variable.fixed.get_or_insert_with(|| place.clone());
        }
        if variable.given.len() < MAX_GIVEN && !value.is_empty() && value.len() < MAX_VALUE {
            variable.given.push(match flavor {
                Flavor::Shell => format!("$(shell {value})"),
                _ => value.to_owned(),
            });
        }
        variable.is_filled_at_times |=
            standing.conditional && !standing.specific && !standing.is_foreign && !value.is_empty();
        variable.is_text |= standing.is_text;
        variable.by_answer |= standing.is_left_open || flavor == Flavor::Shell || asks_shell(value);
        variable.optional |= flavor == Flavor::Optional && !standing.specific;
        let partly = standing.conditional || standing.specific;
        // What is given on the side that is taken replaces what only another side gives.
        if variable.is_other_side && !standing.is_other_side && !standing.specific {
            variable.value = None;
        }
        variable.is_other_side =
            standing.is_other_side && (variable.is_other_side || variable.value.is_none());
        let known = variable.value.as_mut();
        // A value that some targets have for themselves does not hold for the others.
        let Some(old) = known.filter(|_| !variable.specific || standing.specific) else {
            variable.partly = partly;
            variable.is_simple = flavor == Flavor::Simple;
            variable.specific = standing.specific;
            variable.place = Some(place);
            variable.value = Some(match flavor {
                Flavor::Shell => format!("$(shell {value})"),
                _ => with_itself(value, name, "")
                    .map_or_else(String::new, |value| value.trim().to_owned()),
            });
            return;
        };
        if standing.specific {
            return;
        }
        match flavor {
            Flavor::Append if standing.is_other_side && !variable.is_other_side => {
                if variable.added.len() + value.len() < MAX_VALUE {
                    variable.added.push_str(value);
                    variable.added.push(' ');
                }
            }
            Flavor::Append if old.len() + value.len() < MAX_VALUE => {
                variable.at_once = None;
                if !old.is_empty() {
                    old.push(' ');
                }
                old.push_str(value);
            }
            Flavor::Append => {}
            // What holds always goes before what holds sometimes; else the last one holds, or the first of `?=`.
            _ if partly || (flavor == Flavor::Optional && !variable.partly) => {}
            _ => {
                if let Some(new) = with_itself(value, name, old) {
                    *old = new;
                }
                variable.partly = false;
                variable.is_simple = flavor == Flavor::Simple;
                variable.at_once = None;
                variable.place = Some(place);
            }
        }
    }

    /// Takes note of what `:=` makes of a variable where it is; none if it is not worked out, or if what was
    /// written last does not hold.
    pub(in crate::make::scan) fn at_once(
        &mut self,
        name: &str,
        place: &Place,
        worked_out: Option<String>,
    ) {
        let index = self.mention(name);
        let variable = &mut self.list[index];
        if variable.place.as_ref() == Some(place) {
            variable.at_once = worked_out;
        }
    }
}

/// A value with its variable's old value if it mentions itself; none if it would be too long.
fn with_itself(value: &str, name: &str, old: &str) -> Option<String> {
    let mut new = value.to_owned();
    for own in [format!("$({name})"), format!("${{{name}}}")] {
        let count = new.matches(&own).count();
        if new.len() + count.saturating_mul(old.len()) > MAX_VALUE {
            return None;
        }
        new = new.replace(&own, old);
    }
    Some(new)
}
