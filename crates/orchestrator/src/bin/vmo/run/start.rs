//! What `vmo run` is to start: targets, a command, or a script, here or on hosts.

use std::{fs, io::Read as _};

use orchestrator::{
    engine::Engine,
    fleet::Choice,
    launch::{Start, WhenBusy, argv, script},
};

use super::{Run, there};
use crate::{Failed, current_folder::here, host_set, run::make_form::Typed};

/// Why something is refused that names no host.
const ONLY_ON_HOSTS: &str =
    "--limit, --waves, --check, --stop-after, --sudo, --group and --out are for hosts: add --on";

/// What is to be started, by what was typed.
///
/// # Errors
/// If it contradicts itself, or names what is not there.
pub(super) async fn start_of(run: &Run, engine: &Engine) -> Result<Start, Failed> {
    // `--on "$HOSTS"` with nothing in it is no command for this machine.
    let is_blank = |set: &String| set.trim().is_empty();
    if run.on.iter().any(is_blank) {
        return Err(host_set::refused(Failed::new(
            "--on '' names no host, so nothing was run: leave --on out to run here",
        )));
    }
    if !run.command.is_empty() || run.script.is_some() {
        if run.make.any() || run.filled.any() {
            return Err(Failed::new(
                "-j, -k, -B, -n, --raw, --reserved, --preset and --last are for targets, and this is a command",
            ));
        }
        if !run.targets.is_empty() {
            return Err(Failed::new(
                "give either targets or a command after --, not both",
            ));
        }
        let line = run.on.join(",");
        let cwd = match line.as_str() {
            "" => Some(here()?),
            _on_hosts => None,
        };
        let timeout = run.make.timeout();
        if line.is_empty() && run.many.any() {
            return Err(Failed::new(ONLY_ON_HOSTS));
        }
        // A script that is not there is no reason to ask about hosts.
        let command = command_of(run, line.is_empty())?;
        let mut rules = run.many.rules(line.clone(), timeout);
        let mut choice = Choice::default();
        if !line.is_empty() {
            let chosen = host_set::hosts(engine, &line, run.yes).await?;
            choice = chosen.choice;
            (rules.shown, rules.agreed) = (Some(chosen.seal), chosen.agreed);
        }
        return Ok(Start::Command {
            command,
            hosts: choice.hosts,
            cwd,
            pty: run.pty,
            // Typing a host's name is saying so; a set is not.
            confirmed: choice.typed,
            rules,
        });
    }
    if run.on.is_empty() {
        if run.many.any() {
            return Err(Failed::new(ONLY_ON_HOSTS));
        }
        return targets(run, engine).await;
    }
    if run.wait || run.no_wait {
        return Err(Failed::new(
            "--wait and --no-wait are for exclusive targets here: on hosts no target waits for another",
        ));
    }
    if run.targets.is_empty() {
        return Err(Failed::new(
            "--on needs a target, or a command after --: vmo run --on HOST -- uptime",
        ));
    }
    let here = targets(run, engine).await?;
    there::on_hosts(run, engine, here).await
}

/// The same failure, with what to do about a folder that is no project.
pub(super) fn with_advice(failed: Failed) -> Failed {
    let advise = |words: String| match words.ends_with("no makefile in it") {
        true => format!(
            "{words}; go to a project's folder or name one with -p (vmo projects lists them), or write -- before a command"
        ),
        false => words,
    };
    Failed {
        message: failed.message.map(advise),
        ..failed
    }
}

/// What is run: a script, or what is after `--`.
fn command_of(run: &Run, is_here: bool) -> Result<String, Failed> {
    let Some(path) = &run.script else {
        return shell_line(&run.command, is_here);
    };
    let failed = |why: &dyn std::fmt::Display| {
        Failed::new(format!("run the script {}: {why}", path.display()))
    };
    let mut text = Vec::new();
    // One byte more says that it is longer, of a file of any size.
    let file = fs::File::open(path).map_err(|error| failed(&error))?;
    let read = file.take(script::LONGEST as u64 + 1).read_to_end(&mut text);
    read.map_err(|error| failed(&error))?;
    script::line_of(&text, &run.command).map_err(|error| failed(&error))
}

/// One word is a shell's line, as it was typed. Several are a program and its arguments, as our own shell took them apart:
/// quoted, so that the shell that runs them, here or on a host, finds the same words again.
fn shell_line(words: &[String], is_here: bool) -> Result<String, Failed> {
    let line = match words {
        [line] => Some(line.clone()),
        words if is_here => argv::line_of_sh(words),
        words => argv::line_of(words),
    };
    line.ok_or_else(|| Failed::new("a word of the command has a NUL byte in it"))
}

/// Targets, and what they are given: by what is typed, and beside it by an earlier form.
async fn targets(run: &Run, engine: &Engine) -> Result<Start, Failed> {
    let (mut targets, mut variables) = (Vec::new(), Vec::new());
    for word in &run.targets {
        // No target holds '=': make would take it as a variable, whatever is before it.
        match word.split_once('=') {
            Some((name, value)) => variables.push((name.to_owned(), value.to_owned())),
            None => targets.push(word.clone()),
        }
    }
    let typed = Typed {
        targets,
        variables,
        options: run.make.options(),
        pty: run.pty,
    };
    let typed = run.filled.fill(engine, &run.project, typed).await?;
    Ok(Start::Target {
        project: run.project.clone(),
        targets: typed.targets,
        variables: typed.variables,
        pty: typed.pty,
        options: typed.options,
        when_busy: match (run.wait, run.no_wait) {
            (true, _) => Some(WhenBusy::Wait),
            (_, true) => Some(WhenBusy::Refuse),
            _ => None,
        },
    })
}
