//! Which targets are shown first, and their texts.

use std::collections::HashSet;

use super::{
    super::{
        reader::Reader,
        recipes::{danger::readable, shell::commands},
        syntax::{functions::stem, text::is_plain_word},
        texts::{help, help_text::Helped, prose::named},
    },
    guards::is_guard,
    rules::{Found, Rule},
};

/// Programs whose last words name what they make.
const MAKING: [&str; 8] = ["ar", "cp", "install", "ln", "mkdir", "mv", "tar", "touch"];
/// Options and signs behind which is what is made.
const INTO: [&str; 5] = ["-o", "-O", "--output", ">", ">>"];
/// Programs that only say what they are given.
const SAYING: [&str; 3] = ["echo", "info", "printf"];
/// Programs that have commands of the names that targets have.
const TASKS: [&str; 41] = [
    "ansible-playbook",
    "bazel",
    "bun",
    "bundle",
    "cabal",
    "cargo",
    "cmake",
    "composer",
    "docker",
    "docker-compose",
    "dotnet",
    "dune",
    "gmake",
    "gradle",
    "gradlew",
    "hatch",
    "helm",
    "just",
    "kubectl",
    "make",
    "meson",
    "mix",
    "mvn",
    "mvnw",
    "ninja",
    "nox",
    "npm",
    "npx",
    "pdm",
    "pipenv",
    "pnpm",
    "podman",
    "poetry",
    "rake",
    "stack",
    "task",
    "terraform",
    "tofu",
    "tox",
    "uv",
    "yarn",
];
/// As many targets of one rule are commands that it hands on by their names.
const MAX_SHARING: usize = 20;
/// As many pattern rules are tried on each name.
const MAX_PATTERNS: usize = 50;
/// Endings of files that make makes programs of by itself (GNU make manual, "Catalogue of Built-In Rules").
const SOURCES: [&str; 14] = [
    "o", "c", "cc", "C", "cpp", "p", "f", "F", "m", "r", "s", "S", "sh", "mod",
];
/// Of recipes longer than this, in bytes, nothing is looked for.
const MAX_RECIPE: usize = 32 << 10;

/// Puts the texts where they belong: those of `## name: text` comments and of the recipes for help at the targets they name,
/// headings in drawn lines if there are no others; and takes away texts about a rule and not its target.
pub(in crate::make::scan) fn texts(reader: &mut Reader) {
    let helped = reader.helped.take();
    let helped = helped.unwrap_or_else(|| help::helped(reader));
    let has_helps = !helped.is_empty();
    let rules = &mut reader.rules;
    for at in 0..rules.targets.len() {
        let found = &rules.targets[at];
        let doc = found.notes.doc.as_deref();
        let other = doc.and_then(named).map(|(name, _)| name);
        let of_another =
            other.is_some_and(|name| name != found.name && rules.position(name).is_some());
        if of_another || rules.is_of_rule(at) {
            rules.targets[at].notes.doc = None;
            rules.targets[at].notes.documented = false;
        }
    }
    for (name, text) in std::mem::take(&mut reader.notes.named) {
        if let Some(at) = rules.position(&name) {
            let notes = &mut rules.targets[at].notes;
            if !notes.documented {
                notes.take_named(&text);
            }
        }
    }
    let has_groups = rules.has_groups || rules.targets.iter().any(|found| found.group.is_some());
    let banners: HashSet<_> = rules
        .targets
        .iter()
        .filter_map(|found| found.banner.clone())
        .collect();
    for found in &mut rules.targets {
        let Helped { text, heading } = help_of(&helped, &found.name);
        found.is_in_help = has_helps && helped.contains_key(&found.name);
        if found.notes.doc.is_none() {
            found.notes.doc = text;
        }
        if has_groups {
            continue;
        }
        // One alone is the title of the file.
        found.group = match banners.len() > 1 {
            true => found.banner.take(),
            false => heading,
        };
    }
}

