//! The wrapper's marks in a stream of bytes: what comes before the first is noise, what comes between is the command's.

/// 128 random bits, in two halves of hex digits.
#[derive(Debug, Clone)]
pub(in crate::ssh) struct Nonce(String, String);

/// Begins and ends a mark: ASCII RS, rare in any output.
const RS: u8 = 0x1e;
/// Bytes a mark's own text may have; a longer one is no mark.
const LONGEST: usize = 128;

impl Nonce {
    /// A new one.
    pub(in crate::ssh) fn new() -> Self {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).expect("the system's random source works");
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(hex[..16].to_owned(), hex[16..].to_owned())
    }

    /// As they are in the exec string; a mark has the second before the first.
    pub(in crate::ssh) fn halves(&self) -> (String, String) {
        (self.0.clone(), self.1.clone())
    }

    fn needle(&self, kind: char) -> Vec<u8> {
        format!("\x1e{}{}{kind}", self.1, self.0).into_bytes()
    }
}

/// What a stream turned out to hold.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::ssh) enum Found<'a> {
    /// Written before the command ran, by the login shell's start files.
    Noise(&'a [u8]),
    /// The start mark's text.
    Started(&'a str),
    /// `sudo` asks for a password.
    Prompt,
    /// The command's own bytes.
    Bytes(&'a [u8]),
    /// The end mark's text.
    Ended(&'a str),
}

/// Reads one stream. It holds back at most the beginning of what may be a mark.
#[derive(Debug)]
pub(in crate::ssh) struct Marks {
    started: bool,
    /// The marks still to come, the next one last.
    needles: Vec<Vec<u8>>,
    /// What `sudo` asks with, any number of times before the start; none if it is not asked for.
    prompt: Option<Vec<u8>>,
    held: Vec<u8>,
}

impl Marks {
    /// For stdout, which has both marks; `ends` is false for stderr, which has the first alone.
    pub(in crate::ssh) fn new(nonce: &Nonce, ends: bool) -> Self {
        let mut needles = vec![nonce.needle('s')];
        if ends {
            needles.insert(0, nonce.needle('e'));
        }
        Self {
            started: false,
            needles,
            prompt: None,
            held: Vec::new(),
        }
    }

    /// The same, in which `sudo` may ask before the start mark.
    pub(in crate::ssh) fn with_prompts(mut self, nonce: &Nonce) -> Self {
        self.prompt = Some(nonce.needle('p'));
        self
    }

    /// For what has no marks: all of it is the command's.
    pub(in crate::ssh) fn none() -> Self {
        Self {
            started: true,
            needles: Vec::new(),
            prompt: None,
            held: Vec::new(),
        }
    }

    /// Takes bytes and says what they are.
    pub(in crate::ssh) fn feed(&mut self, bytes: &[u8], sink: &mut impl FnMut(Found<'_>)) {
        let joined;
        let mut rest = bytes;
        if !self.held.is_empty() {
            joined = [std::mem::take(&mut self.held).as_slice(), bytes].concat();
            rest = &joined;
        }
        while let Some(needle) = self.needles.last() {
            let start = next(rest, needle);
            let prompt = self.prompt.as_ref().filter(|_| !self.started);
            let prompt = prompt.map_or(Next::None, |prompt| next(rest, prompt));
            if let Next::Mark { at, end, .. } = prompt
                && !matches!(start, Next::Mark { at: start, .. } if start < at)
            {
                self.give(&rest[..at], sink);
                sink(Found::Prompt);
                rest = &rest[end + 1..];
                continue;
            }
            match start.or(prompt) {
                Next::None => break,
                Next::Partly(at) => {
                    self.held = rest[at..].to_vec();
                    rest = &rest[..at];
                    break;
                }
                Next::Mark { at, text, end } => {
                    self.give(&rest[..at], sink);
                    let text = String::from_utf8_lossy(&rest[text..end]);
                    sink(if self.started {
                        Found::Ended(&text)
                    } else {
                        Found::Started(&text)
                    });
                    self.started = true;
                    self.needles.pop();
                    rest = &rest[end + 1..];
                }
            }
        }
        self.give(rest, sink);
    }

    /// No more will come: gives what was held back.
    pub(in crate::ssh) fn end(&mut self, sink: &mut impl FnMut(Found<'_>)) {
        let held = std::mem::take(&mut self.held);
        self.give(&held, sink);
    }

    fn give(&self, bytes: &[u8], sink: &mut impl FnMut(Found<'_>)) {
        if bytes.is_empty() {
            return;
        }
        sink(if self.started {
            Found::Bytes(bytes)
        } else {
            Found::Noise(bytes)
        });
    }
}

enum Next {
    None,
    /// What begins here may become a mark.
    Partly(usize),
    /// A mark from `at`, its text from `text` to `end`.
    Mark {
        at: usize,
        text: usize,
        end: usize,
    },
}

impl Next {
    /// What is to be done if this is no mark, and that may be the beginning of a prompt.
    fn or(self, prompt: Self) -> Self {
        match (self, prompt) {
            (Self::Partly(one), Self::Partly(two)) => Self::Partly(one.min(two)),
            (Self::None, Self::Partly(at)) => Self::Partly(at),
            (this, _) => this,
        }
    }
}

fn next(data: &[u8], needle: &[u8]) -> Next {
    let Some(at) = memchr::memmem::find(data, needle) else {
        return match overlap(data, needle) {
            0 => Next::None,
            length => Next::Partly(data.len() - length),
        };
    };
    let text = at + needle.len();
    let longest = data.len().min(text + LONGEST);
    match memchr::memchr(RS, &data[text..longest]) {
        Some(length) => Next::Mark {
            at,
            text,
            end: text + length,
        },
        None if longest < text + LONGEST => Next::Partly(at),
        // The bits are ours and the rest is not; the command must have made it.
        None => Next::None,
    }
}

/// How many of the last bytes of `data` are the first ones of `needle`.
fn overlap(data: &[u8], needle: &[u8]) -> usize {
    let longest = data.len().min(needle.len() - 1);
    let tail = &data[data.len() - longest..];
    memchr::memchr_iter(needle[0], tail)
        .map(|at| &tail[at..])
        .find(|suffix| needle.starts_with(suffix))
        .map_or(0, <[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(nonce: &Nonce) -> Vec<u8> {
        let (a, b) = nonce.halves();
        format!(
            "motd\x1e\n\x1e{b}{a}s42 own\x1eout\0\x1e{b}x\x1e{b}{a}e7 - -\x1elate\x1e{b}{a}e0 - -\x1e"
        )
        .into_bytes()
    }

    fn read(nonce: &Nonce, parts: &[&[u8]]) -> (Vec<u8>, Vec<u8>, Vec<String>) {
        let mut marks = Marks::new(nonce, true);
        let (mut noise, mut bytes, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        let mut sink = |found: Found<'_>| match found {
            Found::Noise(more) => noise.extend(more),
            Found::Bytes(more) => bytes.extend(more),
            Found::Started(text) | Found::Ended(text) => texts.push(text.to_owned()),
            Found::Prompt => texts.push("?".to_owned()),
        };
        for part in parts {
            marks.feed(part, &mut sink);
        }
        marks.end(&mut sink);
        (noise, bytes, texts)
    }

    #[test]
    fn a_prompt_is_found_before_the_start_and_is_output_after_it() {
        let nonce = Nonce::new();
        let (a, b) = nonce.halves();
        let whole = format!(
            "lecture\n\x1e{b}{a}p\x1eSorry, try again.\n\x1e{b}{a}p\x1e\x1e{b}{a}s\x1eout\x1e{b}{a}p\x1e"
        );
        let whole = whole.as_bytes();
        for at in 0..=whole.len() {
            let mut marks = Marks::new(&nonce, false).with_prompts(&nonce);
            let (mut noise, mut bytes, mut texts) = (Vec::new(), Vec::new(), Vec::new());
            let mut sink = |found: Found<'_>| match found {
                Found::Noise(more) => noise.extend_from_slice(more),
                Found::Bytes(more) => bytes.extend_from_slice(more),
                Found::Prompt => texts.push("?"),
                Found::Started(_) => texts.push("s"),
                Found::Ended(text) => panic!("{text}"),
            };
            marks.feed(&whole[..at], &mut sink);
            marks.feed(&whole[at..], &mut sink);
            marks.end(&mut sink);
            assert_eq!(texts, ["?", "?", "s"], "split at {at}");
            assert_eq!(noise, b"lecture\nSorry, try again.\n", "split at {at}");
            assert_eq!(bytes, format!("out\x1e{b}{a}p\x1e").as_bytes());
        }
    }

    #[test]
    fn every_split_reads_the_same() {
        let nonce = Nonce::new();
        let whole = stream(&nonce);
        let expected = read(&nonce, &[&whole]);
        let (a, b) = nonce.halves();
        assert_eq!(expected.0, b"motd\x1e\n");
        assert_eq!(
            expected.1,
            format!("out\0\x1e{b}xlate\x1e{b}{a}e0 - -\x1e").as_bytes()
        );
        assert_eq!(expected.2, ["42 own", "7 - -"]);
        for at in 0..=whole.len() {
            let (left, right) = whole.split_at(at);
            assert_eq!(read(&nonce, &[left, right]), expected, "split at {at}");
        }
        let single: Vec<&[u8]> = whole.chunks(1).collect();
        assert_eq!(read(&nonce, &single), expected);
    }
}
