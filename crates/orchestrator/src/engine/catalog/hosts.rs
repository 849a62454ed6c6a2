//! The hosts: those of the SSH config, of a person's own, and of what other tools keep; read when their files change.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use super::{Catalog, Listed};
use crate::{
    engine::EngineError,
    folders::Folders,
    host::{Care, Host, Source, SourceKind},
    hosts::{self, Entry, HostsError, NewHost, OwnHosts, OwnTags, SourceCache, Where},
    make,
    settings::{AllowedCommands, Marks, SavedCommands},
    ssh,
};

/// What is known of hosts.
#[derive(Debug)]
pub(super) struct HostList {
    kept: SourceCache,
    now: Mutex<Arc<HostSnapshot>>,
    /// What is wrong with the SSH config as it is now, if an earlier one is in force.
    unread: Mutex<Vec<String>>,
    /// Held while it is noted which hosts there are, and while a person takes one off.
    seen: Mutex<()>,
}

#[derive(Debug, Default)]
struct HostSnapshot {
    /// All hosts as one config, by which each is reached.
    config: Arc<ssh::Config>,
    /// What sources beside the SSH config say of them.
    entries: Vec<Entry>,
    /// What of the sources could not be read.
    problems: Vec<String>,
    files: Vec<PathBuf>,
}

impl HostList {
    pub(super) fn read(folders: &Folders) -> Self {
        let kept = SourceCache::default();
        let snapshot = HostSnapshot::read(folders, &kept);
        Self {
            kept,
            now: Mutex::new(Arc::new(snapshot)),
            unread: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    pub(super) fn ssh(&self) -> Arc<ssh::Config> {
        Arc::clone(&self.now.lock().config)
    }

    /// The files that were read or would have been, but for those of the SSH config.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.now.lock().files.clone()
    }
}

/// The person's SSH config and hosts, with a text of ours that counts before them.
pub(super) fn config_behind(folders: &Folders, text: &str) -> ssh::Config {
    let paths: Vec<&Path> = folders.ssh_configs.iter().map(PathBuf::as_path).collect();
    let own = OwnHosts::of(&folders.config).path();
    ssh::Config::read_behind((text, hosts::NAME), &[&own], &paths, &folders.home)
}

/// The folders of projects, whether or not they can be run.
pub(super) fn project_folders(folders: &Folders) -> Vec<PathBuf> {
    let (projects, _) = make::Projects::new(make::Folders {
        registry: folders.registry.clone(),
        config_dir: folders.config.clone(),
        demo: None,
        home: folders.home.clone(),
    })
    .read();
    projects.into_iter().map(|project| project.path).collect()
}

impl HostSnapshot {
    fn read(folders: &Folders, kept: &SourceCache) -> Self {
        let projects = project_folders(folders);
        let allowed = AllowedCommands::read(&folders.config).0;
        let read = kept.read(&place_in(folders, &projects), &|text| allowed.allows(text));
        let config = |text: &str| config_behind(folders, text);
        let own_config = config("");
        let entries = hosts::merge(&own_config.hosts(), read.machines, &|name| {
            own_config.through(name)
        });
        let text = hosts::written(&entries);
        let whole = if text.is_empty() {
            own_config
        } else {
            config(&text)
        };
        Self {
            config: Arc::new(whole),
            entries,
            problems: read.problems,
            files: read.files,
        }
    }
}

pub(super) fn place_in<'a>(folders: &'a Folders, projects: &'a [PathBuf]) -> Where<'a> {
    Where {
        home: &folders.home,
        config: &folders.config,
        data: &folders.data,
        projects,
    }
}

impl From<HostsError> for EngineError {
    fn from(error: HostsError) -> Self {
        match error {
            HostsError::Refused(why) => Self::Refused(why),
            HostsError::File(error) => error.into(),
        }
    }
}

impl Catalog {
    /// The hosts, each with its sources, tags and saved commands; at the end those that vanished. It reads files.
    pub(in crate::engine) fn list_hosts(&self) -> Listed<Host> {
        let snapshot = Arc::clone(&self.0.hosts.now.lock());
        let mut problems = self.0.hosts.unread.lock().clone();
        problems.extend_from_slice(snapshot.config.problems());
        problems.extend_from_slice(&snapshot.problems);
        let mut of = |problem: Option<crate::json_file::JsonFileError>| {
            problems.extend(problem.map(|problem| problem.to_string()));
        };
        let (saved, problem) = SavedCommands::read(self.config());
        of(problem);
        let (tags, problem) = OwnTags::read(self.config());
        of(problem);
        let (marked, problem) = Marks::read(self.config());
        of(problem);
        let marked = marked.marked(|name| snapshot.config.machine_of(name));
        let mut hosts = self.merged(&snapshot);
        for host in &mut hosts {
            host.commands = saved.of(&host.name);
            host.tags.extend(tags.of(&host.name).map(str::to_owned));
            host.tags.sort();
            host.tags.dedup();
            let place_of = |name: &str| snapshot.config.machine_of(name);
            (host.care, host.marked_by) = marked.care(&host.name, &host.tags, place_of);
            host.production = host.care == Care::Name;
            host.colored = marked.colored((host.care, host.marked_by.as_deref()), &host.tags);
        }
        let _alone = self.0.hosts.seen.lock();
        // A list that another has replaced meanwhile would note a host that a person has just removed.
        if Arc::ptr_eq(&snapshot, &self.0.hosts.now.lock()) {
            let data = &self.0.folders.data;
            hosts.extend(hosts::vanished(data, &hosts, crate::clock::now()));
        }
        Listed {
            found: hosts,
            problems,
        }
    }

