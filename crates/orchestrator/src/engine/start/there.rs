//! A target on hosts: the exact command that runs it in its project's folder on each of them.

use std::collections::{HashMap, HashSet};

use super::{
    Consent,
    compose::{Wanted, assignments},
    on_hosts::OnHosts,
};
use crate::{
    batch::{Rules, Target},
    engine::{Engine, EngineError},
    job::{Job, What},
    launch::{InFolder, Preview, argv},
    make,
    project::{Project, Scan},
    settings::Checkouts,
};

/// Lines that differ from host to host, as many as are shown.
const LINES: usize = 6;

impl Engine {
    /// Targets of a project, as they are started on hosts.
    pub(super) fn compose_on_hosts(
        &self,
        project: &Project,
        wanted: Wanted<'_>,
        on: &[InFolder],
        mut rules: Rules,
    ) -> Result<OnHosts, EngineError> {
        let scan = self.catalog().known_targets(project);
        let composed = self.compose_targets(project, &scan, wanted)?;
        let secret = composed.draft.variables.iter();
        if let Some((name, _)) = secret.clone().find(|(_, value)| value.is_none()) {
            return Err(EngineError::Refused(format!(
                "{name} is secret, and on a host others could see it among the arguments of make: have the makefile there \
                 read it from a file or from the environment, and leave it out here"
            )));
        }
        let known = Checkouts::read(self.catalog().config()).0;
        let mut own = HashMap::new();
        let mut unreached = HashMap::new();
        for InFolder {
            host,
            folder,
            unreached: why,
        } in on
        {
            if let Some(why) = why {
                unreached.insert(host.clone(), why.clone());
                continue;
            }
            let kept = known.on(&project.path, host);
            let folder = folder.as_deref().or(kept).ok_or_else(|| {
                EngineError::NotFound(format!(
                    "where {} is on {host} is not known: look for it, or give its folder there",
                    project.name
                ))
            })?;
            own.insert(host.clone(), line_in(folder, &scan, wanted)?);
        }
        rules.timeout = rules.timeout.or(composed.rules.timeout);
        Ok(OnHosts {
            command: shown(&scan, project, wanted)?,
            pty: wanted.pty,
            target: Some((target(&project.name, wanted), own)),
            hosts: on.iter().map(|one| one.host.clone()).collect(),
            unreached,
            rules,
        })
    }

    /// What targets would run on hosts. If it is not known in which folder the project is there, it is looked for first.
    pub(super) fn preview_targets_on_hosts(
        &self,
        project: &Project,
        wanted: Wanted<'_>,
        on: &[InFolder],
        rules: &Rules,
    ) -> Preview {
        let hosts: Vec<String> = on.iter().map(|one| one.host.clone()).collect();
        let preview = Preview {
            argv: Vec::new(),
            cwd: None,
            ..self.preview_targets(project, wanted)
        };
        let preview = self.with_care(preview, &hosts);
        if preview.refusal.is_some() {
            return preview;
        }
        match self.compose_on_hosts(project, wanted, on, rules.clone()) {
            Ok(what) => {
                let routes = self.preview_on_hosts(&what.command, &hosts);
                let mut lines = what.lines();
                let more = lines.len().saturating_sub(LINES);
                lines.truncate(LINES);
                let mut notes = preview.notes;
                notes.extend(routes.notes);
                if more > 0 {
                    notes.push(format!("and {more} more lines, for other folders"));
                }
                Preview {
                    line: lines.join("\n"),
                    places: routes.places,
                    notes,
                    refusal: routes.refusal,
                    ..preview
                }
            }
            // It is looked for before it is started.
            Err(EngineError::NotFound(_)) => preview,
            Err(refused) => Preview {
                refusal: Some(refused.to_string()),
                ..preview
            },
        }
    }

