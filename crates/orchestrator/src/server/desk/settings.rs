//! Requests about the settings.

use crate::{
    engine::{Engine, EngineError},
    wire::{Reply, SettingsRequest},
};

pub(super) async fn answer(engine: Engine, request: SettingsRequest) -> Result<Reply, EngineError> {
    let catalog = engine.catalog();
    Ok(match request {
        SettingsRequest::Settings => Reply::Settings(catalog.settings()),
        SettingsRequest::ChangeSettings(settings) => {
            Reply::Settings(catalog.change_settings(settings).await?)
        }
        SettingsRequest::Kept => Reply::Kept(engine.jobs().kept().await?),
        SettingsRequest::Outdated { retention } => {
            Reply::Outdated(engine.jobs().outdated_by(&retention).await?)
        }
        SettingsRequest::UseDatabase { used } => {
            catalog.use_database(used).await?;
            Reply::Ok
        }
        SettingsRequest::TryDatabase { url, schema } => {
            Reply::TriedDatabase(catalog.try_database(&url, schema.as_deref()).await?)
        }
        SettingsRequest::CopyHistory { url, schema } => {
            engine.begin_copy(&url, schema.as_deref()).await?;
            Reply::Ok
        }
        SettingsRequest::EndCopy => {
            engine.end_copy();
            Reply::Ok
        }
        SettingsRequest::HistoryCopy => Reply::HistoryCopy {
            copy: engine.history_copy().map(Box::new),
        },
        SettingsRequest::Health => Reply::Health(Box::new(engine.health().await?)),
    })
}
