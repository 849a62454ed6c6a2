//! The variables a makefile defines or mentions, in the order of their first mention.

use std::{cell::Cell, collections::HashMap};

use super::{
    assignment::Flavor,
    comment::{Notes, Param},
    given::is_offered,
    guards::by_call,
    refs::{Reference, references},
};
use crate::project::{Place, VariableKind};

/// The longest value that is kept, in bytes: `X := $(X)$(X)` doubles it with each line.
const MAX_VALUE: usize = 64 << 10;

/// Of what a value uses, as many names are kept.
const MAX_USES: usize = 500;

/// Of what a variable is given, as many texts are kept.
const MAX_GIVEN: usize = 16;

/// A variable as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Variable {
    pub(super) name: String,
    /// As written; none where nothing defines it.
    pub(super) value: Option<String>,
    pub(super) place: Option<Place>,
    pub(super) optional: bool,
    /// Whether only some targets, or only one side of a condition, define it.
    pub(super) partly: bool,
    /// Whether only some targets define it.
    pub(super) specific: bool,
    /// Where an `override` for all targets makes a value given on make's command line count for nothing.
    pub(super) fixed: Option<Place>,
    /// Whether it is a `define`d text, which is no setting.
    pub(super) is_text: bool,
    pub(super) notes: Notes,
    /// All that it is given anywhere, as written; at most [`MAX_GIVEN`].
    pub(super) given: Vec<String>,
    /// The variables its value uses.
    pub(super) uses: Vec<usize>,
    /// Whether a target needs it.
    pub(super) needed: bool,
    /// Whether something tests for its being there, so that it may be left out.
    pub(super) tested: bool,
    /// Whether it is called as a function.
    pub(super) called: bool,
    /// Whether something fails where it is empty.
    pub(super) guarded: bool,
}

/// How an assignment stands in the file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Standing {
    pub(super) conditional: bool,
    /// It belongs to one target.
    pub(super) specific: bool,
    /// By `override`.
    pub(super) fixed: bool,
    /// By `define`.
    pub(super) is_text: bool,
}

impl Variable {
    /// Its value where it has one for all targets.
    pub(super) fn value_of_all(&self) -> Option<&str> {
        self.value.as_deref().filter(|_| !self.specific)
    }

    /// Whether a person may give it a value.
    pub(super) fn is_offered(&self) -> bool {
        !self.is_text && !self.called && is_offered(&self.name, self.value.is_some())
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Variables {
    pub(super) list: Vec<Variable>,
    by_name: HashMap<String, usize>,
    /// Bytes that expanding may still make in this scan.
    pub(super) budget: Cell<usize>,
    /// Whether something was not expanded for want of it.
    pub(super) overspent: Cell<bool>,
}

impl Variables {
    pub(super) fn get(&self, name: &str) -> Option<&Variable> {
        self.by_name.get(name).map(|index| &self.list[*index])
    }

    /// The place of a variable in the list; a new one is put at its end.
    pub(super) fn mention(&mut self, name: &str) -> usize {
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

    /// Takes note of a use; gives its place in the list. None where a name is given to what does not look it up.
    pub(super) fn refer(&mut self, reference: &Reference<'_>) -> Option<usize> {
        let guarded = match reference.given_to {
            Some(called) => by_call(self, called, 0)?,
            None => reference.guarded,
        };
        let index = self.mention(reference.name);
        let variable = &mut self.list[index];
        variable.tested |= reference.tested;
        variable.guarded |= guarded;
        variable.called |= reference.called;
        Some(index)
    }

    /// Takes note of what a variable's value uses.
    pub(super) fn uses(&mut self, name: &str, value: &str) {
        let uses: Vec<usize> = references(value)
            .iter()
            .take(MAX_USES)
            .filter_map(|reference| self.refer(reference))
            .collect();
        let index = self.mention(name);
        let known = &mut self.list[index].uses;
        let room = MAX_USES.saturating_sub(known.len());
        known.extend(uses.into_iter().take(room));
    }

    pub(super) fn assign(
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
        variable.is_text |= standing.is_text;
        variable.optional |= flavor == Flavor::Optional && !standing.specific;
        let partly = standing.conditional || standing.specific;
        let known = variable.value.as_mut();
        // What some targets have for themselves says nothing of the others.
        let Some(old) = known.filter(|_| !variable.specific || standing.specific) else {
            variable.partly = partly;
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
            Flavor::Append if old.len() + value.len() < MAX_VALUE => {
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
                variable.place = Some(place);
            }
        }
    }

    /// Keeps what comments say of it; what was said first stays.
    pub(super) fn note(&mut self, name: &str, notes: Notes) {
        let index = self.mention(name);
        let known = &mut self.list[index].notes;
        known.secret |= notes.secret;
        if known.kind == VariableKind::Text {
            known.kind = notes.kind;
        }
        if known.choices.is_empty() {
            known.choices = notes.choices;
        }
        if known.doc.is_none() || (notes.documented && !known.documented) {
            known.doc = notes.doc;
            known.documented = notes.documented;
        }
    }

    pub(super) fn param(&mut self, param: &Param) {
        self.note(
            &param.name,
            Notes {
                documented: param.doc.is_some(),
                doc: param.doc.clone(),
                choices: param.choices.clone(),
                secret: param.secret,
                kind: param.kind,
                ..Notes::default()
            },
        );
    }
}

/// A value with its variable's old value where it mentions itself; none where it would be too long.
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
