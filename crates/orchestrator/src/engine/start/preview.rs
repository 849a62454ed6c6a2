//! What a launch would run, said before it is started. It comes from the functions that start it, and runs nothing.

use super::{
    compose::{Composed, Wanted, assignments},
    secret::is_secret,
};
use crate::{
    engine::{Engine, EngineError},
    job::{self, MakeOptions},
    launch::{Preview, Start},
    make,
    project::{Project, Scan, Target},
};

/// Lines of all recipes together that are shown.
const RECIPE_LINES: usize = 400;

/// Of what a launch leads to, as many targets are looked at.
const MOST_TARGETS: usize = 60;

impl Engine {
    /// What a launch would run, and what to think of before. What forbids it is part of the answer.
    ///
    /// # Errors
    /// Where the project is unknown.
    pub fn preview(&self, start: &Start) -> Result<Preview, EngineError> {
        match start {
            Start::Target {
                project,
                targets,
                variables,
                pty,
                options,
                ..
            } => {
                let project = self.project(project)?;
                let wanted = Wanted {
                    targets,
                    variables,
                    options,
                    pty: *pty,
                };
                Ok(self.preview_targets(&project, wanted))
            }
            Start::Command {
                command,
                hosts,
                cwd,
                pty,
                ..
            } if hosts.is_empty() => {
                let composed = self.compose_shell(command, cwd.as_deref(), *pty);
                Ok(Preview {
                    danger: make::danger(command),
                    ..of_composed(composed, command)
                })
            }
            Start::Command { command, hosts, .. } => Ok(Preview {
                danger: make::danger(command),
                production: self.in_production(hosts),
                refusal: self.refusal_of_hosts(command, hosts),
                ..of_line(command)
            }),
        }
    }

    fn preview_targets(&self, project: &Project, wanted: Wanted<'_>) -> Preview {
        let scan = self.known_targets(project);
        let goals = goals(&scan, wanted.targets);
        let runs = in_order(&scan, &goals);
        let recipes = recipes(project, &scan, &runs, wanted);
        let mut dangers: Vec<String> = runs
            .iter()
            .zip(&recipes)
            .filter_map(|(target, recipe)| match goals.contains(target) {
                true => danger(target, recipe),
                // What a goal leads to is told with it, unless it is the values given that make it so.
                false if target.danger.is_none() => danger(target, recipe),
                false => None,
            })
            .collect();
        // A target that is named twice asks once.
        dangers.dedup();
        let composed = self.compose_targets(project, &scan, wanted);
        let mut notes = notes(&scan, &goals, wanted);
        if let Ok(Composed { rules, .. }) = &composed
            && let Some(timeout) = rules.timeout
        {
            notes.push(format!("it is ended after {}", job::span(timeout)));
        }
        let mut preview = Preview {
            recipe: recipes.into_iter().flatten().take(RECIPE_LINES).collect(),
            danger: (!dangers.is_empty()).then(|| dangers.join("; ")),
            notes,
            ..of_composed(composed, "")
        };
        if let Some(problem) = &project.problem {
            preview.refusal = Some(format!("{}: {problem}", project.name));
        }
        preview
    }

    fn refusal_of_hosts(&self, command: &str, hosts: &[String]) -> Option<String> {
        if command.trim().is_empty() {
            return Some("there is no command to run".into());
        }
        let config = self.0.catalog.ssh();
        let mut refused = hosts.iter().filter_map(|host| config.resolve(host).err());
        refused.next().map(|refusal| refusal.to_string())
    }
}

/// A job as it would be started, or why it would not.
fn of_composed(composed: Result<Composed, EngineError>, line: &str) -> Preview {
    match composed {
        Ok(Composed { asked, .. }) => Preview {
            argv: asked.argv,
            cwd: asked.cwd.map(|cwd| cwd.display().to_string()),
            ..of_line(&asked.command)
        },
        Err(refused) => Preview {
            refusal: Some(refused.to_string()),
            ..of_line(line)
        },
    }
}

fn of_line(line: &str) -> Preview {
    Preview {
        line: line.to_owned(),
        argv: Vec::new(),
        cwd: None,
        recipe: Vec::new(),
        danger: None,
        production: Vec::new(),
        notes: Vec::new(),
        refusal: None,
    }
}

