//! The files of known host keys, in OpenSSH's format (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").

mod revoked;

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::{
    confined,
    ssh::config::{pattern, route::Route},
};

/// One line that speaks of a host.
#[derive(Debug, Clone)]
struct Entry {
    revoked: bool,
    key_type: String,
    key: Vec<u8>,
    file: PathBuf,
    line: usize,
}

/// What is known of one host.
#[derive(Debug)]
pub(in crate::ssh) struct HostKeys {
    entries: Vec<Entry>,
    /// The file of `RevokedHostKeys`.
    revoked: Option<PathBuf>,
    /// Where a certificate authority is named for the host, as `file:line`.
    authority: Option<String>,
}

/// What the files say about a key.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::ssh) enum Verdict {
    /// It is one of the host's.
    Known,
    /// The host is not in the files.
    Unknown,
    /// The host is known by another key.
    Changed {
        /// The file that has the other key.
        file: PathBuf,
        /// From 1.
        line: usize,
    },
    /// It is marked as one that must not be trusted.
    Revoked {
        /// The file that marks it.
        file: PathBuf,
        /// From 1.
        line: usize,
    },
    /// Whether it is revoked cannot be found out, so that it must not be trusted: in words.
    Unchecked(String),
}

impl HostKeys {
    /// Reads what the route's files say about its host. A file that cannot be read is taken as empty.
    pub(in crate::ssh) fn read(route: &Route) -> Self {
        let name = route.host_key_name();
        let mut names = vec![name.clone()];
        // A key written down for the host without its port counts too, as in OpenSSH.
        if name.starts_with('[') {
            names.push(route.hostname.to_lowercase());
        }
        let mut entries_of_host: Vec<Entry> = Vec::new();
        let mut authority = None;
        for name in names {
            for path in route.known_hosts.iter().chain(&route.global_known_hosts) {
                match confined::read(path) {
                    // A stray byte must not make all keys unknown.
                    Ok(bytes) => {
                        let text = String::from_utf8_lossy(&bytes);
                        entries_of_host.extend(entries(&text, path, &name));
                        authority = authority.or_else(|| authority_of(&text, path, &name));
                    }
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => tracing::warn!(file = %path.display(), %error, "not read"),
                }
            }
            if !entries_of_host.is_empty() {
                break;
            }
        }
        Self {
            entries: entries_of_host,
            revoked: route.revoked_host_keys.clone(),
            authority,
        }
    }

    /// Where a certificate authority is named for the host, as `file:line`.
    pub(in crate::ssh) fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// What is said about this key, as it came over the wire.
    pub(in crate::ssh) fn judge(&self, key: &[u8]) -> Verdict {
        if let Some(file) = &self.revoked {
            match revoked::line_of(file, key_type(key), key) {
                Ok(None) => {}
                Ok(Some(line)) => {
                    let file = file.clone();
                    return Verdict::Revoked { file, line };
                }
                Err(why) => return Verdict::Unchecked(format!("{}: {why}", file.display())),
            }
        }
        let place = |entry: &Entry| (entry.file.clone(), entry.line);
        if let Some((file, line)) = self
            .entries
            .iter()
            .find(|entry| entry.revoked && entry.key == key)
            .map(place)
        {
            return Verdict::Revoked { file, line };
        }
        let mut good = self.entries.iter().filter(|entry| !entry.revoked);
        if good.clone().any(|entry| entry.key == key) {
            return Verdict::Known;
        }
        let kind = key_type(key);
        let same = good.clone().find(|entry| entry.key_type == kind);
        match same.or_else(|| good.next()).map(place) {
            Some((file, line)) => Verdict::Changed { file, line },
            None => Verdict::Unknown,
        }
    }

    /// The host key algorithms by whose keys the host is known: those are to be asked for first, since its other keys could
    /// not be checked.
    pub(in crate::ssh) fn algorithms(&self) -> Vec<&'static str> {
        let is_known = |kind: &str| {
            let mut good = self.entries.iter().filter(|entry| !entry.revoked);
            good.any(|entry| entry.key_type == kind)
        };
        let mut all = ALGORITHMS.to_vec();
        all.sort_by_key(|(kind, _)| !is_known(kind));
        all.iter().map(|(_, name)| *name).collect()
    }
}

