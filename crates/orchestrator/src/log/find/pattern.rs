//! What is looked for, made ready to be found at memory speed.

use std::ops::Range;

use regex_automata::{Input, meta};
use regex_syntax::{
    ParserBuilder,
    hir::{Hir, Look},
    is_word_character,
};

use super::{
    Query,
    inline::inline,
    required::{Required, required},
};

/// Bytes of a query, at most.
const LONGEST: usize = 1000;
/// Bytes an expression may take once it is compiled; `\w{1000}` takes more.
const COMPILED: usize = 4 * 1024 * 1024;
/// Bytes of states kept while an expression that is no plain text is looked for.
const STATES: usize = 2 * 1024 * 1024;
/// Groups within groups.
const DEPTH: u32 = 100;

/// Why something cannot be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPattern {
    /// Nothing.
    #[error("there is nothing to look for")]
    Empty,
    /// Too much.
    #[error("at most {LONGEST} bytes can be looked for")]
    Long,
    /// What no line can hold.
    #[error("a line break or U+0000 is in no line as it is shown")]
    Unseen,
    /// No regular expression.
    #[error("{what}, at character {at}")]
    Syntax {
        /// What is wrong.
        what: String,
        /// Where, from 1.
        at: usize,
    },
    /// One that would take too much memory.
    #[error("the expression is too large: repeat less of it")]
    Large,
}

/// What is looked for. No match is empty, and none leaves its line.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: meta::Regex,
    /// Whether word ends are looked at here: for plain text that is much faster than within the expression.
    words: bool,
    required: Required,
}

impl Pattern {
    /// Makes a query ready.
    ///
    /// # Errors
    /// If it is empty, too long, too large or no regular expression.
    pub fn new(query: &Query) -> Result<Self, BadPattern> {
        if query.text.is_empty() {
            return Err(BadPattern::Empty);
        }
        if query.text.len() > LONGEST {
            return Err(BadPattern::Long);
        }
        if !query.regex && query.text.contains(['\0', '\n', '\r']) {
            return Err(BadPattern::Unseen);
        }
        let escaped;
        let text = if query.regex {
            &query.text
        } else {
            escaped = regex_syntax::escape(&query.text);
            &escaped
        };
        let mut hir = parse(text, query.case)?;
        if query.regex && query.word {
            let half = |look| Hir::look(look);
            hir = Hir::concat(vec![
                half(Look::WordStartHalfUnicode),
                hir,
                half(Look::WordEndHalfUnicode),
            ]);
        }
        let hir = inline(hir);
        Ok(Self {
            required: required(&hir),
            regex: compile(&hir)?,
            words: query.word && !query.regex,
        })
    }

    /// A regular expression that distinguishes upper and lower case.
    ///
    /// # Errors
    /// As [`Pattern::new`].
    pub fn regex(text: &str) -> Result<Self, BadPattern> {
        Self::new(&Query {
            text: text.to_owned(),
            case: true,
            word: false,
            regex: true,
        })
    }

    /// What every line that holds it holds.
    #[must_use]
    pub const fn required(&self) -> &Required {
        &self.required
    }

    /// Reports each place in the texts of some lines, from left to right, none over another.
    pub fn each(&self, texts: &str, mut found: impl FnMut(Range<usize>)) {
        let mut at = 0;
        while let Some(range) = self.next(texts, at) {
            at = range.end;
            found(range);
        }
    }

    /// The next place at or after byte `at`.
    #[must_use]
    pub fn next(&self, texts: &str, mut at: usize) -> Option<Range<usize>> {
        while at <= texts.len() {
            let found = self.regex.search(&Input::new(texts).range(at..))?;
            if found.is_empty() {
                at = after(texts, found.end());
            } else if self.words && !is_word(texts, &found.range()) {
                at = after(texts, found.start());
            } else {
                return Some(found.range());
            }
        }
        None
    }
}

/// The place after the character at `at`.
fn after(texts: &str, at: usize) -> usize {
    at + texts[at..].chars().next().map_or(1, char::len_utf8)
}

/// Whether no letter of a word is right before or after.
fn is_word(texts: &str, found: &Range<usize>) -> bool {
    let ends = [
        texts[..found.start].chars().next_back(),
        texts[found.end..].chars().next(),
    ];
    !ends.into_iter().flatten().any(is_word_character)
}

fn parse(text: &str, case: bool) -> Result<Hir, BadPattern> {
    let parsed = ParserBuilder::new()
        .case_insensitive(!case)
        .multi_line(true)
        .nest_limit(DEPTH)
        .build()
        .parse(text);
    parsed.map_err(|error| {
        let (what, at) = match &error {
            regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start),
            regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span().start),
            _ => return BadPattern::Large,
        };
        let at = text
            .get(..at.offset)
            .map_or(0, |before| before.chars().count())
            + 1;
        BadPattern::Syntax { what, at }
    })
}

fn compile(hir: &Hir) -> Result<meta::Regex, BadPattern> {
    let config = meta::Config::new()
        .nfa_size_limit(Some(COMPILED))
        .hybrid_cache_capacity(STATES);
    let built = meta::Builder::new().configure(config).build_from_hir(hir);
    built.map_err(|_| BadPattern::Large)
}
