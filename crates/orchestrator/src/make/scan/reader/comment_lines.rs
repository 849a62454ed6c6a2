//! Comment lines: headings, and text about what comes next.

use super::{
    super::{
        syntax::text::is_blank,
        texts::{
            comment::{Marked, marked},
            prose::{heading_between, is_heading, named},
        },
    },
    At, Reader,
};

/// As many comments that name their target are kept.
const MAX_NAMED: usize = 2_000;
/// As many lines of comments before the first rule are kept.
const MAX_HEAD: usize = 500;

impl Reader {
    pub(super) fn comment(&mut self, raw: &str, at: &mut At) {
        for (number, line) in (at.line..).zip(raw.split('\n')) {
            if line.contains("@secret") {
                at.secret = number;
            }
            let after_drawn = std::mem::take(&mut at.drawn);
            match marked(line.trim_matches(is_blank)) {
                Marked::Group(heading) => {
                    at.group = Some(heading).filter(|heading| !heading.is_empty());
                    at.comments.clear();
                    self.rules.has_groups = true;
                }
                Marked::Banner(heading) => {
                    at.banner = Some(heading);
                    at.comments.clear();
                }
                Marked::Rule => {
                    // A text between two drawn lines is a heading; more than two lines of it are a text.
                    let lines = |from: &usize| at.comments.len().saturating_sub(*from);
                    if let Some(from) = after_drawn.filter(|from| (1..=2).contains(&lines(from))) {
                        let lines = at.comments[from..].iter();
                        let text: Vec<&str> =
                            lines.map(|line| heading_between(&line.text)).collect();
                        at.banner = Some(text.join(" ").trim().to_owned())
                            .filter(|text| is_heading(text))
                            .or(at.banner.take());
                        at.comments.clear();
                    } else {
                        at.drawn = Some(at.comments.len());
                    }
                }
                Marked::Line(line) => {
                    at.drawn = after_drawn;
                    if line.doubled
                        && let Some((name, text)) = named(&line.text)
                        && self.notes.named.len() < MAX_NAMED
                    {
                        let one = (name.to_owned(), text.to_owned());
                        self.notes.named.push(one);
                    }
                    if self.rules.targets.is_empty() && self.notes.head.len() < MAX_HEAD {
                        self.notes.head.push(line.text.clone());
                    }
                    at.comments.push(line);
                }
            }
        }
    }
}
