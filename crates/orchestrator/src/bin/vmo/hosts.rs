//! `vmo hosts`: the list, and what a person adds to it.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orchestrator::{
    engine::{Catalog, Engine, Names},
    host::{Host, Reach, ReachState},
    hosts::NewHost,
    job::Status,
    visible::visible,
};

use super::{Failed, Outcome, engine, job_words, list::warn, out, prompts, run};

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

#[derive(Debug, Subcommand)]
enum Change {
    /// Set whether a host is in production: the window then asks for its name before a dangerous command
    Production {
        /// The host's name
        name: String,
        /// `on` or `off`
        #[arg(value_parser = ["on", "off"])]
        whether: String,
    },
    /// Add a host; no file of yours is changed
    Add {
        /// Its name
        name: String,
        /// Where it is: [USER@]ADDRESS[:PORT]
        place: String,
        #[command(flatten)]
        way: Way,
        /// A tag, so that --on @TAG means it; may be given several times
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,
        /// Mark it as production
        #[arg(long)]
        production: bool,
    },
    /// Change a host that was added; an empty value removes that setting
    Edit {
        /// Its name
        name: String,
        /// Its address
        #[arg(long)]
        address: Option<String>,
        /// The login name
        #[arg(long)]
        user: Option<String>,
        /// The port
        #[arg(long)]
        port: Option<String>,
        #[command(flatten)]
        way: Way,
    },
    /// Remove a host that was added
    Rm {
        /// Its name
        name: String,
    },
    /// Tag hosts, so that --on @TAG means them
    Tag {
        /// The hosts, as for --on
        set: String,
        /// The tags
        #[arg(required = true)]
        tags: Vec<String>,
        /// Remove the tags
        #[arg(long)]
        remove: bool,
    },
    /// Read hosts from a Terraform state, an Ansible inventory or a vm-config too, or from what a command prints
    Import {
        /// The file, or a folder of inventories
        #[arg(required_unless_present = "command")]
        path: Option<String>,
        /// A shell command that prints an inventory as JSON, as Ansible's dynamic ones do; it may run here from then on
        #[arg(long, conflicts_with = "path")]
        command: Option<String>,
        /// Stop reading hosts from there
        #[arg(long)]
        remove: bool,
    },
    /// Run the commands that print inventories again
    Refresh,
}

#[derive(Debug, Args)]
struct Way {
    /// The file of its private key
    #[arg(long)]
    key: Option<String>,
    /// The hosts it is reached through
    #[arg(long)]
    jump: Option<String>,
    /// Log in there first, and save it only if that works
    #[arg(long)]
    test: bool,
}

pub(crate) async fn hosts(hosts: Hosts) -> Outcome {
    let engine = engine().await?;
    match hosts.change {
        Some(change) => self::change(&engine, change).await?,
        None => list(&engine, &hosts).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn change(engine: &Engine, change: Change) -> Result<(), Failed> {
    let catalog = engine.catalog();
    match change {
        Change::Production { name, whether } => {
            catalog.mark_production(&name, whether == "on").await?;
        }
        Change::Add {
            name,
            place,
            way,
            tags,
            production,
        } => {
            let (user, rest) = match place.rsplit_once('@') {
                Some((user, rest)) => (Some(user.to_owned()), rest),
                None => (None, place.as_str()),
            };
            if user.as_deref() == Some("") {
                return Err(Failed::new(format!("'{place}' has no user before its @")));
            }
            let (address, port) = address_and_port(rest);
            let host = NewHost {
                name,
                address: Some(address),
                user,
                port,
                key: way.key,
                jump: way.jump,
            };
            if way.test {
                log_in(engine, &host).await?;
            }
            catalog.add_host(host, tags, production).await?;
        }
        Change::Edit {
            name,
            address,
            user,
            port,
            way,
        } => {
            let host = NewHost {
                name,
                address,
                user,
                port,
                key: way.key,
                jump: way.jump,
            };
            if way.test {
                log_in(engine, &host).await?;
            }
            catalog.edit_host(host).await?;
        }
        Change::Rm { name } => catalog.remove_host(&name).await?,
        Change::Tag { set, tags, remove } => {
            let chosen = engine.choose_hosts(&set, Names::Known).await?;
            catalog.tag_hosts(chosen.hosts, tags, !remove).await?;
        }
        Change::Import {
            path,
            command,
            remove,
        } => import(catalog, path.as_deref(), command.as_deref(), remove).await?,
        Change::Refresh => {
            catalog.refresh_hosts().await?;
            warn(&catalog.hosts().await?.problems);
        }
    }
    Ok(())
}

/// `ADDRESS:PORT`, `[ADDRESS]:PORT`, or an address, which may have colons itself.
fn address_and_port(text: &str) -> (String, Option<String>) {
    if let Some((address, port)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (
            address.to_owned(),
            port.strip_prefix(':').map(str::to_owned),
        );
    }
    match text.split_once(':') {
        Some((address, port)) if !port.contains(':') => (address.to_owned(), Some(port.to_owned())),
        _ => (text.to_owned(), None),
    }
}

async fn import(
    catalog: &Catalog,
    path: Option<&str>,
    command: Option<&str>,
    remove: bool,
) -> Result<(), Failed> {
    let path = path.map(std::path::absolute).transpose()?;
    let imported = match (path, command) {
        (_, Some(command)) if remove => return Ok(catalog.drop_host_source(command).await?),
        (Some(path), None) if remove => {
            return Ok(catalog
                .drop_host_source(&path.display().to_string())
                .await?);
        }
        (_, Some(command)) => catalog.import_hosts_of_command(command).await?,
        (Some(path), None) => catalog.import_hosts(&path).await?,
        (None, None) => return Ok(()),
    };
    warn(&imported.problems);
    out::say(format_args!("{} more hosts: vmo hosts --why", imported.new));
    Ok(())
}

/// Logs in to a host that is not saved yet, and says how that went.
async fn log_in(engine: &Engine, host: &NewHost) -> Result<(), Failed> {
    let begin = async || Ok(vec![engine.try_host(host).await?]);
    let jobs = run::allowed(engine, begin).await?;
    let Some(id) = jobs.first().map(|job| job.id) else {
        return Ok(());
    };
    let answering = tokio::spawn(prompts::answer_all(engine.clone(), move |job| job == id));
    let job = engine.jobs().over(id).await;
    answering.abort();
    let job = job?;
    match job.status() {
        Status::Done => {
            out::say(format_args!("{}: logged in, and a command ran", host.name));
            Ok(())
        }
        _ => {
            let why = job.reason().unwrap_or_else(|| job_words::end(&job));
            Err(Failed::new(format!(
                "{}: {why}; it was not saved",
                host.name
            )))
        }
    }
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
    let production = if host.production { "production" } else { "" };
    let tags: Vec<String> = host.tags.iter().map(|tag| format!("@{tag}")).collect();
    let note = match host.vanished {
        Some(since) => format!(
            "vanished {}",
            since.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M")
        ),
        None => host.problem.clone().unwrap_or_default(),
    };
    [
        host.name.clone(),
        format!("{}@{}:{}", host.user, host.hostname, host.port),
        production.to_owned(),
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
