//! Requests about batches, and orders to them.

use crate::{
    engine::{Engine, EngineError},
    wire::{BatchRequest, Reply},
};

pub(super) async fn answer(engine: Engine, request: BatchRequest) -> Result<Reply, EngineError> {
    Ok(match request {
        BatchRequest::Batches { limit } => {
            let batches = engine.list_batches(limit).await?;
            Reply::Batches {
                batches: batches.iter().map(|batch| batch.summary()).collect(),
            }
        }
        BatchRequest::Batch { batch } => Reply::Batch(Box::new(engine.find_batch(&batch).await?)),
        BatchRequest::Answers { batch, masked } => {
            Reply::Answers(engine.batch_answers(batch, masked).await?)
        }
        BatchRequest::Difference {
            batch,
            host,
            masked,
        } => Reply::Difference(engine.batch_difference(batch, &host, masked).await?),
        BatchRequest::LastTime { batch, masked } => Reply::LastTime {
            last_time: engine.batch_last_time(batch, masked).await?,
        },
        BatchRequest::Merged { batch } => Reply::Merged(engine.batch_merged(batch).await?),
        BatchRequest::Order { batch, order } => {
            engine.order_batch(batch, order).await?;
            Reply::Ok
        }
    })
}
