//! Projects, hosts and saved commands: listed, added, trusted and removed. Each change is reported to everyone who listens.

use super::{Catalog, Listed};
use crate::{
    engine::{EngineError, editor, start::is_command},
    host::Host,
    make,
    project::{Place, Project},
    wire::Event,
};

/// Bytes of a command that is saved: as many as a note's.
const LONGEST_COMMAND: usize = 8_000;

impl Catalog {
    /// The projects.
    ///
    /// # Errors
    /// If reading them panicked; a file that cannot be read is among the problems.
    pub async fn projects(&self) -> Result<Listed<Project>, EngineError> {
        self.blocking(|catalog| Ok(catalog.list_projects())).await
    }

    /// The hosts, each with its saved commands.
    ///
    /// # Errors
    /// If reading them panicked; a file that cannot be read is among the problems.
    pub async fn hosts(&self) -> Result<Listed<Host>, EngineError> {
        self.blocking(|catalog| Ok(catalog.list_hosts())).await
    }

    /// A project by its name or its folder; `.` is the folder this program runs in. It reads files.
    ///
    /// # Errors
    /// If there is none; the message has the names that are nearest.
    pub(in crate::engine) fn project(&self, name: &str) -> Result<Project, EngineError> {
        let here = std::env::current_dir().unwrap_or_default();
        let mut project = (self.list().find(name, &here))
            .map_err(|none| EngineError::NotFound(none.to_string()))?;
        self.revoke_trust_of_changed(std::slice::from_mut(&mut project));
        Ok(project)
    }

    /// Adds a folder with a makefile.
    ///
    /// # Errors
    /// If there is no makefile, or the list cannot be written.
    pub async fn add_project(&self, path: &str) -> Result<Project, EngineError> {
        let path = path.to_owned();
        self.blocking(move |catalog| {
            let added = catalog.list().add(path.as_ref())?;
            catalog.report_projects();
            Ok(added)
        })
        .await
    }

    /// Removes a project that was added in the app from the list.
    ///
    /// # Errors
    /// If it was not added in the app, or the list cannot be written.
    pub async fn remove_project(&self, name: &str) -> Result<(), EngineError> {
        let name = name.to_owned();
        self.blocking(move |catalog| {
            catalog.list().remove(&name)?;
            catalog.report_projects();
            Ok(())
        })
        .await
    }

    /// Allows a project's targets to be run from the window.
    ///
    /// # Errors
    /// If there is no such project, or the file of trusted projects cannot be written.
    pub async fn trust_project(&self, name: &str) -> Result<(), EngineError> {
        let name = name.to_owned();
        self.blocking(move |catalog| {
            let project = catalog.project(&name)?;
            let (_scan, stamps) = catalog.scanned(&project.path);
            catalog.list().trust(&project.path, &stamps.digest())?;
            catalog.report_projects();
            catalog.ask_make(&catalog.project(&name)?);
            Ok(())
        })
        .await
    }

    /// Asks for a project's trust again before any of its targets runs. Jobs that run are not touched.
    ///
    /// # Errors
    /// As [`Self::trust_project`].
    pub async fn distrust_project(&self, name: &str) -> Result<(), EngineError> {
        let name = name.to_owned();
        self.blocking(move |catalog| {
            let project = catalog.project(&name)?;
            catalog.list().distrust(&project.path)?;
            catalog.report_projects();
            Ok(())
        })
        .await
    }

    /// Opens a person's editor at a project's makefile, or where it has a target. Gives the command line of an editor that
    /// needs a terminal, which is not started here.
    ///
    /// # Errors
    /// If there is no such project or target, the file is gone, or there is no editor.
    pub async fn edit_makefile(
        &self,
        project: &str,
        target: Option<String>,
    ) -> Result<Option<String>, EngineError> {
        let name = project.to_owned();
        let place = self.blocking(move |catalog| {
            let project = catalog.project(&name)?;
            let Some(target) = target else {
                let found = make::makefile(&project.path);
                return Ok((project.path.join(found.unwrap_or("Makefile")), 1));
            };
            let scan = catalog.known_targets(&project);
            let target = scan.target(&target).ok_or_else(|| {
                EngineError::NotFound(format!("{} has no target {target}", project.name))
            })?;
            let Place { file, line } = &target.place;
            Ok((project.path.join(file), *line))
        });
        let (file, line) = place.await?;
        if !file.is_file() {
            let why = format!("{} is gone", file.display());
            return Err(EngineError::NotFound(why));
        }
        editor::open(self.settings().editor, file, (line, None)).await
    }

