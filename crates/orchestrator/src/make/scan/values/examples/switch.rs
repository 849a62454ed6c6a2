//! Variables that are on or off: `VERBOSE`, `V`, `STRIP = yes`.

use super::super::variables::Variable;

/// Names of what is on or off, and how others of them begin.
const SWITCHES: [&str; 14] = [
    "COVERAGE", "DEBUG", "DRYRUN", "DRY_RUN", "FORCE", "NDEBUG", "QUIET", "RACE", "SILENT",
    "STATIC", "STRICT", "TRACE", "VERBOSE", "WERROR",
];
const SWITCHING: [&str; 8] = [
    "DISABLE_", "ENABLE_", "HAVE_", "NO_", "SKIP_", "USE_", "WITHOUT_", "WITH_",
];

/// Whether a variable is on or off since conditions ask for its being there and nothing else names it: `ifdef VERBOSE`. A
/// script may read what make hands on, so its name has to say so as well.
pub(super) fn is_asked_for(variable: &Variable) -> bool {
    let name = variable.name.to_ascii_uppercase();
    let is_named =
        SWITCHES.contains(&name.as_str()) || SWITCHING.iter().any(|start| name.starts_with(start));
    let is_bare = variable.value.is_none() && variable.examples.is_empty();
    is_named && is_bare && variable.tested && !variable.is_put_in
}

/// Whether a variable is on or off: the words for it are a pair's, and the form knows which of them is on.
pub(super) fn is_switch(usual: &str, values: &[&str]) -> bool {
    let pairs = [
        ["1", "0"],
        ["yes", "no"],
        ["true", "false"],
        ["on", "off"],
        ["y", "n"],
    ];
    let within = |pair: &[&str; 2]| values.iter().all(|value| pair.contains(value));
    match usual {
        // The empty text is off, and on is 1.
        "" => values.contains(&"1") && within(&pairs[0]),
        usual => pairs
            .iter()
            .any(|pair| pair.contains(&usual) && within(pair)),
    }
}
