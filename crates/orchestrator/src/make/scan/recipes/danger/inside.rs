//! Whether what a text stands for is inside the project, also if only running could tell what it is.

use super::removal::{Whereabouts, answers_inside};
use crate::make::scan::{
    syntax::text::{Piece, arguments, first_word, is_blank, pieces, split_plain},
    values::expand::Expander,
};

/// How deep functions and variables are looked into: lists of files are made of lists of lists.
const MAX_DEPTH: usize = 16;
/// As many references are looked at.
const MAX_STEPS: usize = 200;
/// The longest text that is looked at, in bytes.
const MAX_TEXT: usize = 32 << 10;

/// Whether all that the inside of a reference stands for lies in the project's folder.
pub(super) fn is_inside(inner: &str, expander: &Expander<'_>) -> bool {
    let mut looking = Looking {
        expander,
        left: MAX_STEPS,
        is_named: false,
    };
    looking.reference(inner, 0)
}

/// A look at what a reference stands for.
struct Looking<'a> {
    expander: &'a Expander<'a>,
    /// As many references may still be looked at.
    left: usize,
    /// Whether a name is put behind each word.
    is_named: bool,
}

impl Looking<'_> {
    fn reference(&mut self, inner: &str, depth: usize) -> bool {
        let Some(left) = self.left.checked_sub(1).filter(|_| depth <= MAX_DEPTH) else {
            return false;
        };
        self.left = left;
        if inner.len() > MAX_TEXT {
            return false;
        }
        let (word, rest) = first_word(inner);
        if word.len() == inner.len() {
            if let Some((name, _, to)) = substitution(inner) {
                return self.is_kept_inside(to, depth) && self.reference(name, depth + 1);
            }
            let value = self.expander.variables.get(inner);
            let value = value.and_then(|one| one.shown_value());
            return value.is_some_and(|value| self.list(value, depth + 1));
        }
        let parts = arguments(rest, usize::MAX);
        let last = parts.last().copied().unwrap_or_default();
        match word {
            "shell" => answers_inside(rest),
            "notdir" => true,
            // A path below a folder of the project is inside the project.
            "addprefix" => {
                let prefix = parts[0];
                is_folder(prefix)
                    || (self.is_kept_inside(prefix, depth) && self.list(last, depth + 1))
            }
            "patsubst" | "subst" => {
                let to = parts.get(1).copied().unwrap_or_default();
                self.is_kept_inside(to, depth) && self.list(last, depth + 1)
            }
            "addsuffix" => {
                let outer = self.is_named;
                self.is_named |= is_file(parts[0]);
                let is_inside = self.list(last, depth + 1);
                self.is_named = outer;
                is_inside
            }
            // A folder alone may be the project's own, `./`.
            "dir" => self.is_named && self.list(last, depth + 1),
            "basename" | "filter" | "filter-out" | "wildcard" | "sort" | "strip" | "firstword"
            | "lastword" | "word" | "wordlist" | "foreach" => self.list(last, depth + 1),
            "if" => parts[1..].iter().all(|part| self.list(part, depth + 1)),
            "call" => {
                let whole = format!("$({inner})");
                let body = self.expander.as_far_as_known(&whole, &[]);
                body != whole && self.list(&body, depth + 1)
            }
            _ => false,
        }
    }

    /// Whether what is inside stays there with this before it, or in its place: not `/usr/%`.
    fn is_kept_inside(&mut self, put: &str, depth: usize) -> bool {
        let put = put.trim();
        !put.contains("..") && (put.is_empty() || self.list(&format!("{put}x"), depth + 1))
    }

    /// Whether each word of a list is inside.
    fn list(&mut self, text: &str, depth: usize) -> bool {
        let place = Whereabouts::new(true);
        let mut words = split_plain(text);
        text.len() <= MAX_TEXT
            && words.all(|word| match pieces(word).next() {
                None => true,
                // What begins with a name of its own, as `git$X`, is named there.
                Some(Piece::Plain(_)) => place.is_inside(word),
                Some(Piece::Reference(inner)) => {
                    let behind = &word[inner.len() + 3..];
                    !behind.contains("..") && self.reference(inner, depth)
                }
                Some(Piece::Dollar | Piece::Letter(_)) => false,
            })
    }
}

/// The parts of `NAME:from=to`.
fn substitution(inner: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = inner.split_once(':')?;
    let (from, to) = rest.split_once('=')?;
    let is_named = !name.is_empty() && !name.contains(|c: char| is_blank(c) || c == '$');
    is_named.then_some((name, from, to))
}

/// Whether a text is the name of a file or a folder, or its end, so that what is before it stays a folder.
fn is_file(suffix: &str) -> bool {
    let starts = suffix.trim_start_matches('.');
    starts.starts_with(char::is_alphanumeric) && !suffix.contains(['$', ' '])
}

/// Whether a text begins with a folder of the project's.
fn is_folder(prefix: &str) -> bool {
    let is_own = !prefix.starts_with(['/', '~', '$', '.']) && !prefix.contains("..");
    let folder = prefix.split_once('/');
    is_own && folder.is_some_and(|(folder, _)| !folder.is_empty())
}
