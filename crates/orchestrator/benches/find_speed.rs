//! How fast a log is searched, from a spool and from memory: `cargo bench -p orchestrator --bench find_speed`.

use std::{sync::Arc, time::Instant};

use orchestrator::log::{
    Stream::Stdout,
    find::{Finder, Pattern, Query},
    outline::Outliner,
};
use supervisor::{
    folder::Folder,
    spool::{Reader, Stream, Writer},
};

const CHUNK: usize = 128 * 1024;

fn main() {
    let plain = format!(
        "{}é and some more of it, to make a hundred bytes\n",
        "x".repeat(50)
    );
    let colored = "\x1b[32m[12:00:00]\x1b[0m \x1b[1;34mINFO\x1b[0m a line with the usual colours in it, and a tail\n";
    let windows = format!("{} a line that ends as in Windows\r\n", "y".repeat(60));
    for (name, line) in [
        ("plain", &*plain),
        ("coloured", colored),
        ("CRLF", &windows),
    ] {
        let log = line.repeat((512 << 20) / line.len()).into_bytes();
        for (what, text, case, word, regex) in [
            ("absent", "nowhere to be found", true, false, false),
            (
                "absent, any case",
                "nowhere to be found",
                false,
                false,
                false,
            ),
            ("word", "of", false, true, false),
            ("every line", "tail", true, false, false),
            ("regex", r"[0-9]+ms\b", true, false, true),
            ("\\w+ms", r"\w+ms", false, false, true),
        ] {
            let query = Query {
                text: text.into(),
                case,
                word,
                regex,
            };
            let mut scan = Finder::new(Arc::new(Pattern::new(&query).expect("it is good")));
            let (start, mut hits) = (Instant::now(), 0_u64);
            for chunk in log.chunks(CHUNK) {
                scan.feed(Stdout, chunk, |_| hits += 1);
            }
            say(name, what, log.len(), start, hits);
        }
        let mut outliner = Outliner::new(Vec::new(), Vec::new());
        let start = Instant::now();
        for chunk in log.chunks(CHUNK) {
            outliner.feed(Stdout, 0, chunk);
        }
        say(
            name,
            "outline",
            log.len(),
            start,
            outliner.outline().errors.len() as u64,
        );
        from_spool(name, &log);
    }
}

/// The whole way from disk, checked, as a search takes it.
fn from_spool(name: &str, log: &[u8]) {
    let home = tempfile::tempdir().expect("a folder");
    let folder = Folder::create(home.path().join("job")).expect("a job folder");
    let mut writer = Writer::create(folder.path()).expect("a spool");
    for chunk in log.chunks(CHUNK) {
        writer.append(Stream::Stdout, chunk).expect("room");
    }
    let query = Query {
        text: "nowhere".into(),
        ..Query::default()
    };
    let mut scan = Finder::new(Arc::new(Pattern::new(&query).expect("it is good")));
    let (start, mut hits) = (Instant::now(), 0);
    let mut reader = Reader::open(folder.path(), Default::default()).expect("it is there");
    while let Some(block) = reader.read(u64::MAX, 256 * 1024).expect("it is whole") {
        for record in &block.records {
            scan.feed(Stdout, &block.bytes[record.payload.clone()], |_| hits += 1);
        }
    }
    say(name, "from the spool", log.len(), start, hits);
}

fn say(name: &str, what: &str, bytes: usize, start: Instant, hits: u64) {
    let rate = bytes as f64 / start.elapsed().as_secs_f64() / 1e9;
    println!("{name:10} {what:18} {rate:6.2} GB/s  {hits} found");
}
