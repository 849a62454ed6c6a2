//! The sections of a log, from make's own `Entering directory` and `Leaving directory`.
//!
//! If several makes write at once (`-j`) their sections cross; those are left out, for what lies in one of them is
//! not its own.

use std::{collections::HashSet, sync::LazyLock};

use regex_automata::meta::Regex;

use super::{MOST, Section, place::compiled};

/// make's lines in English, as in most build logs: in other languages no word distinguishes them.
static SAID: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"^\S*make(?:\[(\d{1,9})\])?: (?:(Entering)|Leaving) directory [`'](.+)'$")
});

/// make reported its failure; the level is in the first group.
static FAILED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"^\S*make(?:\[(\d{1,9})\])?: \*\*\* .*[^)\s]\s*$"));

/// Lines a make may have written after it reported that it failed: its two outputs are read by turns.
const NEAR: u64 = 50;
/// Lines after the end of what still is all of a log, for the same reason.
const SOON: u64 = 3;

/// The sections found so far.
#[derive(Debug, Default)]
pub(super) struct Sections {
    found: Vec<Section>,
    /// Which make wrote each, by how deep it was called.
    levels: Vec<u32>,
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
            section.first == 1 && section.last.is_none_or(|last| last + SOON >= lines)
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
            self.enter(line, at, level, folder);
        } else {
            self.leave(line, at, level, folder);
        }
        true
    }

    fn enter(&mut self, line: u64, at: i64, level: u32, folder: &str) {
        if self.found.len() == MOST {
            self.is_cut = true;
            return;
        }
        self.open.push(self.found.len());
        self.levels.push(level);
        self.found.push(Section {
            first: line,
            last: None,
            depth: u32::try_from(self.open.len() - 1).unwrap_or(u32::MAX),
            folder: folder.to_owned(),
            failed: false,
            began_at: at,
            ended_at: None,
        });
    }

    fn leave(&mut self, line: u64, at: i64, level: u32, folder: &str) {
        let is_it =
            |which: &usize| self.levels[*which] == level && self.found[*which].folder == folder;
        let Some(place) = self.open.iter().rposition(is_it) else {
            return;
        };
        let own = self.open.remove(place);
        if place < self.open.len() {
            self.crossed.insert(own);
            self.crossed.extend(&self.open[place..]);
        }
        let section = &mut self.found[own];
        (section.last, section.ended_at) = (Some(line), Some(at));
    }

    fn note_failure(&mut self, line: u64, text: &str) {
        let mut groups = FAILED.create_captures();
        FAILED.captures(text, &mut groups);
        if !groups.is_match() || text.trim_end().ends_with("(ignored)") {
            return;
        }
        let level = groups
            .get_group(1)
            .map_or(0, |span| text[span.start..span.end].parse().unwrap_or(0));
        let near = |last: Option<u64>| last.is_none_or(|last| last + NEAR >= line);
        let which = (0..self.found.len())
            .rev()
            .find(|&which| self.levels[which] == level && near(self.found[which].last));
        if let Some(which) = which {
            self.found[which].failed = true;
        }
    }
}
