//! Whatever is printed and looked for: what reading all of it finds is found by the index, too.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::{
    log::{
        Stream,
        find::{Pattern, Query},
        lines::State,
    },
    search::LogSearch,
};

/// A block of a log: its chunks' number, the state at its start, what was read.
struct Block {
    seq: u64,
    end: u64,
    state: Vec<u8>,
    chunks: Vec<(Stream, Vec<u8>)>,
}

fn blocks(chunks: &[(bool, Vec<u8>)], per_block: usize) -> Vec<Block> {
    let mut state = State::default();
    let (mut blocks, mut seq) = (Vec::new(), 0);
    for some in chunks.chunks(per_block) {
        let stored = if seq == 0 {
            Vec::new()
        } else {
            state.to_bytes()
        };
        let chunks = some.iter().map(|(is_error, bytes)| {
            let stream = if *is_error {
                Stream::Stderr
            } else {
                Stream::Stdout
            };
            state.advance(stream, bytes);
            (stream, bytes.clone())
        });
        let chunks: Vec<_> = chunks.collect();
        let end = seq + chunks.len() as u64;
        blocks.push(Block {
            seq,
            end,
            state: stored,
            chunks,
        });
        seq = end;
    }
    blocks
}

fn read(search: &mut LogSearch, blocks: &[Block], found: &mut Vec<u64>) {
    for block in blocks {
        let mut found = |line| found.push(line);
        search.block(block.seq, Some(block.end), &block.state, &mut found);
        for (stream, bytes) in &block.chunks {
            search.feed(*stream, bytes, &mut found);
        }
    }
}

fn by_reading(pattern: &Arc<Pattern>, blocks: &[Block]) -> Vec<u64> {
    let mut search = LogSearch::new(Arc::clone(pattern));
    let mut found = Vec::new();
    read(&mut search, blocks, &mut found);
    search.end(|line| found.push(line));
    found.sort_unstable();
    found
}

/// Units of many logs; after each block one may be closed, as by a full one.
fn noted(logs: &[Vec<Block>], closes: impl Fn(u64) -> bool) -> Vec<Unit> {
    let mut writer = Writer::default();
    for (job, log) in logs.iter().enumerate() {
        writer.begin(job as u64);
        for block in log {
            writer.block(block.seq, Some(block.end), &block.state);
            for (stream, bytes) in &block.chunks {
                writer.feed(*stream, bytes);
            }
            writer.end_block_as(closes(block.seq + job as u64));
        }
        writer.end();
    }
    writer.close();
    writer.take()
}

fn by_index(pattern: &Arc<Pattern>, logs: &[Vec<Block>], units: &[Unit]) -> Option<Vec<Vec<u64>>> {
    let plan = Plan::of(pattern.required())?;
    // In two parts, as they come, and merged.
    let (one, other) = units.split_at(units.len() / 3);
    let slices = Slices::merge(&[Unit::slices(one), Unit::slices(other)]).unwrap();
    assert_eq!(slices, Unit::slices(units));
    let asked: Vec<&[u8]> = plan.bits().iter().map(|bit| slices.slice(*bit)).collect();
    let left = plan.units(units.len(), &asked).unwrap();
    let mut found: Vec<Vec<u64>> = logs.iter().map(|_| Vec::new()).collect();
    for (job, log) in logs.iter().enumerate() {
        let mut search = LogSearch::new(Arc::clone(pattern));
        let mut to_end = false;
        let entries = left.iter().flat_map(|unit| &units[*unit].entries);
        for entry in entries.filter(|entry| entry.job == job as u64) {
            let end = entry.end.unwrap_or(u64::MAX);
            let part = |block: &&Block| block.seq >= entry.from && block.seq < end;
            let first = log.iter().position(|block| part(&block)).unwrap();
            let count = log.iter().filter(part).count();
            // A block that is read on from where the last part ended needs no state.
            assert!(search.skip_to(log[first].seq, &log[first].state, entry.start));
            read(&mut search, &log[first..first + count], &mut found[job]);
            to_end = entry.end.is_none();
        }
        if to_end {
            search.end(|line| found[job].push(line));
        }
        found[job].sort_unstable();
    }
    Some(found)
}

const WORDS: [&str; 26] = [
    "needle",
    "NEEDLE",
    "nee",
    "dle",
    "n",
    "\u{1b}[31m",
    "\u{1b}[0m",
    "\u{1b}[K",
    "\r",
    "\n",
    "\n",
    " ",
    "\t",
    "Straße",
    "STRASSE",
    "ΟΔΟΣ",
    "οδος",
    "K",
    "\u{212a}elvin",
    "10.0.",
    "0.17",
    "4711-7c9e",
    "\u{1b}[2C",
    "\u{8}",
    "日本語",
    "é",
];

