//! Jobs come back as they were saved, and are found and listed.

use std::time::Duration;

use orchestrator::{
    job::{Exit, JobQuery, State, Status},
    store::Change,
};
use uuid::Uuid;

use crate::{command, ended, open, postgres::Postgres, target, time};

#[tokio::test]
async fn every_kind_of_job_comes_back_exactly() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let deploy = target("api", "deploy");
    let mut several = target("api", "a");
    several.command = "make clean all".to_owned();
    let mut batch = command(Some("web1"), "docker ps");
    batch.batch = Some(Uuid::now_v7());
    batch.state = State::Running {
        started_at: time(1_700_000_000_500_001),
    };
    (batch.lines, batch.bytes) = (7, u64::from(u32::MAX) * 9);
    let lost = Exit::Lost {
        why: "its supervisor is gone".to_owned(),
    };
    let away = Exit::Unreachable {
        reason: "dns".to_owned(),
        why: "no such name".to_owned(),
    };
    let mut unstarted = ended(
        &deploy,
        Exit::CouldNotStart {
            why: "make: not found".to_owned(),
        },
        false,
    );
    unstarted.id = orchestrator::job::JobId::new();
    if let State::Ended { started_at, .. } = &mut unstarted.state {
        *started_at = None;
    }
    let mut damaged = ended(&command(None, "true"), Exit::Code { code: 0 }, false);
    damaged.damage = Some("its log ends early: the spool is damaged at byte 7".to_owned());
    let jobs = [
        deploy,
        several,
        batch,
        unstarted,
        damaged,
        ended(&command(None, "true"), Exit::Code { code: 0 }, false),
        ended(
            &command(None, "sleep 9"),
            Exit::Signal {
                signal: "INT".to_owned(),
                core: true,
            },
            true,
        ),
        ended(
            &command(None, "sleep 9"),
            Exit::TimedOut {
                after_ms: 600_000,
                signal: Some("TERM".to_owned()),
            },
            false,
        ),
        ended(&command(None, "x"), lost, true),
        ended(&command(Some("web2"), "x"), away, false),
    ];
    for job in &jobs {
        store.save_job(job).await.unwrap();
        assert_eq!(store.job(job.id).await.unwrap().as_ref(), Some(job));
    }
    assert_eq!(
        server.psql(
            "postgres",
            "select type, status, coalesce(reason, '-') from jobs order by id limit 10"
        ),
        "local|queued|-\nlocal|queued|-\nssh|running|-\nlocal|error|could not start: make: not found\n\
         local|done|its log ends early: the spool is damaged at byte 7\nlocal|done|-\n\
         local|canceled|ended by SIGINT (core dumped)\nlocal|error|timed out after 10 min, ended by SIGTERM\n\
         local|lost|its supervisor is gone\nssh|error|host unreachable: no such name"
    );
}

#[tokio::test]
async fn a_job_never_comes_back_to_life_and_a_known_end_stays_known() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let queued = target("api", "deploy");
    let mut running = queued.clone();
    running.state = State::Running {
        started_at: time(1_700_000_001_000_000),
    };
    let done = ended(&queued, Exit::Code { code: 0 }, false);
    let why = "its supervisor was killed".to_owned();
    let lost = ended(&queued, Exit::Lost { why }, false);
    let stands = async || store.job(queued.id).await.unwrap().unwrap().state.status();

    for (job, status) in [
        (&queued, Status::Queued),
        (&running, Status::Running),
        (&queued, Status::Running),
        (&lost, Status::Lost),
        (&running, Status::Lost),
        // Somebody knows better.
        (&done, Status::Done),
        (&lost, Status::Done),
        (&running, Status::Done),
        (&queued, Status::Done),
        (&done, Status::Done),
    ] {
        store.save_job(job).await.unwrap();
        assert_eq!(stands().await, status);
    }
}

#[tokio::test]
async fn a_nul_in_a_hosts_last_words_does_not_keep_a_job_from_being_saved() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let why = "bye\0\\u0000".to_owned();
    let job = ended(
        &command(Some("evil"), "a\0b"),
        Exit::Unreachable {
            reason: "x".to_owned(),
            why,
        },
        false,
    );
    store.save_job(&job).await.unwrap();
    let back = store.job(job.id).await.unwrap().unwrap();
    assert_eq!(back.command, "a\u{fffd}b");
    assert_eq!(
        back.reason().unwrap(),
        "host unreachable: bye\u{fffd}\\u0000"
    );
}

