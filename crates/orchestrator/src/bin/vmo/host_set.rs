//! `--on SET`: the hosts that are meant, shown before anything runs on them.

use orchestrator::{
    engine::{Engine, Names},
    fleet::{Choice, fold},
};

use super::{Failed, out, terminal};

/// The hosts of a line. All of them, or those that a batch of somebody else names, are meant only if a person says so once
/// more.
pub(crate) async fn hosts(engine: &Engine, line: &str, yes: bool) -> Result<Choice, Failed> {
    let choice = engine.choose_hosts(line, Names::Known).await?;
    let count = choice.hosts.len();
    let folded = fold(choice.hosts.iter().map(String::as_str));
    let doubt = match choice.of_others.first() {
        Some((batch, owner)) => Some(format!(
            "batch {batch} of {owner}, which this installation did not start as it now is, names these {count} hosts"
        )),
        None => choice
            .is_all
            .then(|| format!("'{line}' means all {count} hosts")),
    };
    if let Some(doubt) = doubt.filter(|_| !yes) {
        let question = format!("{doubt}: {folded}. Run on them? [y/N]");
        match terminal::ask(&question, true).as_deref() {
            Some("y" | "Y" | "yes") => return Ok(choice),
            Some(_) => return Err(Failed::new("nothing was run")),
            None => return Err(Failed::new(format!("{doubt}: add --yes to run on them"))),
        }
    }
    if choice.typed.len() < count {
        out::say(format_args!("on {count} hosts: {folded}"));
    }
    Ok(choice)
}
