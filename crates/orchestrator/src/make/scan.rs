//! What a makefile offers, read from its text. Nothing is executed: no make, no shell, no `$(shell …)`.
//!
//! ```text
//! files     the makefile and what it includes, with limits, and whether they have changed
//! syntax    lines, words, assignments, functions; the names make itself gives
//! reader    lines → rules, variables, conditions, includes, in make's order
//! values    variables: where a text uses them, what they expand to, which are secret
//! recipes   what a recipe's commands are: tests, dangers, terminals, calls of make; a preview of them
//! targets   what was read of each, what it leads to, what it inherits; the list of them, and make's own list merged in
//! texts     comments, the texts of `help`, and a line for a target that has neither
//! ```
//!
//! Both sides of a condition are read, since which one holds may depend on what only running it could show. What only make
//! can know (names from `$(shell …)`) is left out here; make's own data base adds it for a trusted project.

mod files;
mod reader;
mod recipes;
mod syntax;
mod targets;
mod texts;
mod values;

use std::path::Path;

pub use files::stamps::Stamps;
pub(super) use reader::Reader;
pub use recipes::danger::{danger, danger_of_recipe};
pub use recipes::echoed::echoed;
pub use recipes::preview::{Previewed, preview, previews};
pub(super) use syntax::text::is_name;
pub(super) use targets::list::list;
pub(super) use targets::merge::Existing;
pub use values::dotenv::{copy_dotenv_sample, settle};
pub use values::secret_names::is_secret_name;

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

/// The first of make's files that is there, by its name; none if the folder has no makefile.
#[must_use]
pub fn makefile(dir: &Path) -> Option<&'static str> {
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
    reader.documents = texts::summary::read(&mut reader);
    reader
}

#[cfg(test)]
mod tests;
