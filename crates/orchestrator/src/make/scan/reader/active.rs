//! What would act even when make is only asked for its list.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::super::text::{first_word, is_blank};

/// What a line has make do even when only asked for its data base and given a shell that does nothing.
pub(super) fn active(line: &str, in_recipe: bool) -> Option<&'static str> {
    static OVERRIDE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("override"));
    static FILE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("file "));
    static GUILE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("guile "));
    let bytes = line.as_bytes();
    let called = |name: &Finder<'_>| {
        let mut found = name.find_iter(bytes);
        found.any(|at| line[..at].ends_with("$(") || line[..at].ends_with("${"))
    };
    // Reading (`$(file <x)`) changes nothing, and what is in a recipe runs with it.
    let writes = || {
        let mut found = FILE.find_iter(bytes);
        found.any(|at| {
            line[at + 4..]
                .trim_start_matches(is_blank)
                .starts_with(['>', '$'])
        })
    };
    if !in_recipe && called(&FILE) && writes() {
        return Some("writes files while it is read (`$(file …)`)");
    }
    if called(&GUILE) {
        return Some("runs Guile while it is read");
    }
    if OVERRIDE.find(bytes).is_some() && (line.contains("SHELL") || line.contains("override $")) {
        return Some("sets SHELL by `override`");
    }
    let word = first_word(line.trim_start_matches(is_blank)).0;
    matches!(word, "load" | "-load").then_some("loads a library while it is read")
}
