//! Logging in, in OpenSSH's order: keys, then a dialog, then a password. The host key was checked before.

use std::{fs, path::Path, time::Instant};

use data_encoding::BASE64;
use secrecy::{ExposeSecret, SecretString};
use ssh2::{KeyboardInteractivePrompt, Prompt, Session};

use super::{
    ask::{Answer, Ask, LIMIT, Question},
    patience::{Patience, Stopped},
};
use crate::ssh::{
    config::route::Route,
    failure::{Reason, Refusal},
    poll::again,
};

/// Keys offered before a server loses its temper (`MaxAuthTries` is six).
const MOST_KEYS: usize = 5;
/// Times that a person may mistype.
const MOST_ASKS: usize = 3;

/// Logs in.
///
/// # Errors
/// `auth_failed`, with what was tried; `timeout` and `link_lost`.
pub(in crate::ssh) fn log_in(
    session: &Session,
    route: &Route,
    ask: &dyn Ask,
    patience: &Patience<'_>,
) -> Result<(), Refusal> {
    let mut login = Login {
        session,
        route,
        ask,
        patience,
        tried: Vec::new(),
        until: Instant::now() + LIMIT,
    };
    let methods = login.methods()?;
    if session.authenticated() {
        return Ok(());
    }
    login.go(methods)
}

struct Login<'a> {
    session: &'a Session,
    route: &'a Route,
    ask: &'a dyn Ask,
    patience: &'a Patience<'a>,
    /// For the person who has to find out why: each key and method that did not do.
    tried: Vec<String>,
    until: Instant,
}

/// A key file, read.
struct KeyFile<'a> {
    path: &'a Path,
    text: SecretString,
    encrypted: bool,
}

