//! What the makes write that a recipe calls in other folders: `$(MAKE) -C web build`, `cd web && $(MAKE)`, and the same of
//! each folder of a loop. Only calls whose folder and targets are words by now are followed.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{
    super::preview::{goals, in_order},
    of_recipes,
};
use crate::{
    log::outline::Echo,
    make::{self, Assignment, Previewed},
};

/// How deep calls are followed, and how many in all.
const DEEPEST: usize = 4;
const MOST: usize = 50;

/// A call of make.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Call {
    folder: PathBuf,
    targets: Vec<String>,
    /// Variables and their values.
    given: Vec<(String, String)>,
}

/// What the makes write that these recipes of a folder call. `given` are the variables of the job, which make hands on.
pub(super) fn echoes(folder: &Path, read: &[Previewed], given: &[Assignment]) -> Vec<Echo> {
    let mut all = Vec::new();
    let mut begun = HashSet::new();
    let mut open: Vec<(Call, usize)> = calls(folder, read, 1);
    while let Some((call, depth)) = open.pop() {
        if begun.len() == MOST || !begun.insert(call.clone()) {
            continue;
        }
        let own = call.given.iter().map(|(name, value)| Assignment {
            name: name.clone(),
            value: value.clone(),
            raw: true,
            secret: false,
        });
        let given: Vec<Assignment> = own.chain(given.iter().cloned()).collect();
        let scan = make::scan(&call.folder);
        let runs = in_order(&scan, &goals(&scan, &call.targets));
        let named: Vec<(&str, &[String])> = runs.iter().map(|(name, _)| (*name, &[][..])).collect();
        let read = make::previews(&call.folder, &named, &given);
        if read.iter().any(|recipe| recipe.side_by_side) {
            continue;
        }
        all.extend(of_recipes(&read, &named));
        if depth < DEEPEST {
            open.extend(calls(&call.folder, &read, depth + 1));
        }
    }
    all
}

fn calls(folder: &Path, read: &[Previewed], depth: usize) -> Vec<(Call, usize)> {
    let lines = read.iter().flat_map(|recipe| &recipe.lines);
    let found = lines.filter(|line| line.contains("make") || line.contains("MAKE"));
    found
        .flat_map(|line| of_line(folder, line))
        .map(|call| (call, depth))
        .collect()
}

/// The calls in a line of a recipe that lead to another folder.
fn of_line(here: &Path, line: &str) -> Vec<Call> {
    // The shell's own words stand apart from what they part.
    let apart = line
        .replace("&&", " && ")
        .replace("||", " || ")
        .replace(';', " ; ");
    let Some(words) = shlex::split(apart.trim_start_matches([' ', '\t', '-', '+', '@'])) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut folder = here.to_path_buf();
    let mut loops: Option<(String, Vec<String>)> = None;
    for command in words.split(|word| matches!(word.as_str(), "&&" | "||" | ";" | "|" | "&")) {
        let command = match command {
            [word, rest @ ..] if matches!(word.as_str(), "do" | "then" | "(" | "{") => rest,
            all => all,
        };
        match command {
            [word, name, of, values @ ..] if word == "for" && of == "in" => {
                loops = Some((name.clone(), values.to_vec()));
            }
            [word, to] if word == "cd" && !to.contains('$') => folder.push(to),
            [word, ..] if word == "cd" => return found,
            _ => {
                let Some(at) = command.iter().position(|word| is_make(word)) else {
                    continue;
                };
                let is_word = |word: &String| word.contains('=') || word.starts_with('-');
                if !command[..at]
                    .iter()
                    .all(|word| is_word(word) || word == "exec")
                {
                    continue;
                }
                let values = loops.as_ref().map_or(&[][..], |(_, values)| values);
                let each: Vec<Option<&String>> = if values.is_empty() {
                    vec![None]
                } else {
                    values.iter().map(Some).collect()
                };
                for value in each {
                    let filled = command[at + 1..].iter().map(|word| match (&loops, value) {
                        (Some((name, _)), Some(value)) => word
                            .replace(&format!("${{{name}}}"), value)
                            .replace(&format!("${name}"), value),
                        _ => word.clone(),
                    });
                    let words: Vec<String> = filled.collect();
                    found.extend(call(&folder, &words).filter(|call| call.folder != here));
                }
            }
        }
    }
    found
}

