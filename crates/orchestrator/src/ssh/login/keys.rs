//! Which keys are offered to a host, in which order, and by whom each is signed with: OpenSSH's way of reading identity
//! files, certificates and the agent.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustix::process::getuid;
use secrecy::SecretString;

use super::{
    agent::Identity,
    public_key::{is_certificate, is_encrypted, of_line, of_private, plain, read},
};
use crate::ssh::config::route::Route;

/// A key to offer.
#[derive(Debug)]
pub(super) struct Candidate {
    /// What a person knows it by.
    pub(super) name: String,
    /// The key or the certificate that is shown to the host; none of a private key whose public half cannot be seen.
    pub(super) blob: Option<Vec<u8>>,
    /// Who signs.
    pub(super) signer: Signer,
}

/// Who makes a key's signature.
#[derive(Debug)]
pub(super) enum Signer {
    /// The agent, with this key of its own.
    Agent(Vec<u8>),
    /// A private key file.
    File(KeyFile),
}

/// A private key file, read.
#[derive(Debug)]
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    pub(super) text: SecretString,
    pub(super) encrypted: bool,
    /// A certificate of it, as its file has it.
    pub(super) certificate: Option<String>,
}

/// One identity file of the config: what of it there is.
struct Named {
    path: PathBuf,
    /// The public half, from the file itself, from beside it or from within it.
    public: Option<Vec<u8>>,
    /// The private key's text.
    private: Option<String>,
    /// The private key's mode, if it lets others read the file: `ssh` ignores such a key.
    open_mode: Option<u32>,
}

/// A certificate file.
struct Certificate {
    path: PathBuf,
    text: String,
    blob: Vec<u8>,
    plain: Vec<u8>,
}

/// What there is to offer.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// In the order to offer them.
    pub(super) candidates: Vec<Candidate>,
    /// Named keys that cannot be used, and why.
    pub(super) unusable: Vec<String>,
}

impl Keys {
    /// Of a route's files and of what the agent holds. Those that the config names come first, the agent's before the
    /// files; then the agent's others, unless the config names all that may be offered.
    pub(super) fn of(route: &Route, agent: &[Identity]) -> Self {
        let mut keys = Self::default();
        let named: Vec<Named> = route
            .identity_files
            .iter()
            .filter_map(|path| keys.named(route, path))
            .collect();
        let certificates = certificates(route);
        let mut others: Vec<&Identity> = agent.iter().collect();
        let mut files = Vec::new();
        for identity in &named {
            let before = others.len();
            keys.of_agent(identity, &certificates, &mut others);
            let is_in_agent = others.len() < before;
            match &identity.private {
                Some(text) if !is_in_agent => files.push(of_file(identity, text, &certificates)),
                None if !is_in_agent => {
                    let path = identity.path.display();
                    keys.unusable.push(match identity.open_mode {
                        Some(mode) => format!(
                            "{path} (ignored: its mode {mode:04o} lets others read it; chmod 600)"
                        ),
                        None => {
                            format!(
                                "{path} (a public key, and the agent has no private one for it)"
                            )
                        }
                    });
                }
                _ => {}
            }
        }
        // Certificates of keys that only the agent has.
        for certificate in &certificates {
            let own = agent.iter().find(|own| own.blob == certificate.plain);
            let offered =
                |candidate: &Candidate| candidate.blob.as_ref() == Some(&certificate.blob);
            if let Some(own) = own
                && !keys.candidates.iter().any(offered)
            {
                keys.candidates.push(Candidate {
                    name: certificate.path.display().to_string(),
                    blob: Some(certificate.blob.clone()),
                    signer: Signer::Agent(own.blob.clone()),
                });
            }
        }
        // A passphrase is asked for only when no key that needs none has done.
        files.sort_by_key(|candidate: &Vec<Candidate>| {
            candidate.iter().any(|candidate| match &candidate.signer {
                Signer::File(file) => file.encrypted,
                Signer::Agent(_) => false,
            })
        });
        keys.candidates.extend(files.into_iter().flatten());
        if !route.identities_only {
            keys.candidates.extend(others.into_iter().map(of_identity));
        }
        keys
    }