    /// Refuses dangerous targets on a host in production whose name was not typed, and any on one that asks, if it was not.
    pub(super) fn confirmed_on_hosts(
        &self,
        project: &Project,
        wanted: Wanted<'_>,
        what: &OnHosts,
        typed: &[String],
    ) -> Result<(), EngineError> {
        let preview = self.preview_targets(project, wanted);
        let danger = preview.dangers.first().map(ToString::to_string);
        let has_agreed = what.rules.agreed;
        self.catalog()
            .typed(danger.as_deref(), &what.hosts, typed, has_agreed)
    }

    /// Starts a target on a host again, by the command that the job shows.
    pub(super) fn target_on_host_again(
        &self,
        job: &Job,
        variables: &[(String, String)],
        confirmed: &[String],
        consent: Consent,
    ) -> Result<Vec<Job>, EngineError> {
        let (
            What::Target {
                project, options, ..
            },
            Some(host),
        ) = (&job.what, job.host())
        else {
            return Err(EngineError::Refused("it is no target on a host".into()));
        };
        let wanted = Wanted {
            targets: job.targets(),
            variables,
            options,
            pty: job.pty,
        };
        let hosts = vec![host.to_owned()];
        let known = self.runnable(project, consent)?;
        self.catalog()
            .confirmed(&job.command, &hosts, confirmed, false)?;
        let own = HashMap::from([(host.to_owned(), job.command.clone())]);
        let what = OnHosts {
            command: job.command.clone(),
            pty: job.pty,
            target: Some((target(project, wanted), own)),
            hosts,
            unreached: HashMap::new(),
            rules: Rules {
                sudo: job.sudo(),
                ..Rules::default()
            },
        };
        self.confirmed_on_hosts(&known, wanted, &what, confirmed)?;
        self.start_on_hosts(what, &HashSet::new())
    }
}

fn target(project: &str, wanted: Wanted<'_>) -> Target {
    Target {
        project: project.to_owned(),
        targets: wanted.targets.to_vec(),
        variables: wanted.variables.to_vec(),
        options: wanted.options.clone(),
    }
}

/// The line that a person would type in the project's folder, wherever that is.
pub(super) fn shown(
    scan: &Scan,
    project: &Project,
    wanted: Wanted<'_>,
) -> Result<String, EngineError> {
    make_of(&project.path, scan, wanted).map(|command| command.shown)
}

/// The line that runs make in a folder, for the login shell of a host.
fn line_in(folder: &str, scan: &Scan, wanted: Wanted<'_>) -> Result<String, EngineError> {
    if !folder.starts_with('/') {
        let why = format!("{folder} is no absolute folder: give it from / on");
        return Err(EngineError::Refused(why));
    }
    let mut words = ["make", "-C", folder].map(str::to_owned).to_vec();
    let args = make_of(folder.as_ref(), scan, wanted)?.args;
    let has_dash = wanted.targets.iter().any(|target| target.starts_with('-'));
    // Behind -j without a number, make would take a target that begins with a digit for one.
    let is_needed = has_dash || wanted.options.jobs == Some(0);
    let at = args
        .iter()
        .position(|word| word == "--")
        .filter(|_| !is_needed);
    let kept = args.into_iter().enumerate().filter(|(i, _)| Some(*i) != at);
    words.extend(kept.map(|(_, word)| word));
    let nul = || EngineError::Refused("no shell takes a word with a NUL byte in it".into());
    argv::line_of(&words).ok_or_else(nul)
}

/// Make as it is run in a folder: a host's own `direnv` has no part in it.
fn make_of(
    folder: &std::path::Path,
    scan: &Scan,
    wanted: Wanted<'_>,
) -> Result<make::Command, EngineError> {
    let variables = assignments(scan, wanted);
    let run = make::Run {
        dir: folder,
        targets: wanted.targets,
        variables: &variables,
        options: wanted.options,
        direnv: None,
    };
    make::argv(&run).map_err(|refusal| EngineError::Refused(format!("failed to {refusal}")))
}
