//! Logs come back byte for byte, however they were cut and however often they were offered.

use orchestrator::{
    job::{Exit, Job},
    log::{Chunk, Stream},
    store::{ArchiveMark, Block, Store, StoreError},
};

use crate::{block, chunk, command, ended, mark, open, postgres::Postgres, state, target};

async fn saved(store: &Store) -> Job {
    let job = target("api", "deploy");
    store.save_job(&job).await.unwrap();
    job
}

/// Everything archived, read in pages of `limit` bytes.
async fn all(store: &Store, job: &Job, limit: u64) -> Vec<Block> {
    let mut all: Vec<Block> = Vec::new();
    loop {
        let next = all
            .last()
            .map_or(0, |block| block.seq + block.chunks.len() as u64);
        let page = store.blocks(job.id, next, limit).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

fn chunks(blocks: &[Block]) -> Vec<Chunk> {
    blocks
        .iter()
        .flat_map(|block| block.chunks.clone())
        .collect()
}

#[tokio::test]
async fn nasty_bytes_come_back_exactly() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = saved(&store).await;
    let euro = "€".as_bytes();
    let every: Vec<u8> = (0..=255).collect();
    let log = [
        block(
            &[
                chunk(0, Stream::Stderr, "warn: \u{1b}[31mgrün\u{1b}[0m\r\n"),
                chunk(1, Stream::Stdout, b"a NUL \0 here".to_vec()),
                chunk(2, Stream::Stderr, &euro[..1]),
                chunk(3, Stream::Stdout, every.clone()),
                chunk(4, Stream::Stderr, &euro[1..]),
                chunk(5, Stream::Stdout, "no newline at the end"),
            ],
            1,
        ),
        block(&[chunk(6, Stream::Stdout, vec![0; 200_000])], 4),
        block(
            &[chunk(7, Stream::Stdout, "\u{feff}\u{fffd}\\N\\x00 \t'\"{}")],
            4,
        ),
    ];
    let end = mark(8, 4);
    store.archive(job.id, &log, &end).await.unwrap();

    for limit in [0, 10, 100_000, u64::MAX] {
        assert_eq!(all(&store, &job, limit).await, log, "in pages of {limit}");
    }
    let bytes: usize = chunks(&log).iter().map(|chunk| chunk.bytes.len()).sum();
    let there = store.mark(job.id).await.unwrap().unwrap();
    assert_eq!(
        there,
        ArchiveMark {
            bytes: bytes as u64,
            ..end
        }
    );
    // Text if text can hold it: the split euro sign too, since its halves are one row's.
    let text = "select stream, raw is null, byte_offset from job_logs order by seq, stream";
    assert_eq!(
        server.psql("postgres", text),
        "stderr|t|0\nstdout|f|0\nstdout|f|289\nstdout|t|200289"
    );
    let one = "select data from job_logs where stream = 'stderr'";
    assert_eq!(
        server.psql("postgres", one),
        "warn: \u{1b}[31mgrün\u{1b}[0m\r\n€"
    );
}

#[tokio::test]
async fn what_is_offered_twice_is_kept_once_and_other_cuts_fit() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = saved(&store).await;
    let log: Vec<Chunk> = (0..20)
        .map(|n| {
            chunk(
                n,
                if n % 3 == 0 {
                    Stream::Stderr
                } else {
                    Stream::Stdout
                },
                format!("line {n}\n"),
            )
        })
        .collect();
    let cut = |from: usize, to: usize| block(&log[from..to], from as u64 + 1);

    store
        .archive(job.id, &[cut(0, 5), cut(5, 10)], &mark(10, 10))
        .await
        .unwrap();
    let before = all(&store, &job, 0).await;
    // The answer was lost: the same again.
    store
        .archive(job.id, &[cut(0, 5), cut(5, 10)], &mark(10, 10))
        .await
        .unwrap();
    store
        .archive(job.id, &[cut(5, 10)], &mark(10, 10))
        .await
        .unwrap();
    assert_eq!(all(&store, &job, 0).await, before);

    // A new owner read an older mark and cut otherwise, while the old one's last call still landed.
    store
        .archive(job.id, &[cut(3, 8), cut(8, 14), cut(14, 17)], &mark(17, 17))
        .await
        .unwrap();
    // And the old one, late, offers less than there is.
    store
        .archive(job.id, &[cut(10, 12)], &mark(12, 12))
        .await
        .unwrap();
    let there = all(&store, &job, 0).await;
    assert_eq!(chunks(&there), log[..17]);
    assert_eq!(
        there.iter().map(|block| block.seq).collect::<Vec<_>>(),
        [0, 5, 10, 14]
    );
    // The block that was cut anew begins at the mark, with the mark's own state and line.
    assert_eq!((there[2].first_line, &there[2].state), (11, &state(10)));
    let now = store.mark(job.id).await.unwrap().unwrap();
    assert_eq!(
        (now.seq, now.offset, now.lines, &now.state),
        (17, 1700, 17, &state(17))
    );
    assert_eq!(
        now.bytes,
        log[..17]
            .iter()
            .map(|chunk| chunk.bytes.len() as u64)
            .sum::<u64>()
    );
    let offsets = "select bool_and(byte_offset = before) from (
        select byte_offset, coalesce(sum(octet_length(data)) over (partition by stream order by seq
          rows between unbounded preceding and 1 preceding), 0) as before from job_logs) rows";
    assert_eq!(server.psql("postgres", offsets), "t");
}

