//! What people say of jobs, and how the jobs before one went.

use std::time::Duration;

use orchestrator::{
    job::{Exit, JobId, JobQuery, Note, Status},
    store::Change,
};

use crate::{command, ended, open, postgres::Postgres, target};

#[tokio::test]
async fn a_note_is_kept_found_reported_and_goes_with_its_job() {
    let server = Postgres::start();
    let (ours, theirs) = (
        open(&server.url("postgres")).await,
        open(&server.url("postgres")).await,
    );
    let (job, other) = (target("api", "deploy"), target("api", "build"));
    for job in [&job, &other] {
        ours.save_job(job).await.unwrap();
    }
    let mut changes = theirs.subscribe().await.unwrap();
    assert!(ours.notes(&[job.id, other.id]).await.unwrap().is_empty());
    let text = "the one before the incident \u{1f525}\nsee #12";
    let note = ours.set_note(job.id, true, text, "ann@here").await;
    let note = note.unwrap().unwrap();
    assert_eq!(
        (note.pinned, note.text.as_str(), note.by.as_str()),
        (true, text, "ann@here")
    );
    let change = tokio::time::timeout(Duration::from_secs(60), changes.next());
    assert_eq!(change.await.unwrap(), Change::Note(job.id));
    let notes = theirs.notes(&[other.id, job.id]).await.unwrap();
    assert_eq!(notes, [(job.id, note)]);

    let pinned = JobQuery {
        pinned: true,
        ..JobQuery::default()
    };
    let ids = |jobs: Vec<orchestrator::job::Job>| -> Vec<JobId> {
        jobs.into_iter().map(|job| job.id).collect()
    };
    assert_eq!(ids(theirs.jobs(&pinned).await.unwrap()), [job.id]);
    // Whoever writes last is right.
    let note: Note = theirs
        .set_note(job.id, false, "", "bob@there")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ours.notes(&[job.id]).await.unwrap(), [(job.id, note)]);
    assert!(ours.jobs(&pinned).await.unwrap().is_empty());

    assert!(ours.delete_job(job.id).await.unwrap());
    assert!(ours.notes(&[job.id]).await.unwrap().is_empty());
    let none = ours.set_note(job.id, true, "", "ann@here").await.unwrap();
    assert_eq!(none, None);
}

#[tokio::test]
async fn a_job_knows_how_those_before_it_of_the_same_thing_went() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let codes = [0, 2, 0];
    let mut wanted = Vec::new();
    for code in codes {
        // In between, what is not the same thing.
        for job in [
            target("api", "deploy"),
            target("web", "deploy"),
            command(None, "deploy"),
            command(Some("web1"), "deploy"),
        ] {
            let done = ended(&job, Exit::Code { code }, false);
            store.save_job(&done).await.unwrap();
        }
        wanted.push(if code == 0 {
            Status::Done
        } else {
            Status::Error
        });
    }
    wanted.reverse();
    let first = target("api", "build");
    store.save_job(&first).await.unwrap();
    for job in [
        target("api", "deploy"),
        command(None, "deploy"),
        command(Some("web1"), "deploy"),
    ] {
        let earlier = store.earlier(&job, None, 12).await.unwrap();
        let how: Vec<Status> = earlier.iter().map(|one| one.status).collect();
        assert_eq!(how, wanted, "{:?}", job.what);
        // From `ended`: 1,987.65 ms.
        assert!(earlier.iter().all(|one| one.took_ms.abs_diff(1_988) <= 1));
        assert_eq!(store.earlier(&job, None, 2).await.unwrap(), earlier[..2]);
        let failed = store.earlier(&job, Some(Status::Error), 12).await.unwrap();
        assert_eq!(failed, earlier[1..2]);
        // The same of many at once, once they are there.
        store.save_job(&job).await.unwrap();
        let each = store.earlier_of_each(&[first.id, job.id], 2).await;
        assert_eq!(each.unwrap(), [(job.id, earlier[..2].to_vec())]);
    }
    assert!(
        store
            .earlier(&target("api", "build"), None, 12)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn jobs_are_found_by_when_they_were_asked_for_and_by_whom() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let first = command(None, "first");
    tokio::time::sleep(Duration::from_millis(2)).await;
    let between = orchestrator::clock::now();
    tokio::time::sleep(Duration::from_millis(2)).await;
    let mut second = command(None, "second");
    second.owner = "bob@there".to_owned();
    for job in [&first, &second] {
        store.save_job(job).await.unwrap();
    }
    let found = async |query: JobQuery| -> Vec<String> {
        let jobs = store.jobs(&query).await.unwrap();
        jobs.into_iter().map(|job| job.command).collect()
    };
    let since = JobQuery {
        since: Some(between),
        ..JobQuery::default()
    };
    assert_eq!(found(since).await, ["second"]);
    let until = JobQuery {
        until: Some(between),
        ..JobQuery::default()
    };
    assert_eq!(found(until).await, ["first"]);
    let whose = JobQuery {
        owner: Some("bob@there".to_owned()),
        ..JobQuery::default()
    };
    assert_eq!(found(whose).await, ["second"]);
}
