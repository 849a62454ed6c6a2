//! What is asked of what is to be started.

use super::shown;
use crate::{
    engine::{Consent, Engine, EngineError},
    job::Job,
    presets::Presets,
    wire::{LaunchRequest, Reply},
};

pub(super) async fn answer(engine: Engine, request: LaunchRequest) -> Result<Reply, EngineError> {
    match request {
        LaunchRequest::Preview(start) => {
            let preview = engine
                .blocking(move |engine| engine.preview(&start))
                .await?;
            Ok(Reply::Preview(Box::new(preview)))
        }
        LaunchRequest::Start(start) => engine
            .blocking(move |engine| engine.start(start, Consent::Trusted))
            .await
            .map(started),
        LaunchRequest::RunAgain { job, confirmed } => engine
            .run_again(job, confirmed, Consent::Trusted)
            .await
            .map(started),
        LaunchRequest::Presets { project, target } => {
            presets(&engine, move |engine| engine.presets(&project, &target)).await
        }
        LaunchRequest::SavePreset {
            project,
            target,
            preset,
        } => {
            presets(&engine, move |engine| {
                engine.save_preset(&project, &target, preset)
            })
            .await
        }
        LaunchRequest::ForgetPreset {
            project,
            target,
            name,
        } => {
            presets(&engine, move |engine| {
                engine.forget_preset(&project, &target, &name)
            })
            .await
        }
    }
}

fn started(jobs: Vec<Job>) -> Reply {
    Reply::Started { jobs: shown(jobs) }
}

async fn presets(
    engine: &Engine,
    work: impl FnOnce(&Engine) -> Result<Presets, EngineError> + Send + 'static,
) -> Result<Reply, EngineError> {
    engine.blocking(work).await.map(Reply::Presets)
}