    fn named(&mut self, route: &Route, path: &Path) -> Option<Named> {
        let text = match read(path) {
            Ok(Some(text)) => text,
            Ok(None) => {
                self.unusable.push(format!("{} (no key)", path.display()));
                return None;
            }
            // The key may be in the agent alone, and its public half beside where it was.
            Err(error) => {
                let public = beside(path, ".pub").and_then(|text| of_line(&text));
                if public.is_none() && route.identities_named {
                    self.unusable.push(format!("{} ({error})", path.display()));
                }
                return public.map(|public| Named {
                    path: path.to_owned(),
                    public: Some(public),
                    private: None,
                    open_mode: None,
                });
            }
        };
        let own = of_line(&text);
        let is_private = own.is_none();
        let open_mode = open_mode(path).filter(|_| is_private);
        Some(Named {
            path: path.to_owned(),
            public: own
                .or_else(|| beside(path, ".pub").and_then(|text| of_line(&text)))
                .or_else(|| of_private(&text)),
            private: (is_private && open_mode.is_none()).then_some(text),
            open_mode,
        })
    }

    /// The agent's keys that are this one: certificates first.
    fn of_agent(
        &mut self,
        named: &Named,
        certificates: &[Certificate],
        others: &mut Vec<&Identity>,
    ) {
        let Some(public) = named.public.as_ref().and_then(|blob| plain(blob)) else {
            return;
        };
        let is_own = |own: &Identity| plain(&own.blob).as_ref() == Some(&public);
        let mut own: Vec<&Identity> = others.iter().copied().filter(|own| is_own(own)).collect();
        others.retain(|other| !is_own(other));
        own.sort_by_key(|own| !is_certificate(&own.blob));
        if let Some(signer) = own.iter().find(|own| !is_certificate(&own.blob)) {
            for certificate in certificates.iter().filter(|one| one.plain == public) {
                self.candidates.push(Candidate {
                    name: certificate.path.display().to_string(),
                    blob: Some(certificate.blob.clone()),
                    signer: Signer::Agent(signer.blob.clone()),
                });
            }
        }
        self.candidates.extend(own.into_iter().map(of_identity));
    }
}

/// The mode of a file of ours that others may use in any way.
fn open_mode(path: &Path) -> Option<u32> {
    let meta = fs::metadata(path).ok()?;
    let mode = meta.mode() & 0o777;
    let is_open = meta.uid() == getuid().as_raw() && mode & 0o077 != 0;
    is_open.then_some(mode)
}

/// What the name of a key of the agent begins with.
pub(super) const OF_AGENT: &str = "agent key ";

fn of_identity(identity: &Identity) -> Candidate {
    Candidate {
        name: format!("{OF_AGENT}{}", identity.comment),
        blob: Some(identity.blob.clone()),
        signer: Signer::Agent(identity.blob.clone()),
    }
}

/// A key file with each certificate of it, and by itself.
fn of_file(named: &Named, text: &str, certificates: &[Certificate]) -> Vec<Candidate> {
    let encrypted = is_encrypted(text);
    let file = |certificate: Option<String>| {
        Signer::File(KeyFile {
            path: named.path.clone(),
            text: text.into(),
            encrypted,
            certificate,
        })
    };
    let own = certificates
        .iter()
        .filter(|one| Some(&one.plain) == named.public.as_ref());
    let mut all: Vec<Candidate> = own
        .map(|certificate| Candidate {
            name: certificate.path.display().to_string(),
            blob: Some(certificate.blob.clone()),
            signer: file(Some(certificate.text.clone())),
        })
        .collect();
    all.push(Candidate {
        name: named.path.display().to_string(),
        blob: named.public.clone(),
        signer: file(None),
    });
    all
}

/// The certificates that the config names, and those beside its keys.
fn certificates(route: &Route) -> Vec<Certificate> {
    let beside = route
        .identity_files
        .iter()
        .map(|path| with(path, "-cert.pub"));
    let paths = route.certificate_files.iter().cloned().chain(beside);
    let mut all: Vec<Certificate> = Vec::new();
    for path in paths {
        let Some(text) = read(&path).ok().flatten() else {
            continue;
        };
        let Some(blob) = of_line(&text).filter(|blob| is_certificate(blob)) else {
            continue;
        };
        let is_new = all.iter().all(|key| key.blob != blob);
        if let Some(plain) = plain(&blob).filter(|_| is_new) {
            all.push(Certificate {
                path,
                text,
                blob,
                plain,
            });
        }
    }
    all
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn beside(path: &Path, ending: &str) -> Option<String> {
    read(&with(path, ending)).ok().flatten()
}
