//! Logging in, in OpenSSH's order: keys, then a dialog, then a password. The host key was checked before.

mod offer;

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use ssh2::{KeyboardInteractivePrompt, Prompt, Session};

use super::{
    ask::{Answer, Ask, LIMIT, Question},
    patience::{Patience, Stopped},
};
use crate::ssh::{
    config::route::Route,
    failure::{Reason, Refusal, by_own_ssh},
    poll::again,
    session::transport,
};

/// Keys and methods after which a server that hangs up is taken to have had enough: sshd allows six, some only three.
const MANY: usize = 3;

/// Logs in; gives about the time of a round trip to the host, and rather more.
///
/// # Errors
/// `auth_failed`, with what was tried; `timeout` and `link_lost`.
pub(in crate::ssh) fn log_in(
    session: &Session,
    route: &Route,
    ask: &dyn Ask,
    patience: &Patience<'_>,
) -> Result<Duration, Refusal> {
    let begun = Instant::now();
    let mut login = Login {
        session,
        route,
        ask,
        patience,
        tried: Vec::new(),
        known: Vec::new(),
        until: Instant::now() + LIMIT,
    };
    let methods = login.methods()?;
    // The service was asked for, and then the methods.
    let round_trip = begun.elapsed() / 2;
    if !session.authenticated() {
        login.go(methods)?;
    }
    Ok(round_trip)
}

struct Login<'a> {
    session: &'a Session,
    route: &'a Route,
    ask: &'a dyn Ask,
    patience: &'a Patience<'a>,
    /// For the person who has to find out why: each key and method that did not do.
    tried: Vec<String>,
    /// The methods that the host named last.
    known: Vec<String>,
    until: Instant,
}

/// What came of a method.
enum Outcome {
    /// The host lets us in.
    In,
    /// It took that and wants one of these as well.
    Next(Vec<String>),
    /// It did not take that.
    Out,
}

