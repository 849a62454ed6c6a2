//! What is asked of projects, hosts and what is saved of them. All of it reads files, so it is done on a thread that may
//! block.

use crate::{
    engine::{Engine, EngineError},
    wire::{CatalogRequest, Reply},
};

pub(super) async fn answer(engine: Engine, request: CatalogRequest) -> Result<Reply, EngineError> {
    engine
        .blocking(move |engine| from_files(engine, request))
        .await
}

fn from_files(engine: &Engine, request: CatalogRequest) -> Result<Reply, EngineError> {
    let done = |()| Reply::Ok;
    Ok(match request {
        CatalogRequest::Overview => Reply::Overview(Box::new(engine.overview())),
        CatalogRequest::Targets { project } => Reply::Scan(engine.targets(&project)?),
        CatalogRequest::AddProject { path } => Reply::Project(engine.add_project(&path)?),
        CatalogRequest::RemoveProject { name } => done(engine.remove_project(&name)?),
        CatalogRequest::TrustProject { name } => done(engine.trust_project(&name)?),
        CatalogRequest::AllowCommand { command } => {
            engine.allow_command(&command, true)?;
            Reply::Ok
        }
        CatalogRequest::SetExclusive { name, exclusive } => {
            done(engine.set_exclusive(&name, exclusive)?)
        }
        CatalogRequest::CopyDotenvSample { project } => done(engine.copy_dotenv_sample(&project)?),
        CatalogRequest::MarkProduction { host, production } => {
            done(engine.mark_production(&host, production)?)
        }
        CatalogRequest::SaveCommand { host, command } => {
            done(engine.save_command(host.as_deref(), &command)?)
        }
        CatalogRequest::ForgetCommand { host, command } => {
            done(engine.forget_command(host.as_deref(), &command)?)
        }
    })
}
