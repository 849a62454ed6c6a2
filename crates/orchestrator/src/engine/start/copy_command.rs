//! A launch as a line for a terminal: what runs as a person would type it there, by its own program or by `vmo`. Every
//! word is quoted for a POSIX shell, and no secret is in it: in a secret's place is a variable of the shell, without which
//! the line refuses to run. What a terminal would act on, or an eye not see, is in the line as `printf` writes it: a line that
//! is pasted is what it looks like.

mod words;

use self::words::{Quoted, assigned, is_name, joined, placeholder, quoted};
use super::{
    compose::Wanted,
    draft::{self, Draft},
};
use crate::{
    engine::{Engine, EngineError},
    fleet,
    job::{Job, MakeOptions, Place, What},
    launch::{Copied, CopiedAs, SHELL, Start},
    make,
};

impl Engine {
    /// A launch or a job as a line for a terminal. It runs no command.
    ///
    /// # Errors
    /// If the job or the project is unknown, or a rule of make's arguments is broken.
    pub async fn copied(&self, what: Copied, by: CopiedAs) -> Result<String, EngineError> {
        let job = match &what {
            Copied::Job { job } => Some(self.0.jobs.get(*job).await?),
            Copied::Start { .. } => None,
        };
        self.blocking(move |engine| {
            let drafts = match (job, what) {
                (Some(job), _) => vec![engine.of_job(job)?],
                (None, Copied::Start { start }) => engine.drafts_of(&start)?,
                (None, Copied::Job { .. }) => Vec::new(),
            };
            line(&drafts, by, &|host| engine.catalog().ssh_words(host))
        })
        .await
    }

    /// What a job would start again. Of one that this installation did not start as it now is, what it shows, and nothing
    /// that its row has beside that.
    fn of_job(&self, job: Job) -> Result<Draft, EngineError> {
        let is_known = self.known_or_confirmed(&job, &[]).is_ok();
        let mut draft = Draft {
            what: job.what,
            place: job.place,
            command: job.command,
            variables: job.variables,
            pty: job.pty,
            batch: job.batch,
        };
        if is_known {
            return Ok(draft);
        }
        if draft.here().is_none() {
            // What its row says of make has no part in what ran there.
            draft.what = What::Command;
        } else if matches!(draft.what, What::Target { .. }) {
            draft = as_shown(draft).map_err(|command| {
                let why = format!("what the job shows is no command line of make's: {command}");
                EngineError::Refused(why)
            })?;
        }
        Ok(draft)
    }

    /// What a launch would start, one for each host.
    fn drafts_of(&self, start: &Start) -> Result<Vec<Draft>, EngineError> {
        match start {
            Start::Target {
                project,
                targets,
                variables,
                pty,
                options,
                ..
            } => {
                let project = self.catalog().project(project)?;
                let scan = self.catalog().known_targets(&project);
                let wanted = Wanted {
                    targets,
                    variables,
                    options,
                    pty: *pty,
                };
                Ok(vec![self.compose_targets(&project, &scan, wanted)?.draft])
            }
            Start::TargetOnHosts {
                project,
                targets,
                variables,
                pty,
                options,
                on,
                rules,
                ..
            } => {
                let project = self.catalog().project(project)?;
                let wanted = Wanted {
                    targets,
                    variables,
                    options,
                    pty: *pty,
                };
                let what = self.compose_on_hosts(&project, wanted, on, rules.clone())?;
                Ok(what.drafts())
            }
            Start::Command {
                command,
                hosts,
                cwd,
                pty,
                ..
            } if hosts.is_empty() => {
                let composed = self.compose_shell(command, cwd.as_deref(), *pty)?;
                Ok(vec![composed.draft])
            }
            Start::Command {
                command,
                hosts,
                pty,
                rules,
                ..
            } => {
                let of_host =
                    |host: &String| draft::of_host(host, command, *pty, None).by_sudo(rules.sudo);
                Ok(hosts.iter().map(of_host).collect())
            }
        }
    }
}

