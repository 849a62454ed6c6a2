//! A recipe's shell code as commands and words, as far as a person reads it: quotes, comments and what parts commands. What
//! make expands (`$(…)`, `${…}`) stays whole, and so does what the shell gets as `$$…`.

use super::super::syntax::text::closing;

/// How deep commands in commands are followed.
const MAX_DEPTH: usize = 8;
/// The most commands that are read of one text.
const MAX_COMMANDS: usize = 2_000;
/// Words that begin or end a part of shell code and are no program.
const KEYWORDS: [&str; 14] = [
    "!", "do", "done", "elif", "else", "esac", "fi", "if", "then", "time", "until", "while", "{",
    "}",
];

/// What is before a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::make::scan) enum Lead {
    /// The start of a recipe's line, which is a shell of its own.
    Line,
    /// `;`, `&`, `(` or `)`: it runs whatever came before.
    Then,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
    /// `$$(` or a backquote: its output becomes part of a word.
    Output,
}

/// A simple command.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::make::scan) struct Command {
    pub(in crate::make::scan) lead: Lead,
    /// Keywords before it, as `if` or `!`.
    pub(in crate::make::scan) keywords: Vec<String>,
    /// Its words without their quotes.
    pub(in crate::make::scan) words: Vec<String>,
    /// The recipe's line that it is in, from 0.
    pub(in crate::make::scan) line: usize,
    /// Whether make takes no notice of that line's failing (`-`).
    pub(in crate::make::scan) is_ignored: bool,
}

impl Command {
    /// The program it runs, behind `NAME=value` words.
    pub(in crate::make::scan) fn program(&self) -> Option<&str> {
        self.words.get(self.start()).map(String::as_str)
    }

    /// Where its program is.
    pub(in crate::make::scan) fn start(&self) -> usize {
        let mut words = self.words.iter();
        words
            .position(|word| !is_assignment(word))
            .unwrap_or(self.words.len())
    }

    /// What follows its program.
    pub(in crate::make::scan) fn arguments(&self) -> &[String] {
        self.words.get(self.start() + 1..).unwrap_or_default()
    }

    pub(in crate::make::scan) fn has(&self, keyword: &str) -> bool {
        self.keywords.iter().any(|own| own == keyword)
    }
}

/// Whether a word sets a variable: `NAME=value`.
pub(in crate::make::scan) fn is_assignment(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or(word);
    name.len() < word.len() && super::super::syntax::text::is_name(name)
}

/// The commands of a text, in order; each unescaped newline begins a recipe line.
pub(in crate::make::scan) fn commands(text: &str) -> Vec<Command> {
    let mut reading = Reading::default();
    reading.begin(Lead::Line);
    reading.text(text, 0);
    reading.end_word();
    reading
        .list
        .retain(|one| !one.words.is_empty() || !one.keywords.is_empty());
    reading.list
}