/// The targets that were named, as far as they are known; where none was, make's default.
fn goals<'a>(scan: &'a Scan, targets: &[String]) -> Vec<&'a Target> {
    let named = if targets.is_empty() {
        scan.default_goal.as_slice()
    } else {
        targets
    };
    let known = |name: &String| scan.targets.iter().find(|target| target.name == *name);
    named.iter().filter_map(known).collect()
}

/// Why a target asks before it runs: by what its comment says, by what the values given make of its recipe, or by what
/// its makefile has in their place.
fn danger(target: &Target, recipe: &[String]) -> Option<String> {
    let of_recipe = make::danger_of_recipe(&recipe.join("\n"));
    let of_scan = target.danger.as_deref();
    let danger = match of_scan.filter(|said| !make::is_by_rule(said)) {
        Some(said) => Some(said.to_owned()),
        None => of_recipe.or_else(|| of_scan.map(str::to_owned)),
    };
    danger.map(|danger| format!("{}: {danger}", target.name))
}

/// The goals behind all that they lead to, each once, as make comes to them.
fn in_order<'a>(scan: &'a Scan, goals: &[&'a Target]) -> Vec<&'a Target> {
    let mut order: Vec<&Target> = Vec::new();
    let mut begun: Vec<&str> = Vec::new();
    // What is still to come, the next one last; and whether all that it leads to has come.
    let mut open: Vec<(&Target, bool)> = goals.iter().rev().map(|goal| (*goal, false)).collect();
    while let Some((target, is_ready)) = open.pop() {
        if is_ready {
            order.push(target);
        } else if !begun.contains(&target.name.as_str()) && begun.len() < MOST_TARGETS {
            begun.push(&target.name);
            open.push((target, true));
            let known = |name: &String| scan.targets.iter().find(|one| one.name == *name);
            let leads = target.leads.iter().rev().filter_map(known);
            open.extend(leads.map(|lead| (lead, false)));
        }
    }
    order
}

/// The recipe of each target with the values that are known; as it is written where only make knows the target.
fn recipes(
    project: &Project,
    scan: &Scan,
    targets: &[&Target],
    wanted: Wanted<'_>,
) -> Vec<Vec<String>> {
    let given = assignments(scan, wanted);
    let named: Vec<(&str, &[String])> = targets
        .iter()
        .map(|target| {
            // Words behind the first target may be its own.
            let words = match wanted.targets.split_first() {
                Some((first, words)) if *first == target.name => words,
                _ => &[],
            };
            (target.name.as_str(), words)
        })
        .collect();
    let read = make::previews(&project.path, &named, &given).into_iter();
    read.zip(targets)
        .map(|(read, target)| match read.is_empty() {
            true => target.recipe.clone(),
            false => read,
        })
        .collect()
}

/// What else is worth knowing.
fn notes(scan: &Scan, goals: &[&Target], wanted: Wanted<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let unknown = |name: &&String| !scan.targets.iter().any(|target| target.name == **name);
    let has_words = goals.first().is_some_and(|goal| goal.extra_words);
    for name in wanted.targets.iter().filter(unknown) {
        if !has_words {
            notes.push(format!(
                "no target '{name}' was found by reading the makefile; make may know it all the same"
            ));
        }
    }
    for (name, _) in wanted.variables {
        notes.extend(note_of_variable(scan, name));
    }
    let MakeOptions {
        dry_run, reserved, ..
    } = wanted.options;
    if *dry_run {
        notes.push(
            "-n only says what would be done, but lines that start with + or hold $(MAKE) run all the same".into(),
        );
    }
    if *reserved {
        notes.push("variables that change make itself may be set: it was confirmed".into());
    }
    notes
}

fn note_of_variable(scan: &Scan, name: &str) -> Option<String> {
    if is_secret(scan, name) {
        return Some(format!(
            "{name} goes by environment: it stands in no argument and is not kept"
        ));
    }
    let known = scan.variables.iter().find(|known| known.name == name)?;
    let place = known.fixed.as_ref()?;
    Some(format!(
        "{}:{} sets {name} by override: the value given here does not count there",
        place.file, place.line
    ))
}