    /// Shows a project's folder in the desktop's program for files.
    ///
    /// # Errors
    /// If there is no such project, its folder is gone, or the desktop has no such program.
    pub async fn open_folder(&self, project: &str) -> Result<(), EngineError> {
        let name = project.to_owned();
        let folder = self.blocking(move |catalog| Ok(catalog.project(&name)?.path));
        let folder = folder.await?;
        if !folder.is_dir() {
            let why = format!("{} is gone", folder.display());
            return Err(EngineError::NotFound(why));
        }
        editor::show(folder.display().to_string()).await
    }

    /// Sets whether at most one job of a project runs at once. Jobs that run or wait already are not touched.
    ///
    /// # Errors
    /// If there is no such project, or the file of exclusive projects cannot be written.
    pub async fn set_exclusive(&self, name: &str, exclusive: bool) -> Result<(), EngineError> {
        let name = name.to_owned();
        self.blocking(move |catalog| {
            let project = catalog.project(&name)?;
            catalog.list().set_exclusive(&project.path, exclusive)?;
            catalog.report_projects();
            Ok(())
        })
        .await
    }

    /// Copies the sample of a project's missing dotenv file to its place: `.env.sample` to `.env`.
    ///
    /// # Errors
    /// If there is no such project, the file is there already, or it cannot be written.
    pub async fn copy_dotenv_sample(&self, project: &str) -> Result<(), EngineError> {
        let project = project.to_owned();
        self.blocking(move |catalog| {
            let project = catalog.project(&project)?;
            make::copy_dotenv_sample(&project.path).map_err(|error| {
                let folder = project.path.display();
                EngineError::Refused(format!(
                    "failed to copy the sample of .env in {folder}: {error}"
                ))
            })
        })
        .await
    }

    /// Saves a command for a host, or for every host.
    ///
    /// # Errors
    /// If the command is empty or too long, or the file cannot be read or written.
    pub async fn save_command(&self, host: Option<&str>, command: &str) -> Result<(), EngineError> {
        is_command(command)?;
        if command.len() > LONGEST_COMMAND {
            return Err(EngineError::Refused(format!(
                "this command has {} bytes, and a saved one may have at most {LONGEST_COMMAND}: put it into a script",
                command.len()
            )));
        }
        let (host, command) = (host.map(str::to_owned), command.to_owned());
        self.blocking(move |catalog| {
            catalog.change_commands(|saved| saved.add(host.as_deref(), &command))?;
            catalog.report_hosts();
            Ok(())
        })
        .await
    }

    /// Removes a saved command.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub async fn forget_command(
        &self,
        host: Option<&str>,
        command: &str,
    ) -> Result<(), EngineError> {
        let (host, command) = (host.map(str::to_owned), command.to_owned());
        self.blocking(move |catalog| {
            catalog.change_commands(|saved| saved.remove(host.as_deref(), &command))?;
            catalog.report_hosts();
            Ok(())
        })
        .await
    }

    /// Reports the projects as they are now. It reads files.
    pub(in crate::engine) fn report_projects(&self) {
        let Listed { found, problems } = self.list_projects();
        self.0.events.report(Event::Projects {
            projects: found,
            problems,
        });
    }

    /// Reports the hosts as they are now. It reads files.
    pub(in crate::engine) fn report_hosts(&self) {
        let Listed { found, problems } = self.list_hosts();
        self.0.events.report(Event::Hosts {
            hosts: found,
            problems,
        });
    }
}
