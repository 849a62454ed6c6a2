//! `vmo run TARGET --on HOSTS`: where the project is on each of them, looked for and said before anything runs there.

use std::collections::BTreeMap;

use orchestrator::{
    batch::Rules,
    engine::{Consent, Engine},
    fleet::fold,
    job::Job,
    launch::{InFolder, Sought, Start, checkout::Checkout},
};

use super::{Run, allowed};
use crate::{Failed, host_set, out, prompts};

/// The same targets on hosts.
///
/// # Errors
/// If the hosts are not known, or the targets cannot run on one of them.
pub(super) async fn on_hosts(run: &Run, engine: &Engine, here: Start) -> Result<Start, Failed> {
    let Start::Target {
        project,
        targets,
        variables,
        pty,
        options,
        ..
    } = here
    else {
        return Ok(here);
    };
    let line = run.on.join(",");
    let host_set::Chosen {
        choice,
        seal,
        agreed,
    } = host_set::hosts(engine, &line, run.yes).await?;
    let start = |on: Vec<InFolder>| Start::TargetOnHosts {
        project: project.clone(),
        targets: targets.clone(),
        variables: variables.clone(),
        pty,
        options: options.clone(),
        on,
        confirmed: choice.typed.clone(),
        rules: Rules {
            shown: Some(seal.clone()),
            agreed,
            ..run.many.rules(line.clone(), None)
        },
    };
    let anywhere = choice.hosts.iter().map(|host| InFolder {
        host: host.clone(),
        folder: None,
        unreached: None,
    });
    // What would be refused anyway is looked for nowhere.
    let preview = engine.preview(start(anywhere.collect())).await?;
    if let Some(refusal) = preview.refusal {
        return Err(Failed::new(refusal));
    }
    let sought = Sought {
        project: project.clone(),
        targets: targets.clone(),
        hosts: choice.hosts.clone(),
        folder: run.dir.clone(),
    };
    let found = look(engine, &sought).await?;
    say(&found);
    // A host that does not answer holds the others up no more than with a command; a wrong folder may be a slip.
    let is_one_reached = found.iter().any(|one| one.unreached.is_none());
    let is_lacking =
        |one: &&Checkout| one.problem.is_some() && (one.unreached.is_none() || !is_one_reached);
    let lacking: Vec<&str> = found
        .iter()
        .filter(is_lacking)
        .map(|one| one.host.as_str())
        .collect();
    if !lacking.is_empty() {
        return Err(Failed::new(format!(
            "nothing was run: {} cannot run there, on {}",
            targets.join(" "),
            fold(lacking)
        )));
    }
    let in_folder = |one: Checkout| InFolder {
        host: one.host,
        folder: one.folder,
        unreached: one.unreached,
    };
    Ok(start(found.into_iter().map(in_folder).collect()))
}

async fn look(engine: &Engine, sought: &Sought) -> Result<Vec<Checkout>, Failed> {
    let begin = async || engine.look_on_hosts(sought, Consent::Given).await;
    let jobs = allowed(engine, begin).await?;
    let batch = jobs.first().and_then(|job| job.batch);
    let of_it = engine.clone();
    let is_ours = move |id| {
        let lives = of_it.lives();
        let job: Option<Job> = lives.iter().find(|live| live.id == id).map(|l| l.job());
        job.is_some_and(|job| job.batch == batch)
    };
    let answering = tokio::spawn(prompts::answer_all(engine.clone(), is_ours));
    let found = engine.looked(sought, &jobs).await;
    answering.abort();
    Ok(found?)
}

/// What was found, once for all hosts of which the same was.
fn say(found: &[Checkout]) {
    let mut same: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for one in found {
        let words = match (&one.problem, one.words.as_str()) {
            (None, words) => words.to_owned(),
            (Some(problem), "") => problem.clone(),
            (Some(problem), words) => format!("{words}: {problem}"),
        };
        same.entry(words).or_default().push(&one.host);
    }
    for (words, hosts) in same {
        out::say(format_args!("{}: {words}", fold(hosts)));
    }
}