fn help_of(helped: &std::collections::HashMap<String, Helped>, name: &str) -> Helped {
    helped.get(name).map_or_else(Helped::default, |one| Helped {
        text: one.text.clone(),
        heading: one.heading.clone(),
    })
}

/// Of each target whether it is shown first.
pub(in crate::make::scan) fn listed(reader: &Reader, default_goal: Option<&String>) -> Vec<bool> {
    let rules = &reader.rules;
    let mut sharing = vec![0; rules.list.len()];
    let all = rules.targets.iter();
    all.flat_map(|found| &found.rules)
        .for_each(|rule| sharing[*rule] += 1);
    let targets = rules.targets.iter();
    let mut shown: Vec<bool> = targets
        .map(|found| is_listed(found, default_goal == Some(&found.name), (reader, &sharing)))
        .collect();
    // One that only starts others is shown with them. As many rounds as it takes, each finding at least one more.
    loop {
        let more: Vec<usize> = (0..shown.len())
            .filter(|at| !shown[*at] && starts_shown(&rules.targets[*at], &shown, reader))
            .collect();
        if more.is_empty() {
            return shown;
        }
        more.into_iter().for_each(|at| shown[at] = true);
    }
}

/// Whether a name is one for a person: no file's, no path, and not hidden.
fn is_word(found: &Found) -> bool {
    found.is_pattern || is_plain_word(&found.name)
}

fn starts_shown(found: &Found, shown: &[bool], reader: &Reader) -> bool {
    let rules = &reader.rules;
    let mut own = found.rules.iter().map(|rule| &rules.list[*rule]);
    !found.notes.hidden
        && is_word(found)
        && own.clone().all(|rule| !rule.has_recipe())
        && own.any(|rule| {
            let mut needed = rule.prerequisites.iter();
            needed.any(|name| rules.position(name).is_some_and(|at| shown[at]))
        })
}

/// Whether a target stands for others, whatever these are: it has no recipe, and make knows none by itself that would make a
/// file of this name of what it needs. `PHONY: all` lacks its dot.
fn stands_for_others(found: &Found, reader: &Reader) -> bool {
    let rules = &reader.rules;
    let own = || found.rules.iter().map(|rule| &rules.list[*rule]);
    let is_source = |name: &String| {
        let alone = name.rsplit('/').next().unwrap_or(name);
        let ending = alone
            .strip_prefix(&found.name)
            .and_then(|rest| rest.strip_prefix('.'));
        ending.is_some_and(|ending| SOURCES.contains(&ending))
    };
    let is_busy = |rule: &Rule| rule.has_recipe() || !rule.prerequisites.is_empty();
    // A name that no rule has is a file's.
    let does_something = |name: &String| {
        rules.position(name).is_none_or(|at| {
            let mut own = rules.targets[at].rules.iter();
            own.any(|rule| is_busy(&rules.list[*rule]))
        })
    };
    let is_made =
        || own().any(|rule| rule.pattern.is_some() || rule.prerequisites.iter().any(is_source));
    let mut patterns = rules.patterns.iter().take(MAX_PATTERNS);
    is_plain_word(&found.name)
        && found.name.contains(|c: char| !c.is_ascii_uppercase())
        && own().any(|rule| rule.partly || rule.prerequisites.iter().any(does_something))
        && !is_made()
        && !reader.files.at_root(&found.name).exists()
        && !patterns.any(|(pattern, _)| pattern != "%" && stem(pattern, &found.name).is_some())
}

