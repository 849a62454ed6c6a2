//! What make writes of the recipes of a job before it runs their lines, as far as the makefile shows it now; and what the
//! makes write that those lines call in other folders.

mod called;

use super::{
    preview::{goals, in_order},
    secret::is_secret,
};
use crate::{
    engine::Catalog,
    job::{Job, What},
    log::outline::Echo,
    make::{self, Assignment, Previewed},
};

/// What make writes of a job's recipes before it runs each line. None of a job whose recipes ran side by side (`-j`): their
/// outputs are not in order; and none of one that ran nothing (`-n`). Reads the makefile, and blocks.
pub(in crate::engine) fn echoes(catalog: &Catalog, job: &Job) -> Vec<Echo> {
    let What::Target {
        project,
        targets,
        options,
        typed,
    } = &job.what
    else {
        return Vec::new();
    };
    let is_parallel = options.jobs.is_some_and(|jobs| jobs != 1);
    if is_parallel || options.dry_run || (*typed && asks_for_jobs(job.argv())) {
        return Vec::new();
    }
    let Ok(project) = catalog.project(project) else {
        return Vec::new();
    };
    let scan = catalog.known_targets(&project);
    let given = job.variables.iter().map(|(name, value)| Assignment {
        name: name.clone(),
        value: value.clone().unwrap_or_default(),
        raw: options.raw.contains(name),
        secret: value.is_none() || is_secret(&scan, name),
    });
    let given: Vec<Assignment> = given.collect();
    let runs = in_order(&scan, &goals(&scan, targets));
    let known: Vec<&str> = runs.iter().map(|(name, _)| *name).collect();
    let unknown = targets.iter().map(String::as_str);
    let unknown = unknown.filter(|name| !known.contains(name));
    let words = targets.get(1..).unwrap_or_default();
    let is_first = |name: &str| targets.first().is_some_and(|first| first == name);
    let named: Vec<(&str, &[String])> = known
        .iter()
        .copied()
        .chain(unknown)
        .map(|name| (name, if is_first(name) { words } else { &[] }))
        .collect();
    let read = make::previews(&project.path, &named, &given);
    if read.iter().any(|recipe| recipe.side_by_side) {
        return Vec::new();
    }
    let mut all = of_recipes(&read, &named);
    all.extend(called::echoes(&project.path, &read, &given));
    all
}

/// What make writes of recipes, each with its target and the words behind that.
fn of_recipes(read: &[Previewed], named: &[(&str, &[String])]) -> Vec<Echo> {
    let of_one = |(recipe, (target, _)): (&Previewed, &(&str, _))| {
        let texts = make::echoed(recipe).into_iter();
        let target = (*target).to_owned();
        texts.map(move |pieces| Echo {
            target: target.clone(),
            pieces,
        })
    };
    read.iter().zip(named).flat_map(of_one).collect()
}

/// Whether make was typed with several recipes side by side.
fn asks_for_jobs(argv: &[String]) -> bool {
    let mut options = argv.iter().take_while(|word| *word != "--");
    options.any(|word| word.starts_with("-j") || word.starts_with("--jobs"))
}
