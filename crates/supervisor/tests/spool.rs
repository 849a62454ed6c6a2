//! The spool against what can happen to files: cut anywhere, a bit flipped anywhere, segments gone.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use proptest::prelude::*;
use supervisor::spool::{
    self, Block, HEADER, MAX_RECORD, Position, Reader, SEGMENT_BYTES, Stream, Writer,
};

type Parts = Vec<(Stream, Vec<u8>)>;

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn write(folder: &Path, parts: &Parts) -> Position {
    let mut writer = Writer::create(folder).unwrap();
    for (stream, payload) in parts {
        writer.append(*stream, payload).unwrap();
    }
    writer.position()
}

/// Everything from `from` on, and the error it ends with, if it does.
fn read(folder: &Path, from: Position, until: u64, max: usize) -> (Parts, Option<io::Error>) {
    let mut parts = Vec::new();
    let mut reader = Reader::open(folder, from).unwrap();
    loop {
        let block = match reader.read(until, max) {
            Ok(Some(block)) => block,
            Ok(None) => return (parts, None),
            Err(error) => return (parts, Some(error)),
        };
        check(&block, reader.position());
        assert!(block.bytes.len() <= max || block.records.len() == 1);
        parts.extend(
            block
                .records
                .iter()
                .map(|record| (record.stream, block.bytes[record.payload.clone()].to_vec())),
        );
    }
}

fn check(block: &Block, after: Position) {
    assert_eq!(block.end, after);
    assert_eq!(
        block.end.offset - block.start.offset,
        block.bytes.len() as u64
    );
    assert_eq!(block.end.seq - block.start.seq, block.records.len() as u64);
    let mut at = 0;
    for (record, seq) in block.records.iter().zip(block.start.seq..) {
        assert_eq!((record.seq, record.payload.start), (seq, at + HEADER));
        at = record.payload.end;
    }
    assert_eq!(at, block.bytes.len());
}

fn parts() -> impl Strategy<Value = Parts> {
    let stream = prop_oneof![Just(Stream::Stdout), Just(Stream::Stderr)];
    prop::collection::vec((stream, prop::collection::vec(any::<u8>(), 1..300)), 0..30)
}

fn first_segment(folder: &Path) -> PathBuf {
    folder.join("spool").join("0".repeat(20))
}

/// How many of the parts are whole in the first `len` bytes, and where they end.
fn whole(parts: &Parts, len: u64) -> Position {
    let mut end = Position::default();
    for (_, payload) in parts {
        let next = end.offset + (HEADER + payload.len()) as u64;
        if next > len {
            break;
        }
        end = Position {
            offset: next,
            seq: end.seq + 1,
        };
    }
    end
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_in_blocks_of_any_size(parts in parts(), max in 0_usize..2000) {
        let folder = scratch();
        let end = write(folder.path(), &parts);
        for until in [end.offset, u64::MAX] {
            let (back, error) = read(folder.path(), Position::default(), until, max);
            prop_assert!(error.is_none());
            prop_assert_eq!(&back, &parts);
        }
        prop_assert_eq!(spool::end(folder.path()).unwrap(), end);
        prop_assert_eq!(spool::first(folder.path()).unwrap(), Some(Position::default()));
    }

    #[test]
    fn nothing_beyond_the_committed_offset_is_read(parts in parts(), until in 0_u64..8000) {
        let folder = scratch();
        write(folder.path(), &parts);
        let (back, error) = read(folder.path(), Position::default(), until, 1000);
        prop_assert!(error.is_none());
        let seen = whole(&parts, until).seq as usize;
        prop_assert_eq!(&back[..], &parts[..seen]);
    }

    #[test]
    fn a_tail_cut_anywhere_loses_the_torn_record_alone(parts in parts(), cut in 0.0..1.0) {
        let folder = scratch();
        let len = write(folder.path(), &parts).offset;
        let left = (len as f64 * cut) as u64;
        let file = OpenOptions::new().write(true).open(first_segment(folder.path())).unwrap();
        file.set_len(left).unwrap();
        let good = whole(&parts, left);
        prop_assert_eq!(spool::end(folder.path()).unwrap(), good);

        let mut writer = Writer::resume(folder.path()).unwrap();
        prop_assert_eq!(writer.position(), good);
        writer.append(Stream::Stderr, b"on").unwrap();
        let mut expected = parts[..good.seq as usize].to_vec();
        expected.push((Stream::Stderr, b"on".to_vec()));
        let (back, error) = read(folder.path(), Position::default(), u64::MAX, 4096);
        prop_assert!(error.is_none());
        prop_assert_eq!(back, expected);
    }

    #[test]
    fn a_flipped_bit_never_gives_wrong_bytes(parts in parts(), at in 0.0..1.0, bit in 0_u32..8) {
        let folder = scratch();
        let len = write(folder.path(), &parts).offset;
        prop_assume!(len > 0);
        let at = (len as f64 * at) as u64;
        let file = OpenOptions::new().read(true).write(true).open(first_segment(folder.path())).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ (1 << bit)], at).unwrap();

        // Over it, every record but the damaged one is read, and what is missing is counted.
        let good = whole(&parts, at).seq as usize;
        let mut reader = Reader::open_over_gaps(folder.path(), Position::default()).unwrap();
        let (mut back, mut missing) = (Parts::new(), 0);
        loop {
            match reader.read(u64::MAX, 700) {
                Ok(Some(block)) => back.extend(block.records.iter().map(|record| {
                    (record.stream, block.bytes[record.payload.clone()].to_vec())
                })),
                Ok(None) | Err(_) => match reader.skip().unwrap() {
                    Some(gap) => missing += gap.bytes,
                    None => break,
                },
            }
        }
        let mut others = parts.clone();
        let damaged = others.remove(good);
        prop_assert_eq!(&back, &others);
        let is_last = good + 1 == parts.len();
        prop_assert_eq!(missing, if is_last { 0 } else { damaged.1.len() as u64 });
        prop_assert_eq!(spool::last(folder.path()).unwrap().seq as usize, if is_last { good } else { others.len() });

        // Every record before the damaged one is read, and none from it on. A length made longer than the file looks
        // like a torn tail if its length is not given; with the committed offset it is an error or the end too.
        for until in [len, u64::MAX] {
            let (back, error) = read(folder.path(), Position::default(), until, 700);
            prop_assert_eq!(&back[..], &parts[..good]);
            if let Some(error) = error {
                prop_assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            }
        }
        prop_assert_eq!(spool::end(folder.path()).unwrap().seq as usize, good);
    }
}