#[tokio::test]
async fn jobs_are_found_by_prefix_and_the_last_is_ones_own() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    assert_eq!(store.last_job(None).await.unwrap(), None);
    let mut jobs = [target("api", "a"), target("api", "b"), target("api", "c")];
    jobs[0].id.0 = "01920000-0000-7000-8000-00000000000a".parse().unwrap();
    jobs[1].id.0 = "01920000-0000-7000-8000-00000000001a".parse().unwrap();
    jobs[2].owner = "bob@there".to_owned();
    for job in &jobs {
        store.save_job(job).await.unwrap();
    }
    let with_prefix = async |prefix: &str| {
        let jobs = store.jobs_by_prefix(prefix).await.unwrap();
        jobs.iter()
            .map(|job| job.command.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        with_prefix("01920000-0000-7000-8000-00000000001").await,
        [jobs[1].command.clone()]
    );
    assert_eq!(
        with_prefix("019200000000").await,
        [jobs[1].command.clone(), jobs[0].command.clone()]
    );
    assert!(with_prefix("ffff").await.is_empty());
    assert!(with_prefix("last").await.is_empty());
    let last = store.last_job(Some("ann@here")).await.unwrap().unwrap();
    assert_eq!(last.id, jobs[1].id);
    assert_eq!(store.last_job(None).await.unwrap().unwrap().id, jobs[2].id);
}

#[tokio::test]
async fn the_list_is_paged_by_key_and_filtered() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let mut all = Vec::new();
    for n in 0..25 {
        let job = match n % 3 {
            0 => target("api", "deploy"),
            1 => ended(&target("web", "build"), Exit::Code { code: n }, false),
            _ => command(Some("web1"), &format!("docker logs {n}%")),
        };
        store.save_job(&job).await.unwrap();
        all.insert(0, job);
    }
    let ids = |jobs: &[orchestrator::job::Job]| jobs.iter().map(|job| job.id).collect::<Vec<_>>();

    let mut paged = Vec::new();
    let mut page = JobQuery {
        limit: 7,
        ..JobQuery::default()
    };
    loop {
        let jobs = store.jobs(&page).await.unwrap();
        page.before = jobs.last().map(|job| job.id);
        let full = jobs.len() == 7;
        paged.extend(jobs);
        if !full {
            break;
        }
    }
    assert_eq!(ids(&paged), ids(&all));

    // What the noun itself says of a job is what Postgres says.
    let count = async |filter: JobQuery| {
        let jobs = store.jobs(&filter).await.unwrap();
        let matching = all.iter().filter(|job| filter.matches(job));
        let mut matching: Vec<_> = matching.map(|job| job.id).collect();
        if filter.limit > 0 {
            matching.truncate(filter.limit as usize);
        }
        assert_eq!(ids(&jobs), matching, "{filter:?}");
        jobs.len()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        count(JobQuery {
            status: Some(Status::Error),
            ..JobQuery::default()
        })
        .await,
        8
    );
    assert_eq!(
        count(JobQuery {
            project: some("api"),
            ..JobQuery::default()
        })
        .await,
        9
    );
    assert_eq!(
        count(JobQuery {
            target: some("build"),
            project: some("api"),
            ..JobQuery::default()
        })
        .await,
        0
    );
    assert_eq!(
        count(JobQuery {
            host: some("web1"),
            ..JobQuery::default()
        })
        .await,
        8
    );
    assert_eq!(
        count(JobQuery {
            text: some("LOGS 2%"),
            ..JobQuery::default()
        })
        .await,
        1
    );
    assert_eq!(
        count(JobQuery {
            text: some("100%_"),
            ..JobQuery::default()
        })
        .await,
        0
    );
    assert_eq!(
        count(JobQuery {
            batch: Some(Uuid::nil()),
            ..JobQuery::default()
        })
        .await,
        0
    );
    assert_eq!(
        count(JobQuery {
            limit: 3,
            ..JobQuery::default()
        })
        .await,
        3
    );
    for filter in [
        JobQuery {
            owner: some("bob@there"),
            ..JobQuery::default()
        },
        JobQuery {
            before: Some(all[4].id),
            owner: some("ann@here"),
            ..JobQuery::default()
        },
    ] {
        count(filter).await;
    }
    assert_eq!(store.unended_of("ann@here").await.unwrap().len(), 17);
    assert!(store.unended_of("bob@there").await.unwrap().is_empty());
}

#[tokio::test]
async fn another_app_hears_of_changes_and_of_having_missed_some() {
    let mut server = Postgres::start();
    let (ours, theirs) = (
        open(&server.url("postgres")).await,
        open(&server.url("postgres")).await,
    );
    let mut changes = theirs.subscribe().await.unwrap();
    let mut next = async || {
        tokio::time::timeout(Duration::from_secs(60), changes.next())
            .await
            .unwrap()
    };

    let job = target("api", "deploy");
    ours.save_job(&job).await.unwrap();
    assert_eq!(next().await, Change::Job(job.id));
    ours.settle(
        &ended(&job, Exit::Code { code: 0 }, false),
        &Default::default(),
    )
    .await
    .unwrap();
    assert_eq!(next().await, Change::Job(job.id));

    server.down(rustix::process::Signal::INT);
    server.up();
    assert_eq!(next().await, Change::Lost);
    assert_eq!(next().await, Change::Missed);
    // The others' connections died with the server; the first to be used may still say so.
    let gone = match ours.delete_job(job.id).await {
        Err(error) if error.is_transient() => ours.delete_job(job.id).await,
        outcome => outcome,
    };
    assert!(gone.unwrap());
    assert_eq!(next().await, Change::Job(job.id));
    assert!(!ours.delete_job(job.id).await.unwrap());
}
