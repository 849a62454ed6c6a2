//! What is secret by its name, its use or a comment (`@secret`), what the text shows of its values, and where only running it could show.

mod by_use;

use super::{
    super::{
        reader::Reader,
        syntax::{
            builtin_names::is_given,
            text::{Piece, is_name, pieces},
        },
    },
    secret_names::is_secret_name,
    variables::{Variable, Variables},
};
use crate::project::{Place, Secret};

impl Variables {
    /// Whether the value of a variable of this name is not to be shown, be it known or not.
    pub(in crate::make::scan) fn is_secret(&self, name: &str) -> bool {
        self.get(name)
            .map_or_else(|| is_secret_name(name), Variable::is_secret)
    }
}

/// The secret variables. If a value is only known to make, that is a problem at its place: it cannot be kept out of a
/// log.
pub(in crate::make::scan) fn of(reader: &mut Reader) -> Vec<Secret> {
    by_use::mark(reader);
    let mut all = Vec::new();
    let mut unknown: Vec<(Place, String)> = Vec::new();
    let secret = |one: &&Variable| one.is_secret();
    for variable in reader.variables.list.iter().filter(secret) {
        let mut known = Secret {
            name: variable.name.clone(),
            ..Secret::default()
        };
        for text in &variable.given {
            match alone(text).filter(|name| is_from_outside(reader, name)) {
                Some(name) => known.takes.push(name.to_owned()),
                None => match reader.expander().expand(text) {
                    Some(value) => known.values.push(value),
                    // A variable that only has the name of a secret was not declared as one.
                    None if variable.notes.secret.is_none() => {}
                    None => unknown.extend(variable.place.clone().map(|place| {
                        let name = &variable.name;
                        let what = format!(
                            "{name} is @secret, and only make can know the value that it is given here: it is kept out of logs only if it is typed or inherited"
                        );
                        (place, what)
                    })),
                },
            }
            // A makefile may be printed, too.
            if !text.contains("$(") && !text.contains("${") {
                known.values.push(text.clone());
            }
        }
        known.values.sort_unstable();
        known.values.dedup();
        all.push(known);
    }
    for (place, what) in unknown {
        reader.problem(place, what);
    }
    all
}

/// The name if a text is just a reference to it.
fn alone(text: &str) -> Option<&str> {
    let mut pieces = pieces(text);
    match (pieces.next(), pieces.next()) {
        (Some(Piece::Reference(name)), None) if is_name(name) => Some(name),
        _ => None,
    }
}

/// Whether the makefile does not define it, so that it is the environment's or empty.
fn is_from_outside(reader: &Reader, name: &str) -> bool {
    let known = reader.variables.get(name);
    known.is_none_or(|known| known.value.is_none()) && !is_given(name)
}
