//! From what a person asked for to the exact command of a job here. What is started and what is only shown come from the
//! same functions, so that the one is the other.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    draft::{self, Draft},
    masked,
    rules::Rules,
    secret::is_secret,
};
use crate::{
    engine::{Engine, EngineError},
    job::MakeOptions,
    make,
    project::{Project, Scan},
};

/// A job here, before anything is made of it.
pub(in crate::engine) struct Composed {
    pub(in crate::engine) draft: Draft,
    pub(in crate::engine) command: make::Command,
    pub(in crate::engine) rules: Rules,
    /// What it inherits.
    pub(in crate::engine) environment: Vec<(OsString, OsString)>,
    /// Whether `direnv` makes another one of that before make starts.
    pub(in crate::engine) by_direnv: bool,
}

/// Another makefile than the folder's.
struct There {
    project: Project,
    scan: Arc<Scan>,
}

/// What is wanted of a project.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Wanted<'a> {
    pub(in crate::engine) targets: &'a [String],
    pub(in crate::engine) variables: &'a [(String, String)],
    pub(in crate::engine) options: &'a MakeOptions,
    pub(in crate::engine) pty: bool,
}

impl Engine {
    /// Targets of a project.
    pub(in crate::engine) fn compose_targets(
        &self,
        project: &Project,
        scan: &Scan,
        wanted: Wanted<'_>,
    ) -> Result<Composed, EngineError> {
        // make knows no goal called `test-%`; one of the names that it fits is meant.
        let mut named = wanted.targets.iter().filter_map(|name| scan.target(name));
        if let Some(family) =
            named.find(|target| target.pattern && wanted.targets.contains(&target.name))
        {
            return Err(refused(make::Refusal::Pattern(family.name.clone())));
        }
        let mut environment = self.environment_in(wanted.pty);
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
        let draft = draft::of_make(&run, &command, &project.name, wanted.pty);
        let mut draft = self.draft_within(draft, &environment);
        let mut rules = Rules::of(project, wanted.targets, scan);
        let typed: Vec<&str> = variables.iter().map(|one| &*one.name).collect();
        let (secrets, path) = (&mut environment, &project.path);
        let mut shown = masked::tell(&mut rules, secrets, scan, path, &typed);
        let is_shown = |one: &&make::Assignment| one.secret && masked::is_too_short(&one.value);
        shown.extend(
            variables
                .iter()
                .filter(is_shown)
                .map(|one| one.name.clone()),
        );
        say_that_they_show(&mut draft, shown);
        Ok(Composed {
            draft,
            command,
            by_direnv: direnv.is_some(),
            rules: Rules {
                timeout: wanted.options.timeout.or(rules.timeout),
                ..rules
            },
            environment,
        })
    }

    /// A shell command in a folder, the home folder if none is named.
    pub(in crate::engine) fn compose_shell(
        &self,
        command: &str,
        cwd: Option<&str>,
        pty: bool,
    ) -> Result<Composed, EngineError> {
        let here = cwd.map_or_else(|| self.folders().home.clone(), PathBuf::from);
        let program = make::shell(command, &here).map_err(refused)?;
        let environment = self.environment_in(pty);
        let draft = draft::of_shell(&program, command.to_owned(), pty);
        Ok(Composed {
            draft: self.draft_within(draft, &environment),
            command: program,
            rules: Rules::default(),
            environment,
            by_direnv: false,
        })
    }