/// Whether a target is shown first; `sharing` is how many targets each rule has.
fn is_listed(found: &Found, is_default: bool, (reader, sharing): (&Reader, &[usize])) -> bool {
    let rules = &reader.rules;
    if found.notes.hidden || found.name.starts_with(['_', '.']) || is_guarding(found, reader) {
        return false;
    }
    let own = || found.rules.iter().map(|rule| &rules.list[*rule]);
    // With other values its recipe may do something.
    let has_recipe = own().any(|rule| rule.has_recipe() || !rule.other.text.is_empty());
    let does_something = has_recipe || own().any(|rule| !rule.prerequisites.is_empty());
    let has_doc = found.notes.doc.is_some();
    is_default
        || found.notes.documented
        || (found.is_in_help && does_something)
        // `FORCE` and its like are phony and do nothing.
        || (rules.phony.contains(&found.name)
            && (does_something || has_doc)
            && (has_doc || !is_a_file(found, reader)))
        || (!has_recipe && stands_for_others(found, reader))
        || (has_doc && is_word(found))
        || (has_recipe
            && is_word(found)
            && !found.name.starts_with('-')
            && !makes_its_file(found, (reader, sharing)))
}

/// Whether a name is a path's, from the root or of what is there: a phony one for each of a thousand test scripts, as
/// `t0001-init.sh`, would hide the commands among them.
fn is_a_file(found: &Found, reader: &Reader) -> bool {
    let name = &found.name;
    name.starts_with('/') || (!is_word(found) && reader.files.at_root(name).exists())
}

/// Whether it is a pattern such as `guard-%`, for other rules to need.
fn is_guarding(found: &Found, reader: &Reader) -> bool {
    let mut own = found.rules.iter().map(|rule| &reader.rules.list[*rule]);
    found.is_pattern && !found.notes.documented && own.any(|rule| is_guard(&rule.text))
}

/// Whether a target is a file: one that is there, or that its recipe makes.
fn makes_its_file(found: &Found, (reader, sharing): (&Reader, &[usize])) -> bool {
    let name = found.name.as_str();
    if reader.files.at_root(name).exists() {
        return true;
    }
    found.rules.iter().any(|rule| {
        let text = &reader.rules.list[*rule].text;
        // One rule for hundreds of test files hides the commands among them.
        let hands_it_on = || sharing[*rule] <= MAX_SHARING && only_hands_it_on(text);
        if text.len() > MAX_RECIPE || (has_own_name(text) && !hands_it_on()) {
            return true;
        }
        let readable = readable(reader.rules.list[*rule].code(), &reader.expander());
        commands(&readable).iter().any(|command| {
            let words = command.arguments();
            let is_making = command
                .program()
                .is_some_and(|program| MAKING.contains(&program));
            let is_into = |pair: &[String]| INTO.contains(&pair[0].as_str()) && pair[1] == name;
            (is_making && words.iter().any(|word| word == name))
                || words.windows(2).any(is_into)
                || words
                    .iter()
                    .any(|word| word.strip_prefix('>') == Some(name))
        })
    })
}

/// Whether a recipe writes its target's name as make does.
fn has_own_name(text: &str) -> bool {
    ["$@", "$(@", "${@"].iter().any(|own| text.contains(own))
}

/// Whether a recipe only says its target's name, or hands it to a program that has commands of such names:
/// `test lint: ; cargo $@`. It then makes no file of it.
fn only_hands_it_on(text: &str) -> bool {
    let code = text.replace("$(@)", "$@").replace("${@}", "$@");
    commands(&code).iter().all(|command| {
        let words = &command.words;
        if !words.iter().any(|word| has_own_name(word)) {
            return true;
        }
        let writes = words.iter().enumerate().any(|(at, word)| {
            let is_into = at > 0 && INTO.contains(&words[at - 1].as_str());
            has_own_name(word) && (is_into || word.contains('>'))
        });
        let program = command.program().unwrap_or_default();
        let name = program.trim_start_matches(['$', '(', '{']);
        let name = name.trim_end_matches([')', '}']).to_lowercase();
        let name = name.rsplit('/').next().unwrap_or_default();
        let is_script = has_own_name(program)
            || command
                .arguments()
                .first()
                .is_some_and(|script| has_own_name(script) && script.contains('/'));
        !writes && (is_script || SAYING.contains(&name) || TASKS.contains(&name))
    })
}
