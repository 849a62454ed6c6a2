//! What the targets print: files whose bytes are known before anything runs.

use std::{fmt::Write, fs, path::Path};

use crate::Outcome;

/// Lines of one flood.
const FLOOD_LINES: usize = 1_000_000;
/// Lines that each of many jobs prints, half of them to each stream.
const MANY_LINES: usize = 10_000;
/// Bytes of a line, its newline included.
const LINE: usize = 100;

const MAKEFILE: &str = "\
w1:
\t@cat w1.out
w2:
\t@cat w2.out & cat w2.err >&2 & wait
w3:
\t@$(SPEED) ticks
p6:
\t@$(SPEED) steady
hello:
\t@echo hello
";

/// Words of logs, so that a compressor finds what it would find there.
const WORDS: [&str; 16] = [
    "GET",
    "/api/v1/jobs",
    "200",
    "compiling",
    "grün",
    "→",
    "done",
    "warning:",
    "ms",
    "日本語",
    "error",
    "retrying",
    "\u{1b}[32mok\u{1b}[0m",
    "linked",
    "target/release",
    "0x7f3a",
];

/// A log by stream: stdout, stderr.
pub(crate) type Log = [&'static [u8]; 2];

/// The logs of all workloads, as make in this folder prints them. They live as long as the process.
pub(crate) struct Printed {
    /// 1,000,000 lines to stdout.
    pub(crate) flood: Log,
    /// 10,000 lines, to both streams.
    pub(crate) many: Log,
    /// One line.
    pub(crate) hello: Log,
}

impl Printed {
    /// Writes a project that prints all this into a folder.
    pub(crate) fn write_into(folder: &Path) -> Outcome<Self> {
        fs::create_dir_all(folder)?;
        let flood = lines_of(FLOOD_LINES, 1);
        let (out, err) = (lines_of(MANY_LINES / 2, 2), lines_of(MANY_LINES / 2, 3));
        let speed = std::env::current_exe()?;
        let makefile = format!("SPEED = {}\n{MAKEFILE}", speed.display());
        fs::write(folder.join("Makefile"), makefile)?;
        fs::write(folder.join("w1.out"), &flood)?;
        fs::write(folder.join("w2.out"), &out)?;
        fs::write(folder.join("w2.err"), &err)?;
        Ok(Self {
            flood: [flood.leak(), b""],
            many: [out.leak(), err.leak()],
            hello: [b"hello\n", b""],
        })
    }
}

/// Numbered lines of words that chance picks, the same ones each time.
fn lines_of(lines: usize, seed: u64) -> Vec<u8> {
    let mut text = String::with_capacity(lines * LINE);
    let mut chance = seed;
    for number in 0..lines {
        let start = text.len();
        write!(text, "{number:07}").expect("a string takes all");
        loop {
            // Knuth's MMIX generator; its high bits are the good ones.
            chance = chance
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let word = WORDS[(chance >> 60) as usize];
            if text.len() - start + 1 + word.len() >= LINE {
                break;
            }
            text.push(' ');
            text.push_str(word);
        }
        text.extend(std::iter::repeat_n('.', LINE - 1 - (text.len() - start)));
        text.push('\n');
    }
    text.into_bytes()
}
