//! Requests as the wire has them, and changed ones, by the thousand: each call has one answer, whatever it is.

use std::{collections::HashSet, fs, fs::File, path::Path, time::Duration};

use orchestrator::{
    job::{JobQuery, Status},
    wire::{Job, JobRequest, Message, Reply},
};

use super::{
    Tally, Tries,
    grammar::{Grammar, Known, Numbers},
};
use crate::{
    dice::Dice,
    home::Home,
    page::{App, Page},
    postgres::Postgres,
};

const HUNG_AFTER: Duration = Duration::from_secs(60);
/// Messages of one try.
const MESSAGES: usize = 1000;
/// Messages that are sent before their answers are read: fewer than a socket's calls that are worked on at once, twice.
const AT_ONCE: usize = 50;

impl Numbers for Dice {
    fn below(&mut self, limit: u64) -> u64 {
        Self::below(self, limit)
    }
}

/// Whether somebody panicked, by what the app wrote on its standard error.
pub(crate) fn panics(words_file: &Path) -> usize {
    let words_file = fs::read_to_string(words_file).unwrap_or_default();
    words_file.matches("panicked at").count()
}

/// Sends some requests, and has each answered once; how many were changed.
async fn some(page: &mut Page, known: &Known, dice: &mut Dice, tally: &mut Tally) {
    let mut open = HashSet::new();
    let mut texts = Vec::new();
    for _ in 0..AT_ONCE {
        let id = page.new_id();
        let mut grammar = Grammar::new(dice, known);
        let request = grammar.request();
        let is_changed = grammar.one_in(2);
        let request = if is_changed {
            grammar.changed(request)
        } else {
            request.to_string()
        };
        tally.faults += usize::from(is_changed);
        texts.push(format!("{{\"id\":{id},\"request\":{request}}}"));
        open.insert(id);
    }
    page.say_texts(texts).await;
    let mut answered = 0;
    while answered < AT_ONCE {
        let message = page.message().await;
        let Some(Message::Reply { id, .. } | Message::Failed { id, .. }) = message else {
            continue;
        };
        answered += 1;
        // What is no JSON has no id.
        tally.other += usize::from(id != 0 && !open.remove(&id));
    }
}

#[tokio::test]
async fn requests_that_are_changed() {
    let Some(mut tries) = Tries::of("requests", 4) else {
        return;
    };
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.makefile("all:\n\techo all\n");
    let words_file = home.work().join("said");
    let app = App::start_by(home, |mut vmo| {
        vmo.stderr(File::create(&words_file).unwrap());
        vmo
    });
    let mut page = app.page().await;
    page.until_ready_again().await;
    let mut known = Known {
        folder: app.home.work().display().to_string(),
        may_change: true,
        ..Known::default()
    };
    for command in ["seq 2000", "printf 'a\\nERROR b\\xff\\n'; exit 3", "true"] {
        let id = page.start(command).await.id;
        page.over(id).await;
        known.jobs.push(id.to_string());
    }
    let long = page.start("cat").await.id;
    known.jobs.push(long.to_string());
    let mut alone = tries
        .alone()
        .map(|number| number.parse::<u64>().expect("a number"));
    while let Some(number) = tries.next().map(|next| alone.unwrap_or(next)) {
        let mut dice = tries.dice(&number.to_string());
        let mut tally = Tally::default();
        let before = panics(&words_file);
        for _ in 0..MESSAGES / AT_ONCE {
            let some = some(&mut page, &known, &mut dice, &mut tally);
            if tokio::time::timeout(HUNG_AFTER, some).await.is_err() {
                tally.hung += 1;
                page = app.page().await;
            }
        }
        tally.other += usize::from(
            page.ask(JobRequest::Jobs(JobQuery::default()))
                .await
                .is_err(),
        );
        tally.panics += panics(&words_file) - before;
        let words = fs::read_to_string(&words_file).unwrap_or_default();
        let panic = words
            .lines()
            .find(|line| line.contains("panicked at"))
            .unwrap_or_default();
        tries.note(&number.to_string(), tally, panic);
        if alone.take().is_some() {
            break;
        }
    }
    // One of the requests may have run it again, or canceled it before.
    for status in [Status::Queued, Status::Running] {
        let query = JobQuery {
            status: Some(status),
            ..JobQuery::default()
        };
        let Ok(Reply::Jobs { jobs, .. }) = page.ask(JobRequest::Jobs(query)).await else {
            panic!("no list of jobs")
        };
        for Job { id: job, .. } in jobs {
            let cancel = JobRequest::Cancel { job, force: true };
            page.ask(cancel).await.ok();
            page.now_over(job).await;
        }
    }
    tries.end();
}
