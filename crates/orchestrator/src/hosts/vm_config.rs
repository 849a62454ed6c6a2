//! vm-config: `environments/NAME/config.yml` in a project's folder, whose `vms:` name machines. The environment is a tag.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::listing::{self, Listing, Machine};
use crate::host::SourceKind;

/// Environments of one folder that are read.
const MOST: usize = 200;

/// The config files of a folder, in the order of their environments.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder.join("environments")) else {
        return Vec::new();
    };
    let configs = entries.flatten().take(MOST);
    let mut files: Vec<PathBuf> = configs
        .map(|entry| entry.path().join("config.yml"))
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    files
}

/// The machines of one config.
pub(super) fn read(path: &Path, place: &str) -> Listing {
    let mut read = Listing::default();
    let value = match listing::text(path).and_then(|text| listing::yaml(&text)) {
        Ok(value) => value,
        Err(why) => {
            read.problem(place, why);
            return read;
        }
    };
    let environment = path.parent().and_then(Path::file_name);
    let environment = environment.map(|name| name.to_string_lossy().into_owned());
    let vms = match value.get("vms") {
        None | Some(Value::Null) => return read,
        Some(Value::Object(vms)) => vms,
        Some(_) => {
            read.problem(place, "'vms' is no list of names");
            return read;
        }
    };
    for (name, vm) in vms {
        if !vm.is_object() && !vm.is_null() {
            let why = format!("{name}: it is no mapping of settings; the host is left out");
            read.problem(place, why);
            continue;
        }
        let first = |keys: &[&str]| keys.iter().find_map(|key| listing::value(vm.get(key)?));
        let tags = vm.get("tags").and_then(Value::as_array);
        let tags = tags.into_iter().flatten().filter_map(listing::word);
        read.add(Machine {
            name: name.clone(),
            address: first(&["host", "ansible_host"]),
            user: first(&["ansible_user", "user"]),
            port: first(&["ansible_port", "port"]).map(|port| listing::port(&port)),
            key: first(&["ansible_ssh_private_key_file"]),
            tags: environment.clone().into_iter().chain(tags).collect(),
            source: listing::source(SourceKind::VmConfig, place),
            ..Machine::default()
        });
    }
    read
}

/// Names that several environments give to different machines have the environment behind them: `web-prod`.
pub(super) fn tell_apart(all: &mut [Machine]) {
    let mut first: HashMap<String, Option<String>> = HashMap::new();
    let mut shared: Vec<String> = Vec::new();
    for one in all.iter() {
        let address = first
            .entry(one.name.clone())
            .or_insert_with(|| one.address.clone());
        if *address != one.address {
            shared.push(one.name.clone());
        }
    }
    for one in all.iter_mut().filter(|one| shared.contains(&one.name)) {
        let environment = Path::new(&one.source.place)
            .parent()
            .and_then(Path::file_name);
        let environment = environment.and_then(|name| listing::name(&name.to_string_lossy()));
        if let Some(environment) = environment {
            one.name = format!("{}-{environment}", one.name);
        }
    }
}
