//! Requests about projects and hosts, and what is saved for them.

use crate::{
    engine::{Engine, EngineError},
    wire::{CatalogRequest, Reply},
};

pub(super) async fn answer(engine: Engine, request: CatalogRequest) -> Result<Reply, EngineError> {
    let catalog = engine.catalog();
    let done = |()| Reply::Ok;
    Ok(match request {
        CatalogRequest::Overview => Reply::Overview(Box::new(engine.overview().await?)),
        CatalogRequest::Targets { project } => Reply::Scan(catalog.targets(&project).await?),
        CatalogRequest::AddProject { path } => Reply::Project(catalog.add_project(&path).await?),
        CatalogRequest::RemoveProject { name } => done(catalog.remove_project(&name).await?),
        CatalogRequest::TrustProject { name } => done(catalog.trust_project(&name).await?),
        CatalogRequest::DistrustProject { name } => done(catalog.distrust_project(&name).await?),
        CatalogRequest::EditMakefile { project, target } => Reply::Edited {
            terminal: catalog.edit_makefile(&project, target).await?,
        },
        CatalogRequest::OpenFolder { project } => done(catalog.open_folder(&project).await?),
        CatalogRequest::AllowCommand { command } => {
            catalog.allow_command(&command, true).await?;
            Reply::Ok
        }
        CatalogRequest::SetExclusive { name, exclusive } => {
            done(catalog.set_exclusive(&name, exclusive).await?)
        }
        CatalogRequest::CopyDotenvSample { project } => {
            done(catalog.copy_dotenv_sample(&project).await?)
        }
        CatalogRequest::Mark { on, change } => done(catalog.mark(on, change).await?),
        CatalogRequest::Marks => Reply::Marks(catalog.marks().await?),
        CatalogRequest::MarkProduction { host, production } => {
            done(catalog.mark_production(&host, production).await?)
        }
        CatalogRequest::SaveCommand { host, command } => {
            done(catalog.save_command(host.as_deref(), &command).await?)
        }
        CatalogRequest::ForgetCommand { host, command } => {
            done(catalog.forget_command(host.as_deref(), &command).await?)
        }
    })
}