/// A few records of every shape: one byte, both streams, bytes that look like a header.
fn few() -> Parts {
    vec![
        (Stream::Stdout, b"x".to_vec()),
        (Stream::Stderr, vec![0; HEADER]),
        (Stream::Stdout, (0..=255).collect()),
        (Stream::Stderr, b"last\n".to_vec()),
    ]
}

/// Reads the folder's spool, has a writer take it over, and reads again: `good` records and what it adds.
fn is_true_prefix(folder: &Path, parts: &Parts, good: u64, what: &str) {
    let good = usize::try_from(good).unwrap();
    for (until, max) in [(u64::MAX, 4096), (u64::MAX, 1), (500, 60)] {
        let (back, error) = read(folder, Position::default(), until, max);
        assert!(back.len() <= good && parts.starts_with(&back), "{what}");
        assert!(until < u64::MAX || back.len() == good, "{what}");
        let kind = error.map(|error| error.kind());
        assert!(
            matches!(kind, None | Some(io::ErrorKind::InvalidData)),
            "{what}"
        );
    }
    let mut writer = Writer::resume(folder).unwrap();
    writer.append(Stream::Stderr, b"on").unwrap();
    let (mut back, error) = read(folder, Position::default(), u64::MAX, 4096);
    assert!(error.is_none(), "{what}");
    assert_eq!(back.pop(), Some((Stream::Stderr, b"on".to_vec())), "{what}");
    assert_eq!(back, parts[..good], "{what}");
}

#[test]
fn a_spool_cut_at_every_offset_is_read_and_taken_over_up_to_there() {
    let folder = scratch();
    let parts = few();
    let len = write(folder.path(), &parts).offset;
    let file = first_segment(folder.path());
    let bytes = fs::read(&file).unwrap();
    for left in 0..=len {
        fs::write(&file, &bytes[..usize::try_from(left).unwrap()]).unwrap();
        is_true_prefix(
            folder.path(),
            &parts,
            whole(&parts, left).seq,
            &format!("cut at {left}"),
        );
    }
}

