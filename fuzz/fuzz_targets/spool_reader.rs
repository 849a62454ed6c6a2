//! A spool that was cut, flipped and written over anywhere: a reader gives a true prefix and stops, and a writer that
//! takes over goes on right behind it.
#![no_main]

use std::{
    fs,
    path::{Path, PathBuf},
};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use supervisor::spool::{self, Position, Reader, Stream, Writer};

#[derive(Arbitrary, Debug)]
struct Input {
    parts: Vec<(bool, Vec<u8>)>,
    edits: Vec<(u16, u8)>,
    cut: Option<u16>,
    /// What a second segment holds, that nobody wrote.
    strange: Option<(u16, Vec<u8>)>,
    until: Option<u16>,
    max: u16,
}

fn read(folder: &Path, until: u64, max: usize) -> (Vec<(Stream, Vec<u8>)>, Position) {
    let mut parts = Vec::new();
    let Ok(mut reader) = Reader::open(folder, Position::default()) else {
        return (parts, Position::default());
    };
    while let Ok(Some(block)) = reader.read(until, max) {
        assert!(!block.records.is_empty() && block.end.offset <= until);
        for record in &block.records {
            assert_eq!(record.seq, parts.len() as u64);
            parts.push((record.stream, block.bytes[record.payload.clone()].to_vec()));
        }
    }
    (parts, reader.position())
}

fn segment(folder: &Path, start: u64) -> PathBuf {
    folder.join("spool").join(format!("{start:020}"))
}

fuzz_target!(|input: Input| {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut writer = Writer::create(folder).unwrap();
    let mut written = Vec::new();
    for (out, payload) in input.parts.iter().filter(|(_, payload)| !payload.is_empty()) {
        let stream = if *out { Stream::Stdout } else { Stream::Stderr };
        writer.append(stream, payload).unwrap();
        written.push((stream, payload.clone()));
    }
    drop(writer);
    let mut bytes = fs::read(segment(folder, 0)).unwrap();
    for (at, flip) in &input.edits {
        if let Some(byte) = bytes.get_mut(usize::from(*at)) {
            *byte ^= flip;
        }
    }
    bytes.truncate(input.cut.map_or(usize::MAX, usize::from));
    fs::write(segment(folder, 0), &bytes).unwrap();
    if let Some((start, bytes)) = &input.strange
        && *start > 0
    {
        fs::write(segment(folder, u64::from(*start)), bytes).unwrap();
    }

    let until = input.until.map_or(u64::MAX, u64::from);
    let (parts, _) = read(folder, until, usize::from(input.max));
    // A 32-bit checksum lets no edit of this size through.
    assert!(written.starts_with(&parts) || input.strange.is_some());
    let (parts, end) = read(folder, u64::MAX, 1 << 20);
    if let Ok(found) = spool::end(folder) {
        assert!(found.seq >= parts.len() as u64 || input.strange.is_some());
    }
    if input.strange.is_none()
        && let Ok(mut writer) = Writer::resume(folder)
    {
        assert_eq!(writer.position(), end);
        writer.append(Stream::Stderr, b"on").unwrap();
        let (more, _) = read(folder, u64::MAX, 1 << 20);
        assert_eq!(more.len(), parts.len() + 1);
        assert!(more.starts_with(&parts));
    }
    spool::first(folder).ok();
    spool::drop_before(folder, u64::from(input.max)).ok();
});
