//! Faults tried by the thousand: every system call, every message to Postgres, every point at which the power may go, and
//! every process, one fault at a time. After each all is well again, and the jobs are judged as everywhere here.
//!
//! `make test` tries a few of each part, always the same. `make torture` tries many, remembers in `target/torture` how far it has come, and
//! prints for each that fails how to try it alone: `VMO_TORTURE` says how many tries of a part, `VMO_SEED` in which order,
//! `VMO_ONLY=PART` or `VMO_ONLY=PART:TRY` which.

#[cfg(target_arch = "x86_64")]
mod calls;
#[cfg(target_arch = "x86_64")]
mod calls_table;
mod frames;
#[path = "../../../../../fuzz/grammar.rs"]
mod grammar;
mod kills;
mod messages;
#[cfg(target_arch = "x86_64")]
mod orders;
#[cfg(target_arch = "x86_64")]
mod power;
#[cfg(target_arch = "x86_64")]
mod process;
mod requests;
#[cfg(target_arch = "x86_64")]
mod tracer;

use std::{
    env, fs,
    ops::AddAssign,
    path::{Path, PathBuf},
    time::Instant,
};

use serde::{Deserialize, Serialize};

use crate::{dice::Dice, witness::Counts};

/// What came of one try, or of many.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// How often something was made to fail.
    pub(crate) faults: usize,
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) reordered: usize,
    pub(crate) wrong: usize,
    /// Waits without a word, past their bound.
    pub(crate) hung: usize,
    pub(crate) panics: usize,
    /// What else did not hold: someone left running, a failure without a word.
    pub(crate) other: usize,
}

impl Tally {
    fn is_clean(&self) -> bool {
        Self {
            faults: 0,
            ..self.clone()
        } == Self::default()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.faults += other.faults;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.reordered += other.reordered;
        self.wrong += other.wrong;
        self.hung += other.hung;
        self.panics += other.panics;
        self.other += other.other;
    }
}

impl AddAssign<Counts> for Tally {
    fn add_assign(&mut self, counts: Counts) {
        self.lost += counts.lost;
        self.doubled += counts.doubled;
        self.reordered += counts.reordered;
        self.wrong += counts.wrong_status;
    }
}

/// How far a long run has come.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    seed: u64,
    next: u64,
    all: Tally,
    failed: Vec<String>,
}

/// The tries of one part.
pub(crate) struct Tries {
    part: &'static str,
    state: State,
    /// How many there are to be.
    many: u64,
    /// The one that is to be tried alone.
    alone: Option<String>,
    /// The file of the state; none for a sample.
    kept: Option<PathBuf>,
    begun: (Instant, u64),
}

impl Tries {
    /// The tries of a part, so many of them unless more are wanted; none if another part is wanted.
    pub(crate) fn of(part: &'static str, sample: u64) -> Option<Self> {
        let number = |name: &str| env::var(name).ok()?.parse::<u64>().ok();
        let only = env::var("VMO_ONLY").unwrap_or_default();
        let (wanted, alone) = match only.split_once(':') {
            Some((wanted, alone)) => (wanted, Some(alone.to_owned())),
            None => (only.as_str(), None),
        };
        if !wanted.is_empty() && wanted != part {
            return None;
        }
        let many = number("VMO_TORTURE");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("torture");
        let kept = (many.is_some() && alone.is_none()).then(|| folder.join(format!("{part}.json")));
        let many = many.unwrap_or(sample);
        let before = kept.as_ref().and_then(|file| fs::read(file).ok());
        let before: Option<State> = before.and_then(|text| serde_json::from_slice(&text).ok());
        let seed = number("VMO_SEED");
        let goes_on =
            |state: &State| state.next < many && seed.is_none_or(|seed| seed == state.seed);
        let state = before.filter(goes_on).unwrap_or_else(|| State {
            // A sample is the same for everybody.
            seed: seed.unwrap_or_else(|| kept.as_ref().map_or(8, |_| Dice::new().seed())),
            ..State::default()
        });
        if kept.is_some() {
            fs::create_dir_all(&folder).unwrap();
        }
        let begun = (Instant::now(), state.next);
        println!(
            "{part}: VMO_SEED={}, from {} to {many}",
            state.seed, state.next
        );
        Some(Self {
            part,
            state,
            many,
            alone,
            kept,
            begun,
        })
    }

    /// The try that is to be made alone.
    pub(crate) fn alone(&self) -> Option<&str> {
        self.alone.as_deref()
    }

    /// The number of the next try.
    pub(crate) fn next(&self) -> Option<u64> {
        (self.state.next < self.many).then_some(self.state.next)
    }

    /// Dice that are the same for each try of this name.
    pub(crate) fn dice(&self, of: &str) -> Dice {
        // FNV-1a: any number that is another one for another name.
        let hash = of.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Dice::of(self.state.seed ^ hash)
    }

    /// Notes what came of a try, by what it can be tried again by.
    pub(crate) fn note(&mut self, of: &str, tally: Tally, what: &str) {
        let part = self.part;
        if !tally.is_clean() {
            let again = format!(
                "VMO_SEED={} make torture ONLY='{part}:{of}'",
                self.state.seed
            );
            println!("FAILED {part} {of}: {tally:?}\n  {what}\n  again: {again}");
            self.state.failed.push(format!(
                "{again}  # {}",
                what.lines().next().unwrap_or_default()
            ));
        }
        self.state.all += tally;
        self.state.next += 1;
        let state = &self.state;
        if state.next.is_multiple_of(25) && self.alone.is_none() {
            let (since, first) = self.begun;
            let each = since.elapsed().as_secs_f64() / (state.next - first) as f64;
            println!(
                "{part}: {} of {}, {} faults, {} tries failed, {each:.2} s each",
                state.next,
                self.many,
                state.all.faults,
                state.failed.len()
            );
        }
        if let Some(file) = &self.kept {
            let fresh = file.with_extension("new");
            fs::write(&fresh, serde_json::to_vec_pretty(state).unwrap()).unwrap();
            fs::rename(&fresh, file).unwrap();
        }
    }

    /// All were tried: none may have failed.
    pub(crate) fn end(self) {
        let State {
            next,
            all,
            failed,
            seed,
        } = self.state;
        println!(
            "{}: {next} tries, {} faults: lost {}, doubled {}, reordered {}, wrong {}, hung {}, panics {}, other {} \
             (VMO_SEED={seed})",
            self.part,
            all.faults,
            all.lost,
            all.doubled,
            all.reordered,
            all.wrong,
            all.hung,
            all.panics,
            all.other
        );
        assert!(
            failed.is_empty(),
            "{} tries failed:\n{}",
            failed.len(),
            failed.join("\n")
        );
        assert!(
            self.alone.is_some() || all.faults > 0,
            "nothing was made to fail"
        );
    }
}
