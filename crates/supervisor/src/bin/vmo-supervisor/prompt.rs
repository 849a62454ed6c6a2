//! Whether the child waits for a person to type: it wrote something that is no whole line, or is a question, and one of
//! its processes reads the job's input.

use std::time::{Duration, Instant};

use supervisor::control::Prompt;

use crate::input::Input;

/// How long a child is silent before its processes are looked at; a program that writes on has no prompt.
const QUIET: Duration = Duration::from_millis(300);
/// Between two looks at most: the child may read later, or give up.
const LONGEST: Duration = Duration::from_secs(3);
/// As much of the last line as is kept, in bytes from its end; and of one read, as is looked at.
const KEPT: usize = 256;
const LOOKED_AT: usize = 1024;

/// What a prompt for a secret has in it if no terminal says so.
const SECRETS: [&str; 4] = ["assword", "assphrase", "PIN", "ecret"];

/// What the child wrote last, and what came of it.
#[derive(Debug, Default)]
pub(crate) struct Prompts {
    /// The end of the last line that is not empty.
    line: Vec<u8>,
    is_whole: bool,
    look_at: Option<Instant>,
    pause: Duration,
    prompt: Option<Prompt>,
}

impl Prompts {
    /// What the child waits for, as far as is known.
    pub(crate) fn now(&self) -> Option<Prompt> {
        self.prompt
    }

    /// The child wrote this.
    pub(crate) fn wrote(&mut self, bytes: &[u8], now: Instant) {
        let before = bytes.len().saturating_sub(LOOKED_AT);
        if before > 0 {
            // A flood is not read through: its last line is in what follows, or longer than is kept.
            self.line.clear();
            self.is_whole = false;
        }
        let bytes = &bytes[before..];
        for part in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let ends = matches!(part.last(), Some(b'\n' | b'\r'));
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if self.is_whole && !text.is_empty() {
                self.line.clear();
            }
            if !(text.is_empty() && self.is_whole) {
                self.line.extend_from_slice(text);
                self.is_whole = ends;
            }
        }
        let over = self.line.len().saturating_sub(KEPT);
        self.line.drain(..over);
        self.begin(now);
    }

    /// A person typed something: the child has it to read.
    pub(crate) fn typed(&mut self, now: Instant) {
        self.begin(now);
    }

    fn begin(&mut self, now: Instant) {
        self.prompt = None;
        self.pause = QUIET;
        self.look_at = self.may_be_prompt().then(|| now + QUIET);
    }

    /// When to look.
    pub(crate) fn look_at(&self) -> Option<Instant> {
        self.look_at
    }

    /// Looks, if it is time, at who reads.
    pub(crate) fn tick(&mut self, now: Instant, input: &Input) {
        if self.look_at.is_none_or(|at| at > now) {
            return;
        }
        self.prompt = self.look(input);
        self.look_at = Some(now + self.pause);
        self.pause = (self.pause * 2).min(LONGEST);
    }

    fn look(&self, input: &Input) -> Option<Prompt> {
        let read = input.awaited()?;
        let is_secret = read.is_hidden || {
            let line = String::from_utf8_lossy(&self.line);
            SECRETS.iter().any(|word| line.contains(word))
        };
        Some(match is_secret {
            true => Prompt::Secret,
            false => Prompt::Text,
        })
    }

    /// Whether the last line may be one: it is not whole, or a question.
    fn may_be_prompt(&self) -> bool {
        let line = self.line.trim_ascii_end();
        !line.is_empty() && (!self.is_whole || matches!(line.last(), Some(b'?' | b':')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pieces: &[&str]) -> bool {
        let mut prompts = Prompts::default();
        for piece in pieces {
            prompts.wrote(piece.as_bytes(), Instant::now());
        }
        prompts.look_at().is_some()
    }

    #[test]
    fn a_line_that_is_not_whole_or_a_question_may_be_a_prompt() {
        assert!(after(&["Name: "]));
        assert!(after(&["Na", "me"]));
        assert!(after(&["Continue?\n"]));
        assert!(after(&["Which one:\r\n", "\n"]));
        assert!(after(&["1\n2\nGo on? [y/N] "]));
        assert!(!after(&["done\n"]));
        assert!(!after(&["Name: ", "Ann\n"]));
        assert!(!after(&["50 %\r"]));
        assert!(!after(&["\n", "  "]));
        assert!(!after(&[]));
        assert!(after(&[&"x".repeat(10_000)]));
    }
}
