//! `--on SET`: the hosts that are meant, shown before anything runs on them.

use orchestrator::{
    engine::Engine,
    fleet::{Choice, fold},
};

use super::{Failed, out, terminal};

/// The hosts of a line. All of them are meant only if a person says so once more.
pub(crate) async fn hosts(engine: &Engine, line: &str, yes: bool) -> Result<Choice, Failed> {
    let choice = engine.choose_hosts(line).await?;
    let count = choice.hosts.len();
    let folded = fold(choice.hosts.iter().map(String::as_str));
    if choice.is_all && !yes {
        let question = format!("Run on all of these {count} hosts: {folded}? [y/N]");
        match terminal::ask(&question, true).as_deref() {
            Some("y" | "Y" | "yes") => return Ok(choice),
            Some(_) => return Err(Failed::new("nothing was run")),
            None => {
                return Err(Failed::new(format!(
                    "'{line}' means all {count} hosts: add --yes to run on them"
                )));
            }
        }
    }
    if choice.typed.len() < count {
        out::say(format_args!("on {count} hosts: {folded}"));
    }
    Ok(choice)
}
