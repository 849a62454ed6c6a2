use supervisor::{
    folder::Folder,
    spool::{Stream, Writer},
};
use tempfile::TempDir;

use super::*;
use crate::{
    engine::{
        Database, Live,
        archive::link::Link,
        follow::{index::Indexer, live::Mark},
        logs::source::Elsewhere,
        start::draft,
    },
    folders::Folders,
    store::Address,
};

/// A job that writes what the test says. It has no store.
struct Writing {
    _folder: TempDir,
    writer: Writer,
    indexer: Indexer,
    log: Log,
}

impl Writing {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::create(home.path().join("job")).unwrap();
        let writer = Writer::create(folder.path()).unwrap();
        let job = draft::of_host("box", "true", false, None).job();
        let (live, _orders) = Live::new(job, folder, Some(Mark::default()));
        let live = Arc::new(live);
        let nowhere = Address::parse("postgres:///x?host=/nowhere", None).unwrap();
        let folders = Folders {
            data: "/nowhere".into(),
            config: "/nowhere".into(),
            home: "/nowhere".into(),
            ssh_configs: Vec::new(),
            registry: "/nowhere".into(),
        };
        Self {
            _folder: home,
            writer,
            indexer: Indexer::new(Arc::clone(&live), Mark::default()),
            log: Log {
                id: live.id,
                live: Some(live),
                link: Link::open(Database::Configured(Box::new(nowhere)), folders),
                elsewhere: Elsewhere::default(),
                encoding: Encoding::default(),
            },
        }
    }

    fn write(&mut self, stream: Stream, text: &str) {
        self.writer.append(stream, text.as_bytes()).unwrap();
        self.indexer
            .catch_up(self.writer.position().offset)
            .unwrap();
    }

    fn find(&self, text: &str) -> Find {
        let query = Query {
            text: text.into(),
            ..Query::default()
        };
        Find::begin(self.log.clone(), Pattern::new(&query).unwrap())
    }
}

/// Waits until all that is there has been looked at, and says how many hits there are.
async fn hits(find: &Find, lines: u64) -> u64 {
    let mut progress = find.progress();
    let there = progress.wait_for(|now| now.caught_up && now.lines == lines);
    there.await.unwrap().hits
}

#[tokio::test]
async fn a_find_goes_on_as_the_log_grows() {
    let mut job = Writing::new();
    job.write(Stream::Stdout, "one\nTwo ");
    let find = job.find("two");
    assert_eq!(hits(&find, 2).await, 1);
    job.write(Stream::Stderr, "two\ntwo\n");
    assert_eq!(hits(&find, 4).await, 3);
    // The open line becomes another one.
    job.write(Stream::Stdout, "\x1b[2K\rnone\nlast two");
    assert_eq!(hits(&find, 5).await, 3);
    let numbers: Vec<u64> = find
        .hits(1, 9)
        .await
        .unwrap()
        .iter()
        .map(|hit| hit.line)
        .collect();
    assert_eq!(numbers, [3, 4, 5]);
    assert!(!find.progress().borrow().complete);
    job.log.live.as_ref().unwrap().completed();
    let mut progress = find.progress();
    progress.wait_for(|now| now.complete).await.unwrap();
}

#[tokio::test]
async fn lines_near_hits_come_with_their_number() {
    let mut job = Writing::new();
    let text: String = (1..=3000).map(|n| format!("line {n} of it\n")).collect();
    job.write(Stream::Stdout, &text);
    let find = job.find("line 77");
    assert_eq!(hits(&find, 3000).await, 11);
    let (lines, hits, total) = find.lines(2, 3, 5).await.unwrap();
    let numbers: Vec<u64> = lines.iter().map(|line| line.number).collect();
    // Around 77: 75 to 79; from 768 on the next ones.
    assert_eq!((numbers, total), (vec![78, 79, 768, 769, 770], 19));
    assert_eq!(hits.iter().map(|hit| hit.line).collect::<Vec<_>>(), [770]);
    assert_eq!(find.nearest(770, 0, true).unwrap().index, 1);
}

#[tokio::test]
async fn of_long_lines_near_hits_the_first_that_fit_come_and_the_rest_is_asked_for() {
    let mut job = Writing::new();
    let long = "x".repeat(8000);
    for n in 1..=200 {
        let hit = if n % 10 == 0 { "hit" } else { "" };
        job.write(Stream::Stdout, &format!("{long} {n} {hit}\n"));
    }
    let find = job.find("hit");
    assert_eq!(hits(&find, 200).await, 20);
    let (mut found, mut rows) = (Vec::new(), 0);
    loop {
        let (lines, hits, total) = find.lines(2, rows, 100).await.unwrap();
        let last = lines.last().unwrap().number;
        assert!(lines.len() < 100, "all 800 KB came at once");
        assert!(hits.iter().all(|hit| hit.line <= last), "{hits:?}");
        rows += lines.len() as u64;
        found.extend(lines.iter().map(|line| line.number));
        if rows == total {
            break;
        }
    }
    let near = (1..=200).filter(|n| n % 10 <= 2 && *n > 2 || n % 10 >= 8);
    assert_eq!(found, near.collect::<Vec<u64>>());
}

#[tokio::test]
async fn an_ended_find_stops() {
    let mut job = Writing::new();
    job.write(Stream::Stdout, "x\n");
    let find = job.find("x");
    assert_eq!(hits(&find, 1).await, 1);
    let shared = Arc::downgrade(&find.shared);
    drop(find);
    // Its task holds it no more; that is at once, but on another thread.
    while shared.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn where_too_many_are_found_those_on_screen_are_looked_for_again() {
    let mut job = Writing::new();
    let line = "x".repeat(1000) + "\n";
    for _ in 0..1100 {
        job.write(Stream::Stdout, &line);
    }
    let find = job.find("x");
    assert_eq!(hits(&find, 1100).await, 1_100_000);
    let last = find.hits(1100, 1).await.unwrap();
    assert_eq!((last.len(), last[999].start), (1000, 999));
    assert_eq!(
        find.nearest(1100, 0, true).unwrap().index,
        hits::KEPT as u64
    );
}
