//! The lines that make writes before it runs a line of a recipe, told from all others by what the makefile has.

use memchr::{memchr_iter, memmem::Finder};

/// Echoes that are looked for, at most; of more the first are.
const MOST: usize = 1000;
/// Echoes that begin with a gap, at most: for each of them all of a log is looked through.
const MOST_LOOSE: usize = 16;
/// Characters without a blank that the pieces of one must have together, and those of one that begins with a gap.
const LEAST: usize = 2;
const LEAST_LOOSE: usize = 6;

/// What make writes before it runs a line of a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo {
    /// The target whose recipe it is of.
    pub target: String,
    /// Its text; between two pieces may be anything, and before an empty first and behind an empty last one, too.
    pub pieces: Vec<String>,
}

impl Echo {
    fn is(&self, line: &str) -> bool {
        let Some((first, rest)) = self.pieces.split_first() else {
            return false;
        };
        let Some((last, between)) = rest.split_last() else {
            return line == first;
        };
        let inside = line
            .strip_prefix(first.as_str())
            .and_then(|line| line.strip_suffix(last.as_str()));
        let mut left = inside;
        for piece in between {
            left = left.and_then(|left| Some(&left[left.find(piece.as_str())? + piece.len()..]));
        }
        left.is_some()
    }

    fn letters(&self) -> usize {
        let pieces = self.pieces.iter().flat_map(|piece| piece.chars());
        pieces.filter(|char| !char.is_whitespace()).count()
    }
}

/// The first eight bytes of a text, or as many as it has, and which they are.
#[derive(Debug, Clone, Copy)]
struct Start {
    bytes: u64,
    mask: u64,
}

impl Start {
    fn of(text: &[u8]) -> Self {
        let len = text.len().min(8);
        let mut bytes = [0; 8];
        bytes[..len].copy_from_slice(&text[..len]);
        let mut mask = [0; 8];
        mask[..len].fill(u8::MAX);
        Self {
            bytes: u64::from_le_bytes(bytes),
            mask: u64::from_le_bytes(mask),
        }
    }

    /// Whether a text begins as this one does, as far as both are known.
    const fn begins(self, text: Self) -> bool {
        text.bytes & self.mask == self.bytes
    }
}

/// Finds echoes in texts. A line is only looked at closer if it begins as one of them does.
#[derive(Debug, Default)]
pub(super) struct Echoes {
    all: Vec<Echo>,
    /// Which of them begin with each byte, each with how it begins.
    by_byte: Vec<Vec<(Start, u16)>>,
    /// Those that begin with a gap, each with its longest piece.
    loose: Vec<(usize, Finder<'static>)>,
}

impl Echoes {
    pub(super) fn new(echoes: Vec<Echo>) -> Self {
        let mut own = Self {
            by_byte: vec![Vec::new(); 256],
            ..Self::default()
        };
        for echo in echoes {
            if own.all.len() == MOST || own.all.contains(&echo) || echo.letters() < LEAST {
                continue;
            }
            let at = own.all.len();
            match echo.pieces[0].bytes().next() {
                Some(byte) => {
                    let start = Start::of(echo.pieces[0].as_bytes());
                    own.by_byte[usize::from(byte)].push((start, at as u16));
                }
                None if own.loose.len() == MOST_LOOSE || echo.letters() < LEAST_LOOSE => continue,
                None => {
                    let longest = echo.pieces.iter().max_by_key(|piece| piece.len());
                    let longest = longest.map_or("", String::as_str);
                    own.loose.push((at, Finder::new(longest).into_owned()));
                }
            }
            own.all.push(echo);
        }
        own
    }

    /// Calls `each` with where every line begins that is an echo, in order, and with its target.
    pub(super) fn find<'s>(&'s self, texts: &str, mut each: impl FnMut(usize, &'s str)) {
        if self.all.is_empty() {
            return;
        }
        let mut loose = Vec::new();
        for (at, finder) in &self.loose {
            for found in finder.find_iter(texts.as_bytes()) {
                let start = texts[..found].rfind('\n').map_or(0, |end| end + 1);
                loose.push((start, *at));
            }
        }
        loose.sort_unstable();
        let mut loose = loose.into_iter().peekable();
        let bytes = texts.as_bytes();
        let starts = memchr_iter(b'\n', bytes).map(|end| end + 1);
        for start in std::iter::once(0).chain(starts) {
            let Some(&first) = bytes.get(start) else {
                continue;
            };
            let own = &self.by_byte[usize::from(first)];
            let is_loose = loose.peek().is_some_and(|(at, _)| *at <= start);
            if own.is_empty() && !is_loose {
                continue;
            }
            let begins = Start::of(&bytes[start..]);
            let is = |at: usize| {
                let line = texts[start..].split('\n').next().unwrap_or_default();
                self.all[at].is(line).then_some(&self.all[at])
            };
            let alike = own.iter().filter(|(own, _)| own.begins(begins));
            let mut found = alike.map(|(_, at)| usize::from(*at)).find_map(is);
            while let Some((_, at)) = loose.next_if(|(at, _)| *at <= start) {
                found = found.or_else(|| is(at));
            }
            if let Some(echo) = found {
                each(start, &echo.target);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo(target: &str, pieces: &[&str]) -> Echo {
        Echo {
            target: target.to_owned(),
            pieces: pieces.iter().map(|piece| (*piece).to_owned()).collect(),
        }
    }

    fn found(echoes: Vec<Echo>, texts: &str) -> Vec<(usize, String)> {
        let echoes = Echoes::new(echoes);
        let mut found = Vec::new();
        echoes.find(texts, |at, target| {
            let line = texts[..at].matches('\n').count() + 1;
            found.push((line, target.to_owned()));
        });
        found
    }

    #[test]
    fn a_line_is_an_echo_if_all_of_it_is_as_the_recipe_has_it() {
        let echoes = vec![
            echo("all", &["echo hello"]),
            echo("push", &["docker push ", "/app:", ""]),
            echo("cc", &["", " -c -o ", ".o ", ".c"]),
            echo("any", &["", ""]),
            echo("dash", &["", " -"]),
        ];
        let log = "echo hello\nhello\n echo hello\necho hello you\ndocker push r/app:1 x\ndocker push r\n\
            cc -O2 -c -o a.o a.c\ncc -O2 -c -o a.o a.cpp\n\nx -";
        let expected = [(1, "all"), (5, "push"), (7, "cc")];
        assert_eq!(
            found(echoes, log),
            expected.map(|(line, target)| (line, target.to_owned()))
        );
    }

    #[test]
    fn pieces_do_not_overlap() {
        assert_eq!(found(vec![echo("a", &["aba", "aba"])], "aba\nababa"), []);
        let two = found(vec![echo("a", &["ab", "b", "ba"])], "abbba\nabba");
        assert_eq!(two, [(1, "a".to_owned())]);
    }
}