/// A recipe's text with its shell comments made blank, so that what they mention is text and no use.
pub(in crate::make::scan) fn without_comments(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains('#') {
        return text.into();
    }
    let mut reading = Reading::default();
    reading.begin(Lead::Line);
    reading.text(text, 0);
    if reading.comments.is_empty() {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in reading.comments {
        out.push_str(&text[from..start]);
        from = end;
    }
    out.push_str(&text[from..]);
    out.into()
}

#[derive(Default)]
struct Reading {
    list: Vec<Command>,
    word: String,
    /// Whether a word has begun; it may be empty, between quotes.
    in_word: bool,
    line: usize,
    is_ignored: bool,
    /// Where comments are, in bytes; those of the outermost text alone.
    comments: Vec<(usize, usize)>,
}

impl Reading {
    fn begin(&mut self, lead: Lead) {
        let (line, is_ignored) = (self.line, self.is_ignored);
        if self.list.len() < MAX_COMMANDS {
            self.list.push(Command {
                lead,
                keywords: Vec::new(),
                words: Vec::new(),
                line,
                is_ignored,
            });
        }
    }

    fn push(&mut self, text: &str) {
        self.in_word = true;
        self.word.push_str(text);
    }

    fn end_word(&mut self) {
        if !std::mem::take(&mut self.in_word) {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let Some(command) = self.list.last_mut() else {
            return;
        };
        if command.words.is_empty() && KEYWORDS.contains(&word.as_str()) {
            command.keywords.push(word);
        } else {
            command.words.push(word);
        }
    }

    fn end_command(&mut self, lead: Lead) {
        self.end_word();
        self.begin(lead);
    }

    fn text(&mut self, text: &str, depth: usize) {
        let bytes = text.as_bytes();
        let (mut at, mut quote) = (0, None);
        let mut is_start = depth == 0;
        while let Some(byte) = bytes.get(at) {
            if is_start && matches!(byte, b'@' | b'-' | b'+' | b' ' | b'\t') {
                // make's own prefixes of a recipe line, before the shell gets it; `-` ignores its failure.
                self.is_ignored |= *byte == b'-';
                if let Some(command) = self.list.last_mut() {
                    command.is_ignored = self.is_ignored;
                }
                at += 1;
                continue;
            }
            is_start = false;
            at = match byte {
                b'$' => self.dollar(text, at, quote, depth),
                b'\\' if quote != Some(b'\'') => self.escaped(text, at, quote),
                b'\n' if !self.is_continued(bytes, at) => {
                    quote = None;
                    self.line += 1;
                    self.is_ignored = false;
                    is_start = depth == 0;
                    self.end_command(Lead::Line);
                    at + 1
                }
                byte if quote == Some(*byte) => {
                    quote = None;
                    at + 1
                }
                b'"' | b'\'' if quote.is_none() => {
                    quote = Some(*byte);
                    self.in_word = true;
                    at + 1
                }
                b'`' if quote != Some(b'\'') => self.output(text, at, depth),
                _ if quote.is_some() => self.plain(text, at),
                b'#' if !self.in_word => self.comment(text, at, depth),
                _ => self.unquoted(text, at),
            };
        }
    }

    /// Inside single quotes the backslash stays, and the newline behind it is no end of the recipe's line.
    fn is_continued(&self, bytes: &[u8], at: usize) -> bool {
        let before = bytes[..at].iter().rev();
        before.take_while(|byte| **byte == b'\\').count() % 2 == 1
    }

    fn plain(&mut self, text: &str, at: usize) -> usize {
        let end = at + text[at..].chars().next().map_or(1, char::len_utf8);
        self.push(&text[at..end]);
        end
    }

    fn unquoted(&mut self, text: &str, at: usize) -> usize {
        let rest = &text[at..];
        let before = text[..at].chars().next_back();
        match rest.as_bytes()[0] {
            b'&' if before == Some('>') || rest.starts_with("&>") => self.plain(text, at),
            b'&' if rest.starts_with("&&") => self.part(Lead::And, at + 2),
            b'|' if rest.starts_with("||") => self.part(Lead::Or, at + 2),
            b'|' => self.part(Lead::Pipe, at + 1),
            b';' | b'&' | b'(' | b')' => self.part(Lead::Then, at + 1),
            byte if byte.is_ascii_whitespace() => {
                self.end_word();
                at + 1
            }
            _ => self.plain(text, at),
        }
    }

    fn part(&mut self, lead: Lead, next: usize) -> usize {
        self.end_word();
        // What opens or closes brackets keeps what is before them: `|| (echo no; exit 1)`.
        let keeps = lead == Lead::Then
            && self
                .list
                .last()
                .is_some_and(|last| last.words.is_empty() && last.lead != Lead::Line);
        if !keeps {
            self.begin(lead);
        }
        next
    }

    fn escaped(&mut self, text: &str, at: usize, quote: Option<u8>) -> usize {
        match text[at + 1..].chars().next() {
            Some('\n') => {
                if quote.is_none() {
                    self.end_word();
                }
                at + 2
            }
            Some(next) => {
                let end = at + 1 + next.len_utf8();
                // Between double quotes it stays before whatever means nothing there.
                let stays = quote.is_some() && !matches!(next, '"' | '\\' | '`' | '$');
                self.push(&text[if stays { at } else { at + 1 }..end]);
                end
            }
            None => at + 1,
        }
    }

    fn comment(&mut self, text: &str, at: usize, depth: usize) -> usize {
        let end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end);
        if depth == 0 {
            self.comments.push((at, end));
        }
        end
    }

    /// A `$`: what make expands stays as it is written, `$$(…)` is a command whose output the shell puts in.
    fn dollar(&mut self, text: &str, at: usize, quote: Option<u8>, depth: usize) -> usize {
        let bytes = text.as_bytes();
        let (open, is_shell) = match (bytes.get(at + 1), bytes.get(at + 2)) {
            (Some(b'('), _) | (Some(b'{'), _) => (at + 1, false),
            (Some(b'$'), Some(b'(' | b'{')) => (at + 2, true),
            (Some(b'$'), _) => {
                self.push("$$");
                return at + 2;
            }
            _ => {
                self.push("$");
                return at + 1;
            }
        };
        let Some(close) = closing(bytes, open) else {
            self.push("$");
            return at + 1;
        };
        self.push(&text[at..=close]);
        if is_shell && bytes[open] == b'(' && quote != Some(b'\'') {
            self.inner(&text[open + 1..close], depth);
        }
        close + 1
    }

    fn output(&mut self, text: &str, at: usize, depth: usize) -> usize {
        let rest = &text.as_bytes()[at + 1..];
        let end = memchr::memchr(b'`', rest).map_or(text.len(), |end| at + 1 + end);
        self.push("`");
        self.inner(&text[at + 1..end], depth);
        (end + 1).min(text.len())
    }

    /// Commands inside a word: they are before the command whose word it is.
    fn inner(&mut self, text: &str, depth: usize) {
        if depth >= MAX_DEPTH || self.list.len() >= MAX_COMMANDS {
            return;
        }
        let (word, in_word) = (std::mem::take(&mut self.word), self.in_word);
        self.in_word = false;
        let outer = self.list.pop();
        self.begin(Lead::Output);
        self.text(text, depth + 1);
        self.end_word();
        self.list.extend(outer);
        (self.word, self.in_word) = (word, in_word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let all = commands(text).into_iter();
        all.map(|one| [one.keywords, one.words].concat().join(" "))
            .collect()
    }

    #[test]
    fn commands_are_parted_as_the_shell_does() {
        for (text, expected) in [
            ("@a 'b; c' \"d && e\"; f", vec!["a b; c d && e", "f"]),
            ("-a&&b||c|d&e", vec!["a", "b", "c", "d", "e"]),
            ("a 2>&1 | b &>c", vec!["a 2>&1", "b &>c"]),
            ("(a; b)", vec!["a", "b"]),
            ("x $(if $(A),b c) ${D}", vec!["x $(if $(A),b c) ${D}"]),
            (
                "X=$$(make b) c `d e`",
                vec!["make b", "d e", "X=$$(make b) c `"],
            ),
            ("a # b; c\nd", vec!["a", "d"]),
            ("a \\\n  b \\\n&& c", vec!["a b", "c"]),
            ("if ! a; then b; fi", vec!["if ! a", "then b", "fi"]),
            ("a '' \"\"", vec!["a  "]),
            ("a 'it''s'", vec!["a its"]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn comments_are_blank_and_nothing_else_is() {
        for (text, expected) in [
            ("# a $(X)", ""),
            ("@# a $(X)", "@"),
            ("a # $(X)\nb", "a \nb"),
            ("a '# $(X)' b#c \"#\"", "a '# $(X)' b#c \"#\""),
            ("$${#a} $(subst #,a,b)", "$${#a} $(subst #,a,b)"),
        ] {
            assert_eq!(without_comments(text), expected, "{text}");
        }
    }
}
