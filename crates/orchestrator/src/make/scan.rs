//! What a makefile offers, read from its text. Nothing is executed: no make, no shell, no `$(shell …)`.
//!
//! ```text
//! source, glob           files and include paths, with limits
//! text, assignment       lines, words, brackets of make's syntax
//! comment                docs, groups and `@` annotations
//! reader                 lines → rules, variables, conditions, includes, by way of
//!   rules, variables     what was read of each target and variable
//!   expand, functions    what make expands without running anything
//!   refs, given          which variables a text uses, and which of them need no value
//! list                   what was read → what a person is shown, by way of
//!   reach, danger        what a target leads to, and what asks first
//! ```
//!
//! Both sides of a condition are read, since which one holds may depend on what only running could tell. What only make
//! can know (`$(eval …)`, names from `$(shell …)`) is left out here; make's own data base adds it for a trusted project.

mod assignment;
mod comment;
mod danger;
mod expand;
mod functions;
mod given;
mod glob;
mod list;
mod reach;
mod reader;
mod refs;
mod rules;
mod source;
mod text;
mod variables;

use std::path::Path;

pub(super) use text::is_name;

use crate::project::{Place, Problem, Scan};

/// The files make looks for, in its order (GNU make manual, "What Name to Give Your Makefile").
pub const MAKEFILES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// Reads the makefile of a folder and all that it includes. What cannot be read is among the scan's problems, so that
/// the rest can be used. Takes milliseconds to some hundred of them; it blocks.
#[must_use]
pub fn scan(dir: &Path) -> Scan {
    let Some(makefile) = MAKEFILES
        .iter()
        .map(|name| dir.join(name))
        // Like make, a name that cannot be looked at is passed over; one that is a folder is not.
        .find(|path| path.exists())
    else {
        return Scan {
            problems: vec![Problem {
                place: Place {
                    file: "Makefile".to_owned(),
                    line: 1,
                },
                what: "no makefile in this folder".to_owned(),
            }],
            ..Scan::default()
        };
    };
    let mut reader = reader::Reader::new(dir);
    reader.read_file(&makefile, None);
    list::list(reader)
}

#[cfg(test)]
mod tests;
