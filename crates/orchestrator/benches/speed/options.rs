//! What the command line asks for.

use std::path::{Path, PathBuf};

use crate::Outcome;

const USAGE: &str = "usage: speed [--rounds N] [--programs DIR] [--server] [--lines N] [--jobs N] [ROW…]
--lines: how many lines H2 searches, 1000000 if it is not said
--jobs: how many small jobs with ten of these lines each there are beside a hundred large ones, 20000 if it is not said
--server: W1 with a Postgres of the system, too
rows: w1 w2 w3 w4 w5 h1 h2 h3 a1 a2 s1 s2 s3 s4 s5 p11 groups (all of them where none is named); writing, which takes three minutes; p6, which fills up to 30 GB of disk";

/// What to measure, and how often.
pub(crate) struct Options {
    /// Turns that each median is made of.
    pub(crate) rounds: usize,
    /// The folder with `vmo` and `vmo-supervisor`.
    pub(crate) programs: PathBuf,
    /// Whether W1 is measured with a Postgres of the system, too.
    pub(crate) server: bool,
    /// Lines that H2 searches.
    pub(crate) lines: usize,
    /// Small jobs among those that H2 searches.
    pub(crate) jobs: usize,
    only: Vec<String>,
}

impl Options {
    pub(crate) fn of(words: Vec<String>) -> Outcome<Self> {
        let mut options = Self {
            rounds: 5,
            programs: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench"),
            server: false,
            lines: 1_000_000,
            jobs: 20_000,
            only: Vec::new(),
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                // What cargo adds.
                "--bench" => {}
                "--rounds" => options.rounds = words.next().ok_or(USAGE)?.parse()?,
                "--lines" => options.lines = words.next().ok_or(USAGE)?.parse()?,
                "--jobs" => options.jobs = words.next().ok_or(USAGE)?.parse()?,
                "--server" => options.server = true,
                "--programs" => options.programs = words.next().ok_or(USAGE)?.into(),
                row if row.starts_with('-') => return Err(USAGE.into()),
                row => options.only.push(row.to_lowercase()),
            }
        }
        if options.rounds == 0 {
            return Err("at least one round".into());
        }
        Ok(options)
    }

    /// Whether this row is asked for by name.
    pub(crate) fn names(&self, row: &str) -> bool {
        self.only.iter().any(|only| only == row)
    }

    /// Whether this row is to be measured.
    pub(crate) fn wants(&self, row: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == row)
    }
}