/// Targets by the line that is shown alone, as if that had been typed; the line if it is none of make's.
fn as_shown(mut draft: Draft) -> Result<Draft, String> {
    let words = shlex::split(&draft.command).unwrap_or_default();
    if words.first().is_none_or(|first| first != "make") {
        return Err(draft.command);
    }
    draft
        .variables
        .retain(|(name, value)| value.is_none() && is_name(name));
    let with_secret = |word: String| {
        let name = word.strip_suffix("=…");
        match name.filter(|name| secrets(&draft).any(|secret| secret == *name)) {
            Some(name) => format!("{name}=$(value {})", make::carrier(name)),
            None => word,
        }
    };
    let argv = words.into_iter().map(with_secret).collect();
    if let What::Target { typed, .. } = &mut draft.what {
        *typed = true;
    }
    if let Some(here) = draft.here_mut() {
        here.argv = argv;
    }
    Ok(draft)
}

/// How `ssh` is told of a host: options, and the destination.
type Way<'a> = &'a dyn Fn(&str) -> (Vec<String>, String);

/// Jobs of one launch as lines for a terminal.
fn line(drafts: &[Draft], by: CopiedAs, way: Way<'_>) -> Result<String, EngineError> {
    let lines = match by {
        CopiedAs::Plain => drafts.iter().map(|one| plain(one, way)).collect(),
        CopiedAs::Vmo => by_vmo(drafts).map(|line| vec![line]),
    };
    let lines: Vec<String> = lines.map_err(|_| nul())?;
    Ok(lines.join("\n"))
}

fn nul() -> EngineError {
    EngineError::Refused("no shell takes a word with a NUL byte in it".into())
}

fn within(draft: &Draft, line: String) -> Quoted {
    match draft.here().and_then(|here| here.cwd.as_ref()) {
        Some(cwd) => Ok(format!("cd {} && {line}", quoted(&cwd.to_string_lossy())?)),
        None => Ok(line),
    }
}

/// By its own program: `make`, `ssh`, or the shell.
fn plain(draft: &Draft, way: Way<'_>) -> Quoted {
    if let Place::Host { name, .. } = &draft.place {
        return by_ssh(draft, way(name));
    }
    if draft.what == What::Command {
        return within(draft, format!("/bin/sh -c -- {}", quoted(&draft.command)?));
    }
    let argv = draft.here().map_or(&[][..], |here| &here.argv);
    let mut words: Vec<String> = secrets(draft)
        .map(|name| format!("{}={}", make::carrier(name), placeholder(name)))
        .collect();
    for word in without_dashes(draft, argv) {
        words.push(match word.split_once('=') {
            Some((name, value)) if is_name(name) && !words.is_empty() => assigned(name, value)?,
            _ => quoted(word)?,
        });
    }
    within(draft, words.join(" "))
}

fn secrets(draft: &Draft) -> impl Iterator<Item = &str> {
    let secret = draft.variables.iter().filter(|(_, value)| value.is_none());
    secret.map(|(name, _)| name.as_str())
}

/// The words without the `--` that we put before targets, if make reads them the same.
fn without_dashes<'a>(draft: &Draft, argv: &'a [String]) -> Vec<&'a str> {
    let mut words: Vec<&str> = argv.iter().map(String::as_str).collect();
    if let What::Target { typed: false, .. } = &draft.what
        && let Some(at) = words.iter().position(|word| *word == "--")
    {
        let behind = &words[at + 1..];
        let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
        let is_needed = behind.iter().any(|word| word.starts_with('-'))
            || words.contains(&"-j") && behind.first().is_some_and(is_number);
        if !is_needed {
            words.remove(at);
        }
    }
    words
}

