//! Starting a job again, as a person saw it.

use std::collections::HashSet;

use super::{Consent, compose::Wanted, draft, is_as_shown, is_command, on_hosts::OnHosts};
use crate::{
    batch::Rules,
    engine::{Engine, EngineError},
    job::{Job, JobId, Seal, What},
};

impl Engine {
    /// Starts a job again, as a person saw it: `seen` is its seal from then. Its command is composed anew and compared
    /// with the one the job shows.
    ///
    /// # Errors
    /// As [`Engine::start`], and if the job is unknown, its row was changed since it was seen, a secret would have to be typed again, something else would run
    /// than the job shows, or this installation did not start it as it now is and `confirmed` does not name its owner.
    pub async fn run_again(
        &self,
        job: JobId,
        seen: &str,
        confirmed: Vec<String>,
        consent: Consent,
    ) -> Result<Vec<Job>, EngineError> {
        let job = self.0.jobs.get(job).await?;
        if Seal::of(&job).text() != seen {
            return Err(EngineError::Refused(
                "what the history says of this job has been changed since it was shown: look at it again".into(),
            ));
        }
        self.blocking(move |engine| {
            // A row in a database that others write to never starts anything by itself.
            engine.known_or_confirmed(&job, &confirmed)?;
            engine.again(&job, &confirmed, consent)
        })
        .await
    }

    fn again(
        &self,
        job: &Job,
        confirmed: &[String],
        consent: Consent,
    ) -> Result<Vec<Job>, EngineError> {
        let variables = variables_to_repeat(job)?;
        match &job.what {
            What::Target { .. } if job.host().is_some() => {
                self.target_on_host_again(job, &variables, confirmed, consent)
            }
            What::Target { typed: true, .. } => {
                let (Some(folder), Some((_make, words))) = (job.cwd(), job.argv().split_first())
                else {
                    let why = format!("what job {} gave to make is not known", job.id);
                    return Err(EngineError::Refused(why));
                };
                Ok(vec![self.start_line(folder, words, consent, Some(job))?])
            }
            What::Target {
                project,
                targets,
                options,
                ..
            } => {
                let wanted = Wanted {
                    targets,
                    variables: &variables,
                    options,
                    pty: job.pty,
                };
                let project = self.runnable(project, consent)?;
                Ok(vec![self.start_targets(
                    &project,
                    wanted,
                    None,
                    Some(job),
                )?])
            }
            What::Command => self.command_again(job, confirmed),
        }
    }

    fn command_again(&self, job: &Job, confirmed: &[String]) -> Result<Vec<Job>, EngineError> {
        let command = &job.command;
        let Some(host) = job.host() else {
            let cwd = job.cwd().map(|cwd| cwd.display().to_string());
            let composed = self.compose_shell(command, cwd.as_deref(), job.pty)?;
            is_as_shown(&composed.draft, Some(job))?;
            return Ok(vec![self.start_local(composed)?]);
        };
        is_command(command)?;
        let again = draft::of_host(host, command, job.pty, None);
        let again = again.by_sudo(job.sudo()).looking(job.looks());
        is_as_shown(&again, Some(job))?;
        let hosts = [host.to_owned()];
        self.catalog()
            .confirmed(command, &hosts, confirmed, false)?;
        let rules = Rules {
            sudo: job.sudo(),
            ..Rules::default()
        };
        let what = OnHosts::command(command, job.pty, hosts.into(), rules);
        self.start_on_hosts(what, &HashSet::new())
    }
}

/// The variables of a job, to be given once more.
fn variables_to_repeat(job: &Job) -> Result<Vec<(String, String)>, EngineError> {
    let secret = |name: &str| {
        EngineError::Refused(format!(
            "{name} is secret and was not kept: start the target again and type it"
        ))
    };
    let variables = job.variables.iter();
    variables
        .map(|(name, value)| Ok((name.clone(), value.clone().ok_or_else(|| secret(name))?)))
        .collect()
}
