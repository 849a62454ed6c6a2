//! Hosts of a person's own: `hosts.conf` in the config folder, in the syntax of an SSH config. What a person wrote into it by
//! hand stays as it is.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{
    HostsError,
    listing::{Machine, is_address, is_jump, is_path, is_user, name},
};
use crate::json_file::{self, JsonFileError};

/// Bytes of the file.
const MOST_BYTES: u64 = 4 << 20;
const HEAD: &str = "# Hosts that were added in vm-orchestrator. `Include` this file in ~/.ssh/config, and ssh knows them, too.\n";

/// What is known of a host. In a change, none leaves it, and an empty text takes it away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NewHost {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: Option<String>,
    /// The login name.
    pub user: Option<String>,
    /// The port.
    pub port: Option<String>,
    /// The file of its key.
    pub key: Option<String>,
    /// The hosts it is reached through.
    pub jump: Option<String>,
}

impl NewHost {
    fn settings(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("HostName", self.address.as_deref()),
            ("User", self.user.as_deref()),
            ("Port", self.port.as_deref()),
            ("IdentityFile", self.key.as_deref()),
            ("ProxyJump", self.jump.as_deref()),
        ]
    }

    /// Whether nothing but the name is given.
    #[must_use]
    pub fn changes_nothing(&self) -> bool {
        self.settings().iter().all(|(_, value)| value.is_none())
    }

    /// It, with what is not given as it was `before`.
    #[must_use]
    pub fn over(&self, before: Option<&Self>) -> Self {
        let none = Self::default();
        let before = before.unwrap_or(&none);
        let kept = |now: &Option<String>, then: &Option<String>| {
            let now = now.as_ref().or(then.as_ref());
            now.filter(|value| !value.is_empty()).cloned()
        };
        Self {
            name: self.name.clone(),
            address: kept(&self.address, &before.address),
            user: kept(&self.user, &before.user),
            port: kept(&self.port, &before.port),
            key: kept(&self.key, &before.key),
            jump: kept(&self.jump, &before.jump),
        }
    }

    /// It as an SSH config has it, checked before.
    #[must_use]
    pub fn written(&self) -> String {
        let settings = self.settings().into_iter();
        let given = settings.filter_map(|(setting, value)| Some((setting, value?)));
        let lines = given.filter(|(_, value)| !value.is_empty());
        lines.fold(format!("Host {}\n", self.name), |text, (setting, value)| {
            text + &line(setting, value) + "\n"
        })
    }

    /// Refuses what an SSH config cannot hold, or reads otherwise; and an address that is none, for then the name would be
    /// connected to.
    ///
    /// # Errors
    /// Which of it, in words.
    pub fn check(&self) -> Result<(), HostsError> {
        if self.address.as_ref().is_some_and(|at| at.trim().is_empty()) {
            let why = format!(
                "'{}' needs an address, as 10.0.0.5 or web-1.example.com",
                self.name
            );
            return Err(HostsError::Refused(why));
        }
        let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0);
        let is_right = |setting: &str, value: &str| match setting {
            "HostName" => is_address(value),
            "User" => is_user(value),
            "Port" => is_port(value),
            "IdentityFile" => is_path(value),
            _ => is_jump(value),
        };
        if name(&self.name).as_deref() != Some(&self.name) {
            let why = format!(
                "'{}' is no name of a host: letters, digits, '.', '_' and '-'",
                self.name
            );
            return Err(HostsError::Refused(why));
        }
        for (setting, value) in self.settings() {
            if let Some(value) = value.filter(|value| !value.is_empty())
                && !is_right(setting, value)
            {
                return Err(HostsError::Refused(format!(
                    "'{value}' cannot be the {setting} of a host"
                )));
            }
        }
        Ok(())
    }
}

impl From<&Machine> for NewHost {
    fn from(machine: &Machine) -> Self {
        Self {
            name: machine.name.clone(),
            address: machine.address.clone(),
            user: machine.user.clone(),
            port: machine.port.map(|port| port.to_string()),
            key: machine.key.clone(),
            jump: machine.jump.clone(),
        }
    }
}

/// The file of them.
#[derive(Debug, Clone, Copy)]
pub struct OwnHosts<'a>(&'a Path);

impl<'a> OwnHosts<'a> {
    /// That of a config folder.
    #[must_use]
    pub const fn of(config: &'a Path) -> Self {
        Self(config)
    }

    /// Its path.
    #[must_use]
    pub fn path(self) -> PathBuf {
        self.0.join("hosts.conf")
    }

    /// A host, if it is one of them; a file that cannot be read holds none.
    #[must_use]
    pub fn get(self, name: &str) -> Option<NewHost> {
        let bytes = json_file::own_bytes(&self.path(), MOST_BYTES).ok()??;
        let text = String::from_utf8(bytes).ok()?;
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (start, end) = block(&lines, name)?;
        let value = |setting: &str| {
            let mut within = lines[start + 1..end].iter().map(|line| words(line));
            let line = within.find(|(keyword, _)| keyword.eq_ignore_ascii_case(setting));
            line.map(|(_, value)| value.to_owned())
        };
        Some(NewHost {
            name: name.to_owned(),
            address: value("HostName"),
            user: value("User"),
            port: value("Port"),
            key: value("IdentityFile"),
            jump: value("ProxyJump"),
        })
    }