    /// Make with just these words in a project's folder. If they have it read other makefiles, the rules of those count;
    /// what this folder's call secret is so all the same.
    pub(in crate::engine) fn compose_line(
        &self,
        project: &Project,
        folder: &Path,
        words: &[String],
    ) -> Result<(Composed, Option<make::Elsewhere>), EngineError> {
        let nul =
            || EngineError::Refused("failed to run make: an argument has a NUL byte in it".into());
        let scan = self.catalog().known_targets(project);
        let read = make::line(folder, words, |_| false).ok_or_else(nul)?;
        let there = read.elsewhere.map(|to| self.led_to(to, project));
        let secret = |name: &str| {
            let elsewhere = there.as_ref().map(|there| &*there.scan);
            is_secret(&scan, name) || elsewhere.is_some_and(|scan| is_secret(scan, name))
        };
        let line = make::line(folder, words, secret).ok_or_else(nul)?;
        let mut environment = self.catalog().environment();
        let mut draft = self.draft_within(draft::of_line(&line, &project.name), &environment);
        let mut rules = match &there {
            Some(there) => Rules::of(&there.project, &line.targets, &there.scan),
            None => Rules::of(project, &line.targets, &scan),
        };
        rules.keep_out(&scan);
        rules
            .secrets
            .extend(line.command.env.iter().map(|(name, _)| name.clone()));
        let typed: Vec<&str> = line.command.env.iter().map(|(name, _)| &**name).collect();
        let here = (&*scan, &project.path);
        let there = there
            .as_ref()
            .map(|there| (&*there.scan, &there.project.path));
        let short =
            |(name, value): &(String, String)| masked::is_too_short(value).then(|| name.clone());
        let mut shown: Vec<String> = line.command.env.iter().filter_map(short).collect();
        for (scan, path) in [here].into_iter().chain(there) {
            shown.extend(masked::tell(
                &mut rules,
                &mut environment,
                scan,
                path,
                &typed,
            ));
        }
        say_that_they_show(&mut draft, shown);
        let composed = Composed {
            draft,
            command: line.command,
            rules,
            environment,
            by_direnv: false,
        };
        Ok((composed, line.elsewhere))
    }

    /// What make finds in the folder it runs in.
    fn led_to(&self, elsewhere: make::Elsewhere, from: &Project) -> There {
        let make::Elsewhere { dir, files } = elsewhere;
        let project = self.catalog().project(&dir.display().to_string());
        let project = project.unwrap_or_else(|_| Project {
            path: dir,
            exclusive: false,
            trusted: false,
            ..from.clone()
        });
        let scan = match files.is_empty() {
            true => self.catalog().known_targets(&project),
            false => Arc::new(make::scan_files(&project.path, &files)),
        };
        There { project, scan }
    }

    /// What a job here inherits, in a terminal or not.
    fn environment_in(&self, pty: bool) -> Vec<(OsString, OsString)> {
        let mut environment = self.catalog().environment();
        if pty {
            make::environment::name_terminal(&mut environment);
        }
        environment
    }

    /// What was asked for, with how the environment it is to run in differs from ours; and a word if the login shell's
    /// could not be had.
    fn draft_within(&self, draft: Draft, environment: &[(OsString, OsString)]) -> Draft {
        let mut draft = draft.within(environment);
        let problem = self.catalog().login_problem();
        if let Some(here) = draft.here_mut() {
            here.environment
                .extend(problem.map(make::environment::not_had));
        }
        draft
    }
}

/// The variables as make is to get them.
pub(in crate::engine) fn assignments(scan: &Scan, wanted: Wanted<'_>) -> Vec<make::Assignment> {
    let assign = |(name, value): &(String, String)| make::Assignment {
        name: name.clone(),
        value: value.clone(),
        raw: wanted.options.raw.contains(name),
        secret: is_secret(scan, name),
    };
    wanted.variables.iter().map(assign).collect()
}

fn refused(refusal: make::Refusal) -> EngineError {
    EngineError::Refused(format!("failed to {refusal}"))
}

/// Has the job say which secrets stand in its log as they are, since they are too short to be looked for there.
fn say_that_they_show(draft: &mut Draft, mut names: Vec<String>) {
    names.sort();
    names.dedup();
    if let Some(here) = draft.here_mut() {
        let notes = names.iter().map(|name| make::environment::not_masked(name));
        here.environment.extend(notes);
    }
}
