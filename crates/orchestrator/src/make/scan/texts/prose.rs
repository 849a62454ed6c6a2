//! What kind of text a comment holds: something for a person who runs a target, a heading, old code, a note to oneself.

use super::super::syntax::{
    assignment::assignment,
    text::{first_word, is_blank},
};

/// The longest heading, in characters.
const MAX_HEADING: usize = 60;
/// A line drawn behind a heading alone is at least so long, in characters.
const LONG: usize = 6;

/// Whether a character draws lines; those made for it (Unicode's box drawing and blocks, and long dashes) do too.
fn draws(c: char) -> bool {
    matches!(c, '-' | '=' | '*' | '~' | '#' | '_') || draws_alone(c)
}

/// Whether a character is for lines and nothing else, so that one of them makes a frame.
fn draws_alone(c: char) -> bool {
    matches!(c, '\u{2500}'..='\u{259f}' | '—' | '―' | '⎯')
}

/// Whether a text is a drawn line; a box may have corners.
pub(in crate::make::scan) fn is_drawn(text: &str) -> bool {
    text.contains(draws) && text.chars().all(|c| draws(c) || c == '+')
}

/// The heading in a line between two drawn ones, without what is drawn around it: `| Deploy |`.
pub(in crate::make::scan) fn heading_between(text: &str) -> &str {
    text.trim_matches(|c| draws(c) || is_blank(c) || c == '|')
}

/// The heading in a line that is drawn around it: `--- Deploy ---`, `=== Deploy`, and after `####` also `Deploy ####`.
pub(in crate::make::scan) fn heading_in(text: &str, marks: usize) -> Option<String> {
    // `## --- Deploy --- ##`
    let bare = text.trim_end_matches('#').trim_end();
    let text = if bare.ends_with(draws) { bare } else { text };
    let inner = text.trim_start_matches(draws);
    let drawn_before = text.chars().count() - inner.chars().count();
    let heading = inner.trim_end_matches(draws).trim();
    let bare = inner.trim_end_matches(draws);
    let drawn_after = inner.chars().count() - bare.chars().count();
    let is_apart = inner.starts_with(' ') && inner.trim_end_matches(draws).ends_with(' ');
    if let Some(heading) = in_one_sign(text) {
        return Some(heading.to_owned());
    }
    let is_between = text.starts_with(draws_alone) && text.ends_with(draws_alone);
    let is_framed = drawn_before >= 3
        || (is_apart && is_between)
        || (marks >= 3 && drawn_after >= 3)
        || (is_apart && drawn_before >= 2 && drawn_after >= 2)
        || (marks == 1 && drawn_after >= LONG);
    (is_framed && is_heading(heading)).then(|| heading.to_owned())
}

/// What is between one sign and the same at its end: `* Deploy *`, `[ Deploy ]`.
fn in_one_sign(text: &str) -> Option<&str> {
    let pairs = [("* ", " *"), ("= ", " ="), ("~ ", " ~"), ("[ ", " ]")];
    pairs.iter().find_map(|(open, close)| {
        let inner = text.strip_prefix(open)?.strip_suffix(close)?.trim();
        is_heading(inner).then_some(inner)
    })
}

/// Whether a text is short enough to be above others.
pub(in crate::make::scan) fn is_heading(text: &str) -> bool {
    text.chars().count() <= MAX_HEADING && text.chars().any(char::is_alphanumeric)
}

/// Whether a plain comment does not describe the target below it: head lines of a file, old code, notes to oneself.
pub(in crate::make::scan) fn is_remark(text: &str) -> bool {
    is_boilerplate(text) || is_note(text) || is_code(text)
}

/// What is at the head of many files and says nothing of the first target.
fn is_boilerplate(text: &str) -> bool {
    [
        "Copyright",
        "SPDX-",
        "(c)",
        "-*-",
        "vim:",
        "shellcheck",
        "pylint:",
        "noqa",
    ]
    .iter()
    .any(|mark| text.contains(mark))
        || text.starts_with('!')
        || is_title(text)
}

/// Whether a text names the makefile and no target of it: `Makefile for the docs`.
fn is_title(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = ["this ", "the ", "gnu ", "simple ", "minimal "]
        .iter()
        .fold(lower.as_str(), |rest, word| {
            rest.strip_prefix(word).unwrap_or(rest)
        });
    let behind = rest.strip_prefix("makefile");
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with([' ', '.', ':', ',']))
}

fn is_note(text: &str) -> bool {
    let (first, rest) = first_word(text);
    let is_link = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    let bare = first.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    matches!(
        bare.split('(').next(),
        Some("TODO" | "FIXME" | "HACK" | "XXX")
    ) || (is_link(text) && rest.is_empty())
        || (["see", "reference", "ref", "source", "from", "docs", "link"]
            .iter()
            .any(|word| bare.eq_ignore_ascii_case(word))
            && is_link(rest)
            && !rest.contains(is_blank))
}