#[tokio::test]
async fn two_owners_at_once_leave_one_whole_log() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = saved(&store).await;
    let log: Vec<Chunk> = (0..200)
        .map(|n| chunk(n, Stream::Stdout, format!("{n}\n")))
        .collect();
    let owners = [3, 7, 11].map(|size| {
        let (store, log, job) = (store.clone(), log.clone(), job.id);
        tokio::spawn(async move {
            let mut at = 0;
            while at < log.len() {
                let end = log.len().min(at + size);
                let cut = block(&log[at..end], at as u64 + 1);
                store
                    .archive(job, &[cut], &mark(end as u64, end as u64))
                    .await
                    .unwrap();
                at = end;
            }
        })
    });
    for owner in owners {
        owner.await.unwrap();
    }
    let there = all(&store, &job, 0).await;
    assert_eq!(chunks(&there), log);
    assert!(
        there
            .iter()
            .all(|block| block.first_line == block.seq + 1 && block.state == state(block.seq))
    );
}

#[tokio::test]
async fn a_gap_is_never_written() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = saved(&store).await;
    let one = |seq| block(&[chunk(seq, Stream::Stdout, "x\n")], seq + 1);

    let behind = store
        .archive(job.id, &[one(3)], &mark(4, 4))
        .await
        .unwrap_err();
    assert!(
        matches!(
            behind,
            StoreError::Behind {
                archived: 0,
                offered: 3,
                ..
            }
        ),
        "{behind}"
    );
    for (blocks, mark) in [
        (vec![one(0), one(2)], mark(3, 3)),
        (vec![one(0)], mark(2, 2)),
        (
            vec![Block {
                chunks: Vec::new(),
                ..one(0)
            }],
            mark(0, 0),
        ),
    ] {
        let unfit = store.archive(job.id, &blocks, &mark).await.unwrap_err();
        assert!(matches!(unfit, StoreError::Unfit { .. }), "{unfit}");
    }
    assert_eq!(
        store.mark(job.id).await.unwrap(),
        Some(ArchiveMark::default())
    );
    assert!(store.blocks(job.id, 0, 1000).await.unwrap().is_empty());

    let stranger = command(None, "x").id;
    let gone = store
        .archive(stranger, &[one(0)], &mark(1, 1))
        .await
        .unwrap_err();
    assert!(matches!(gone, StoreError::Gone { .. }), "{gone}");
    assert_eq!(store.mark(stranger).await.unwrap(), None);
    assert_eq!(store.make_durable(stranger).await.unwrap(), None);
}