    fn merged(&self, snapshot: &HostSnapshot) -> Vec<Host> {
        let own = OwnHosts::of(self.config()).path();
        let own = match own.strip_prefix(&self.0.folders.home) {
            Ok(rest) => format!("~/{}:", rest.display()),
            Err(_) => format!("{}:", own.display()),
        };
        let mut by_name: std::collections::HashMap<String, Host> = snapshot
            .config
            .hosts()
            .into_iter()
            .map(|host| (host.name.clone(), host))
            .collect();
        let entries = snapshot.entries.iter();
        let hosts = entries.filter_map(|entry| {
            let mut host = by_name.remove(&entry.name)?;
            let source = entry.is_known.then(|| Source {
                kind: match host.place.starts_with(&own) {
                    true => SourceKind::Own,
                    false => SourceKind::SshConfig,
                },
                place: host.place.clone(),
            });
            entry.complete(&mut host, source);
            Some(host)
        });
        hosts.collect()
    }

    /// The arguments that name a host to `ssh`: options and the destination. All that is known of a host is among them if no
    /// SSH config of the user names it.
    pub(in crate::engine) fn ssh_words(&self, name: &str) -> (Vec<String>, String) {
        let mut words: Vec<String> = Vec::new();
        if let [only] = self.0.folders.ssh_configs.as_slice() {
            words.extend(["-F".to_owned(), only.display().to_string()]);
        }
        let snapshot = Arc::clone(&self.0.hosts.now.lock());
        let own = OwnHosts::of(self.config()).get(name);
        let entries = snapshot
            .entries
            .iter()
            .filter(|entry| !entry.is_known || entry.name != name);
        let machine = entries
            .flat_map(|entry| &entry.machines)
            .find(|one| one.name == name);
        let host = own.or_else(|| machine.map(NewHost::from));
        let Some(host) = host else {
            return (words, name.to_owned());
        };
        let proxy = machine.and_then(|one| one.proxy.as_ref());
        for (option, value) in [("-p", &host.port), ("-i", &host.key), ("-J", &host.jump)] {
            words.extend(
                value
                    .iter()
                    .flat_map(|value| [option.to_owned(), value.clone()]),
            );
        }
        words.extend(
            proxy
                .into_iter()
                .flat_map(|proxy| ["-o".to_owned(), format!("ProxyCommand={proxy}")]),
        );
        let address = host.address.unwrap_or(host.name);
        let to = match host.user {
            Some(user) => format!("{user}@{address}"),
            None => address,
        };
        (words, to)
    }

    /// Reads the hosts again. If no host of the SSH config can be read any more, the one before stays in force.
    pub(in crate::engine) fn reload_hosts(&self) {
        let list = &self.0.hosts;
        let now = HostSnapshot::read(&self.0.folders, &list.kept);
        let mut current = list.now.lock();
        let mut unread = Vec::new();
        let (new, old) = (&now.config, &current.config);
        if new.hosts().is_empty() && !new.problems().is_empty() && !old.hosts().is_empty() {
            unread.extend_from_slice(new.problems());
            unread.push("the last SSH config that could be read counts until it is mended".into());
        } else {
            *current = Arc::new(now);
        }
        *list.unread.lock() = unread;
    }

    /// The files of the hosts' sources, but for those of the SSH config.
    pub(in crate::engine) fn host_files(&self) -> Vec<PathBuf> {
        self.0.hosts.files()
    }

    pub(super) async fn change_hosts(
        &self,
        change: impl FnOnce(&Path) -> Result<(), HostsError> + Send + 'static,
    ) -> Result<(), EngineError> {
        self.blocking(move |catalog| {
            change(catalog.config())?;
            catalog.reload_hosts();
            catalog.report_hosts();
            Ok(())
        })
        .await
    }

    /// As [`Self::change_hosts`]; what is not listed any more then was taken off by a person, and is not missed.
    pub(super) async fn take_off(
        &self,
        change: impl FnOnce(&Path) -> Result<(), HostsError> + Send + 'static,
    ) -> Result<(), EngineError> {
        self.blocking(move |catalog| {
            let before = catalog.host_names();
            change(catalog.config())?;
            {
                let _alone = catalog.0.hosts.seen.lock();
                catalog.reload_hosts();
                let gone = before.difference(&catalog.host_names()).cloned().collect();
                hosts::forget(&catalog.0.folders.data, &gone)?;
            }
            catalog.report_hosts();
            Ok(())
        })
        .await
    }

    /// Gives tags to hosts, or takes them away.
    ///
    /// # Errors
    /// If one is no tag, or the file cannot be read or written.
    pub async fn tag_hosts(
        &self,
        hosts: Vec<String>,
        tags: Vec<String>,
        is_given: bool,
    ) -> Result<(), EngineError> {
        self.change_hosts(move |config| OwnTags::set(config, &hosts, &tags, is_given))
            .await
    }

    /// What sources beside the SSH config name, as a text that one would hold.
    pub(super) fn written_hosts(&self) -> String {
        hosts::written(&self.0.hosts.now.lock().entries)
    }

    pub(super) fn host_names(&self) -> BTreeSet<String> {
        let entries = &self.0.hosts.now.lock().entries;
        entries.iter().map(|entry| entry.name.clone()).collect()
    }
}
