//! What the documents of a project say of its targets: `make test` in a table, a list, a heading or an example.

use std::collections::HashMap;

use crate::make::scan::{reader::Reader, syntax::text::is_blank, targets::rules::Rules};

/// The documents that are looked at, in make's own folder; what an earlier one says goes first.
const DOCUMENTS: [&str; 14] = [
    "README.md",
    "README.rst",
    "README.adoc",
    "README.org",
    "README.txt",
    "README",
    "Readme.md",
    "readme.md",
    "CONTRIBUTING.md",
    "CONTRIBUTING.rst",
    "DEVELOPMENT.md",
    "DEVELOPING.md",
    "HACKING.md",
    "INSTALL.md",
];
/// As many lines of a document are read.
const MAX_LINES: usize = 20_000;
/// The longest line that is read, in bytes.
const MAX_LINE: usize = 1_000;
/// The longest text, in characters.
const MAX_TEXT: usize = 160;
/// What a line of prose begins with that then says what for: "Run `make test` to test it".
const CALLING: [&str; 8] = [
    "call", "execute", "invoke", "run", "running", "type", "use", "using",
];

/// The documents that are there, each with its name.
pub(in crate::make::scan) fn read(reader: &mut Reader) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for name in DOCUMENTS {
        // On a file system that takes capitals and small letters for the same, one of them twice adds no information.
        found.extend(reader.files.document(name).map(|text| (name, text)));
    }
    found
}

