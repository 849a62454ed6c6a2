//! What a launch would run, shown before it is started. The functions that start a job compose it; no command is run.

use super::{
    compose::{Composed, Wanted, assignments},
    secret::is_secret,
};
use crate::{
    engine::{Engine, EngineError, catalog::marks::of_care},
    host::Care,
    job::{self, MakeOptions},
    launch::{Preview, Start},
    make::{self, Previewed},
    project::{Danger, DangerBy, Project, Scan, Target},
};

/// Lines of all recipes together that are shown.
const RECIPE_LINES: usize = 400;

/// Of what a launch leads to, as many targets are looked at.
const MOST_TARGETS: usize = 60;

impl Engine {
    /// What a launch would run, and what a person should know before. A reason that forbids it is part of the answer.
    ///
    /// # Errors
    /// If the project is unknown.
    pub async fn preview(&self, start: Start) -> Result<Preview, EngineError> {
        self.blocking(move |engine| engine.preview_of(&start)).await
    }

    fn preview_of(&self, start: &Start) -> Result<Preview, EngineError> {
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
                let wanted = Wanted {
                    targets,
                    variables,
                    options,
                    pty: *pty,
                };
                Ok(self.preview_targets(&project, wanted))
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
                Ok(self.preview_targets_on_hosts(&project, wanted, on, rules))
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
                    dangers: self.dangers_of(command),
                    ..of_composed(composed, command)
                })
            }
            Start::Command { command, hosts, .. } => {
                let preview = Preview {
                    dangers: self.dangers_of(command),
                    ..self.preview_on_hosts(command, hosts)
                };
                Ok(self.with_care(preview, hosts))
            }
        }
    }

    /// A preview with what is asked on these hosts: if that is nothing on all of them, nothing is dangerous there.
    pub(super) fn with_care(&self, mut preview: Preview, hosts: &[String]) -> Preview {
        let cares = self.catalog().cares(hosts);
        if !cares.is_empty() && cares.iter().all(|care| *care == Care::Free) {
            preview.dangers.clear();
        }
        preview.production = of_care(hosts, &cares, Care::Name);
        preview.asking = of_care(hosts, &cares, Care::Always);
        preview
    }

    pub(super) fn preview_targets(&self, project: &Project, wanted: Wanted<'_>) -> Preview {
        let scan = self.catalog().known_targets(project);
        let goals = goals(&scan, wanted.targets);
        let runs = in_order(&scan, &goals);
        let recipes = recipes(project, &scan, &runs, wanted);
        let mut dangers: Vec<Danger> = runs
            .iter()
            .zip(&recipes)
            .filter_map(|(run, recipe)| match goals.contains(run) {
                true => danger(run, recipe).or_else(|| self.danger_by_own_rules(run.0, recipe)),
                // What a goal leads to is sent with it, unless it is the values given that make it so.
                false if by_values(run.1) => danger(run, recipe),
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
            recipe: recipes
                .into_iter()
                .flat_map(|one| one.lines)
                .take(RECIPE_LINES)
                .collect(),
            dangers,
            notes,
            ..of_composed(composed, "")
        };
        if let Some(problem) = &project.problem {
            preview.refusal = Some(format!("{}: {problem}", project.name));
        }
        preview
    }

    /// Why a shell's command line asks before it runs.
    fn dangers_of(&self, command: &str) -> Vec<Danger> {
        let by_own_rules = || self.catalog().danger_by_own_rules(command);
        let danger = make::danger(command).map(by_rule).or_else(by_own_rules);
        danger.into_iter().collect()
    }

    /// Why a goal asks before it runs, by a person's own rules for what is in recipes.
    fn danger_by_own_rules(&self, name: &str, recipe: &Previewed) -> Option<Danger> {
        let danger = self.catalog().danger_by_own_rules(&recipe.lines.join("\n"));
        danger.map(|danger| Danger {
            of: Some(name.to_owned()),
            ..danger
        })
    }

    pub(super) fn preview_on_hosts(&self, command: &str, hosts: &[String]) -> Preview {
        let mut preview = of_line(command);
        if command.trim().is_empty() {
            preview.refusal = Some("there is no command to run".into());
            return preview;
        }
        preview.places = Some(self.catalog().seal_of(hosts));
        match self.catalog().ways(hosts, command) {
            Ok(ways) => {
                let none = ways.iter().zip(hosts).filter_map(|(way, host)| {
                    let unreached = way.as_ref().err()?;
                    Some((host, unreached.why.as_str()))
                });
                let none: Vec<(&String, &str)> = none.collect();
                match none.first() {
                    // Nothing is started anywhere.
                    Some((_, why)) if none.len() == hosts.len() => {
                        preview.refusal = Some((*why).to_owned());
                    }
                    Some((host, why)) => {
                        let more = match none.len() - 1 {
                            0 => String::new(),
                            more => format!(" (and {more} more)"),
                        };
                        preview
                            .notes
                            .push(format!("{host} is not reached: {why}{more}"));
                    }
                    None => {}
                }
            }
            // It can be started: a person is asked then.
            Err(EngineError::NeedsConsent {
                host, unallowed, ..
            }) => preview.notes.push(format!(
                "'{}' of {} runs a command here to reach {host}: you are asked before it runs",
                unallowed.keyword, unallowed.place
            )),
            Err(refused) => preview.refusal = Some(refusal(&refused)),
        }
        preview
    }
}