#[test]
fn a_spool_that_is_blank_from_any_offset_on_ends_there() {
    let folder = scratch();
    let parts = few();
    let len = write(folder.path(), &parts).offset;
    let file = first_segment(folder.path());
    let bytes = fs::read(&file).unwrap();
    for left in 0..=len {
        let mut blank = bytes[..usize::try_from(left).unwrap()].to_vec();
        blank.resize(blank.len() + 600, 0);
        fs::write(&file, &blank).unwrap();
        let (back, error) = read(folder.path(), Position::default(), u64::MAX, 4096);
        assert!(error.is_none(), "blank from {left}: {error:?}");
        // A payload of zeros is whole again.
        let good = whole(&parts, left).seq as usize;
        assert!(back.len() >= good && parts.starts_with(&back), "{left}");
    }
    // Bytes that come after are no blank tail.
    let mut damaged = bytes.clone();
    damaged[HEADER + 1..][..HEADER].fill(0);
    fs::write(&file, &damaged).unwrap();
    let (_, error) = read(folder.path(), Position::default(), u64::MAX, 4096);
    assert_eq!(error.unwrap().kind(), io::ErrorKind::InvalidData);
}

#[test]
fn a_spool_with_any_bit_flipped_is_read_and_taken_over_up_to_there() {
    let folder = scratch();
    let parts = few();
    let len = write(folder.path(), &parts).offset;
    let file = first_segment(folder.path());
    let bytes = fs::read(&file).unwrap();
    for bit in 0..len * 8 {
        let at = bit / 8;
        let mut flipped = bytes.clone();
        flipped[usize::try_from(at).unwrap()] ^= 1 << (bit % 8);
        fs::write(&file, &flipped).unwrap();
        is_true_prefix(
            folder.path(),
            &parts,
            whole(&parts, at).seq,
            &format!("bit {bit}"),
        );
    }
}

#[test]
fn payloads_longer_than_a_record_are_split_and_empty_ones_leave_nothing() {
    let folder = scratch();
    let mut writer = Writer::create(folder.path()).unwrap();
    let long: Vec<u8> = (0..2 * MAX_RECORD + 7).map(|n| (n % 251) as u8).collect();
    assert_eq!(writer.append(Stream::Stdout, b"").unwrap(), 0);
    let end = writer.append(Stream::Stdout, &long).unwrap();
    assert_eq!(end, (long.len() + 3 * HEADER) as u64);
    assert_eq!(writer.position().seq, 3);
    let (back, _) = read(folder.path(), Position::default(), end, 1);
    assert_eq!(back.concat_payloads(), long);
}

trait Payloads {
    fn concat_payloads(&self) -> Vec<u8>;
}

impl Payloads for Parts {
    fn concat_payloads(&self) -> Vec<u8> {
        self.iter()
            .flat_map(|(_, payload)| payload.clone())
            .collect()
    }
}

#[test]
fn both_clocks_go_into_each_record() {
    let folder = scratch();
    let before = (supervisor::clock::wall_us(), supervisor::clock::boot_us());
    write(folder.path(), &vec![(Stream::Stdout, b"x".to_vec())]);
    let after = (supervisor::clock::wall_us(), supervisor::clock::boot_us());
    let mut reader = Reader::open(folder.path(), Position::default()).unwrap();
    let record = reader
        .read(u64::MAX, 4096)
        .unwrap()
        .unwrap()
        .records
        .remove(0);
    assert!((before.0..=after.0).contains(&record.wall_us));
    assert!((before.1..=after.1).contains(&record.mono_us));
}

/// Writes just over two segments, as whole records of the greatest size; says where each segment starts.
fn three_segments(folder: &Path) -> Vec<Position> {
    let mut writer = Writer::create(folder).unwrap();
    let payload = vec![b'x'; MAX_RECORD];
    let mut starts = vec![Position::default()];
    while starts.len() < 3 {
        let before = writer.position();
        writer.append(Stream::Stdout, &payload).unwrap();
        let segment = folder.join("spool").join(format!("{:020}", before.offset));
        if before.offset > 0 && segment.exists() {
            starts.push(before);
        }
    }
    writer.sync_handle().sync().unwrap();
    starts
}

