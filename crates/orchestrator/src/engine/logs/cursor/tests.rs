use std::{path::Path, sync::OnceLock};

use proptest::prelude::*;
use supervisor::{
    folder::Folder,
    spool::{Stream as Spooled, Writer},
};
use tokio::runtime::Runtime;

use super::*;
use crate::{
    engine::{
        Database,
        archive::link::Link,
        follow::{index::Indexer, live::Mark},
        logs::source::Elsewhere,
        start::draft,
    },
    folders::Folders,
    log::{Encoding, Stream},
    store::Address,
};

/// One runtime for all cases; nothing in it ever answers.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

/// The log of a job that has written these parts, in a folder made for it. It has no store.
fn log(folder: &Path, parts: &[(bool, Vec<u8>)]) -> Log {
    let _in_runtime = runtime().enter();
    let folder = Folder::create(folder.join("job")).unwrap();
    let mut writer = Writer::create(folder.path()).unwrap();
    for (out, bytes) in parts {
        let stream = if *out {
            Spooled::Stdout
        } else {
            Spooled::Stderr
        };
        writer.append(stream, bytes).unwrap();
    }
    let job = draft::of_host("box", "true", false, None).job();
    let (live, _orders) = Live::new(job, folder, Some(Mark::default()));
    let live = Arc::new(live);
    let mut indexer = Indexer::new(Arc::clone(&live), Mark::default());
    indexer.catch_up(writer.position().offset).unwrap();
    let nowhere = Address::parse("postgres:///x?host=/nowhere", None).unwrap();
    let folders = Folders {
        data: "/nowhere".into(),
        config: "/nowhere".into(),
        home: "/nowhere".into(),
        ssh_configs: Vec::new(),
        registry: "/nowhere".into(),
    };
    Log {
        id: live.id,
        live: Some(live),
        link: Link::open(Database::Configured(Box::new(nowhere)), folders),
        elsewhere: Elsewhere::default(),
        encoding: Encoding::default(),
    }
}

/// The next chunks; none at the end of what is there.
fn next(cursor: &mut Cursor) -> Option<Vec<Chunk>> {
    runtime().block_on(cursor.next()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// A page reads some chunks, is cut off, and asks for the rest by the number of the first it has not seen.
    #[test]
    fn cut_anywhere_and_taken_up_again_a_log_is_the_same(
        parts in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 1..200)), 0..40),
        // Some of a block, so that it is cut in its middle, too.
        cuts in prop::collection::vec(0_usize..9, 0..20),
        large in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut parts = parts;
        if large {
            // Past the first mark, and past one block.
            parts.insert(parts.len() / 2, (true, vec![b'x'; 300_000]));
        }
        let log = log(folder.path(), &parts);
        let mut read_so_far: Vec<Chunk> = Vec::new();
        for cut in cuts {
            let mut cursor = log.cursor(read_so_far.len() as u64);
            prop_assert_eq!(cursor.seq(), read_so_far.len() as u64);
            let chunks = next(&mut cursor).unwrap_or_default();
            read_so_far.extend(chunks.into_iter().take(cut));
        }
        let mut cursor = log.cursor(read_so_far.len() as u64);
        while let Some(chunks) = next(&mut cursor) {
            read_so_far.extend(chunks);
        }
        let numbers: Vec<u64> = read_so_far.iter().map(|chunk| chunk.seq).collect();
        prop_assert_eq!(numbers, (0..read_so_far.len() as u64).collect::<Vec<_>>(), "no gap, no double");
        for stream in [Stream::Stdout, Stream::Stderr] {
            let is_own = |out: &bool| *out == (stream == Stream::Stdout);
            let written: Vec<u8> = parts.iter().filter(|(out, _)| is_own(out)).flat_map(|(_, bytes)| bytes.clone()).collect();
            let read: Vec<u8> = read_so_far.iter().filter(|chunk| chunk.stream == stream).flat_map(|chunk| chunk.bytes.clone()).collect();
            prop_assert_eq!(read, written);
        }
    }
}
