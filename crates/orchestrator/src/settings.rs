//! What a person has set: `settings.json` and `commands.json` in the config folder. A broken file is named with its
//! line and left as it is; what was read last stays in force.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::wire::Settings;

/// A config file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It is no valid JSON, or not of our shape.
    #[error("{}:{}: {source}; mend or remove the file", path.display(), source.line())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The disk said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// Reads a JSON file; a missing one is the default.
///
/// # Errors
/// [`SettingsError`], with the file and the line.
pub fn read_json<T: DeserializeOwned + Default>(path: &Path) -> Result<T, SettingsError> {
    let named = |source| SettingsError::Io {
        path: path.to_owned(),
        source,
    };
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|source| SettingsError::Broken {
            path: path.to_owned(),
            source,
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(named(error)),
    }
}

/// Writes a JSON file for this user alone (0600): whole, or not at all.
///
/// # Errors
/// [`SettingsError::Io`], with the file.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), SettingsError> {
    // Two pages may save at once.
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let write = || -> io::Result<()> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let next = path.with_extension(format!("new-{}-{number}", std::process::id()));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&next)?;
        file.write_all(&serde_json::to_vec_pretty(value)?)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&next, path)
    };
    write().map_err(|source| SettingsError::Io {
        path: path.to_owned(),
        source,
    })
}

/// The file of the settings.
#[must_use]
pub fn file(config: &Path) -> PathBuf {
    config.join("settings.json")
}

/// Reads the settings.
///
/// # Errors
/// As [`read_json`].
pub fn read(config: &Path) -> Result<Settings, SettingsError> {
    read_json(&file(config))
}

/// Commands a person saved, by host; those under `*` are every host's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SavedCommands(BTreeMap<String, Vec<String>>);

const EVERY_HOST: &str = "*";

impl Default for SavedCommands {
    fn default() -> Self {
        let first = ["docker ps", "uptime", "df -h", "systemctl --failed"];
        Self(BTreeMap::from([(
            EVERY_HOST.into(),
            first.map(Into::into).into(),
        )]))
    }
}

impl SavedCommands {
    /// Reads `commands.json`.
    ///
    /// # Errors
    /// As [`read_json`].
    pub fn read(config: &Path) -> Result<Self, SettingsError> {
        read_json(&config.join("commands.json"))
    }

    /// Writes `commands.json`.
    ///
    /// # Errors
    /// As [`write_json`].
    pub fn write(&self, config: &Path) -> Result<(), SettingsError> {
        write_json(&config.join("commands.json"), self)
    }

    /// A host's row: every host's commands, then its own.
    #[must_use]
    pub fn of(&self, host: &str) -> Vec<String> {
        let row = |key: &str| self.0.get(key).into_iter().flatten().cloned();
        let mut all: Vec<String> = row(EVERY_HOST).collect();
        all.extend(row(host).filter(|command| {
            !self
                .0
                .get(EVERY_HOST)
                .is_some_and(|every| every.contains(command))
        }));
        all
    }

    /// Adds a command to a host's row, or to every host's; one that is there stays where it is.
    pub fn add(&mut self, host: Option<&str>, command: &str) {
        let row = self
            .0
            .entry(host.unwrap_or(EVERY_HOST).to_owned())
            .or_default();
        if !row.iter().any(|known| known == command) {
            row.push(command.to_owned());
        }
    }

    /// Takes a command out of a host's row, and out of every host's where it stands there.
    pub fn remove(&mut self, host: Option<&str>, command: &str) {
        for key in [host.unwrap_or(EVERY_HOST), EVERY_HOST] {
            if let Some(row) = self.0.get_mut(key) {
                row.retain(|known| known != command);
            }
        }
    }
}
