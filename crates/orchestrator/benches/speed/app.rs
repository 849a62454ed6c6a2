//! `vmo serve` as a package ships it, on fresh folders, with a project and a Postgres that is ready.

use std::{
    path::{Path, PathBuf},
    process::Child,
};

use orchestrator::{
    store::{Address, Store},
    wire::CatalogRequest,
};

use crate::{
    Outcome,
    home::{Door, Home},
    page::Page,
    printed::Printed,
    usage,
};

/// It runs until this is dropped.
pub(crate) struct App {
    home: Home,
    serving: Child,
    pub(crate) door: Door,
    /// Another way into the same Postgres.
    pub(crate) store: Store,
    pub(crate) pool: sqlx::PgPool,
    /// The server of its Postgres.
    pub(crate) postgres: i32,
    /// What the targets of its project print.
    pub(crate) printed: Printed,
    /// KiB that what serves held before its first job.
    pub(crate) idle: u64,
    /// The same of its Postgres.
    pub(crate) idle_postgres: u64,
}

impl App {
    /// Starts it with a trusted project named `work`. `server` is the Postgres to use, its address and process; none for
    /// our own.
    pub(crate) async fn start(programs: &Path, server: Option<(String, i32)>) -> Outcome<Self> {
        let (url, postgres) = server.unzip();
        Self::at(Home::new(programs, url)?, postgres).await
    }

    /// The same with folders that were made for it, and the process of a Postgres that is not our own.
    pub(crate) async fn at(home: Home, postgres: Option<i32>) -> Outcome<Self> {
        let printed = Printed::write_into(&home.work())?;
        let (serving, door) = home.serve()?;
        let mut page = Page::open(&door).await?;
        page.ready().await?;
        let path = home.work().display().to_string();
        page.ask(CatalogRequest::AddProject { path }).await?;
        let name = "work".to_owned();
        page.ask(CatalogRequest::TrustProject { name }).await?;
        let uri = home.uri()?;
        let postgres = postgres
            .or_else(|| home.postmaster())
            .ok_or("no Postgres runs")?;
        Ok(Self {
            store: Store::connect(&Address::parse(&uri, None)?).await?,
            pool: sqlx::PgPool::connect(&uri).await?,
            postgres,
            idle_postgres: usage::of_tree(postgres),
            idle: usage::resident(serving.id().cast_signed())?,
            printed,
            serving,
            door,
            home,
        })
    }

    pub(crate) async fn page(&self) -> Outcome<Page> {
        Page::open(&self.door).await
    }

    /// A program of ours, on the same folders.
    pub(crate) fn program(&self, name: &str) -> std::process::Command {
        self.home.program(name)
    }

    /// The process that serves.
    pub(crate) fn pid(&self) -> i32 {
        self.serving.id().cast_signed()
    }

    /// Where the targets run.
    pub(crate) fn work(&self) -> PathBuf {
        self.home.work()
    }

    /// The folders of jobs that are not archived yet.
    pub(crate) fn jobs(&self) -> PathBuf {
        self.home.data().join("jobs")
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if let Err(error) = self.home.end(&mut self.serving) {
            eprintln!("bench: {error}");
        }
    }
}
