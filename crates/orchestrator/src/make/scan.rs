//! What a makefile offers, read from its text. Nothing is executed: no make, no shell, no `$(shell …)`.
//!
//! ```text
//! source, glob           files and include paths, with limits
//! stamps                 whether they are still what they were
//! text, assignment       lines, words, brackets of make's syntax
//! comment, prose         docs, groups and `@` annotations; what kind of text a comment is
//! reader                 lines → rules, variables, conditions, includes, by way of
//!   rules, variables     what was read of each target and variable
//!   target_specific      the values variables have for some targets alone
//!   expand, functions    what make expands without running anything
//!   refs, lookup         which variables a text uses, and which it looks up by a name it is given
//!   builtin_names, programs
//!                        names that need no value, and those that were meant for the shell
//!   shell, tested        a recipe's commands and words, and what they test variables for
//!   language             whether they are a shell's at all
//!   side                 what of them only runs with other values
//! list, listed           what was read → what a person is shown, and what first, by way of
//!   guards               prerequisites that name a variable that must have a value, as `guard-TOKEN` does
//!   help                 the texts in the recipe of `help`
//!   summary              what a target without a text does, in one line
//!   reach, calls         what a target leads to, by its prerequisites and by calls of make
//!   inherited, uses, danger, terminal
//!                        what it takes over from there
//!   extra_words          targets that take further words, as `make deploy ./app` does
//! secret, secrets        what is secret by its name or by a comment, and what the text shows of its value
//! examples               values that the text compares variables with, or gives as examples
//! missing                included files that are not there
//! phony                  names that `.PHONY` has and no rule
//! elsewhere              variables that the environment, `.envrc` or a dotenv file sets
//! preview                what a target would run, as far as the text shows
//! merge                  what make's own list adds and takes away, for a trusted project
//! ```
//!
//! Both sides of a condition are read, since which one holds may depend on what only running it could show. What only make
//! can know (names from `$(shell …)`) is left out here; make's own data base adds it for a trusted project.

mod assignment;
mod builtin_names;
mod calls;
mod comment;
mod danger;
mod elsewhere;
mod examples;
mod expand;
mod extra_words;
mod functions;
mod glob;
mod guards;
mod help;
mod helped;
mod inherited;
mod language;
mod list;
mod listed;
mod lookup;
mod merge;
mod missing;
mod phony;
mod preview;
mod programs;
mod prose;
mod reach;
mod reader;
mod refs;
mod rules;
mod secret;
mod secrets;
mod shell;
mod side;
mod source;
mod stamps;
mod summary;
mod target_specific;
mod terminal;
mod tested;
mod text;
mod uses;
mod variables;

use std::path::Path;

pub use danger::{danger, danger_of_recipe};
pub use elsewhere::{copy_dotenv_sample, settle};
pub(super) use list::list;
pub(super) use merge::Existing;
pub use preview::{Previewed, preview, previews};
pub(super) use reader::Reader;
pub use secret::is_secret_name;
pub use stamps::Stamps;
pub(super) use text::is_name;

use crate::project::{Place, Scan};

/// The files make looks for, in its order (GNU make manual, "What Name to Give Your Makefile").
pub const MAKEFILES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// Reads the makefile of a folder and all that it includes. What cannot be read is among the scan's problems, so that
/// the rest can be used. Takes milliseconds to some hundred of them; it blocks.
#[must_use]
pub fn scan(dir: &Path) -> Scan {
    list(read(dir))
}

/// As [`scan`], of these makefiles, as make reads them one after the other from this folder (`make -f FILE`).
#[must_use]
pub fn scan_files(dir: &Path, files: &[String]) -> Scan {
    let mut reader = Reader::new(dir);
    // `-` is the standard input, which is not there to be read twice.
    for file in files.iter().filter(|file| *file != "-") {
        reader.read_file(&dir.join(file), None);
    }
    list(reader)
}

/// As [`scan`], with stamps that show whether another scan would find anything else.
#[must_use]
pub fn scan_stamped(dir: &Path) -> (Scan, Stamps) {
    let reader = read(dir);
    let stamps = stamps(&reader);
    (list(reader), stamps)
}

/// Stamps that show whether the text would be read the same once more; asked once.
pub(super) fn stamps(reader: &Reader) -> Stamps {
    reader.files.stamps.take()
}

/// The first of make's files that is there.
pub(super) fn makefile(dir: &Path) -> Option<&'static str> {
    // Like make, a name that cannot be looked at is passed over; one that is a folder is not.
    MAKEFILES.into_iter().find(|name| dir.join(name).exists())
}

/// As [`scan`], before it is put in order.
pub(super) fn read(dir: &Path) -> Reader {
    read_given(dir, Vec::new())
}

/// As [`read`], with values that are given to make: they decide which sides of conditions are taken.
fn read_given(dir: &Path, given: Vec<(String, String)>) -> Reader {
    let mut reader = Reader::new(dir);
    reader.given = given;
    for name in MAKEFILES {
        reader.files.stamps.get_mut().look_at(&dir.join(name));
    }
    match makefile(dir) {
        Some(name) => reader.read_file(&dir.join(name), None),
        None => {
            let place = Place {
                file: "Makefile".to_owned(),
                line: 1,
            };
            reader.problem(place, "no makefile in this folder".to_owned());
        }
    }
    reader.documents = summary::read(&mut reader);
    reader
}

#[cfg(test)]
mod tests;
