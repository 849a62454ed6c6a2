//! Targets with all that a person can say to them, by the command line and by a page: real make, a real Postgres.

mod again;
mod environment;
mod options;
mod presets;
mod preview;
mod production;
mod registry;
mod rows;
mod trust;

use crate::{home, page, postgres};
use home::Home;
use orchestrator::{
    job::MakeOptions,
    launch::{Preview, Start},
    wire::{FailureCode, Job, LaunchRequest, Reply, Request},
};
use page::Page;
use postgres::Postgres;

/// A server and folders of their own for one test.
fn home(makefile: &str) -> (Postgres, Home) {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.makefile(makefile);
    (postgres, home)
}

/// Puts the folder to work in on the list, trusted; its name there is `work`.
fn trusted(home: &Home) {
    home.text(&["projects", "add", "."]);
    home.text(&["projects", "trust", "work"]);
}

/// A target of the folder to work in.
fn target(words: &[&str], variables: &[(&str, &str)], options: MakeOptions) -> Start {
    Start::Target {
        project: "work".into(),
        targets: words.iter().map(|word| (*word).into()).collect(),
        variables: variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
        pty: false,
        when_busy: None,
        options,
    }
}

async fn preview(page: &mut Page, start: Start) -> Preview {
    match page.ask(LaunchRequest::Preview(start)).await {
        Ok(Reply::Preview(preview)) => *preview,
        other => panic!("{other:?}"),
    }
}

/// Why a launch asks first, in words.
fn danger(preview: &Preview) -> Option<String> {
    let dangers: Vec<String> = preview.dangers.iter().map(ToString::to_string).collect();
    (!dangers.is_empty()).then(|| dangers.join("; "))
}

/// The jobs there are, newest first, as somebody who looks at them now sees them.
fn seen(home: &Home) -> Vec<Job> {
    serde_json::from_value(home.json(&["jobs", "--json"])).unwrap()
}

/// Run again on a job, as it was seen.
fn again(job: &Job, confirmed: &[&str]) -> LaunchRequest {
    LaunchRequest::RunAgain {
        job: job.id,
        seen: job.seal.clone(),
        confirmed: confirmed.iter().map(|word| (*word).into()).collect(),
    }
}

/// Starts it and waits for its end.
async fn over(page: &mut Page, request: impl Into<Request>) -> Job {
    match page.ask(request).await {
        Ok(Reply::Started { jobs }) => page.over(jobs[0].id).await,
        other => panic!("{other:?}"),
    }
}

async fn refused(page: &mut Page, request: impl Into<Request>) -> FailureCode {
    page.ask(request).await.unwrap_err()
}