/// Lines of a makefile or of a recipe that were taken out.
fn is_code(text: &str) -> bool {
    let (first, rest) = first_word(text);
    let is_word = |word: &str| {
        word.bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let sets = assignment(text).is_some_and(|one| {
        let spaced = rest.starts_with(['=', ':', '+', '?', '!']);
        spaced || is_word(one.name)
    });
    sets || is_command(first, rest)
        || text.ends_with(';')
        || text.starts_with(['@', '$'])
        || matches!(
            first,
            "ifeq" | "ifneq" | "ifdef" | "ifndef" | "endif" | "endef"
        )
        || (matches!(first, "include" | "-include") && rest.ends_with(".mk"))
}

/// Whether it is a command of the shell: a program that many makefiles call, with an option, or one beside the makefile.
fn is_command(first: &str, rest: &str) -> bool {
    let programs = [
        "apt-get", "cargo", "curl", "docker", "git", "go", "kubectl", "npm", "npx", "pip", "pip3",
        "python", "python3", "ssh", "sudo", "wget",
    ];
    let mut words = rest.split(is_blank);
    let has_option = words
        .clone()
        .any(|word| word.starts_with('-') && word.len() > 1);
    let gets = first == "go" && matches!(words.next(), Some("get" | "install"));
    first.starts_with("./") || (programs.contains(&first) && (has_option || gets))
}

/// `name: text`, if a comment names what it is about.
pub(in crate::make::scan) fn named(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(':')?;
    let name = name.trim_end();
    let is_name =
        !name.is_empty() && !name.contains(is_blank) && !name.contains(['/', '$', '"', '`']);
    let rest = rest.strip_prefix(is_blank)?.trim();
    (is_name && !rest.is_empty()).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_framed() {
        for (text, marks) in [
            ("--- Deploy ---", 1),
            ("=== Deploy", 1),
            ("Deploy ####", 4),
            ("----- Deploy -----", 2),
            ("== Deploy ==", 1),
            ("Deploy ----------", 1),
            ("── Deploy ────────", 1),
            ("━━━ Deploy ━━━", 1),
            ("─ Deploy ─", 2),
            ("═══════ Deploy", 1),
            ("Deploy ──────────", 1),
        ] {
            assert_eq!(heading_in(text, marks).as_deref(), Some("Deploy"), "{text}");
        }
        for (text, marks) in [
            ("Deploy", 1),
            ("- a list", 1),
            ("Deploy ##", 2),
            ("---", 1),
            ("__init__", 1),
            ("**Deploy**", 1),
            ("*.o", 1),
            ("— a list", 1),
            ("Deploy — now", 1),
        ] {
            assert_eq!(heading_in(text, marks), None, "{text}");
        }
    }

    #[test]
    fn a_box_is_drawn() {
        for text in ["-----", "+-----+", "#", "=-=-=", "━━━━", "╔════╗"] {
            assert!(is_drawn(text), "{text}");
        }
        for text in ["", "+", "a", "- a"] {
            assert!(!is_drawn(text), "{text}");
        }
        for text in [
            "| Deploy   |",
            "Deploy #",
            "~ Deploy",
            "Deploy ------",
            "║ Deploy ║",
        ] {
            assert_eq!(heading_between(text), "Deploy", "{text}");
        }
    }

    #[test]
    fn remarks_say_nothing_of_a_target() {
        for text in [
            "SUFFIXES = .html",
            "CFLAGS:=-O2",
            "x += y",
            "@echo old",
            "$(MAKE) old",
            "ifeq ($(A),b)",
            "include old.mk",
            "TODO: mend",
            "FIXME later",
            "HACK(me): no",
            "See https://example.org/x",
            "https://example.org/x",
            "Reference: https://example.org/x",
        ] {
            assert!(is_remark(text), "{text}");
        }
        for text in [
            "Run with X=1 for more",
            "Include the docs",
            "See https://example.org/x for how to deploy",
            "else nothing",
            "Do what TODO.md says",
        ] {
            assert!(!is_remark(text), "{text}");
        }
    }

    #[test]
    fn a_name_is_before_its_text() {
        assert_eq!(named("build: Builds it"), Some(("build", "Builds it")));
        assert_eq!(named("up\t:\tStart it"), Some(("up", "Start it")));
        for text in ["Builds it", "see http://x", "a b: c", "x:", "x:y"] {
            assert_eq!(named(text), None, "{text}");
        }
    }
}
