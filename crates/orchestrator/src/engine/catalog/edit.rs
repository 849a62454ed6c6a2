//! Projects, hosts and saved commands: listed, added, trusted and removed. Each change is reported to everyone who listens.

use crate::{
    engine::{Engine, EngineError, Listed, start::is_command},
    host::Host,
    make,
    project::Project,
    wire::Event,
};

/// Bytes of a command that is saved: as many as a note's.
const LONGEST_COMMAND: usize = 8_000;

impl Engine {
    /// The projects.
    #[must_use]
    pub fn projects(&self) -> Listed<Project> {
        self.0.catalog.projects()
    }

    /// The hosts, each with its saved commands.
    #[must_use]
    pub fn hosts(&self) -> Listed<Host> {
        self.0.catalog.hosts()
    }

    /// A project by its name or its folder; `.` is the folder this program runs in.
    ///
    /// # Errors
    /// Where there is none; near names are told.
    pub fn project(&self, name: &str) -> Result<Project, EngineError> {
        let here = std::env::current_dir().unwrap_or_default();
        make::projects::find(&self.projects().found, name, &here)
            .map_err(|none| EngineError::NotFound(none.to_string()))
    }

    /// Adds a folder with a makefile.
    ///
    /// # Errors
    /// Where it is none, or the list cannot be written.
    pub fn add_project(&self, path: &str) -> Result<Project, EngineError> {
        let added = self.0.catalog.add_project(path)?;
        self.tell_projects();
        Ok(added)
    }

    /// Takes an added project off the list.
    ///
    /// # Errors
    /// Where it was not added in the app, or the list cannot be written.
    pub fn remove_project(&self, name: &str) -> Result<(), EngineError> {
        self.0.catalog.remove_project(name)?;
        self.tell_projects();
        Ok(())
    }

    /// Allows a project's targets to be run from the window.
    ///
    /// # Errors
    /// Where there is no such project, or that cannot be written down.
    pub fn trust_project(&self, name: &str) -> Result<(), EngineError> {
        self.0.catalog.trust(&self.project(name)?)?;
        self.tell_projects();
        self.ask_make(&self.project(name)?);
        Ok(())
    }

    /// Says whether at most one job of a project runs at once. Jobs that run or wait already are not touched.
    ///
    /// # Errors
    /// Where there is no such project, or that cannot be written down.
    pub fn set_exclusive(&self, name: &str, exclusive: bool) -> Result<(), EngineError> {
        let project = self.project(name)?;
        self.0.catalog.set_exclusive(&project, exclusive)?;
        self.tell_projects();
        Ok(())
    }

    /// Copies the sample of a project's missing dotenv file to its place: `.env.sample` to `.env`.
    ///
    /// # Errors
    /// Where there is no such project, the file is there, or it cannot be written.
    pub fn copy_dotenv_sample(&self, project: &str) -> Result<(), EngineError> {
        let project = self.project(project)?;
        make::copy_dotenv_sample(&project.path).map_err(|error| {
            let folder = project.path.display();
            EngineError::Refused(format!(
                "failed to copy the sample of .env in {folder}: {error}"
            ))
        })
    }

    /// Keeps a command in a host's row, or in every host's.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn save_command(&self, host: Option<&str>, command: &str) -> Result<(), EngineError> {
        is_command(command)?;
        if command.len() > LONGEST_COMMAND {
            return Err(EngineError::Refused(format!(
                "this command has {} bytes, and one that is saved has at most {LONGEST_COMMAND}: put it into a script",
                command.len()
            )));
        }
        self.0
            .catalog
            .change_commands(|saved| saved.add(host, command))?;
        self.tell_hosts();
        Ok(())
    }

    /// Drops a saved command.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn forget_command(&self, host: Option<&str>, command: &str) -> Result<(), EngineError> {
        self.0
            .catalog
            .change_commands(|saved| saved.remove(host, command))?;
        self.tell_hosts();
        Ok(())
    }

    pub(in crate::engine) fn tell_projects(&self) {
        let Listed { found, problems } = self.projects();
        self.tell(Event::Projects {
            projects: found,
            problems,
        });
    }

    pub(in crate::engine) fn tell_hosts(&self) {
        let Listed { found, problems } = self.hosts();
        self.tell(Event::Hosts {
            hosts: found,
            problems,
        });
    }
}