impl Login<'_> {
    fn go(&mut self, mut methods: Vec<String>) -> Result<(), Refusal> {
        let has = |methods: &[String], name: &str| methods.iter().any(|method| method == name);
        if self.route.pubkey && has(&methods, "publickey") {
            if self.keys()? {
                return Ok(());
            }
            methods = self.methods()?;
        }
        let may_ask = !self.route.batch_mode;
        if may_ask && self.route.keyboard_interactive && has(&methods, "keyboard-interactive") {
            if self.dialog()? {
                return Ok(());
            }
            methods = self.methods()?;
        }
        if may_ask && self.route.password && has(&methods, "password") && self.password()? {
            return Ok(());
        }
        Err(self.refused(&methods))
    }

    /// What the server would take next. Asking is itself an attempt, which some servers let in.
    fn methods(&mut self) -> Result<Vec<String>, Refusal> {
        let user = &self.route.user;
        let list = self.patience.until(self.session, self.until, || {
            self.session.auth_methods(user).map(str::to_owned)
        });
        match list {
            Ok(list) => Ok(list.split(',').map(str::to_owned).collect()),
            Err(Stopped::Failed(error)) if is_rejection(&error) => Ok(Vec::new()),
            Err(stopped) => Err(self.stopped(stopped)),
        }
    }

    fn keys(&mut self) -> Result<bool, Refusal> {
        let named: Vec<_> = self
            .route
            .identity_files
            .iter()
            .map(|path| (path.as_path(), public_key(path)))
            .collect();
        let mut offered: Vec<Vec<u8>> = Vec::new();
        if self.offer_agent(&named, &mut offered)? {
            return Ok(true);
        }
        let files = named
            .iter()
            .filter(|(_, public)| public.as_ref().is_none_or(|blob| !offered.contains(blob)))
            .filter_map(|(path, _)| self.read_key(path))
            .collect::<Vec<_>>();
        let mut files = files;
        // A passphrase is asked for only when no key that needs none has done.
        files.sort_by_key(|file| file.encrypted);
        for file in files.iter().take(MOST_KEYS.saturating_sub(offered.len())) {
            if self.offer_file(file)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn offer_agent(
        &mut self,
        named: &[(&Path, Option<Vec<u8>>)],
        offered: &mut Vec<Vec<u8>>,
    ) -> Result<bool, Refusal> {
        let Some(socket) = &self.route.agent else {
            return Ok(false);
        };
        let Ok(mut agent) = self.session.agent() else {
            return Ok(false);
        };
        let identities = agent
            .set_identity_path(socket)
            .and_then(|()| agent.connect())
            .and_then(|()| agent.list_identities())
            .and_then(|()| agent.identities());
        let mut identities = match identities {
            Ok(identities) => identities,
            Err(error) => {
                tracing::debug!(socket = %socket.display(), %error, "agent");
                return Ok(false);
            }
        };
        let rank = |blob: &[u8]| {
            named
                .iter()
                .position(|(_, public)| public.as_deref() == Some(blob))
        };
        identities
            .retain(|identity| !self.route.identities_only || rank(identity.blob()).is_some());
        identities.sort_by_key(|identity| rank(identity.blob()).unwrap_or(usize::MAX));
        for identity in identities.iter().take(MOST_KEYS) {
            offered.push(identity.blob().to_vec());
            let result = self.patience.until(self.session, self.until, || {
                agent.userauth(&self.route.user, identity)
            });
            if self.took(result, format!("agent key {}", identity.comment()))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read_key<'p>(&mut self, path: &'p Path) -> Option<KeyFile<'p>> {
        match fs::read_to_string(path) {
            Ok(text) => Some(KeyFile {
                path,
                encrypted: is_encrypted(&text),
                text: text.into(),
            }),
            Err(error) => {
                if self.route.identities_named {
                    self.tried.push(format!("{} ({error})", path.display()));
                }
                None
            }
        }
    }

    fn offer_file(&mut self, file: &KeyFile<'_>) -> Result<bool, Refusal> {
        let name = file.path.display().to_string();
        if !file.encrypted {
            let result = self.offer_key(file, None);
            return self.took(result, name);
        }
        for _ in 0..MOST_ASKS {
            let Some(passphrase) = self.secret(&format!("Passphrase for {name}")) else {
                self.tried.push(format!("{name} (no passphrase given)"));
                return Ok(false);
            };
            match self.offer_key(file, Some(&passphrase)) {
                Err(Stopped::Failed(error)) if !is_rejection(&error) && !is_broken(&error) => {}
                result => return self.took(result, name),
            }
        }
        self.tried.push(format!("{name} (wrong passphrase)"));
        Ok(false)
    }

    fn offer_key(
        &self,
        file: &KeyFile<'_>,
        passphrase: Option<&SecretString>,
    ) -> Result<(), Stopped> {
        self.patience.until(self.session, self.until, || {
            self.session.userauth_pubkey_memory(
                &self.route.user,
                None,
                file.text.expose_secret(),
                passphrase.map(ExposeSecret::expose_secret),
            )
        })
    }

    fn dialog(&mut self) -> Result<bool, Refusal> {
        for _ in 0..MOST_ASKS {
            let mut dialog = Dialog {
                ask: self.ask,
                route: self.route,
                refused: false,
                asked: None,
            };
            let user = &self.route.user;
            let result = loop {
                let until = dialog.asked.map_or(self.until, |at: Instant| at + LIMIT);
                match self
                    .session
                    .userauth_keyboard_interactive(user, &mut dialog)
                {
                    Err(error) if again(&error) => {}
                    Err(error) => break Err(Stopped::Failed(error)),
                    Ok(()) => break Ok(()),
                }
                let mut first = true;
                let waited = self.patience.until(self.session, until, || {
                    if std::mem::take(&mut first) {
                        Err(ssh2::Error::from_errno(ssh2::ErrorCode::Session(
                            libssh2_sys::LIBSSH2_ERROR_EAGAIN,
                        )))
                    } else {
                        Ok(())
                    }
                });
                if let Err(stopped) = waited {
                    break Err(stopped);
                }
            };
            self.until = dialog.asked.map_or(self.until, |at| at + LIMIT);
            let refused = dialog.refused;
            let asked = dialog.asked.is_some();
            if self.took(result, "keyboard-interactive".to_owned())? {
                return Ok(true);
            }
            if refused || !asked {
                break;
            }
        }
        Ok(false)
    }

    fn password(&mut self) -> Result<bool, Refusal> {
        for _ in 0..MOST_ASKS {
            let Route { user, hostname, .. } = self.route;
            let Some(password) = self.secret(&format!("Password for {user}@{hostname}")) else {
                self.tried.push("password (none given)".to_owned());
                return Ok(false);
            };
            let result = self.patience.until(self.session, self.until, || {
                self.session
                    .userauth_password(user, password.expose_secret())
            });
            if self.took(result, "password".to_owned())? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn secret(&mut self, words: &str) -> Option<SecretString> {
        if self.route.batch_mode {
            return None;
        }
        let question = Question::Secret {
            label: self.route.label(words),
            echo: false,
        };
        let answer = self.ask.ask(&self.route.name, question);
        self.until = Instant::now() + LIMIT;
        match answer {
            Answer::Text(secret) => Some(secret),
            Answer::Accept | Answer::Refuse => None,
        }
    }

    /// Whether that let us in; a connection that is gone is an error, a key that did not do is not.
    fn took(&mut self, result: Result<(), Stopped>, what: String) -> Result<bool, Refusal> {
        match result {
            Ok(()) => Ok(self.session.authenticated()),
            Err(Stopped::Failed(error)) if is_rejection(&error) => {
                self.tried.push(what);
                Ok(false)
            }
            Err(Stopped::Failed(error)) if !is_broken(&error) => {
                self.tried.push(format!("{what} ({})", error.message()));
                Ok(false)
            }
            Err(stopped) => Err(self.stopped(stopped)),
        }
    }

    fn stopped(&self, stopped: Stopped) -> Refusal {
        let address = self.route.address();
        match stopped {
            Stopped::Unwanted(refusal) => refusal,
            Stopped::Late => {
                let seconds = LIMIT.as_secs();
                let why = format!("{address} did not finish the login within {seconds} s");
                Refusal::new(Reason::Timeout, why)
            }
            Stopped::Failed(error) => Refusal::new(
                Reason::LinkLost,
                format!("{address} went away during the login: {}", error.message()),
            ),
        }
    }

    fn refused(&self, methods: &[String]) -> Refusal {
        no_entry(self.route, &self.tried, methods)
    }
}

/// Nothing that was tried did; the methods are what the server would take.
fn no_entry(route: &Route, tried: &[String], methods: &[String]) -> Refusal {
    let (address, user) = (route.address(), &route.user);
    let tried = if tried.is_empty() {
        "nothing: no key was found".to_owned()
    } else {
        tried.join(", ")
    };
    let takes = methods.join(", ");
    let why = format!("{address} does not let {user} in; it takes {takes}; tried {tried}");
    Refusal::new(Reason::AuthFailed, why)
}

struct Dialog<'a> {
    ask: &'a dyn Ask,
    route: &'a Route,
    refused: bool,
    asked: Option<Instant>,
}

impl KeyboardInteractivePrompt for Dialog<'_> {
    fn prompt(&mut self, _: &str, instructions: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
        let mut answers = Vec::new();
        for prompt in prompts {
            let words = format!("{}\n{}", instructions.trim(), prompt.text.trim());
            let question = Question::Secret {
                label: self.route.label(&words),
                echo: prompt.echo,
            };
            let text = match self.refused {
                true => Answer::Refuse,
                false => self.ask.ask(&self.route.name, question),
            };
            self.asked = Some(Instant::now());
            answers.push(match text {
                Answer::Text(text) => text.expose_secret().to_owned(),
                Answer::Accept | Answer::Refuse => {
                    self.refused = true;
                    String::new()
                }
            });
        }
        answers
    }
}

fn is_rejection(error: &ssh2::Error) -> bool {
    matches!(
        error.code(),
        ssh2::ErrorCode::Session(
            libssh2_sys::LIBSSH2_ERROR_AUTHENTICATION_FAILED
                | libssh2_sys::LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED
        )
    )
}

fn is_broken(error: &ssh2::Error) -> bool {
    matches!(
        error.code(),
        ssh2::ErrorCode::Session(
            libssh2_sys::LIBSSH2_ERROR_SOCKET_DISCONNECT
                | libssh2_sys::LIBSSH2_ERROR_SOCKET_SEND
                | libssh2_sys::LIBSSH2_ERROR_SOCKET_RECV
                | libssh2_sys::LIBSSH2_ERROR_SOCKET_TIMEOUT
        )
    )
}

/// The public half beside a private key file, as it goes over the wire.
fn public_key(path: &Path) -> Option<Vec<u8>> {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    let text = fs::read_to_string(name).ok()?;
    BASE64
        .decode(text.split_ascii_whitespace().nth(1)?.as_bytes())
        .ok()
}

/// Whether a private key needs a passphrase: PEM says so in a header, OpenSSH's own format by its cipher's name.
fn is_encrypted(text: &str) -> bool {
    if text.contains("ENCRYPTED") {
        return true;
    }
    let Some(body) = text
        .split("-----BEGIN OPENSSH PRIVATE KEY-----")
        .nth(1)
        .and_then(|rest| rest.split("-----END").next())
    else {
        return false;
    };
    let body: String = body.split_ascii_whitespace().collect();
    BASE64
        .decode(body.as_bytes())
        .is_ok_and(|bytes| !bytes.starts_with(b"openssh-key-v1\0\0\0\0\x04none"))
}

#[cfg(test)]
mod tests;