#[test]
fn segments_roll_and_are_dropped_from_the_front() {
    let folder = scratch();
    let starts = three_segments(folder.path());
    let sizes: Vec<u64> = starts
        .windows(2)
        .map(|pair| pair[1].offset - pair[0].offset)
        .collect();
    assert!(
        sizes
            .iter()
            .all(|size| *size <= SEGMENT_BYTES && *size > SEGMENT_BYTES - 300_000)
    );
    let (all, error) = read(folder.path(), Position::default(), u64::MAX, 1 << 20);
    assert!(error.is_none());
    assert_eq!(all.len() as u64, spool::end(folder.path()).unwrap().seq);

    assert_eq!(
        spool::drop_before(folder.path(), starts[1].offset - 1).unwrap(),
        0
    );
    let mut slow = Reader::open(folder.path(), Position::default()).unwrap();
    assert_eq!(
        spool::drop_before(folder.path(), u64::MAX).unwrap(),
        starts[2].offset
    );
    assert_eq!(spool::first(folder.path()).unwrap(), Some(starts[2]));
    let gone = Reader::open(folder.path(), starts[1]).unwrap_err();
    assert_eq!(gone.kind(), io::ErrorKind::NotFound);
    // A reader that had the first segment open reads it to its end, and is told then.
    let gone = loop {
        match slow.read(u64::MAX, 1 << 22) {
            Ok(block) => assert!(block.is_some()),
            Err(error) => break error,
        }
    };
    assert_eq!(
        (gone.kind(), slow.position()),
        (io::ErrorKind::NotFound, starts[1])
    );
    let (rest, _) = read(folder.path(), starts[2], u64::MAX, 1 << 20);
    assert_eq!(rest.len(), 1);
}

#[test]
fn the_number_of_the_next_record_survives_an_empty_last_segment() {
    let folder = scratch();
    let starts = three_segments(folder.path());
    let last = folder
        .path()
        .join("spool")
        .join(format!("{:020}", starts[2].offset));
    OpenOptions::new()
        .write(true)
        .open(&last)
        .unwrap()
        .set_len(17)
        .unwrap();
    assert_eq!(
        spool::drop_before(folder.path(), u64::MAX).unwrap(),
        starts[1].offset
    );
    assert_eq!(spool::end(folder.path()).unwrap(), starts[2]);
    let mut writer = Writer::resume(folder.path()).unwrap();
    assert_eq!(writer.position(), starts[2]);
    writer.append(Stream::Stdout, b"on").unwrap();
    let (rest, error) = read(folder.path(), starts[2], u64::MAX, 4096);
    assert!(error.is_none());
    assert_eq!(rest, [(Stream::Stdout, b"on".to_vec())]);
    assert_eq!(fs::metadata(&last).unwrap().len(), HEADER as u64 + 2);
}

#[test]
fn one_writer_and_no_spool() {
    let folder = scratch();
    let missing = |error: io::Error| error.kind() == io::ErrorKind::NotFound;
    assert!(missing(
        Reader::open(folder.path(), Position::default()).unwrap_err()
    ));
    assert!(missing(spool::end(folder.path()).unwrap_err()));
    let _writer = Writer::create(folder.path()).unwrap();
    let again = Writer::create(folder.path()).unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    assert!(
        read(folder.path(), Position::default(), u64::MAX, 1)
            .0
            .is_empty()
    );
}

#[test]
fn a_reader_follows_a_writer_into_new_segments() {
    let folder = scratch();
    let mut writer = Writer::create(folder.path()).unwrap();
    writer.sync_handle().keep_syncing().unwrap();
    let mut reader = Reader::open(folder.path(), Position::default()).unwrap();
    let payload = vec![b'y'; MAX_RECORD];
    while writer.position().offset < SEGMENT_BYTES + 1_000_000 {
        let committed = writer.append(Stream::Stderr, &payload).unwrap();
        let block = reader
            .read(committed, HEADER + MAX_RECORD)
            .unwrap()
            .unwrap();
        assert_eq!(block.end, writer.position());
        assert!(
            reader
                .read(committed, HEADER + MAX_RECORD)
                .unwrap()
                .is_none()
        );
    }
}

/// What stands in a segment's place and is no file is as good as nothing, and nobody waits for it.
#[test]
fn what_is_no_file_is_a_gap() {
    for at in 0..2 {
        for is_pipe in [false, true] {
            let folder = scratch();
            let starts = three_segments(folder.path());
            let name = format!("{:020}", starts[at].offset);
            let segment = folder.path().join("spool").join(name);
            std::fs::remove_file(&segment).unwrap();
            if is_pipe {
                let status = std::process::Command::new("mkfifo").arg(&segment).status();
                assert!(status.unwrap().success());
            } else {
                std::fs::create_dir(&segment).unwrap();
            }
            let mut reader = Reader::open_over_gaps(folder.path(), Position::default()).unwrap();
            let mut gaps = Vec::new();
            loop {
                match reader.read(u64::MAX, MAX_RECORD) {
                    Ok(Some(_)) => {}
                    _ => match reader.skip().unwrap() {
                        Some(gap) => gaps.push((gap.at.offset, gap.until)),
                        None => break,
                    },
                }
            }
            assert_eq!(gaps, [(starts[at].offset, starts[at + 1].offset)]);
            assert!(reader.position().offset > starts[2].offset);
        }
    }
}
