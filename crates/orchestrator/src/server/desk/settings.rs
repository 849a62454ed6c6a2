//! What is asked of the settings.

use crate::{
    engine::{Engine, EngineError},
    wire::{Reply, SettingsRequest},
};

pub(super) async fn answer(engine: Engine, request: SettingsRequest) -> Result<Reply, EngineError> {
    let settings = match request {
        SettingsRequest::Settings => engine.blocking(|engine| Ok(engine.settings())).await,
        SettingsRequest::ChangeSettings(settings) => {
            engine
                .blocking(move |engine| engine.change_settings(settings))
                .await
        }
    };
    settings.map(Reply::Settings)
}