/// Key types and the algorithms that use them, best first. Certificates are left out: libssh2 cannot check one of a host.
const ALGORITHMS: &[(&str, &str)] = &[
    ("ssh-ed25519", "ssh-ed25519"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"),
    ("ssh-rsa", "rsa-sha2-512"),
    ("ssh-rsa", "rsa-sha2-256"),
];

/// The type that a key begins with (RFC 4253 §6.6).
pub(in crate::ssh) fn key_type(key: &[u8]) -> &str {
    key.split_first_chunk::<4>()
        .and_then(|(length, rest)| rest.get(..u32::from_be_bytes(*length) as usize))
        .and_then(|name| std::str::from_utf8(name).ok())
        .unwrap_or("")
}

/// Writes a key down in the route's first file, in one write at its end.
///
/// # Errors
/// The file or its folder cannot be written.
pub(in crate::ssh) fn append(route: &Route, key: &[u8]) -> io::Result<()> {
    let Some(path) = route.known_hosts.first() else {
        return Ok(());
    };
    if let Some(folder) = path.parent()
        && !folder.exists()
    {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let name = route.host_key_name();
    let name = if route.hash_known_hosts {
        hashed(&name)?
    } else {
        name
    };
    let open = !ends_with_newline(path);
    let line = format!(
        "{}{name} {} {}\n",
        if open { "\n" } else { "" },
        key_type(key),
        BASE64.encode(key)
    );
    confined::append_to(path)?.write_all(line.as_bytes())
}

fn ends_with_newline(path: &Path) -> bool {
    confined::read(path).map_or(true, |text| text.last().is_none_or(|last| *last == b'\n'))
}

fn hashed(name: &str) -> io::Result<String> {
    let mut salt = [0; 20];
    getrandom::fill(&mut salt).map_err(io::Error::other)?;
    let hash = digest(&salt, name);
    Ok(format!(
        "|1|{}|{}",
        BASE64.encode(&salt),
        BASE64.encode(&hash)
    ))
}

fn digest(salt: &[u8], name: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha1>::new_from_slice(salt).expect("HMAC takes a key of any length");
    mac.update(name.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn entries(text: &str, file: &Path, name: &str) -> Vec<Entry> {
    text.lines()
        .enumerate()
        .filter_map(|(at, line)| entry(line, file, at + 1, name))
        .collect()
}

/// Where an authority is named whose certificates would vouch for the host.
fn authority_of(text: &str, file: &Path, name: &str) -> Option<String> {
    let at = text.lines().position(|line| {
        let mut words = line.split_ascii_whitespace();
        words.next() == Some("@cert-authority")
            && words.next().is_some_and(|names| speaks_of(names, name))
    })?;
    Some(format!("{}:{}", file.display(), at + 1))
}

fn entry(text: &str, file: &Path, line: usize, name: &str) -> Option<Entry> {
    let mut words = text.split_ascii_whitespace().peekable();
    let marker = words.next_if(|word| word.starts_with('@'));
    let names = words.next().filter(|names| !names.starts_with('#'))?;
    if !speaks_of(names, name) || !matches!(marker, None | Some("@revoked")) {
        return None;
    }
    let key_type = words.next()?.to_owned();
    let key = BASE64.decode(words.next()?.as_bytes()).ok()?;
    Some(Entry {
        revoked: marker.is_some(),
        key_type,
        key,
        file: file.to_owned(),
        line,
    })
}

fn speaks_of(names: &str, name: &str) -> bool {
    let Some(hash) = names.strip_prefix("|1|") else {
        return pattern::any(&names.to_lowercase(), name);
    };
    let Some((salt, hash)) = hash.split_once('|') else {
        return false;
    };
    match (
        BASE64.decode(salt.as_bytes()),
        BASE64.decode(hash.as_bytes()),
    ) {
        (Ok(salt), Ok(hash)) => digest(&salt, name) == hash,
        _ => false,
    }
}

/// What the fuzzer tries: whatever the text is, a key counts as known only if it is written there.
///
/// # Panics
/// If another one does.
#[cfg(fuzzing)]
pub fn fuzz(text: &str, name: &str, key: &[u8]) {
    let host_keys = HostKeys {
        entries: entries(text, Path::new("known_hosts"), name),
        revoked: None,
        authority: None,
    };
    let written = text.contains(&BASE64.encode(key));
    assert!(host_keys.judge(key) != Verdict::Known || written);
    assert!(host_keys.algorithms().contains(&"ssh-ed25519"));
}