    /// Adds a host.
    ///
    /// # Errors
    /// If something of it cannot be, it is there already, or the file cannot be written.
    pub fn insert(self, host: &NewHost) -> Result<(), HostsError> {
        host.check()?;
        self.change(|lines| {
            if block(lines, &host.name).is_some() {
                return Err(format!("'{}' is there already", host.name));
            }
            if lines.last().is_some_and(|line| !line.is_empty()) {
                lines.push(String::new());
            }
            lines.push(format!("Host {}", host.name));
            let settings = host
                .settings()
                .into_iter()
                .filter_map(|(setting, value)| Some((setting, value?)));
            let settings = settings.filter(|(_, value)| !value.is_empty());
            lines.extend(settings.map(|(setting, value)| line(setting, value)));
            Ok(())
        })
    }

    /// Changes what is given of a host.
    ///
    /// # Errors
    /// As [`Self::insert`], and if it was not added here.
    pub fn edit(self, host: &NewHost) -> Result<(), HostsError> {
        host.check()?;
        self.change(|lines| {
            let (start, mut end) = block(lines, &host.name).ok_or_else(|| not_here(&host.name))?;
            for (setting, value) in host.settings() {
                let Some(value) = value else { continue };
                let before = lines.len();
                let is_it = |line: &String| words(line).0.eq_ignore_ascii_case(setting);
                let kept: Vec<String> = lines
                    .drain(start + 1..end)
                    .filter(|line| !is_it(line))
                    .collect();
                lines.splice(start + 1..start + 1, kept);
                end -= before - lines.len();
                if !value.is_empty() {
                    lines.insert(end, line(setting, value));
                    end += 1;
                }
            }
            Ok(())
        })
    }

    /// Removes a host.
    ///
    /// # Errors
    /// If it was not added here, or the file cannot be written.
    pub fn remove(self, name: &str) -> Result<(), HostsError> {
        self.change(|lines| {
            let (start, end) = block(lines, name).ok_or_else(|| not_here(name))?;
            lines.drain(start..end);
            if lines.get(start).is_some_and(String::is_empty)
                && (start == 0 || lines[start - 1].is_empty())
            {
                lines.remove(start);
            }
            Ok(())
        })
    }

    fn change(
        self,
        change: impl FnOnce(&mut Vec<String>) -> Result<(), String>,
    ) -> Result<(), HostsError> {
        let path = self.path();
        let at = |error| JsonFileError::Io {
            path: path.display().to_string(),
            error,
        };
        let _turn = json_file::turn(&path).map_err(at)?;
        let bytes = json_file::own_bytes(&path, MOST_BYTES).map_err(at)?;
        let text = match bytes {
            Some(bytes) => String::from_utf8(bytes).map_err(|_| {
                HostsError::Refused(format!(
                    "{}: is not UTF-8 text; mend or remove the file",
                    path.display()
                ))
            })?,
            None => HEAD.to_owned(),
        };
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        change(&mut lines).map_err(HostsError::Refused)?;
        let mut text = lines.join("\n");
        text.push('\n');
        json_file::put(&path, text.as_bytes()).map_err(at)?;
        Ok(())
    }
}

fn not_here(name: &str) -> String {
    format!(
        "'{name}' was not added here: what another file names is changed there (vmo hosts {name} --why)"
    )
}

fn line(setting: &str, value: &str) -> String {
    match value.contains(char::is_whitespace) {
        true => format!("  {setting} \"{value}\""),
        false => format!("  {setting} {value}"),
    }
}

/// A line's keyword, and what is behind it.
fn words(line: &str) -> (&str, &str) {
    let line = line.trim();
    let end = line
        .find(|c: char| c.is_whitespace() || c == '=')
        .unwrap_or(line.len());
    let (keyword, rest) = line.split_at(end);
    (
        keyword,
        rest.trim_matches(|c: char| c.is_whitespace() || c == '=')
            .trim_matches('"'),
    )
}

/// The lines of a host of this name alone; comments before the next host are that one's.
fn block(lines: &[String], name: &str) -> Option<(usize, usize)> {
    let begins = |line: &String| {
        let (keyword, _) = words(line);
        keyword.eq_ignore_ascii_case("host") || keyword.eq_ignore_ascii_case("match")
    };
    let start = lines.iter().position(|line| {
        let (keyword, rest) = words(line);
        keyword.eq_ignore_ascii_case("host") && rest == name
    })?;
    let behind = lines[start + 1..].iter().position(begins);
    let mut end = behind.map_or(lines.len(), |behind| start + 1 + behind);
    let is_nothing = |line: &String| line.trim().is_empty() || line.trim().starts_with('#');
    while end > start + 1 && is_nothing(&lines[end - 1]) {
        end -= 1;
    }
    Some((start, end))
}
