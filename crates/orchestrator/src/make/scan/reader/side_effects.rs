//! What would act even when make is only asked for its list.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::super::syntax::text::{find_plain, first_word, is_blank};

/// What make reads of a line that is no recipe's, without the recipe on a rule's own line: `all: x ; recipe`.
pub(super) fn before_recipe(line: &str) -> &str {
    let is_rule = find_plain(line, b":=#;").is_some_and(|at| line[at..].starts_with(':'));
    match find_plain(line, b"=#;") {
        Some(end) if is_rule && line[end..].starts_with(';') => &line[..end],
        _ => line,
    }
}

/// What a line has make do even when only asked for its data base and given a shell that does nothing. `read` is what of it
/// is no recipe.
pub(super) fn active(line: &str, read: &str) -> Option<&'static str> {
    static OVERRIDE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("override"));
    static FILE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("file "));
    static GUILE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("guile "));
    let bytes = line.as_bytes();
    let is_call = |line: &str, at: usize| line[..at].ends_with("$(") || line[..at].ends_with("${");
    // Reading (`$(file <x)`) changes nothing, and what is in a recipe runs with it.
    let writes = |at: usize| {
        let operator = read[at + 4..].trim_start_matches(is_blank);
        is_call(read, at) && operator.starts_with(['>', '$'])
    };
    if FILE.find_iter(read.as_bytes()).any(writes) {
        return Some("writes files while it is read (`$(file …)`)");
    }
    if GUILE.find_iter(bytes).any(|at| is_call(line, at)) {
        return Some("runs Guile while it is read");
    }
    if OVERRIDE.find(bytes).is_some() && (line.contains("SHELL") || line.contains("override $")) {
        return Some("sets SHELL by `override`");
    }
    let word = first_word(line.trim_start_matches(is_blank)).0;
    matches!(word, "load" | "-load").then_some("loads a library while it is read")
}
