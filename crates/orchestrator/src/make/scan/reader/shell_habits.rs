//! What a hand used to the shell writes: `$BAR` and `$(nproc)` are variables of make's, and empty.

use super::{
    super::{
        recipes::shell::without_comments,
        values::references::{Meant, references},
    },
    Reader,
};
use crate::project::{Place, Problem};

/// As many hints are given.
const MAX_HINTS: usize = 20;

impl Reader {
    /// Takes note of what a text uses that may have been meant for the shell.
    pub(super) fn slips(&mut self, text: &str, place: &Place) {
        if !text.contains('$') || self.slips.len() >= MAX_HINTS {
            return;
        }
        let text = without_comments(text);
        for reference in references(&text) {
            let hint = match reference.meant {
                Some(Meant::Letter(behind)) if !behind.is_empty() => {
                    let name = reference.name;
                    format!(
                        "make reads ${name}{behind} as $({name}){behind}; the shell's variable is written $${name}{behind}"
                    )
                }
                Some(Meant::Command(inner)) => format!(
                    "$({inner}) is a variable of make's, which nothing sets; a command's output is $(shell {inner}), or $$({inner}) in a recipe"
                ),
                Some(Meant::Loop) => {
                    let name = reference.name;
                    format!(
                        "$({name}) is a variable of make's, which nothing sets; the shell's, of its loop, is written $${name}"
                    )
                }
                _ => continue,
            };
            let index = self.variables.mention(reference.name);
            self.slips.push((index, place.clone(), hint));
        }
    }

    /// Gives the hints about variables that nothing defines.
    pub(in crate::make::scan) fn give_hints(&mut self) {
        for (index, place, what) in std::mem::take(&mut self.slips) {
            let variable = &self.variables.list[index];
            let is_defined = variable.value.is_some() || variable.is_set || variable.is_plain;
            if !is_defined && self.hints.len() < MAX_HINTS {
                self.hints.push(Problem { place, what });
            }
        }
    }
}
