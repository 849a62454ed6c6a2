//! `vmo hosts mark`: what is asked before something runs on hosts, and the colors of environments. `vmo hosts set`: sets of them
//! under a name. `vmo hosts include`: the line by which `ssh` knows them, too.

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use orchestrator::{
    engine::{Catalog, Engine, Names},
    host::{Care, Hue},
    hosts::SavedSet,
    settings::MarkChange,
};

use crate::{Failed, out, terminal};

/// What takes a mark away.
const NONE: &str = "none";

#[derive(Debug, Args)]
pub(super) struct Mark {
    /// The hosts, as for --on; @TAG alone is a mark of that tag, and of all that have it later
    set: String,
    /// `free`, `ask`, `always` or `name`; `none` takes it away
    #[arg(value_parser = care(), required_unless_present = "color")]
    care: Option<OrNone<Care>>,
    /// The color in which a tag is shown as the environment of its hosts; `none` takes it away
    #[arg(long, alias = "colour", value_parser = color())]
    color: Option<OrNone<Hue>>,
}

/// A value, or none by name.
#[derive(Debug, Clone, Copy)]
struct OrNone<T>(Option<T>);

fn care() -> impl TypedValueParser<Value = OrNone<Care>> {
    let words = Care::ALL.map(Care::word).into_iter().chain([NONE]);
    let found = |word: String| OrNone(Care::ALL.into_iter().find(|care| care.word() == word));
    PossibleValuesParser::new(words).map(found)
}

fn color() -> impl TypedValueParser<Value = OrNone<Hue>> {
    let words = Hue::ALL.map(Hue::word).into_iter().chain([NONE]);
    let found = |word: String| OrNone(Hue::ALL.into_iter().find(|color| color.word() == word));
    PossibleValuesParser::new(words).map(found)
}

pub(super) async fn mark(engine: &Engine, mark: Mark) -> Result<(), Failed> {
    let set = mark.set.trim();
    let is_tag = |rest: &str| !rest.contains([',', '&', '!', '(', ')', '/', '[', '*', '?', '@']);
    let on = match set.strip_prefix('@').filter(|rest| is_tag(rest)) {
        Some(_) => vec![set.to_owned()],
        // What is taken away may be of a host that nothing names any more.
        None if matches!(mark.care, Some(OrNone(None))) => {
            engine.choose_hosts(set, Names::Any).await?.hosts
        }
        None => engine.choose_hosts(set, Names::Known).await?.hosts,
    };
    let catalog = engine.catalog();
    // A color that cannot be is refused before anything is changed.
    if let Some(OrNone(color)) = mark.color {
        catalog.mark(on.clone(), MarkChange::Color(color)).await?;
    }
    if let Some(OrNone(care)) = mark.care {
        catalog.mark(on, MarkChange::Care(care)).await?;
    }
    Ok(())
}

/// Lists the saved sets, shows one, saves one or removes it.
pub(super) async fn set(
    catalog: &Catalog,
    name: Option<String>,
    line: Option<String>,
    remove: bool,
) -> Result<(), Failed> {
    let name = name.map(|name| name.trim_start_matches('@').to_owned());
    let mut sets = catalog.saved_sets().await?;
    match name {
        Some(name) if remove || line.is_some() => {
            if remove && !sets.iter().any(|set| set.name == name) {
                return Err(Failed::new(format!("no set is saved as @{name}")));
            }
            return Ok(catalog.save_set(name, line).await?);
        }
        Some(name) => {
            sets.retain(|set| set.name == name);
            if sets.is_empty() {
                return Err(Failed::new(format!("no set is saved as @{name}")));
            }
        }
        None => {}
    }
    let row = |set: &SavedSet| [format!("@{}", set.name), set.line.clone()];
    out::table(&sets.iter().map(row).collect::<Vec<_>>())
}

/// Has `ssh` know the hosts that were added here, once a person has seen by which line.
pub(super) async fn include(catalog: &Catalog, yes: bool) -> Result<(), Failed> {
    let inclusion = catalog.inclusion().await?;
    let (file, line) = (inclusion.file, inclusion.line);
    if inclusion.is_there {
        out::say(format_args!("{file} has it already: {line}"));
        return Ok(());
    }
    let question = format!("At the top of {file} comes: {line}. Write it? [y/N]");
    if !yes
        && !matches!(
            terminal::ask(&question, true).as_deref(),
            Some("y" | "Y" | "yes")
        )
    {
        return Err(Failed::new(format!(
            "nothing was written; vmo hosts include --yes puts at the top of {file}: {line}"
        )));
    }
    catalog.include_own_hosts().await?;
    out::say(format_args!("{file}: {line}"));
    Ok(())
}
