//! `%` tokens, `${NAME}` and `~` in values (ssh_config(5), "TOKENS" and "ENVIRONMENT VARIABLES").

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use sha1::{Digest, Sha1};

use super::{command::is_plain, route::Route};
use crate::{environment, folders};

/// What the tokens of a host's settings stand for.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    /// The user's home, as `%d` and `~` have it.
    pub(super) home: PathBuf,
    /// The host's own name or address: `%h`.
    pub(super) hostname: String,
    /// The name that was asked for: `%n`.
    pub(super) name: String,
    /// The name its keys are known by: `%k`.
    pub(super) key_name: String,
    pub(super) port: u16,
    pub(super) user: String,
    /// The hosts on the way, as the config writes them: `%j`.
    pub(super) jumps: String,
}

impl Tokens {
    /// Of a route, with the hosts on its way as the config writes them.
    pub(super) fn of(route: &Route, home: PathBuf, jumps: String) -> Self {
        Self {
            home,
            hostname: route.hostname.clone(),
            name: route.name.clone(),
            key_name: route
                .host_key_alias
                .clone()
                .unwrap_or_else(|| route.name.clone()),
            port: route.port,
            user: route.user.clone(),
            jumps,
        }
    }

    /// A file's path: `~` first, then all tokens and variables.
    ///
    /// # Errors
    /// A token or a variable that is not known.
    pub(super) fn path(&self, text: &str) -> Result<PathBuf, String> {
        let text = match text.strip_prefix('~') {
            Some("") => self.home.display().to_string(),
            Some(rest) if rest.starts_with('/') => format!("{}{rest}", self.home.display()),
            Some(rest) => {
                let (user, below) = rest.split_once('/').unwrap_or((rest, ""));
                let home = folders::home_of(user)
                    .ok_or_else(|| format!("'{text}': there is no user '{user}' here"))?;
                home.join(below).display().to_string()
            }
            None => text.to_owned(),
        };
        Ok(PathBuf::from(self.expand(&text, ALL, true)?))
    }

    /// The text with the `allowed` tokens replaced, and with `${NAME}` if `variables` are allowed.
    ///
    /// # Errors
    /// A token or a variable that is not known.
    pub(super) fn expand(
        &self,
        text: &str,
        allowed: &str,
        variables: bool,
    ) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['%', '$']) {
            out.push_str(&rest[..at]);
            let from_sign = &rest[at..];
            if variables && let Some(name) = from_sign.strip_prefix("${") {
                let (name, after) = name
                    .split_once('}')
                    .ok_or_else(|| format!("'{text}': a '${{' is not closed"))?;
                let value = environment::var(name).and_then(|value| value.into_string().ok());
                let value =
                    value.ok_or_else(|| format!("'{text}' needs {name}, which is not set"))?;
                out.push_str(&value);
                rest = after;
            } else if let Some(after) = from_sign.strip_prefix('%') {
                let token = after.chars().next();
                let value = token
                    .filter(|token| *token == '%' || allowed.contains(*token))
                    .and_then(|token| self.value(token))
                    .ok_or_else(|| {
                        let token = token.map_or_else(String::new, String::from);
                        format!("'%{token}' in '{text}' is not supported")
                    })?;
                out.push_str(&value);
                rest = &after[token.map_or(0, char::len_utf8)..];
            } else {
                out.push_str(&from_sign[..1]);
                rest = &from_sign[1..];
            }
        }
        Ok(out + rest)
    }

    /// The same of a command for a shell: what comes into it of names that others may have chosen must be plain names.
    ///
    /// # Errors
    /// A token that is not known, or a name that a shell or a program could misread.
    pub(super) fn command(&self, text: &str, allowed: &str) -> Result<String, String> {
        for (token, what) in NAMES {
            let value = self.value(token).unwrap_or_default();
            if has_token(text, token) && !is_plain(&value) {
                let value = value.escape_debug();
                return Err(format!("the {what} '{value}' cannot be put into a command"));
            }
        }
        self.expand(text, allowed, false)
    }

    fn value(&self, token: char) -> Option<String> {
        let machine = folders::machine();
        let port = self.port.to_string();
        Some(match token {
            '%' => "%".to_owned(),
            'C' => hash(&[&machine, &self.hostname, &port, &self.user, &self.jumps]),
            'd' => self.home.display().to_string(),
            'h' => self.hostname.clone(),
            'i' => rustix::process::getuid().as_raw().to_string(),
            'j' => self.jumps.clone(),
            'k' => self.key_name.clone(),
            'L' => machine.split('.').next().unwrap_or_default().to_owned(),
            'l' => machine,
            'n' => self.name.clone(),
            'p' => port,
            'r' => self.user.clone(),
            'u' => folders::user().to_owned(),
            _ => return None,
        })
    }
}

/// Tokens whose values may be a stranger's, such as an inventory's, and what they are.
const NAMES: [(char, &str); 4] = [
    ('h', "host"),
    ('k', "name of its key"),
    ('n', "name"),
    ('r', "user"),
];

/// The tokens of files, agents and commands.
pub(super) const ALL: &str = "CdhijkLlnpru";
/// Those of `Match exec`, which is asked before the way is known.
pub(super) const OF_EXEC: &str = "CdhikLlnpru";
/// Those of `ProxyCommand` and `ProxyJump`.
pub(super) const OF_PROXY: &str = "hnpr";
/// The one of `HostName`.
pub(super) const OF_HOSTNAME: &str = "h";

fn has_token(text: &str, token: char) -> bool {
    let mut chars = text.chars();
    while let Some(sign) = chars.next() {
        if sign == '%' && chars.next() == Some(token) {
            return true;
        }
    }
    false
}

fn hash(parts: &[&str]) -> String {
    let mut sum = Sha1::new();
    for part in parts {
        sum.update(part.as_bytes());
    }
    HEXLOWER.encode(&sum.finalize())
}
