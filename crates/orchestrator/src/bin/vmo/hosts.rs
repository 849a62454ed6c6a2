//! `vmo hosts`: the list, and by [`change`] what a person adds to it.

mod change;
mod mark;

use std::process::ExitCode;

use clap::Args;
use orchestrator::{
    engine::{Catalog, Engine, Names},
    host::{Host, Reach, ReachState},
    visible::visible,
};

use self::change::Change;
use super::{Failed, Outcome, engine, list::warn, out};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Hosts {
    #[command(subcommand)]
    change: Option<Change>,
    /// Only these hosts: web-1,web-2 · web[01-37] · 'db*' · @tag
    set: Option<String>,
    /// Print one JSON value
    #[arg(long)]
    json: bool,
    /// Print which sources name each host, its tags, and what the sources say differently
    #[arg(long)]
    why: bool,
    /// Check whether each host answers: a connection and the server's first line, without a login
    #[arg(long, conflicts_with = "why")]
    probe: bool,
}

pub(crate) async fn hosts(hosts: Hosts) -> Outcome {
    let engine = engine().await?;
    match hosts.change {
        Some(change) => change::change(&engine, change).await?,
        None => list(&engine, &hosts).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(engine: &Engine, hosts: &Hosts) -> Result<(), Failed> {
    let catalog = engine.catalog();
    let listed = catalog.hosts().await?;
    warn(&listed.problems);
    let mut listed_hosts = listed.found;
    if let Some(set) = &hosts.set {
        let chosen = engine.choose_hosts(set, Names::Known).await?.hosts;
        for name in &chosen {
            if !listed_hosts
                .iter()
                .any(|host| host.name == *name || host.also.contains(name))
            {
                return Err(Failed::new(format!(
                    "no host is called '{}'",
                    visible(name)
                )));
            }
        }
        listed_hosts.retain(|host| {
            chosen
                .iter()
                .any(|name| host.name == *name || host.also.contains(name))
        });
    }
    if hosts.probe {
        return probe(catalog, listed_hosts, hosts.json).await;
    }
    if hosts.json {
        out::json(&listed_hosts)?;
    } else if hosts.why {
        for host in &listed_hosts {
            why(host)?;
        }
    } else {
        out::table(&listed_hosts.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok(())
}

fn row(host: &Host) -> [String; 5] {
    let tags: Vec<String> = host.tags.iter().map(|tag| format!("@{tag}")).collect();
    let note = match host.vanished {
        Some(since) => format!(
            "vanished {}",
            since.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M")
        ),
        None => match (&host.problem, &host.powered) {
            (Some(problem), _) => problem.clone(),
            (None, Some(powered)) if !powered.is_on => "off".to_owned(),
            _ => String::new(),
        },
    };
    [
        host.name.clone(),
        format!("{}@{}:{}", host.user, host.hostname, host.port),
        host.care.words().to_owned(),
        tags.join(" "),
        note,
    ]
}

/// Prints whether hosts answer, and as the last line how many do.
async fn probe(catalog: &Catalog, found: Vec<Host>, json: bool) -> Result<(), Failed> {
    let listed = found.into_iter().filter(|host| host.vanished.is_none());
    let reached = catalog
        .probe_hosts(listed.map(|host| host.name).collect())
        .await?;
    if json {
        return out::json(&reached);
    }
    out::table(&reached.iter().map(reach).collect::<Vec<_>>())?;
    let states = [
        ReachState::Up,
        ReachState::Down,
        ReachState::Unreachable,
        ReachState::Unknown,
    ];
    let count = |state| reached.iter().filter(|one| one.state == state).count();
    let counted = states.map(|state| (count(state), state.word()));
    let counts: Vec<String> = counted
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    out::say(format_args!("{}", counts.join(" · ")));
    Ok(())
}

fn reach(reach: &Reach) -> [String; 4] {
    let round_trip = reach.round_trip_us.map_or_else(String::new, |us| {
        format!("{:.1} ms", f64::from(us) / 1000.0)
    });
    let words = reach.server.clone().or_else(|| reach.why.clone());
    [
        reach.host.clone(),
        reach.state.word().to_owned(),
        round_trip,
        words.unwrap_or_default(),
    ]
}

/// A host and why it is in the list.
fn why(host: &Host) -> Result<(), Failed> {
    out::line(format_args!(
        "{}  {}@{}:{}",
        host.name, host.user, host.hostname, host.port
    ))?;
    for source in &host.sources {
        out::line(format_args!("  {}: {}", source.kind.words(), source.place))?;
    }
    let more = [
        ("also called", host.also.join(", ")),
        ("tags", host.tags.join(", ")),
    ];
    if let Some(way) = &host.through {
        out::line(format_args!("  through: {way}"))?;
    }
    for (what, words) in more.iter().filter(|(_, words)| !words.is_empty()) {
        out::line(format_args!("  {what}: {words}"))?;
    }
    if let Some(by) = &host.marked_by {
        out::line(format_args!("  marked: {}, by {by}", host.care.word()))?;
    }
    if let Some(environment) = &host.colored {
        let (tag, color) = (&environment.tag, environment.color.word());
        out::line(format_args!("  color: {color}, by @{tag}"))?;
    }
    if let Some(powered) = &host.powered {
        let (is_on, by) = (if powered.is_on { "on" } else { "off" }, &powered.by);
        out::line(format_args!("  power: {is_on}, says {by}"))?;
    }
    for conflict in &host.conflicts {
        out::line(format_args!("  differs: {conflict}"))?;
    }
    if let Some(since) = host.vanished {
        out::line(format_args!("  vanished: {since}"))?;
    }
    if let Some(problem) = &host.problem {
        out::line(format_args!("  problem: {problem}"))?;
    }
    Ok(())
}
