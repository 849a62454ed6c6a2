//! Requests about jobs, and orders to them.

use super::shown;
use crate::{
    engine::{Engine, EngineError},
    wire::{JobRequest, Reply},
};

pub(super) async fn answer(engine: Engine, request: JobRequest) -> Result<Reply, EngineError> {
    let (jobs, done) = (engine.jobs(), |()| Reply::Ok);
    Ok(match request {
        JobRequest::Jobs(query) => {
            let page = jobs.list(&query).await?;
            Reply::Jobs {
                jobs: shown(page.jobs),
                more: page.more,
                incomplete: page.incomplete,
            }
        }
        JobRequest::Job { job } => Reply::Job(Box::new(jobs.get(job).await?.into())),
        JobRequest::Earlier { job } => Reply::Earlier {
            jobs: jobs.earlier(job).await?,
        },
        JobRequest::EarlierOfEach { jobs: of } => Reply::EarlierOfEach {
            runs: jobs.earlier_of_each(&of).await?,
        },
        JobRequest::Silence { job } => Reply::Silence(engine.logs().silence(job).await?),
        JobRequest::Notes { jobs: of } => Reply::Notes {
            notes: jobs.notes(&of).await?,
        },
        JobRequest::SetNote { job, pinned, text } => done(jobs.set_note(job, pinned, &text).await?),
        JobRequest::DeleteJobs { jobs: named } => {
            let gone = jobs.delete(&named).await?;
            let stay = named.len().saturating_sub(gone.len()) as u64;
            Reply::Deleted { gone, stay }
        }
        JobRequest::ExportJobs { jobs: named } => {
            let path = engine.export_to_downloads(named).await?;
            Reply::Saved {
                path: path.display().to_string(),
            }
        }
        JobRequest::Cancel { job, force } => done(engine.cancel(job, force).await?),
        JobRequest::Input { job, text, end } => done(engine.input(job, text, end).await?),
        JobRequest::Resize { job, rows, cols } => {
            // The next job's terminal will most likely be shown at the same place.
            engine.set_window(rows, cols);
            done(engine.resize(job, rows, cols).await?)
        }
        JobRequest::Answer { prompt, answer } => done(engine.answer(prompt, answer)?),
    })
}
