//! Requests to start something, to preview that, and about presets.

use super::shown;
use crate::{
    engine::{Consent, Engine, EngineError},
    job::Job,
    wire::{LaunchRequest, Reply},
};

pub(super) async fn answer(engine: Engine, request: LaunchRequest) -> Result<Reply, EngineError> {
    match request {
        LaunchRequest::Preview(start) => {
            let preview = engine.preview(start).await?;
            Ok(Reply::Preview(Box::new(preview)))
        }
        LaunchRequest::LookOnHosts(sought) => {
            let jobs = engine.look_on_hosts(&sought, Consent::Trusted).await?;
            let checkouts = engine.looked(&sought, &jobs).await?;
            Ok(Reply::Checkouts { checkouts })
        }
        LaunchRequest::Copy { what, by } => Ok(Reply::Line {
            line: engine.copied(what, by).await?,
        }),
        LaunchRequest::Start(start) => engine.start(start, Consent::Trusted).await.map(started),
        LaunchRequest::RunAgain {
            job,
            seen,
            confirmed,
        } => engine
            .run_again(job, &seen, confirmed, Consent::Trusted)
            .await
            .map(started),
        LaunchRequest::Presets { project, target } => {
            let presets = engine.catalog().presets(&project, &target);
            presets.await.map(Reply::Presets)
        }
        LaunchRequest::SavePreset {
            project,
            target,
            preset,
        } => {
            let presets = engine.catalog().save_preset(&project, &target, preset);
            presets.await.map(Reply::Presets)
        }
        LaunchRequest::ForgetPreset {
            project,
            target,
            name,
        } => {
            let presets = engine.catalog().forget_preset(&project, &target, &name);
            presets.await.map(Reply::Presets)
        }
    }
}

pub(super) fn started(jobs: Vec<Job>) -> Reply {
    Reply::Started { jobs: shown(jobs) }
}
