//! `vmo hosts add`, `edit`, `rm`, `tag`, `production`, `import` and `refresh`.

use clap::{Args, Subcommand};
use orchestrator::{
    engine::{Catalog, Engine, Names},
    fleet::fold,
    hosts::NewHost,
    job::Status,
};

use super::mark;
use crate::{Failed, job_words, list::warn, out, prompts, run};

#[derive(Debug, Subcommand)]
pub(super) enum Change {
    /// Set what is asked before something runs on hosts, or the color of an environment
    ///
    /// free: nothing; ask: what is dangerous; always: everything; name: everything, and the host's name before what is
    /// dangerous. A host's own mark goes before those of its tags, and of those the one that asks for most counts.
    Mark(mark::Mark),
    /// Set whether a host is in production, as `mark HOST name` does
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
    /// Write a line into your SSH config, so that ssh knows the hosts that were added here, too
    Include {
        /// Write it without being asked
        #[arg(long)]
        yes: bool,
    },
    /// List the saved sets, or save one under a name, so that --on @NAME means what it means when it is used
    Set {
        /// Its name
        name: Option<String>,
        /// The set, as for --on: 'web*,!web-3'
        set: Option<String>,
        /// Remove the set
        #[arg(long, requires = "name", conflicts_with = "set")]
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
pub(super) struct Way {
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

/// Does it, and says what was done.
pub(super) async fn change(engine: &Engine, change: Change) -> Result<(), Failed> {
    let catalog = engine.catalog();
    match change {
        Change::Mark(mark) => mark::mark(engine, mark).await?,
        Change::Production { name, whether } => {
            let is_on = whether == "on";
            catalog.mark_production(&name, is_on).await?;
            let words = if is_on { "is" } else { "is no longer" };
            out::say(format_args!("{name} {words} marked as production"));
        }
        Change::Add {
            name,
            place,
            way,
            tags,
            production,
        } => {
            let test = way.test;
            let host = placed(name, &place, way)?;
            if test {
                log_in(engine, &host).await?;
            }
            let name = host.name.clone();
            catalog.add_host(host, tags, production).await?;
            say_where(catalog, &name, "added").await?;
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
            let name = host.name.clone();
            catalog.edit_host(host).await?;
            say_where(catalog, &name, "changed").await?;
        }
        Change::Rm { name } => {
            catalog.remove_host(&name).await?;
            out::say(format_args!("{name} removed"));
        }
        Change::Tag { set, tags, remove } => {
            let chosen = engine.choose_hosts(&set, Names::Known).await?;
            let hosts = fold(chosen.hosts.iter().map(String::as_str));
            let all: Vec<String> = tags.iter().map(|tag| format!("@{tag}")).collect();
            catalog.tag_hosts(chosen.hosts, tags, !remove).await?;
            let (all, words) = (all.join(" "), if remove { "no longer" } else { "now" });
            out::say(format_args!("{words} tagged {all}: {hosts}"));
        }
        Change::Include { yes } => mark::include(catalog, yes).await?,
        Change::Set { name, set, remove } => mark::set(catalog, name, set, remove).await?,
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

/// A host at `[USER@]ADDRESS[:PORT]`.
fn placed(name: String, place: &str, way: Way) -> Result<NewHost, Failed> {
    let (user, rest) = match place.rsplit_once('@') {
        Some((user, rest)) => (Some(user.to_owned()), rest),
        None => (None, place),
    };
    if user.as_deref() == Some("") {
        return Err(Failed::new(format!("'{place}' has no user before its @")));
    }
    let (address, port) = address_and_port(rest);
    Ok(NewHost {
        name,
        address: Some(address),
        user,
        port,
        key: way.key,
        jump: way.jump,
    })
}

/// Says what was done to a host, and where it is now.
async fn say_where(catalog: &Catalog, name: &str, done: &str) -> Result<(), Failed> {
    let listed = catalog.hosts().await?.found;
    let place = match listed.iter().find(|host| host.name == name) {
        Some(host) => format!(": {}@{}:{}", host.user, host.hostname, host.port),
        None => String::new(),
    };
    out::say(format_args!("{name} {done}{place}"));
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
