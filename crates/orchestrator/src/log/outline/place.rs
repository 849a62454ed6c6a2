//! Places in files, as programs name them.

use std::sync::LazyLock;

use regex_automata::meta::Regex;
use serde::{Deserialize, Serialize};

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Spot {
    /// The file, as it was named: absolute, or relative to a folder that was not.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: Option<u32>,
}

/// `src/a.c:3:7`, `Makefile:12`, `src/a.ts(3,7)`: a name with an extension, a folder or "akefile" in it, and numbers.
static SPOT: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?x) (?: ^ | [\s\x22'`(\[<] )
        ( [\w.~+@%/-]* (?: / [\w.+@%-]+ | \w \. [A-Za-z]\w* | akefile ) )
        (?: : (\d{1,9}) (?: : (\d{1,9}) )? | \( (\d{1,9}) , (\d{1,9}) \) )",
    )
});

/// `  File "x.py", line 3`.
static PYTHON: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"^\s+File "([^"]+)", line (\d{1,9})"#));

/// An expression of ours.
pub(super) fn compiled(expression: &str) -> Regex {
    Regex::new(expression).expect("it is written well")
}

/// The place in a file that a line names first, in whatever form we know.
#[must_use]
pub fn spot_in(line: &str) -> Option<Spot> {
    python(line).or_else(|| spot(line))
}

/// The first place in a file that a line names.
pub(super) fn spot(line: &str) -> Option<Spot> {
    let mut groups = SPOT.create_captures();
    SPOT.captures(line, &mut groups);
    let group = |at| groups.get_group(at).map(|span| &line[span.start..span.end]);
    let number = |at| group(at).and_then(|digits: &str| digits.parse().ok());
    Some(Spot {
        file: group(1).filter(|file| !file.starts_with("//"))?.to_owned(),
        line: number(2).or_else(|| number(4))?,
        column: number(3).or_else(|| number(5)),
    })
}

/// The place in a line of a Python traceback.
pub(super) fn python(line: &str) -> Option<Spot> {
    let mut groups = PYTHON.create_captures();
    PYTHON.captures(line, &mut groups);
    let group = |at| groups.get_group(at).map(|span| &line[span.start..span.end]);
    Some(Spot {
        file: group(1)?.to_owned(),
        line: group(2)?.parse().ok()?,
        column: None,
    })
}