#[tokio::test]
async fn a_job_is_settled_only_when_its_whole_log_is_there() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = saved(&store).await;
    let mut done = ended(&job, Exit::Code { code: 0 }, false);
    (done.lines, done.bytes) = (1, 2);

    let early = store.settle(&done, &mark(1, 1)).await.unwrap_err();
    assert!(
        matches!(
            early,
            StoreError::Behind {
                archived: 0,
                offered: 1,
                ..
            }
        ),
        "{early}"
    );
    assert_eq!(store.job(job.id).await.unwrap(), Some(job.clone()));

    store
        .archive(
            job.id,
            &[block(&[chunk(0, Stream::Stdout, "x\n")], 1)],
            &mark(1, 1),
        )
        .await
        .unwrap();
    assert_eq!(
        store.job(job.id).await.unwrap().unwrap().bytes,
        2,
        "what is archived counts at once"
    );
    store.settle(&done, &mark(1, 1)).await.unwrap();
    store.settle(&done, &mark(1, 1)).await.unwrap();
    assert_eq!(store.job(job.id).await.unwrap(), Some(done));

    // A job that never wrote anything need not even have been saved before.
    let silent = ended(&command(None, "true"), Exit::Code { code: 0 }, false);
    store
        .settle(&silent, &ArchiveMark::default())
        .await
        .unwrap();
    assert_eq!(store.job(silent.id).await.unwrap(), Some(silent));
}

#[tokio::test]
async fn lines_and_chunks_are_found_in_their_batch() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = saved(&store).await;
    // Line 1 goes on through three blocks in which no other begins; line 2 begins in the last of them.
    let log = [
        block(
            &[
                chunk(0, Stream::Stdout, "a long"),
                chunk(1, Stream::Stderr, ""),
            ],
            1,
        ),
        block(&[chunk(2, Stream::Stdout, " line")], 2),
        block(&[chunk(3, Stream::Stdout, " and on")], 2),
        block(
            &[
                chunk(4, Stream::Stdout, "\nsecond\nthird"),
                chunk(5, Stream::Stderr, "fourth"),
            ],
            2,
        ),
        block(&[chunk(6, Stream::Stdout, "\nfifth\n")], 5),
    ];
    store.archive(job.id, &log, &mark(7, 5)).await.unwrap();

    for (line, found) in [(1, 0), (2, 3), (4, 3), (5, 4), (99, 4)] {
        let block = store.block_at_line(job.id, line).await.unwrap();
        assert_eq!(block.as_ref(), Some(&log[found]), "line {line}");
    }
    assert_eq!(store.block_at_line(job.id, 0).await.unwrap(), None);
    for (seq, found) in [(0, 0), (1, 0), (2, 1), (5, 3), (6, 4), (99, 4)] {
        let block = store.block_at_seq(job.id, seq).await.unwrap();
        assert_eq!(block.as_ref(), Some(&log[found]), "chunk {seq}");
    }
    // Bytes of standard output: the blocks begin at 0, 6, 11, 18 and 31.
    for (byte, seq) in [(0, 0), (5, 0), (6, 2), (11, 3), (18, 4), (30, 4), (999, 6)] {
        let at_byte = store.seq_at_byte(job.id, byte).await.unwrap();
        assert_eq!(at_byte, Some(seq), "byte {byte}");
    }
    assert_eq!(store.blocks(job.id, 5, 0).await.unwrap(), [log[3].clone()]);
    assert_eq!(store.blocks(job.id, 1, u64::MAX).await.unwrap(), log);
    assert!(store.blocks(job.id, 7, u64::MAX).await.unwrap().is_empty());
    assert!(store.blocks(job.id, 99, u64::MAX).await.unwrap().is_empty());
}