impl Login<'_> {
    /// Method by method, in the order that the config or OpenSSH has, as long as the host takes one. A host that wants
    /// several says after each which are left.
    fn go(&mut self, mut methods: Vec<String>) -> Result<(), Refusal> {
        let mut failed: Vec<&str> = Vec::new();
        loop {
            let next = self.order().into_iter().find(|method| {
                !failed.contains(method) && methods.iter().any(|offered| offered == method)
            });
            let Some(method) = next else {
                return Err(self.refused(&methods));
            };
            let outcome = match method {
                "publickey" => self.keys()?,
                "keyboard-interactive" => self.dialog()?,
                _ => self.password()?,
            };
            match outcome {
                Outcome::In => return Ok(()),
                Outcome::Next(remaining) => {
                    failed.clear();
                    methods = remaining;
                }
                Outcome::Out => failed.push(method),
            }
        }
    }

    /// The methods that may be used, in their order.
    fn order(&self) -> Vec<&'static str> {
        let route = self.route;
        let may_ask = !route.batch_mode;
        let enabled = [
            ("publickey", route.pubkey),
            (
                "keyboard-interactive",
                may_ask && route.keyboard_interactive,
            ),
            ("password", may_ask && route.password),
        ];
        let mut order: Vec<_> = enabled
            .into_iter()
            .filter(|(_, is_enabled)| *is_enabled)
            .map(|(method, _)| method)
            .collect();
        if !route.methods.is_empty() {
            let place = |method: &&str| route.methods.iter().position(|wanted| wanted == method);
            order.retain(|method| place(method).is_some());
            order.sort_by_key(place);
        }
        order
    }

    /// What follows from a method that was tried and did not let us in: the host may have taken it and want another as well.
    fn after(&mut self, before: &[String]) -> Result<Outcome, Refusal> {
        let remaining = self.methods()?;
        if self.session.authenticated() {
            return Ok(Outcome::In);
        }
        Ok(if remaining.is_empty() || remaining == before {
            Outcome::Out
        } else {
            Outcome::Next(remaining)
        })
    }

    /// What the server would take next. Asking is itself an attempt, which some servers let in.
    fn methods(&mut self) -> Result<Vec<String>, Refusal> {
        let user = &self.route.user;
        let list = self.patience.until(self.session, self.until, || {
            self.session.auth_methods(user).map(str::to_owned)
        });
        match list {
            Ok(list) => {
                let methods: Vec<String> = list.split(',').map(str::to_owned).collect();
                self.known.clone_from(&methods);
                Ok(methods)
            }
            Err(Stopped::Failed(error)) if is_rejection(&error) => Ok(Vec::new()),
            Err(stopped) => Err(self.stopped(stopped)),
        }
    }

    fn dialog(&mut self) -> Result<Outcome, Refusal> {
        let before = self.known.clone();
        for _ in 0..self.route.password_prompts {
            let mut dialog = Dialog {
                ask: self.ask,
                route: self.route,
                refused: false,
                answered_at: None,
            };
            let user = &self.route.user;
            let result = loop {
                let until = dialog
                    .answered_at
                    .map_or(self.until, |at: Instant| at + LIMIT);
                match self
                    .session
                    .userauth_keyboard_interactive(user, &mut dialog)
                {
                    Err(error) if again(&error) => {}
                    Err(error) => break Err(Stopped::Failed(error)),
                    Ok(()) => break Ok(()),
                }
                // The call that would block was just made; another before the socket is ready would only repeat that.
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
            // The time a person takes for an answer does not count against the login's limit.
            self.until = dialog.answered_at.map_or(self.until, |at| at + LIMIT);
            let refused = dialog.refused;
            let was_prompted = dialog.answered_at.is_some();
            if self.took(result, "keyboard-interactive".to_owned())? {
                return Ok(Outcome::In);
            }
            if refused {
                break;
            }
            match self.after(&before)? {
                Outcome::Out if was_prompted => {}
                outcome => return Ok(outcome),
            }
        }
        Ok(Outcome::Out)
    }

    fn password(&mut self) -> Result<Outcome, Refusal> {
        let before = self.known.clone();
        for _ in 0..self.route.password_prompts {
            let Route { user, hostname, .. } = self.route;
            let Some(password) = self.secret(&format!("Password for {user}@{hostname}")) else {
                self.tried.push("password (none given)".to_owned());
                return Ok(Outcome::Out);
            };
            let result = self.patience.until(self.session, self.until, || {
                self.session
                    .userauth_password(user, password.expose_secret())
            });
            if self.took(result, "password".to_owned())? {
                return Ok(Outcome::In);
            }
            if let Outcome::Next(left) = self.after(&before)? {
                return Ok(Outcome::Next(left));
            }
        }
        Ok(Outcome::Out)
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
            Stopped::Failed(error) => {
                let words = transport::last_words().unwrap_or_default();
                let quoted = match words.trim() {
                    "" => String::new(),
                    words => format!("; it said: {words}"),
                };
                // Servers hang up on who has tried too much (`MaxAuthTries`), and most say so.
                if words.contains("authentication failures") || self.tried.len() >= MANY {
                    let refusal = self.refused(&self.known);
                    let why = format!(
                        "{}; it hung up, as after too many tries{quoted}: name the right key with IdentityFile and \
                         IdentitiesOnly yes",
                        refusal.why
                    );
                    return Refusal::new(Reason::AuthFailed, why);
                }
                let why = format!(
                    "{address} went away during the login: {}{quoted}",
                    error.message()
                );
                Refusal::new(Reason::LinkLost, why)
            }
        }
    }

    fn refused(&self, methods: &[String]) -> Refusal {
        no_entry(self.route, &self.tried, methods)
    }
}

/// Every method that was tried failed; `methods` are those the server would take.
fn no_entry(route: &Route, tried: &[String], methods: &[String]) -> Refusal {
    let (address, user) = (route.address(), &route.user);
    let tried = if tried.is_empty() {
        "nothing: no key was found".to_owned()
    } else {
        tried.join(", ")
    };
    let takes = methods.join(", ");
    let why = format!("{address} does not let {user} in; it takes {takes}; tried {tried}");
    let is_for_tickets = methods.iter().any(|method| method.starts_with("gssapi-"));
    if route.gssapi && is_for_tickets {
        let own = by_own_ssh(&route.name);
        let why = format!("{why}; a Kerberos ticket (gssapi) cannot be used here; {own}");
        return Refusal::new(Reason::Gssapi, why);
    }
    Refusal::new(Reason::AuthFailed, why)
}

struct Dialog<'a> {
    ask: &'a dyn Ask,
    route: &'a Route,
    refused: bool,
    answered_at: Option<Instant>,
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
            self.answered_at = Some(Instant::now());
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

#[cfg(test)]
mod tests;