/// A job as it would be started, or why it would not.
fn of_composed(composed: Result<Composed, EngineError>, line: &str) -> Preview {
    match composed {
        Ok(Composed { draft, .. }) => {
            let here = draft.here().cloned().unwrap_or_default();
            Preview {
                argv: here.argv,
                cwd: here.cwd.map(|cwd| cwd.display().to_string()),
                ..of_line(&draft.command)
            }
        }
        Err(refused) => Preview {
            refusal: Some(refusal(&refused)),
            ..of_line(line)
        },
    }
}

/// Why it would not be started: nothing has been tried yet, so nothing has failed.
fn refusal(refused: &EngineError) -> String {
    let words = refused.to_string();
    match words.strip_prefix("failed to ") {
        Some(what) => format!("cannot {what}"),
        None => words,
    }
}

fn of_line(line: &str) -> Preview {
    Preview {
        line: line.to_owned(),
        argv: Vec::new(),
        cwd: None,
        recipe: Vec::new(),
        dangers: Vec::new(),
        production: Vec::new(),
        asking: Vec::new(),
        places: None,
        notes: Vec::new(),
        refusal: None,
    }
}

/// A target, and the name by which it is run: of a pattern, the one that was made of it.
pub(super) type Named<'a> = (&'a str, &'a Target);

/// The targets that were named, as far as they are known; if none was, make's default.
pub(super) fn goals<'a>(scan: &'a Scan, targets: &'a [String]) -> Vec<Named<'a>> {
    let named = if targets.is_empty() {
        scan.default_goal.as_slice()
    } else {
        targets
    };
    let known = |name: &'a String| Some((name.as_str(), scan.target(name)?));
    named.iter().filter_map(known).collect()
}

/// Why a target asks before it runs: by what its comment says, by what the values given make of its recipe, or by what
/// its makefile has in their place.
fn danger((name, target): &Named<'_>, recipe: &Previewed) -> Option<Danger> {
    let of_recipe = recipe.danger.clone().map(by_rule);
    let is_own_rule = |danger: &Danger| danger.by == DangerBy::Rule && danger.of.is_none();
    let danger = match target.danger.clone() {
        // The recipe is that of the sides of conditions which these values take.
        _ if by_values(target) => of_recipe,
        Some(of_scan) if !is_own_rule(&of_scan) => Some(of_scan),
        of_scan => of_recipe.or(of_scan),
    };
    danger.map(|danger| Danger {
        of: Some(name.to_string()),
        why: danger.to_string(),
        by: danger.by,
    })
}

/// Whether it is for the values given to say if a target asks.
fn by_values(target: &Target) -> bool {
    let danger = target.danger.as_ref();
    danger.is_none_or(|danger| danger.by == DangerBy::Value)
}

fn by_rule(why: String) -> Danger {
    Danger {
        of: None,
        why,
        by: DangerBy::Rule,
    }
}

/// The goals behind all that they lead to, each once, as make comes to them.
pub(super) fn in_order<'a>(scan: &'a Scan, goals: &[Named<'a>]) -> Vec<Named<'a>> {
    let mut order: Vec<Named<'_>> = Vec::new();
    let mut begun: Vec<&str> = Vec::new();
    // What is still to come, the next one last; and whether all that it leads to has come.
    let mut open: Vec<(Named<'_>, bool)> = goals.iter().rev().map(|goal| (*goal, false)).collect();
    while let Some((run @ (name, target), is_ready)) = open.pop() {
        if is_ready {
            order.push(run);
        } else if !begun.contains(&name) && begun.len() < MOST_TARGETS {
            begun.push(name);
            open.push((run, true));
            let known = |name: &'a String| Some((name.as_str(), scan.target(name)?));
            let leads = target.leads.iter().rev().filter_map(known);
            open.extend(leads.map(|lead| (lead, false)));
        }
    }
    order
}

/// The recipe of each target with the values that are known; as it is written if only make knows the target.
fn recipes(
    project: &Project,
    scan: &Scan,
    targets: &[Named<'_>],
    wanted: Wanted<'_>,
) -> Vec<Previewed> {
    let given = assignments(scan, wanted);
    let named: Vec<(&str, &[String])> = targets
        .iter()
        .map(|(name, _)| {
            // Words behind the first target may be its own.
            let words = match wanted.targets.split_first() {
                Some((first, words)) if first == name => words,
                _ => &[],
            };
            (*name, words)
        })
        .collect();
    let read = make::previews(&project.path, &named, &given).into_iter();
    read.zip(targets)
        .map(|(read, (_, target))| match read.lines.is_empty() {
            true => Previewed {
                lines: target.recipe.clone(),
                danger: make::danger_of_recipe(&target.recipe.join("\n")),
                ..read
            },
            false => read,
        })
        .collect()
}

/// What else is worth knowing.
fn notes(scan: &Scan, goals: &[Named<'_>], wanted: Wanted<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let unknown = |name: &&String| scan.target(name).is_none();
    let has_words = goals.first().is_some_and(|(_, goal)| goal.extra_words);
    for name in wanted.targets.iter().filter(unknown) {
        if !has_words {
            notes.push(format!(
                "no target '{name}' was found by reading the makefile; make may still know it"
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
            "-n only says what would be done, but lines that start with + or contain $(MAKE) run anyway".into(),
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
            "{name} is passed by the environment: it is in no argument and is not stored"
        ));
    }
    let known = scan.variables.iter().find(|known| known.name == name)?;
    let place = known.fixed.as_ref()?;
    Some(format!(
        "{}:{} sets {name} by override: the value given here does not count there",
        place.file, place.line
    ))
}
