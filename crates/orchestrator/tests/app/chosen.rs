//! Jobs of the list that a person chooses: by several statuses, to be deleted, to be exported.

use std::fs;

use orchestrator::{
    job::{JobId, JobQuery, Status},
    wire::{FailureCode, JobRequest, Reply},
};

use crate::{
    home::Home,
    page::{App, Page},
    postgres::Postgres,
};

async fn listed(page: &mut Page, statuses: &[Status]) -> Vec<JobId> {
    let query = JobQuery {
        statuses: statuses.to_vec(),
        ..JobQuery::default()
    };
    match page.ask(JobRequest::Jobs(query)).await {
        Ok(Reply::Jobs { jobs, .. }) => jobs.iter().map(|job| job.id).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn jobs_that_are_chosen_are_listed_exported_and_deleted() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    for line in ["true", "exit 3", "echo noted", "echo of another"] {
        home.run(&["run", "--", line]);
    }
    postgres.psql(
        "postgres",
        "insert into job_notes select id, false, 'look here', 'ann@there', now() from jobs where command = 'echo noted'",
    );
    postgres.psql(
        "postgres",
        "update jobs set owner = 'ann@there' where command like '%another%'",
    );
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let running = page.start("echo it runs; sleep 1000").await.id;

    let all = listed(&mut page, &[]).await;
    let [first, others, noted, failed, done] = all[..] else {
        panic!("{all:?}");
    };
    assert_eq!(first, running);
    assert_eq!(listed(&mut page, &[Status::Error]).await, [failed]);
    let both = listed(&mut page, &[Status::Error, Status::Running]).await;
    assert_eq!(both, [running, failed]);
    assert_eq!(listed(&mut page, &[Status::Lost]).await, []);

    // What is over is in the file, and another history takes it.
    let Ok(Reply::Saved { path }) = page.ask(JobRequest::ExportJobs { jobs: all.clone() }).await
    else {
        panic!("it is exported");
    };
    let other = Postgres::start();
    let there = Home::new(Some(other.url("postgres")));
    let imported = there.text(&["import", &path]);
    fs::remove_file(&path).unwrap();
    assert!(imported.starts_with("took 4 jobs"), "{imported}");
    let nothing = page
        .try_ask(JobRequest::ExportJobs {
            jobs: vec![running],
        })
        .await
        .unwrap_err();
    assert!(
        nothing.message.contains("none of them is over"),
        "{}",
        nothing.message
    );

    // Those that run, are noted or are another's stay.
    let Ok(Reply::Deleted { gone, stay }) = page.ask(JobRequest::DeleteJobs { jobs: all }).await
    else {
        panic!("they are deleted");
    };
    assert_eq!((gone, stay), (vec![done, failed], 3));
    assert_eq!(listed(&mut page, &[]).await, [running, others, noted]);
    let logs = "select count(*) from job_logs where job_id not in (select id from jobs)";
    assert_eq!(postgres.psql("postgres", logs), "0");
    let many = (0..501).map(|_| JobId::new()).collect();
    let many = page
        .try_ask(JobRequest::DeleteJobs { jobs: many })
        .await
        .unwrap_err();
    assert_eq!(many.code, FailureCode::Refused);
    page.ask(JobRequest::Cancel {
        job: running,
        force: true,
    })
    .await
    .unwrap();
    page.now_over(running).await;
}
