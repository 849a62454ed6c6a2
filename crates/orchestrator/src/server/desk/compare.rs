//! Requests to compare logs.

use crate::{
    engine::{Engine, EngineError},
    wire::{CompareRequest, Reply},
};

pub(super) async fn answer(engine: Engine, request: CompareRequest) -> Result<Reply, EngineError> {
    Ok(match request {
        CompareRequest::CompareLogs(wanted) => {
            let comparison = engine.logs().compare(&wanted).await?;
            Reply::Comparison(Box::new(comparison))
        }
        CompareRequest::ComparedLines { job, with, runs } => Reply::ComparedLines {
            lines: engine.logs().compared_lines(job, with, &runs).await?,
        },
        CompareRequest::TryMasks { rules, line } => Reply::MaskedLine {
            parts: engine.logs().try_masks(rules, &line)?,
        },
        CompareRequest::Failure { job } => Reply::Failure {
            failure: engine.logs().failure(job).await?,
        },
    })
}
