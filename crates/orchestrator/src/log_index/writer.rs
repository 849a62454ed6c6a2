//! Logs that go by, into units.

use std::mem;

use super::{
    Entry, Slices,
    filter::Filter,
    grams::{BITS, Grams},
};
use crate::log::{Stream, Texts, lines::State};

/// Bits that are set in a full unit: of a needle's grams each that is not there seems to be with this chance, and a needle has
/// many.
const FULL: u32 = BITS as u32 * 2 / 5;
/// Bytes of log in a unit, at most: one that is left has to be read.
const LONGEST: u64 = 1024 * 1024;

/// A unit of text that is full: its grams, and of which logs it is.
#[derive(Debug, Clone)]
pub struct Unit {
    filter: Filter,
    /// The parts of logs.
    pub entries: Vec<Entry>,
    /// Bytes of log.
    pub bytes: u64,
    /// How many logs have ended in it.
    pub logs: usize,
}

impl Unit {
    /// The slices of some.
    #[must_use]
    pub fn slices(units: &[Self]) -> Slices {
        Slices::of(units.iter().map(|unit| &unit.filter))
    }
}

/// Takes the logs of jobs, each block by block, and makes units of them.
#[derive(Debug, Default)]
pub struct Writer {
    grams: Grams,
    filter: Filter,
    entries: Vec<Entry>,
    bytes: u64,
    logs: usize,
    full: Vec<Unit>,
    log: Option<Log>,
}

/// The log that goes by.
#[derive(Debug)]
struct Log {
    job: u64,
    texts: Texts,
    /// The chunk that comes next, if that is known.
    next: Option<u64>,
    /// The chunk that the block has begun with, and where its part of the unit has.
    block: u64,
    part: Option<(u64, u64)>,
    /// The line that is open in each stream, and the chunk of the block where it began.
    open: [Option<(u64, u64)>; 2],
    /// Whether some of it is gone or cannot be read, so that it has to be read from its start.
    is_torn: bool,
}

impl Writer {
    /// The log of a job begins: [its key](super::key).
    pub fn begin(&mut self, job: u64) {
        self.log = Some(Log {
            job,
            texts: Texts::default(),
            next: Some(0),
            block: 0,
            part: None,
            open: [None, None],
            is_torn: false,
        });
    }

    /// A block of the chunks from `seq` to before `end` begins, at `state`, as [`LogSearch`](crate::search::LogSearch) has it.
    pub fn block(&mut self, seq: u64, end: Option<u64>, state: &[u8]) {
        let Some(log) = &mut self.log else { return };
        let before = mem::replace(&mut log.block, seq);
        let state = State::from_bytes(state);
        log.is_torn |= seq > 0 && state.is_err();
        let state = state.unwrap_or_default();
        if log.next.is_some_and(|next| next != seq) {
            // What lies between is gone: the lines that were open end with it.
            let (grams, filter) = (&mut self.grams, &mut self.filter);
            log.texts.open(|_, text| add(grams, filter, text));
            log.texts = Texts::resume(&state);
            log.is_torn = true;
        }
        for stream in [Stream::Stdout, Stream::Stderr] {
            let known = &mut log.open[stream as usize];
            let open = state.open(stream).map(|open| open.number);
            if known.map(|(line, _)| line) != open {
                *known = open.map(|line| (line, before));
            }
        }
        log.next = end;
        log.part = log.part.or(Some((log.begun(seq), seq)));
    }

    /// The next bytes of the block.
    pub fn feed(&mut self, stream: Stream, bytes: &[u8]) {
        let Some(log) = &mut self.log else { return };
        self.bytes += bytes.len() as u64;
        let (grams, filter) = (&mut self.grams, &mut self.filter);
        log.texts
            .feed(stream, bytes, |_, texts| add(grams, filter, texts));
    }

    /// The block is over, with `end` as it began with, and the log goes on.
    pub fn end_block(&mut self) {
        self.end_block_as(self.is_full());
    }

    /// The same, and whether it has filled its unit.
    pub(super) fn end_block_as(&mut self, is_full: bool) {
        let Some(log) = &mut self.log else { return };
        // A block whose end is not known ends with the log at the earliest.
        if let (true, Some(end), Some((from, start))) = (is_full, log.next, log.part) {
            log.part = None;
            self.entries.push(Entry {
                job: log.job,
                from,
                start,
                end: Some(end),
            });
            self.close();
        }
    }

    /// The log is over.
    pub fn end(&mut self) {
        let Some(log) = self.log.take() else { return };
        self.logs += 1;
        let (grams, filter) = (&mut self.grams, &mut self.filter);
        let mut is_open = false;
        log.texts.open(|_, text| {
            add(grams, filter, text);
            is_open = true;
        });
        // If the last block has filled a unit, what is open after it is of the next one.
        let after = || {
            let next = log.next.filter(|_| is_open)?;
            Some((log.begun(log.block), next))
        };
        if let Some((from, start)) = log.part.or_else(after) {
            self.entries.push(Entry {
                job: log.job,
                from,
                start,
                end: None,
            });
        }
        if self.is_full() {
            self.close();
        }
    }

    /// The units that are full.
    pub fn take(&mut self) -> Vec<Unit> {
        mem::take(&mut self.full)
    }

    /// How many are full.
    #[must_use]
    pub fn full(&self) -> usize {
        self.full.len()
    }

    /// Bytes of log in the unit that is not.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Closes the unit that is begun, full or not.
    pub fn close(&mut self) {
        if !self.entries.is_empty() {
            self.full.push(Unit {
                filter: mem::take(&mut self.filter),
                entries: mem::take(&mut self.entries),
                bytes: mem::take(&mut self.bytes),
                logs: mem::take(&mut self.logs),
            });
        }
    }

    const fn is_full(&self) -> bool {
        self.filter.ones() >= FULL || self.bytes >= LONGEST
    }
}

impl Log {
    /// The chunk of the block where the first line begins that is open at `seq`, as far as that is known.
    fn begun(&self, seq: u64) -> u64 {
        let open = self.open.iter().flatten().map(|(_, block)| *block);
        let begun = open.min().unwrap_or(seq).min(seq);
        if self.is_torn { 0 } else { begun }
    }
}

/// Notes the texts of some lines, parted by newlines.
fn add(grams: &mut Grams, filter: &mut Filter, texts: &str) {
    for line in texts.split('\n') {
        grams.each(line, |bit, _| filter.add(bit));
    }
}
