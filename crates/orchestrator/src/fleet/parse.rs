//! Reads a line that chooses hosts; what its sets hold is found by [`super::choice`].

/// How a set changes what was chosen before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Its hosts are added.
    Or,
    /// Only those stay that are in it.
    And,
    /// Those that are in it go.
    Not,
    /// All but those that are in it: a line that begins with `!`.
    AllBut,
}

/// Some hosts, as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Set {
    /// A name, a range, a glob, or a mixture.
    Names(String),
    /// Those with a tag.
    Tag(String),
    /// Those of a file; of standard input if there is no path.
    File(Option<String>),
    /// What stands in brackets.
    Inner(Vec<(Step, Set)>),
    /// A part of a set.
    Part(Box<Set>, Part),
}

/// How many of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The first so many.
    First(usize),
    /// So many of a hundred, at least one.
    Percent(u8),
}

/// Brackets in brackets, at most.
const DEEPEST: usize = 32;

/// Reads a whole line.
///
/// # Errors
/// A sentence that says what is wrong where.
pub(super) fn parse(line: &str) -> Result<Vec<(Step, Set)>, String> {
    let mut reader = Reader {
        line,
        at: 0,
        depth: 0,
    };
    let steps = reader.steps()?;
    match reader.next() {
        None => Ok(steps),
        Some(_) => Err(reader.wrong("a ')' without its '('")),
    }
}

/// The words of a line: blanks and commas part them, unless they are in the brackets of a range.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    line.split(move |c: char| {
        inside = c == '[' || (inside && c != ']');
        !inside && (c == ',' || c.is_whitespace())
    })
    .filter(|word| !word.is_empty())
}

struct Reader<'a> {
    line: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn steps(&mut self) -> Result<Vec<(Step, Set)>, String> {
        let mut steps = Vec::new();
        let mut step = if self.take('!') {
            Step::AllBut
        } else {
            Step::Or
        };
        loop {
            steps.push((step, self.set()?));
            step = match self.next() {
                Some(',') => {
                    self.take(',');
                    // `web*,!web-3`: what is left out is left out of all before it.
                    if self.take('!') { Step::Not } else { Step::Or }
                }
                Some('&') => {
                    self.take('&');
                    if self.take('!') { Step::Not } else { Step::And }
                }
                Some('!') => {
                    self.take('!');
                    Step::Not
                }
                None | Some(')') => return Ok(steps),
                Some(_) => return Err(self.wrong("',', '&' or '!' is missing")),
            };
        }
    }

    fn set(&mut self) -> Result<Set, String> {
        let set = if self.take('(') {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(self.wrong("too many brackets in each other"));
            }
            let steps = self.steps()?;
            if !self.take(')') {
                return Err(self.wrong("a ')' is missing"));
            }
            self.depth -= 1;
            Set::Inner(steps)
        } else {
            self.simple()?
        };
        if self.take('/') {
            let part = self.part()?;
            return Ok(Set::Part(Box::new(set), part));
        }
        Ok(set)
    }

    fn simple(&mut self) -> Result<Set, String> {
        self.next();
        let rest = &self.line[self.at..];
        if let Some(path) = rest.strip_prefix("@file:") {
            // A path may hold a '/', and no part can be asked for.
            let length = path.find([',', '&', '!', ')']).unwrap_or(path.len());
            let path = path[..length].trim_end();
            if path.is_empty() {
                return Err(self.wrong("a path is missing after @file:"));
            }
            self.at += "@file:".len() + length;
            return Ok(Set::File(Some(path.to_owned())));
        }
        let mut inside = false;
        let length = rest
            .find(|c: char| {
                inside = c == '[' || (inside && c != ']');
                !inside && (matches!(c, ',' | '&' | '!' | '(' | ')' | '/') || c.is_whitespace())
            })
            .unwrap_or(rest.len());
        let word = &rest[..length];
        let set = match word.strip_prefix('@') {
            _ if word.is_empty() => return Err(self.wrong("a host is missing")),
            Some("") => return Err(self.wrong("a tag is missing after '@'")),
            Some(tag) => Set::Tag(tag.to_owned()),
            None if word == "-" => Set::File(None),
            None => Set::Names(word.to_owned()),
        };
        self.at += length;
        Ok(set)
    }

    fn part(&mut self) -> Result<Part, String> {
        let rest = &self.line[self.at..];
        let length = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let count: usize = rest[..length]
            .parse()
            .ok()
            .filter(|count| *count > 0)
            .ok_or_else(|| self.wrong("after '/' comes a number, or a number and '%'"))?;
        self.at += length;
        if !self.line[self.at..].starts_with('%') {
            return Ok(Part::First(count));
        }
        self.at += 1;
        match u8::try_from(count) {
            Ok(percent @ ..=100) => Ok(Part::Percent(percent)),
            _ => Err(self.wrong("more than 100%")),
        }
    }

    /// What comes next, after blanks.
    fn next(&mut self) -> Option<char> {
        let rest = &self.line[self.at..];
        self.at = self.line.len() - rest.trim_start().len();
        self.line[self.at..].chars().next()
    }

    fn take(&mut self, what: char) -> bool {
        let is_next = self.next() == Some(what);
        if is_next {
            self.at += what.len_utf8();
        }
        is_next
    }

    /// What is wrong, and before what.
    fn wrong(&self, what: &str) -> String {
        match self.line[self.at..].trim() {
            "" => format!("'{}': {what} at its end", self.line.trim()),
            rest => format!("'{}': {what} before '{rest}'", self.line.trim()),
        }
    }
}