#[tokio::test]
async fn thousands_of_rows_are_read_in_pages_without_a_gap() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = saved(&store).await;
    let log: Vec<Block> = (0..1500)
        .map(|n| {
            let both = [
                chunk(2 * n, Stream::Stdout, "o\n"),
                chunk(2 * n + 1, Stream::Stderr, "e\n"),
            ];
            block(&both, 2 * n + 1)
        })
        .collect();
    store
        .archive(job.id, &log, &mark(3000, 3000))
        .await
        .unwrap();
    assert_eq!(all(&store, &job, u64::MAX).await, log);
    assert_eq!(store.blocks(job.id, 0, 11).await.unwrap(), log[..2]);
}

#[tokio::test]
async fn a_row_that_was_meddled_with_is_said_to_be_so() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = saved(&store).await;
    store
        .archive(
            job.id,
            &[block(&[chunk(0, Stream::Stdout, "abc")], 1)],
            &mark(1, 1),
        )
        .await
        .unwrap();
    server.psql("postgres", "update job_logs set data = 'ab'");
    let corrupt = store.blocks(job.id, 0, 100).await.unwrap_err();
    assert!(matches!(corrupt, StoreError::Corrupt { .. }), "{corrupt}");
}

#[tokio::test]
async fn deleting_a_job_takes_its_log_along() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = saved(&store).await;
    store
        .archive(
            job.id,
            &[block(&[chunk(0, Stream::Stdout, "abc")], 1)],
            &mark(1, 1),
        )
        .await
        .unwrap();
    assert!(store.delete_job(job.id).await.unwrap());
    assert_eq!(
        server.psql("postgres", "select count(*) from job_logs"),
        "0"
    );
    assert_eq!(store.job(job.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_job_that_is_new_and_over_is_written_whole_and_once() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let log = [
        block(
            &[
                chunk(0, Stream::Stderr, "one\n"),
                chunk(1, Stream::Stdout, b"a NUL \0".to_vec()),
            ],
            1,
        ),
        block(&[chunk(2, Stream::Stdout, "\nthree\n")], 3),
    ];
    let end = mark(3, 3);
    let bytes = log.iter().flat_map(|block| &block.chunks);
    let bytes = bytes.map(|chunk| chunk.bytes.len() as u64).sum();
    let of = |job: Job| Job {
        lines: 3,
        bytes,
        ..ended(&job, Exit::Code { code: 3 }, false)
    };
    let job = of(target("api", "deploy"));
    assert!(store.write_whole(&job, &log, &end).await.unwrap());
    // As if the answer of the first call was lost.
    assert!(!store.write_whole(&job, &log, &end).await.unwrap());
    assert_eq!(store.job(job.id).await.unwrap().unwrap(), job);
    assert_eq!(all(&store, &job, u64::MAX).await, log);
    let there = store.mark(job.id).await.unwrap().unwrap();
    assert_eq!(
        there,
        ArchiveMark {
            bytes,
            ..end.clone()
        }
    );
    // The usual way finds nothing left to do.
    store.archive(job.id, &log, &end).await.unwrap();
    store.settle(&job, &end).await.unwrap();
    assert_eq!(all(&store, &job, u64::MAX).await, log);

    let silent = Job {
        lines: 0,
        bytes: 0,
        ..of(command(None, "true"))
    };
    assert!(
        store
            .write_whole(&silent, &[], &ArchiveMark::default())
            .await
            .unwrap()
    );
    assert_eq!(store.job(silent.id).await.unwrap().unwrap(), silent);

    let before = saved(&store).await;
    assert!(
        !store
            .write_whole(&of(before.clone()), &log, &end)
            .await
            .unwrap()
    );
    assert_eq!(store.job(before.id).await.unwrap().unwrap(), before);
    assert!(all(&store, &before, u64::MAX).await.is_empty());
    let rest = store.write_whole(&job, &log[1..], &end).await;
    assert!(matches!(rest, Err(StoreError::Unfit { .. })), "{rest:?}");
}
