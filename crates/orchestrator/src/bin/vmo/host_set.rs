//! `--on SET`: the hosts that are meant, shown before anything runs on them.

use orchestrator::{
    engine::{Engine, Names, seal_of_places},
    fleet::{Choice, fold},
};

use super::{Failed, out, terminal};

/// The exit code of a set of hosts that is refused, as of an option that is not there.
pub(crate) const REFUSED: u8 = 2;

/// Hosts whose change is said by itself.
const SAID: usize = 5;

/// Hosts, as they were said or asked about.
pub(crate) struct Chosen {
    pub(crate) choice: Choice,
    /// A hash of them and of where they are.
    pub(crate) seal: String,
    /// Whether a person said yes to them.
    pub(crate) agreed: bool,
}

/// The hosts of a line, as [`meant`]; that it cannot be, or is declined, is no failure to reach a host.
pub(crate) async fn hosts(engine: &Engine, line: &str, yes: bool) -> Result<Chosen, Failed> {
    meant(engine, line, yes).await.map_err(refused)
}

/// What was refused before anything could run.
pub(crate) fn refused(failed: Failed) -> Failed {
    Failed {
        code: REFUSED,
        ..failed
    }
}

/// The hosts of a line. All of them, those that a batch of somebody else names, and those that always ask if they were not
/// named themselves, are meant only if a person says so once more; and once again, if they are others by the answer, or
/// elsewhere.
async fn meant(engine: &Engine, line: &str, yes: bool) -> Result<Chosen, Failed> {
    let mut now = look(engine, line).await?;
    let mut agreed = yes;
    loop {
        let folded = fold(now.0.hosts.iter().map(String::as_str));
        let Some(doubt) = doubt(engine, &now.0, line).await?.filter(|_| !yes) else {
            if now.0.typed.len() < now.0.hosts.len() {
                out::say(format_args!("on {}: {folded}", counted(&now.0)));
            }
            break;
        };
        let question = format!("{doubt}: {folded}. Run on them? [y/N]");
        match terminal::ask(&question, true).as_deref() {
            Some("y" | "Y" | "yes") => agreed = true,
            Some(_) => return Err(Failed::new("nothing was run")),
            None => return Err(Failed::new(format!("{doubt}: add --yes to run on them"))),
        }
        engine.catalog().read_hosts_again().await?;
        let before = std::mem::replace(&mut now, look(engine, line).await?);
        if (&before.0.hosts, &before.1) == (&now.0.hosts, &now.1) {
            break;
        }
        agreed = false;
        say_changes(&before, &now);
    }
    let seal = seal_of_places(&now.0.hosts, &now.1);
    Ok(Chosen {
        choice: now.0,
        seal,
        agreed,
    })
}

/// The hosts of a line, and where each is.
async fn look(engine: &Engine, line: &str) -> Result<(Choice, Vec<String>), Failed> {
    let choice = engine.choose_hosts(line, Names::Known).await?;
    let places = engine.catalog().places(&choice.hosts).await?;
    Ok((choice, places))
}

/// Why it is asked about once more; none if it is not.
async fn doubt(engine: &Engine, choice: &Choice, line: &str) -> Result<Option<String>, Failed> {
    let count = counted(choice);
    if let Some((batch, owner)) = choice.of_others.first() {
        return Ok(Some(format!(
            "batch {batch} of {owner}, which this installation did not start as it now is, names these {count}"
        )));
    }
    if choice.is_all {
        return Ok(Some(format!("'{line}' means all {count}")));
    }
    // Whoever types a name has said yes to it.
    let mut asking = engine.catalog().asking(&choice.hosts).await?;
    asking.retain(|host| !choice.typed.contains(host));
    Ok(match asking.as_slice() {
        [] => None,
        [one] => Some(format!("'{line}' means {count}, and {one} always asks")),
        many => Some(format!(
            "'{line}' means {count}, and {} always ask",
            fold(many.iter().map(String::as_str))
        )),
    })
}

fn counted(choice: &Choice) -> String {
    match choice.hosts.len() {
        1 => "1 host".to_owned(),
        count => format!("{count} hosts"),
    }
}

/// What is not as it was when it was asked about.
fn say_changes(asked: &(Choice, Vec<String>), now: &(Choice, Vec<String>)) {
    out::say("the hosts have changed since the question:");
    let missing = |from: &Choice, of: &Choice| -> Vec<String> {
        let all = from.hosts.iter();
        all.filter(|host| !of.hosts.contains(host))
            .cloned()
            .collect()
    };
    for (what, names) in [
        ("new", missing(&now.0, &asked.0)),
        ("gone", missing(&asked.0, &now.0)),
    ] {
        if !names.is_empty() {
            out::say(format_args!(
                "  {what}: {}",
                fold(names.iter().map(String::as_str))
            ));
        }
    }
    let before = |host: &String| {
        let at = asked.0.hosts.iter().position(|other| other == host)?;
        asked.1.get(at)
    };
    let moved = now.0.hosts.iter().zip(&now.1).filter_map(|(host, place)| {
        let before = before(host).filter(|before| *before != place)?;
        Some(format!("  {host} is {place}, and was {before}"))
    });
    let moved: Vec<String> = moved.collect();
    for line in moved.iter().take(SAID) {
        out::say(line);
    }
    if moved.len() > SAID {
        out::say(format_args!(
            "  and {} more are elsewhere",
            moved.len() - SAID
        ));
    }
}
