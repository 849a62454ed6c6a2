//! Docker contexts whose engine is reached by `ssh://`: `~/.docker/contexts/meta/*/meta.json`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::listing::{self, Listing, Machine};
use crate::host::SourceKind;

/// Contexts that are read.
const MOST: usize = 500;

/// The files of a person's contexts.
pub(super) fn files(home: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(home.join(".docker/contexts/meta")) else {
        return Vec::new();
    };
    let metas = entries
        .flatten()
        .take(MOST)
        .map(|entry| entry.path().join("meta.json"));
    let mut files: Vec<PathBuf> = metas.filter(|file| file.is_file()).collect();
    files.sort();
    files
}

/// The machine of a context, if it is one.
pub(super) fn read(path: &Path, place: &str) -> Listing {
    let mut read = Listing::default();
    match listing::text(path).and_then(|text| listing::json(&text)) {
        Ok(meta) => {
            if let Some(machine) = context(&meta, place) {
                read.add(machine);
            }
        }
        Err(why) => read.problem(place, why),
    }
    read
}

fn context(meta: &Value, place: &str) -> Option<Machine> {
    let engine = meta.pointer("/Endpoints/docker/Host")?.as_str()?;
    let rest = engine.strip_prefix("ssh://")?;
    let rest = rest.split('/').next()?;
    let (user, place_of) = match rest.rsplit_once('@') {
        Some((user, at)) => (Some(user.to_owned()), at),
        None => (None, rest),
    };
    let (address, port) = match place_of.rsplit_once(':') {
        Some((address, port)) if !address.contains(':') || address.ends_with(']') => {
            (address, Some(listing::port(port)))
        }
        _ => (place_of, None),
    };
    let address = address.trim_matches(['[', ']']).to_owned();
    Some(Machine {
        name: meta.get("Name")?.as_str()?.to_owned(),
        address: Some(address),
        // A password in an address is not shown.
        user: user.and_then(|user| user.split(':').next().map(str::to_owned)),
        port,
        tags: ["docker".to_owned()].into(),
        source: listing::source(SourceKind::Docker, place),
        ..Machine::default()
    })
}
