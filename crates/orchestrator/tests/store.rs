//! The store against real servers.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod postgres;

#[path = "store/embedded.rs"]
mod embedded;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/jobs.rs"]
mod jobs;
#[path = "support/leavings.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod leavings;
#[path = "store/logs.rs"]
mod logs;
#[path = "store/notes.rs"]
mod notes;
#[path = "support/pgbouncer.rs"]
mod pgbouncer;
#[path = "store/pooler.rs"]
mod pooler;
#[path = "store/schema.rs"]
mod schema;
#[path = "store/upgrade.rs"]
mod upgrade;

use chrono::{DateTime, Utc};
use orchestrator::{
    job::{
        Cause, Commit, EnvironmentChange, EnvironmentChanged, Exit, Here, Job, JobId, MakeOptions,
        Place, State, Survivor, What,
    },
    log::{Chunk, Stream, outline::Spot},
    store::{Address, ArchiveMark, Block, Store},
};

async fn open(url: &str) -> Store {
    Store::connect(&Address::parse(url, None).unwrap())
        .await
        .unwrap()
}

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap()
}

/// A queued job of a make target.
fn target(project: &str, target: &str) -> Job {
    Job {
        id: JobId::new(),
        what: What::Target {
            project: project.to_owned(),
            targets: vec![target.to_owned()],
            options: MakeOptions {
                jobs: Some(4),
                raw: vec!["ENV".to_owned()],
                ..MakeOptions::default()
            },
            typed: true,
        },
        command: format!("make {target} ENV=staging"),
        place: Place::Here(Here {
            argv: vec![
                "make".to_owned(),
                target.to_owned(),
                "ENV=staging".to_owned(),
            ],
            cwd: Some("/srv/grün".into()),
            environment: vec![EnvironmentChange {
                name: "PATH".to_owned(),
                change: EnvironmentChanged::Changed,
                by: "login shell".to_owned(),
                value: Some("/opt/bin:/usr/bin".to_owned()),
            }],
            commit: Some(Commit {
                hash: "0123456789".to_owned(),
                branch: None,
                dirty: 3,
                not_compared: false,
            }),
        }),
        variables: vec![
            ("ENV".to_owned(), Some("staging".to_owned())),
            ("TOKEN".to_owned(), None),
        ],
        pty: true,
        batch: None,
        owner: "ann@here".to_owned(),
        // Nanoseconds, which a column cannot hold.
        queued_at: DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap(),
        state: State::Queued { waits: None },
        cause: Some(Cause {
            text: "deploy failed with 7".to_owned(),
            spot: Some(Spot {
                file: "Makefile".to_owned(),
                line: 12,
                column: None,
            }),
        }),
        lines: 0,
        bytes: 0,
        is_silent: false,
        paused: None,
        unarchived: None,
        unkillable: None,
        prompt: None,
        last_signal: None,
        data_folder: None,
        damage: None,
        survivors: vec![Survivor {
            pid: 123,
            command: "sleep 1000".into(),
        }],
        notes: vec!["the login shell printed before it: hello".into()],
    }
}

/// A queued job of a command.
fn command(host: Option<&str>, command: &str) -> Job {
    Job {
        what: What::Command,
        place: match host {
            Some(name) => Place::Host {
                name: name.to_owned(),
                sudo: true,
                looks: false,
            },
            None => Place::Here(Here::default()),
        },
        command: command.to_owned(),
        variables: Vec::new(),
        pty: false,
        ..target("", "")
    }
}

fn ended(job: &Job, exit: Exit, canceled: bool) -> Job {
    let mut job = job.clone();
    job.state = State::Ended {
        started_at: Some(time(1_700_000_001_000_001)),
        finished_at: DateTime::from_timestamp(1_700_000_002, 987_654_321).unwrap(),
        exit,
        canceled,
    };
    job
}

fn chunk(seq: u64, stream: Stream, bytes: impl Into<Vec<u8>>) -> Chunk {
    Chunk {
        seq,
        stream,
        at: 1_700_000_000_000_000 + seq.cast_signed() * 10,
        bytes: bytes.into(),
    }
}

/// Chunks as one block; its state says where it begins, so that a wrong one is seen.
fn block(chunks: &[Chunk], first_line: u64) -> Block {
    let seq = chunks[0].seq;
    Block {
        seq,
        chunks: chunks.to_vec(),
        first_line,
        state: state(seq),
    }
}

fn state(seq: u64) -> Vec<u8> {
    format!("state at {seq}").into()
}

fn mark(seq: u64, lines: u64) -> ArchiveMark {
    ArchiveMark {
        seq,
        offset: seq * 100,
        bytes: 0,
        lines,
        state: state(seq),
    }
}
