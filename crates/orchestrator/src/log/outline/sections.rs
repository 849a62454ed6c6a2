//! The sections of a log, from make's own `Entering directory` and `Leaving directory`, and from the lines of recipes that
//! it writes before it runs them.
//!
//! If several makes write at once (`-j`) their sections cross; those are left out, for what lies in one of them is
//! not its own.

use std::{collections::HashSet, sync::LazyLock};

use regex_automata::meta::Regex;

use super::{MOST, Section, SectionOf, place::compiled};

/// make's lines in English, as in most build logs: in other languages no word distinguishes them.
static SAID: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"^\S*make(?:\[(\d{1,9})\])?: (?:(Entering)|Leaving) directory [`'](.+)'$")
});

/// make reported its failure; the level is in the first group, the target whose recipe failed in the second.
static FAILED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"^\S*make(?:\[(\d{1,9})\])?: \*\*\* (?:\[(?:[^\]]*:\d+: )?(.+)\] )?.*[^)\s]\s*$")
});

/// Lines a make may have written after it reported that it failed: its two outputs are read by turns.
const NEAR: u64 = 50;
/// Lines after the end of what still is all of a log, for the same reason.
const SOON: u64 = 3;
/// Characters of the line of a recipe that are kept.
const LONGEST: usize = 200;

/// The sections found so far.
#[derive(Debug, Default)]
pub(super) struct Sections {
    found: Vec<Section>,
    /// Which make wrote each, by how deep it was called.
    levels: Vec<u32>,
    /// The target of each that is of a recipe.
    targets: Vec<Option<String>>,
    /// Those that no `Leaving` has ended, by place in `found`.
    open: Vec<usize>,
    crossed: HashSet<usize>,
    is_cut: bool,
}

impl Sections {
    /// The sections of a log of `lines` lines. One that is all of the log is none: make told of the folder it was
    /// started in.
    pub(super) fn all(&self, lines: u64) -> Vec<Section> {
        let is_all = |section: &Section| {
            section.of == SectionOf::Folder
                && section.first == 1
                && section.last.is_none_or(|last| last + SOON >= lines)
        };
        let is_outermost = self.levels.first() == Some(&0);
        let whole = u32::from(is_outermost && self.found.first().is_some_and(is_all));
        let own = self.found.iter().enumerate().skip(whole as usize);
        own.filter(|(at, _)| !self.crossed.contains(at))
            .map(|(_, section)| Section {
                depth: section.depth.saturating_sub(whole),
                ..section.clone()
            })
            .collect()
    }

    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Looks at a line; true if it begins or ends a section.
    pub(super) fn read(&mut self, line: u64, at: i64, text: &str) -> bool {
        let mut groups = SAID.create_captures();
        SAID.captures(text, &mut groups);
        let group = |which| {
            groups
                .get_group(which)
                .map(|span| &text[span.start..span.end])
        };
        let Some(folder) = group(3) else {
            self.note_failure(line, text);
            return false;
        };
        let level = group(1).map_or(0, |digits| digits.parse().unwrap_or(0));
        if group(2).is_some() {
            self.begin(line, at, level, None, folder);
        } else {
            self.leave(line, at, level, folder);
        }
        true
    }

    /// A line of the recipe of `target` is written, to be run now.
    pub(super) fn echo(&mut self, line: u64, at: i64, text: &str, target: String) {
        let is_recipe = |which: &usize| self.targets[*which].is_some();
        if self.open.last().is_some_and(is_recipe)
            && let Some(own) = self.open.pop()
        {
            self.end(own, line - 1, at);
        }
        let level = self.open.last().map_or(0, |which| self.levels[*which]);
        self.begin(line, at, level, Some(target), text);
    }

    fn begin(&mut self, line: u64, at: i64, level: u32, target: Option<String>, name: &str) {
        if self.found.len() == MOST {
            self.is_cut = true;
            return;
        }
        let (of, end) = match target {
            Some(_) => (
                SectionOf::Recipe,
                name.char_indices().nth(LONGEST).map(|(end, _)| end),
            ),
            None => (SectionOf::Folder, None),
        };
        self.open.push(self.found.len());
        self.levels.push(level);
        self.targets.push(target);
        self.found.push(Section {
            first: line,
            last: None,
            depth: u32::try_from(self.open.len() - 1).unwrap_or(u32::MAX),
            of,
            name: name[..end.unwrap_or(name.len())].to_owned(),
            failed: false,
            began_at: at,
            ended_at: None,
        });
    }

    fn leave(&mut self, line: u64, at: i64, level: u32, folder: &str) {
        let is_it = |which: &usize| {
            let own = &self.found[*which];
            own.of == SectionOf::Folder && self.levels[*which] == level && own.name == folder
        };
        let Some(place) = self.open.iter().rposition(is_it) else {
            return;
        };
        // What the last line of a recipe wrote in there is over, too.
        let inside = self.open.split_off(place + 1);
        let is_folder = |which: &usize| self.targets[*which].is_none();
        let has_crossed = inside.iter().any(is_folder);
        for which in inside {
            match (self.targets[which].is_some(), has_crossed) {
                (true, false) => self.end(which, line - 1, at),
                (of_recipe, _) => {
                    self.crossed.insert(which);
                    if !of_recipe {
                        self.open.push(which);
                    }
                }
            }
        }
        let own = self.open.remove(place);
        if has_crossed {
            self.crossed.insert(own);
        }
        self.end(own, line, at);
    }

    fn end(&mut self, which: usize, line: u64, at: i64) {
        let section = &mut self.found[which];
        (section.last, section.ended_at) = (Some(line), Some(at));
    }

    fn note_failure(&mut self, line: u64, text: &str) {
        let mut groups = FAILED.create_captures();
        FAILED.captures(text, &mut groups);
        if !groups.is_match() || text.trim_end().ends_with("(ignored)") {
            return;
        }
        let group = |which| {
            groups
                .get_group(which)
                .map(|span| &text[span.start..span.end])
        };
        let level = group(1).map_or(0, |digits| digits.parse().unwrap_or(0));
        let near = |which: usize| {
            let last = self.found[which].last;
            self.levels[which] == level && last.is_none_or(|last| last + NEAR >= line)
        };
        let all = || (0..self.found.len()).rev().filter(|which| near(*which));
        let folder = all().find(|&which| self.targets[which].is_none());
        let recipe = group(2)
            .and_then(|target| all().find(|&which| self.targets[which].as_deref() == Some(target)));
        let was_stopped = ["Interrupt", "Terminated", "Hangup"]
            .iter()
            .any(|signal| text.trim_end().ends_with(signal));
        for which in folder.into_iter().chain(recipe.filter(|_| !was_stopped)) {
            self.found[which].failed = true;
        }
    }
}