/// What documents say, by target.
#[derive(Debug, Default)]
pub(in crate::make::scan) struct Documented {
    /// The text, the document's name, and whether it is said of a call without further words.
    texts: HashMap<String, (String, &'static str, bool)>,
}

impl Documented {
    pub(in crate::make::scan) fn of_documents(
        documents: &[(&'static str, String)],
        rules: &Rules,
    ) -> Self {
        let mut all = Self::default();
        for (name, text) in documents {
            let lines: Vec<&str> = text.lines().take(MAX_LINES).collect();
            all.lines(&lines, name, rules);
        }
        all
    }

    /// The text of a target, and the document that has it.
    pub(super) fn of(&self, target: &str) -> Option<(&str, &'static str)> {
        let (text, document, _) = self.texts.get(target)?;
        Some((text, document))
    }

    fn lines(&mut self, lines: &[&str], document: &'static str, rules: &Rules) {
        let (mut in_code, mut header): (bool, Vec<bool>) = (false, Vec::new());
        for (at, line) in lines.iter().enumerate() {
            let bare = line.trim();
            if bare.starts_with("```") || bare.starts_with("~~~") {
                in_code = !in_code;
            }
            if line.len() > MAX_LINE {
                continue;
            }
            let is_row = bare.starts_with('|') && !in_code;
            if !is_row {
                header.clear();
            } else if header.is_empty() {
                header = cells(bare).map(|cell| is_of_commands(&cell)).collect();
            }
            if !is_row && !line.contains("make ") {
                continue;
            }
            let next = lines[at + 1..].iter().map(|next| next.trim());
            let next_text = next.clone().find(|next| !next.is_empty());
            let found = if is_row {
                of_row(bare, &header)
            } else if in_code || line.starts_with("    ") || line.starts_with('\t') {
                let above = at.checked_sub(1).map(|above| lines[above].trim());
                let below = next.clone().next();
                of_code(bare, above, below)
            } else {
                of_item(bare).or_else(|| of_heading(bare, next_text))
            };
            if let Some((call, text)) = found {
                self.take(&call, &text, document, rules);
            }
        }
    }

    fn take(&mut self, call: &Call, text: &str, document: &'static str, rules: &Rules) {
        let Some(text) = prose(text).filter(|_| rules.position(&call.target).is_some()) else {
            return;
        };
        let known = self.texts.get(&call.target);
        if known.is_none_or(|(_, of, is_bare)| call.is_bare && !is_bare && *of == document) {
            let texts = (text, document, call.is_bare);
            self.texts.insert(call.target.clone(), texts);
        }
    }
}

/// A call of make for one target.
struct Call {
    target: String,
    /// Whether the target is the last word.
    is_bare: bool,
}

/// The call that a text is: `make test`, `make test V=1`. None if it is for several targets, or for another makefile.
fn call(text: &str) -> Option<Call> {
    let text = text.trim();
    let text = text.strip_prefix("$ ").unwrap_or(text).trim_start();
    let text = text.strip_prefix("sudo ").unwrap_or(text).trim_start();
    let mut words = text.strip_prefix("make ")?.split_whitespace();
    let target = words.next()?;
    let is_name = |word: &str| {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '%');
        word.chars().all(is_part) && word.starts_with(|c: char| c.is_alphanumeric() || c == '_')
    };
    let rest: Vec<&str> = words.collect();
    let is_filled = |word: &&str| {
        word.contains('=') || word.starts_with(['<', '[', '{', '$']) || word.starts_with('"')
    };
    (is_name(target) && rest.iter().all(is_filled)).then(|| Call {
        target: target.to_owned(),
        is_bare: rest.is_empty(),
    })
}

/// A text without what marks it as code or bold.
fn unmarked(text: &str) -> &str {
    text.trim().trim_matches(['`', '*', ' '])
}

fn cells(row: &str) -> impl Iterator<Item = String> + '_ {
    let row = row.trim_matches('|').replace("\\|", "\u{0}");
    let cells: Vec<String> = row
        .split('|')
        .map(|cell| cell.replace('\u{0}', "|").trim().to_owned())
        .collect();
    cells.into_iter()
}

/// Whether a column has targets, by its heading.
fn is_of_commands(cell: &str) -> bool {
    let cell = unmarked(cell).to_lowercase();
    ["target", "make target", "command", "make command", "task"]
        .contains(&cell.trim_end_matches('s'))
}

/// `| make test | Test it |`
fn of_row(row: &str, header: &[bool]) -> Option<(Call, String)> {
    let cells: Vec<String> = cells(row).collect();
    let (at, call) = cells.iter().enumerate().find_map(|(at, cell)| {
        let text = unmarked(cell);
        let named = || match header.get(at) {
            Some(true) => call(&format!("make {text}")),
            _ => None,
        };
        Some((at, call(text).or_else(named)?))
    })?;
    let text = cells.get(at + 1).filter(|text| !text.is_empty())?;
    Some((call, text.clone()))
}

/// `make test   # Test it`, or the call alone below a comment.
fn of_code(line: &str, above: Option<&str>, below: Option<&str>) -> Option<(Call, String)> {
    let (code, comment) = match line.split_once(" #") {
        Some((code, comment)) => (code, Some(comment)),
        None => (line, None),
    };
    if let Some(comment) = comment {
        return Some((call(code)?, comment.trim_matches(['#', ' ']).to_owned()));
    }
    let parted = ["  ", "\t", " - ", " – ", " — "].iter().find_map(|by| {
        let (code, text) = code.split_once(by)?;
        Some((
            call(code)?,
            text.trim_start_matches(['-', '–', '—', ' ', '\t'])
                .to_owned(),
        ))
    });
    if parted.is_some() {
        return parted;
    }
    let call = call(code)?;
    let above = above?.strip_prefix("# ")?;
    // A comment above two commands is about both.
    let is_last = below.is_none_or(|below| below.is_empty() || below.starts_with(['#', '`', '~']));
    (is_last && call.is_bare).then(|| (call, above.to_owned()))
}

/// "* `make test`: Test it", "Run `make test` to test it".
fn of_item(line: &str) -> Option<(Call, String)> {
    let item = line.trim_start_matches(['-', '*', '+', '•', ' ']);
    let number = item.find(|c: char| !c.is_ascii_digit()).unwrap_or_default();
    let item = item[number..].trim_start_matches(['.', ')', ' ']);
    let item = item.trim_start_matches("**");
    let (before, rest) = item.split_once('`')?;
    let (code, after) = rest.trim_start_matches('`').split_once('`')?;
    let after = after.trim_start_matches(['`', '*']);
    let call = call(code)?;
    let word = before.trim().trim_end_matches(':').to_lowercase();
    if word.is_empty() {
        let text = after.trim_start_matches(is_blank);
        let parting = [":", "-", "–", "—", "->", "→", "=>"];
        let text = parting
            .iter()
            .rev()
            .find_map(|sign| text.strip_prefix(sign))?;
        return Some((call, text.to_owned()));
    }
    let purpose = after.trim_start().strip_prefix("to ")?;
    CALLING
        .contains(&word.as_str())
        .then(|| (call, purpose.to_owned()))
}

/// `### make test` above its text.
fn of_heading(line: &str, next: Option<&str>) -> Option<(Call, String)> {
    let heading = line.strip_prefix('#')?.trim_start_matches('#');
    let call = call(unmarked(heading))?;
    let is_prose = |text: &&str| text.starts_with(char::is_alphabetic);
    next.filter(is_prose).map(|text| (call, text.to_owned()))
}

/// The first sentence of a text without its marks, if it says something.
fn prose(text: &str) -> Option<String> {
    let text = text.replace(['`', '\u{0}'], "").replace("**", "");
    let text = without_links(&text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = text.find(". ").unwrap_or(text.len());
    let text = text[..end].trim_end_matches(['.', ',', ';', ':']);
    let text = text.strip_prefix("To ").unwrap_or(text);
    let mut letters = text.chars();
    let text: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect();
    let says = text.contains(' ') || text.chars().count() > 3;
    let lower = text.to_lowercase();
    let is_aside = ["note", "this command may", "warning", "see "]
        .iter()
        .any(|start| lower.starts_with(start));
    let is_prose = text.starts_with(char::is_alphanumeric) && says && !is_aside;
    let is_cut = text.chars().count() > MAX_TEXT;
    is_prose.then(|| {
        if is_cut {
            super::cut(&text, MAX_TEXT)
        } else {
            text
        }
    })
}

/// `[text](address)` as `text`.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((inner, behind)) = after.split_once("](") else {
            break;
        };
        let Some((_, behind)) = behind.split_once(')') else {
            break;
        };
        out.push_str(before);
        out.push_str(inner);
        rest = behind;
    }
    out.push_str(rest);
    out
}