fn text() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        8 => prop::sample::select(&WORDS[..]).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    prop::collection::vec(word, 1..12).prop_map(|words| words.concat())
}

fn query() -> impl Strategy<Value = Query> {
    let texts = [
        "needle",
        "nEEdle",
        "needle n",
        "straße",
        "STRASSE",
        "οδοσ",
        "kelvin",
        "10.0.0.17",
        "4711-7c9e",
        "日本",
        "dle nee",
        "é needle",
        "n e",
    ];
    let regexes = [
        "nee.*dle",
        r"\bneedle\b",
        "(needle|straße)+ ?n",
        r"\d+-\d+c",
        "^needle",
        "k?elvin$",
        "(nee){2}",
        r"10\.0\.0\.1[0-9]",
        "nee(dle)?n",
        "[kK]elvin|日本語",
    ];
    let text = prop_oneof![
        prop::sample::select(texts.to_vec()).prop_map(|text| (text, false)),
        prop::sample::select(regexes.to_vec()).prop_map(|text| (text, true)),
    ];
    (text, any::<bool>(), any::<bool>()).prop_map(|((text, regex), case, word)| Query {
        text: text.into(),
        regex,
        case,
        word,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn no_line_is_missed_that_reading_all_of_it_finds(
        logs in prop::collection::vec(prop::collection::vec((any::<bool>(), text()), 0..14), 1..4),
        per_block in 1..4_usize,
        every in 1..4_u64,
        query in query(),
    ) {
        let pattern = Arc::new(Pattern::new(&query).unwrap());
        let logs: Vec<Vec<Block>> = logs.iter().map(|log| blocks(log, per_block)).collect();
        let units = noted(&logs, |seq| seq % every == 0);
        let read: Vec<Vec<u64>> = logs.iter().map(|log| by_reading(&pattern, log)).collect();
        if let Some(found) = by_index(&pattern, &logs, &units) {
            prop_assert_eq!(found, read);
        }
    }
}

#[test]
fn units_hold_what_fits_and_leave_out_what_is_not_there() {
    let mut writer = Writer::default();
    let mut bytes = 0;
    for job in 0..40_u64 {
        writer.begin(job);
        let (mut state, mut number) = (State::default(), job * 7919);
        for seq in 0..8 {
            let mut text = String::new();
            for line in 0..600 {
                number = number
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                text += &format!(
                    "12:{:02}:{:02}.{:03} GET /api/{:08x} 200 in {} ms\n",
                    number >> 40 & 31,
                    number >> 33 & 31,
                    number >> 20 & 511,
                    number >> 32,
                    number >> 50 & 255
                );
                if (job, seq, line) == (17, 3, 99) {
                    text += "order 4711-7c9e was lost\n";
                }
            }
            let stored = if seq == 0 {
                Vec::new()
            } else {
                state.to_bytes()
            };
            writer.block(seq, Some(seq + 1), &stored);
            writer.feed(Stream::Stdout, text.as_bytes());
            state.advance(Stream::Stdout, text.as_bytes());
            bytes += text.len();
            writer.end_block();
        }
        writer.end();
    }
    writer.close();
    let units = writer.take();
    let size = units.len() * BITS / 8;
    assert!(size * 100 < bytes * 4, "{size} of {bytes}");
    let slices = Unit::slices(&units);
    let left = |text: &str| {
        let query = Query {
            text: text.into(),
            ..Query::default()
        };
        let plan = Plan::of(Pattern::new(&query).unwrap().required()).unwrap();
        let asked: Vec<&[u8]> = plan.bits().iter().map(|bit| slices.slice(*bit)).collect();
        plan.units(units.len(), &asked).unwrap()
    };
    let [unit] = left("ORDER 4711-7c9e")[..] else {
        panic!()
    };
    assert!(units[unit].entries.iter().any(|entry| entry.job == 17));
    assert_eq!(left("73.129.88.14"), [0_usize; 0]);
    assert_eq!(left("get /api").len(), units.len());
}

#[test]
fn an_index_is_asked_for_each_of_many_texts() {
    let words: Vec<String> = (b'a'..=b'z')
        .map(|c| format!("{0}{0}rather long as a word goes{0}{0}", char::from(c)))
        .collect();
    let query = Query {
        text: words.join("|"),
        regex: true,
        ..Query::default()
    };
    let pattern = Pattern::new(&query).unwrap();
    let plan = Plan::of(pattern.required()).unwrap();
    assert!(plan.bits().len() >= 2 * words.len(), "{plan:?}");
}
