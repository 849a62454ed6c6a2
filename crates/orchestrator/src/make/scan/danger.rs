//! Recipes that ask before they run, by what their commands are. It reads shell code as words, not as a shell would: a
//! question too many costs a click, one too few may cost a database.

use super::{
    refs::is_function,
    text::{Piece, arguments, cut, first_word, is_name, pieces},
    variables::Variables,
};

/// How deep variables are followed into variables.
const MAX_DEPTH: usize = 6;
/// The longest value that is put in, in bytes: longer ones are lists of files.
const MAX_VALUE: usize = 4_000;
/// The most that values add to a recipe, in bytes.
const MAX_VALUES: usize = 32 << 10;
/// Of a function's arguments, as many are looked through.
const MAX_PARTS: usize = 20;

/// Programs, and words that must follow in this order; a `*` at the end stands for any rest.
type Rule = (&'static [&'static str], &'static [&'static [&'static str]]);

const RULES: &[Rule] = &[
    (
        &["terraform", "tofu", "terragrunt", "pulumi", "cdk"],
        &[
            &["destroy"],
            &["-destroy"],
            &["run-all", "destroy"],
            &["apply", "-auto-approve"],
            &["apply", "--auto-approve"],
            &["state", "rm"],
            &["workspace", "delete"],
            &["stack", "rm"],
        ],
    ),
    (
        &["kubectl", "oc", "k3s"],
        &[&["delete"], &["drain"], &["replace", "--force"]],
    ),
    (&["helm"], &[&["uninstall"], &["delete"], &["del"]]),
    (
        &["git"],
        &[
            &["push", "-f*"],
            &["push", "--force*"],
            &["push", "--mirror"],
            &["push", "--delete"],
            &["push", "+*"],
            &["reset", "--hard"],
            &["clean", "-f*"],
            &["clean", "-xf*"],
            &["clean", "-df*"],
            &["clean", "-dxf*"],
            &["clean", "-xdf*"],
            &["filter-branch"],
        ],
    ),
    (
        &["systemctl"],
        &[
            &["stop"],
            &["disable"],
            &["mask"],
            &["kill"],
            &["poweroff"],
            &["reboot"],
            &["halt"],
        ],
    ),
    (&["service", "rc-service"], &[&["stop"]]),
    (
        &["docker", "podman", "docker-compose", "nerdctl"],
        &[
            &["prune"],
            &["volume", "rm"],
            &["down", "-v"],
            &["down", "--volumes"],
            &["rm", "-f*"],
            &["rmi", "-f*"],
        ],
    ),
    (
        &["aws"],
        &[
            &["delete-*"],
            &["terminate-*"],
            &["rb"],
            &["rm", "--recursive"],
        ],
    ),
    (
        &[
            "gcloud",
            "az",
            "doctl",
            "hcloud",
            "openstack",
            "eksctl",
            "multipass",
            "gsutil",
        ],
        &[&["delete"], &["rm", "-r"]],
    ),
    (&["virsh"], &[&["destroy"], &["undefine"]]),
    (&["vagrant", "docker-machine"], &[&["destroy"], &["rm"]]),
    (&["redis-cli"], &[&["flushall"], &["flushdb"]]),
    (&["rake", "rails"], &[&["db:drop*"], &["db:reset*"]]),
    (&["zfs", "zpool"], &[&["destroy"]]),
    (&["find"], &[&["-delete"]]),
    (&["dd"], &[&["of=*"]]),
    (
        &[
            "dropdb", "dropuser", "shutdown", "reboot", "poweroff", "halt", "mkfs", "wipefs",
            "shred", "lvremove", "vgremove",
        ],
        &[&[]],
    ),
];

/// What follows `drop` in SQL that is worth asking for.
const DROPPED: &[&str] = &[
    "table", "database", "schema", "index", "view", "user", "role", "column", "owned",
];

/// The first dangerous command of a recipe, as a person would read it.
pub(super) fn command(recipe: &str, variables: &Variables) -> Option<String> {
    let text = readable(recipe, variables);
    segments(&text)
        .into_iter()
        .find_map(|words| dangerous(&words))
}

/// Why a shell's command line asks before it runs, where it does: by the rules for recipes.
#[must_use]
pub fn danger(command: &str) -> Option<String> {
    let mut commands = segments(command).into_iter();
    let found = commands.find_map(|words| dangerous(&words))?;
    Some(format!("runs `{found}`"))
}

/// The recipe with the values of its variables, as far as they are in the text; those without one stay, as `${NAME}`. A
/// function's value is not known, so it becomes one word, and what it works on follows on lines of its own.
fn readable(recipe: &str, variables: &Variables) -> String {
    let mut reading = Reading {
        variables,
        out: String::with_capacity(recipe.len()),
        inner: Vec::new(),
        room: recipe.len() + MAX_VALUES,
    };
    reading.text(recipe, 0);
    while let Some((text, depth)) = reading.inner.pop() {
        reading.out.push('\n');
        reading.text(text, depth);
    }
    reading.out
}

/// A recipe being made readable.
struct Reading<'a> {
    variables: &'a Variables,
    out: String,
    /// What functions work on, and how deep it stands.
    inner: Vec<(&'a str, usize)>,
    /// Bytes that may still be written.
    room: usize,
}

impl<'a> Reading<'a> {
    fn text(&mut self, text: &'a str, depth: usize) {
        for piece in pieces(text) {
            if depth > 0 && self.room == 0 {
                return;
            }
            match piece {
                // Nothing of the recipe itself is left out.
                Piece::Plain(text) if depth == 0 => self.out.push_str(text),
                Piece::Plain(text) => self.push(text),
                Piece::Dollar => self.push("$"),
                Piece::Reference("RM") => self.push("rm -f"),
                Piece::Reference(inner) => self.reference(inner, depth),
            }
        }
    }

    fn push(&mut self, text: &str) {
        let left = self.room.checked_sub(text.len() + 1);
        if left.is_some() {
            self.out.push_str(text);
        }
        self.room = left.unwrap_or_default();
    }

    fn reference(&mut self, inner: &'a str, depth: usize) {
        let (word, rest) = first_word(inner);
        let value = self.variables.get(inner);
        let value = value.and_then(|one| one.value.as_deref());
        if depth > MAX_DEPTH || self.room == 0 {
            self.push("${…}");
        } else if let Some(value) = value.filter(|value| (1..MAX_VALUE).contains(&value.len())) {
            self.text(value, depth + 1);
        } else if word.len() < inner.len() && is_function(word) {
            self.push("${…}");
            let parts = arguments(rest, usize::MAX);
            if word == "call" {
                let called = self.variables.get(parts[0].trim());
                let body = called.and_then(|one| one.value.as_deref());
                self.inner.extend(body.map(|body| (body, depth + 1)));
            }
            let parts = parts.into_iter().take(MAX_PARTS);
            self.inner.extend(parts.map(|part| (part, depth + 1)));
        } else if is_name(inner) {
            self.push("${");
            self.push(inner);
            self.push("}");
        } else {
            self.push("${…}");
        }
    }
}

/// The commands of a recipe, each as its words without quotes. Quotes keep a command together.
fn segments(text: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let (mut word, mut quote, mut escaped) = (String::new(), None, false);
    for c in text.chars() {
        let ends = quote.is_none() && matches!(c, ';' | '|' | '&' | '(' | ')' | '`')
            || c == '\n' && !escaped;
        if ends || c.is_whitespace() {
            if c == '\n' && !escaped {
                quote = None;
            }
            if !word.is_empty() {
                let last = all.last_mut().into_iter();
                last.for_each(|segment| segment.push(std::mem::take(&mut word)));
            }
            if ends {
                all.push(Vec::new());
            }
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && matches!(c, '"' | '\'') {
            quote = Some(c);
        } else if c != '\\' {
            word.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    if let Some(segment) = all.last_mut()
        && !word.is_empty()
    {
        segment.push(word);
    }
    all
}

fn dangerous(words: &[String]) -> Option<String> {
    let first = words.first()?.trim_start_matches(['@', '-', '+']);
    if first.starts_with('#') {
        return None;
    }
    let end = words.iter().position(|word| word.starts_with('#'));
    let words = &words[..end.unwrap_or(words.len())];
    let speaks = matches!(first, "echo" | "printf" | ":");
    for (index, word) in words.iter().enumerate() {
        let rest = &words[index + 1..];
        let found = sql(word, rest) || (!speaks && program(word, rest));
        if found {
            let shown: Vec<&str> = std::iter::once(word.trim_start_matches(['@', '-', '+']))
                .chain(rest.iter().map(String::as_str))
                .collect();
            return Some(cut(&shown.join(" "), 80));
        }
    }
    None
}

fn program(word: &str, rest: &[String]) -> bool {
    let word = word.trim_start_matches(['@', '-', '+']);
    let name = word.rsplit('/').next().unwrap_or(word);
    // `$(KUBECTL)`, wherever it comes from, is most likely kubectl.
    let variable = name
        .strip_prefix("${")
        .and_then(|name| name.strip_suffix('}'));
    let name = variable.map_or_else(|| name.to_owned(), str::to_lowercase);
    if name == "rm" {
        return removes_trees(rest);
    }
    RULES.iter().any(|(programs, alternatives)| {
        programs
            .iter()
            .any(|program| *program == name || (*program == "mkfs" && name.starts_with("mkfs.")))
            && alternatives.iter().any(|wanted| in_order(wanted, rest))
    })
}

/// `rm` with both `-r` and `-f`, in whatever way they are written.
fn removes_trees(rest: &[String]) -> bool {
    let has = |short: [char; 2], long: &str| {
        rest.iter().take_while(|word| *word != "--").any(|word| {
            word == long
                || (word.starts_with('-') && !word.starts_with("--") && word.contains(short))
        })
    };
    has(['r', 'R'], "--recursive") && has(['f', 'f'], "--force")
}

fn in_order(wanted: &[&str], words: &[String]) -> bool {
    let mut words = words.iter();
    wanted.iter().all(|want| {
        words.any(|word| match want.strip_suffix('*') {
            Some(start) => word.starts_with(start),
            None => word == want,
        })
    })
}

fn sql(word: &str, rest: &[String]) -> bool {
    let is = |at: usize, wanted: &[&str]| {
        rest.get(at)
            .is_some_and(|word| wanted.iter().any(|want| word.eq_ignore_ascii_case(want)))
    };
    if word.eq_ignore_ascii_case("drop") {
        return is(0, DROPPED);
    }
    if word.eq_ignore_ascii_case("truncate") {
        // The program of that name has its options first.
        return is(0, &["table"]) || rest.first().is_some_and(|next| next.ends_with(';'));
    }
    word.eq_ignore_ascii_case("delete")
        && is(0, &["from"])
        && !rest.iter().any(|word| word.eq_ignore_ascii_case("where"))
}
