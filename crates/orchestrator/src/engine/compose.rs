//! From what a person asked for to the exact command of a job here. What is started and what is only shown come from the
//! same functions, so that the one is the other.

use std::{ffi::OsString, path::PathBuf};

use super::{
    Engine, EngineError,
    asked::{self, Asked},
    rules::Rules,
};
use crate::{
    job::MakeOptions,
    make,
    project::{Project, Scan},
};

/// A job here, before anything is made of it.
pub(super) struct Composed {
    pub(super) asked: Asked,
    pub(super) command: make::Command,
    pub(super) rules: Rules,
    /// What it inherits.
    pub(super) environment: Vec<(OsString, OsString)>,
    /// Whether `direnv` makes another one of that before make starts.
    pub(super) by_direnv: bool,
}

/// What is wanted of a project.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) targets: &'a [String],
    pub(super) variables: &'a [(String, String)],
    pub(super) options: &'a MakeOptions,
    pub(super) pty: bool,
}

impl Engine {
    /// Targets of a project.
    pub(super) fn compose_targets(
        &self,
        project: &Project,
        scan: &Scan,
        wanted: Wanted<'_>,
    ) -> Result<Composed, EngineError> {
        let environment = self.environment_in(wanted.pty);
        let variables = assignments(scan, wanted);
        let direnv = make::direnv(&project.path, &environment);
        let run = make::Run {
            dir: &project.path,
            targets: wanted.targets,
            variables: &variables,
            options: wanted.options,
            direnv: direnv.as_deref(),
        };
        let command = make::argv(&run).map_err(refused)?;
        let rules = Rules::of(project, wanted.targets, scan);
        Ok(Composed {
            asked: asked::of_make(&run, &command, &project.name, wanted.pty).within(&environment),
            command,
            by_direnv: direnv.is_some(),
            rules: Rules {
                timeout: wanted.options.timeout.or(rules.timeout),
                ..rules
            },
            environment,
        })
    }

    /// A shell command in a folder, the home folder where none is named.
    pub(super) fn compose_shell(
        &self,
        command: &str,
        cwd: Option<&str>,
        pty: bool,
    ) -> Result<Composed, EngineError> {
        let here = cwd.map_or_else(|| self.folders().home.clone(), PathBuf::from);
        let program = make::shell(command, &here).map_err(refused)?;
        let environment = self.environment_in(pty);
        Ok(Composed {
            asked: asked::of_shell(&program, command.to_owned(), pty).within(&environment),
            command: program,
            rules: Rules::default(),
            environment,
            by_direnv: false,
        })
    }

    /// Make with just these words. Where it reads other makefiles, no rules of this project's count.
    pub(super) fn compose_line(
        &self,
        project: &Project,
        scan: &Scan,
        line: make::Line,
    ) -> Composed {
        let rules = if line.elsewhere {
            Rules::default()
        } else {
            Rules::of(project, &line.targets, scan)
        };
        let environment = self.environment();
        Composed {
            asked: asked::of_line(&line, &project.name).within(&environment),
            command: line.command,
            rules,
            environment,
            by_direnv: false,
        }
    }

    /// What a job here inherits, in a terminal or not.
    fn environment_in(&self, pty: bool) -> Vec<(OsString, OsString)> {
        let mut environment = self.environment();
        if pty {
            make::environment::name_terminal(&mut environment);
        }
        environment
    }

    /// What a job here inherits.
    pub(super) fn environment(&self) -> Vec<(OsString, OsString)> {
        if !self.0.options.login_path {
            return make::environment(std::env::vars_os(), None);
        }
        let path = make::login_path();
        let base = make::beside_login(std::env::vars_os(), make::login_environment());
        make::environment(base, path)
    }
}

/// The variables as make is to get them.
pub(super) fn assignments(scan: &Scan, wanted: Wanted<'_>) -> Vec<make::Assignment> {
    let assign = |(name, value): &(String, String)| make::Assignment {
        name: name.clone(),
        value: value.clone(),
        raw: wanted.options.raw.contains(name),
        secret: is_secret(scan, name),
    };
    wanted.variables.iter().map(assign).collect()
}

/// Whether a variable is secret: by its name, unless a makefile's comment says otherwise.
pub(super) fn is_secret(scan: &Scan, name: &str) -> bool {
    let mut variables = scan.variables.iter();
    let known = variables.find(|variable| variable.name == name);
    known.map_or_else(|| make::is_secret_name(name), |known| known.secret)
}

fn refused(refusal: make::Refusal) -> EngineError {
    EngineError::Refused(format!("failed to {refusal}"))
}