fn by_ssh(draft: &Draft, (options, host): (Vec<String>, String)) -> Quoted {
    let mut words = vec!["ssh".to_owned()];
    words.extend(options);
    let is_shell = draft.command == SHELL && draft.pty;
    let by_sudo = matches!(draft.place, Place::Host { sudo: true, .. });
    // It asks for its password at a terminal.
    if (draft.pty || by_sudo) && !is_shell {
        words.push("-t".to_owned());
    }
    if is_shell {
        words.push(host);
    } else {
        // ssh looks for options behind the host, too.
        words.extend(draft.command.starts_with('-').then(|| "--".to_owned()));
        let command = if by_sudo {
            format!("sudo -- sh -c {}", quoted(&draft.command)?)
        } else {
            draft.command.clone()
        };
        words.extend([host, command]);
    }
    joined(words.iter().map(String::as_str))
}

/// By `vmo`, which keeps it in the history.
fn by_vmo(drafts: &[Draft]) -> Quoted {
    let Some(first) = drafts.first() else {
        return Ok(String::new());
    };
    match &first.what {
        What::Target {
            project,
            targets,
            options,
            typed: false,
            // `vmo run` would take such a target for an option of its own; `vmo make` passes words on as they are.
        } if !targets.iter().any(|target| target.starts_with('-')) => {
            let mut words = vec!["vmo run".to_owned(), assigned("--project", project)?];
            words.extend(on_hosts(drafts)?);
            words.extend(vmo_options(options, first.pty));
            for target in targets {
                words.push(quoted(target)?);
            }
            for (name, value) in &first.variables {
                words.push(match value {
                    Some(value) => assigned(name, value)?,
                    None => format!("{name}={}", placeholder(name)),
                });
            }
            Ok(words.join(" "))
        }
        What::Target { .. } => {
            let argv = first.here().map_or(&[][..], |here| &here.argv);
            // `direnv exec DIR` may be before it, which `vmo make` puts there by itself.
            let after_make = argv.iter().position(|word| word == "make");
            let words = after_make.map_or(&[][..], |at| &argv[at + 1..]);
            let mut line = vec!["vmo make".to_owned()];
            for word in words {
                line.push(match secrets(first).find(|name| is_carried(word, name)) {
                    Some(name) => format!("{name}={}", placeholder(name)),
                    None => quoted(word)?,
                });
            }
            within(first, line.join(" "))
        }
        What::Command => {
            let mut words = vec!["vmo run".to_owned()];
            words.extend(on_hosts(drafts)?);
            words.extend(first.pty.then(|| "--pty".to_owned()));
            words.extend(["--".to_owned(), quoted(&first.command)?]);
            within(first, words.join(" "))
        }
    }
}

/// What names the hosts, of jobs on hosts.
fn on_hosts(drafts: &[Draft]) -> Quoted<Vec<String>> {
    let hosts = drafts.iter().filter_map(|one| match &one.place {
        Place::Host { name, .. } => Some(name.as_str()),
        Place::Here(_) => None,
    });
    let hosts: Vec<&str> = hosts.collect();
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let by_sudo = matches!(drafts[0].place, Place::Host { sudo: true, .. });
    let on = assigned("--on", &fleet::fold(hosts))?;
    let sudo = by_sudo.then(|| "--sudo".to_owned());
    Ok(std::iter::once(on).chain(sudo).collect())
}

/// Whether a word of make's gives this secret on, whatever it is assigned by.
fn is_carried(word: &str, name: &str) -> bool {
    let carrier = make::carrier(name);
    word.starts_with(name)
        && (word.ends_with(&format!("$(value {carrier})"))
            || word.ends_with(&format!("$({carrier})")))
}

fn vmo_options(options: &MakeOptions, pty: bool) -> Vec<String> {
    let mut words = Vec::new();
    words.extend(options.jobs.map(|jobs| format!("--jobs={jobs}")));
    let switches = [
        (options.keep_going, "--keep-going"),
        (options.always_make, "--always-make"),
        (options.dry_run, "--dry-run"),
        (options.reserved, "--reserved"),
        (pty, "--pty"),
    ];
    let given = switches.into_iter().filter(|(given, _)| *given);
    words.extend(given.map(|(_, word)| word.to_owned()));
    words.extend(options.raw.iter().map(|name| format!("--raw={name}")));
    words.extend(options.timeout.map(|time| format!("--timeout={time}ms")));
    words
}

#[cfg(test)]
mod tests;