fn is_make(word: &str) -> bool {
    matches!(word, "$(MAKE)" | "${MAKE}" | "make" | "gmake")
}

/// The call with these words behind the program's; none if only running it could show where or what for, or if its recipes
/// run side by side.
fn call(here: &Path, words: &[String]) -> Option<Call> {
    let mut call = Call {
        folder: here.to_path_buf(),
        targets: Vec::new(),
        given: Vec::new(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-C" | "--directory" => call.folder.push(known(words.next()?)?),
            _ if word.starts_with("--directory=") => {
                call.folder.push(known(word.strip_prefix("--directory=")?)?);
            }
            _ if word.starts_with("-C") => call.folder.push(known(&word[2..])?),
            _ if [
                "-f",
                "--file",
                "--makefile",
                "-j",
                "--jobs",
                "-n",
                "--dry-run",
            ]
            .iter()
            .any(|option| word.starts_with(option)) =>
            {
                return None;
            }
            _ if word.starts_with(['-', '>', '<']) || word.contains('>') => {}
            _ if word.starts_with("$(") => {}
            _ => match word.split_once('=') {
                Some((name, value)) if !value.contains('$') => {
                    call.given.push((name.to_owned(), value.to_owned()));
                }
                Some(_) => {}
                None => call.targets.push(known(word)?.to_owned()),
            },
        }
    }
    call.folder.is_dir().then_some(call)
}

fn known(word: &str) -> Option<&str> {
    (!word.is_empty() && !word.contains(['$', '…', '`', '*'])).then_some(word)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn of(root: &Path, lines: &[&str]) -> Vec<String> {
        let recipe = Previewed {
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            ..Previewed::default()
        };
        let found = echoes(root, &[recipe], &[]);
        let words = |echo: Echo| format!("{}: {}", echo.target, echo.pieces.join("·"));
        found.into_iter().map(words).collect()
    }

    #[test]
    fn what_makes_in_other_folders_write_is_known_by_their_makefiles() {
        let home = tempfile::tempdir().unwrap();
        let file = |folder: &str, text: &str| {
            fs::create_dir_all(home.path().join(folder)).unwrap();
            fs::write(home.path().join(folder).join("Makefile"), text).unwrap();
        };
        file(
            "web",
            "build: css\n\tcc $(MODE)\n\t@quiet\n\t$(MAKE) -C sub\ncss:\n\tsass a\nMODE = plain\n",
        );
        file("web/sub", "all:\n\techo deep\n");
        file("api", "MAKEFLAGS += -j4\nall:\n\techo side\n");
        let root = home.path();
        let web = [
            "css: sass a",
            "build: cc plain",
            "build: make -C sub",
            "all: echo deep",
        ];
        assert_eq!(of(root, &["$(MAKE) -C web build"]), web);
        assert_eq!(of(root, &["@cd web && make"]), web);
        assert_eq!(
            of(
                root,
                &["for d in web gone; do $(MAKE) -C $d || exit 1; done"]
            ),
            web
        );
        assert_eq!(
            of(root, &["+$(MAKE) --directory=web MODE=fast css"]),
            ["css: sass a"]
        );
        assert_eq!(of(root, &["$(MAKE) -Cweb MODE=fast"])[1], "build: cc fast");
        for none in [
            "$(MAKE) -C api",
            "$(MAKE) -C $(shell pwd)/web",
            "$(MAKE) -j2 -C web",
            "$(MAKE) css",
            "echo make -C web",
            "cd $x && make",
        ] {
            assert!(of(root, &[none]).is_empty(), "{none}");
        }
    }
}
