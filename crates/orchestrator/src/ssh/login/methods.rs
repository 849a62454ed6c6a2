//! Logging in, in OpenSSH's order: keys, then a dialog, then a password. The host key was checked before.

mod offer;
mod typed;

use std::time::{Duration, Instant};

use ssh2::Session;

use super::{
    ask::{Ask, LIMIT},
    patience::{Patience, Stopped},
    reply::{self, Failure},
};
use crate::ssh::{
    config::route::Route,
    failure::{Reason, Refusal, by_own_ssh},
    poll::again,
    session::transport,
};

/// The try at which a server that hangs up is taken to have had enough: sshd allows six, some only three.
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
        heard: None,
        failures: 0,
        is_at_keys: false,
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
    /// What the host said of the last try, if it did not let us in.
    heard: Option<Failure>,
    /// How many tries it did not take.
    failures: usize,
    /// Whether the last method tried is keys.
    is_at_keys: bool,
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
            self.heard = None;
            self.is_at_keys = method == "publickey";
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
                Outcome::Out => {
                    failed.push(method);
                    methods.clone_from(&self.known);
                }
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

    /// What follows from a try that did not let us in: the host may have taken it and want another as well.
    fn after(&self) -> Outcome {
        match &self.heard {
            Some(failure) if failure.is_partial => Outcome::Next(failure.methods.clone()),
            _ => Outcome::Out,
        }
    }

    /// Whether the host, by its last word, takes a method.
    fn takes(&self, method: &str) -> bool {
        self.known.iter().any(|known| known == method)
    }

    /// Makes a try: repeats a call of libssh2 until it has come to its end, and keeps what the host says if it fails.
    fn attempt(
        &mut self,
        until: &dyn Fn() -> Instant,
        mut operation: impl FnMut() -> Result<(), ssh2::Error>,
    ) -> Result<(), Stopped> {
        self.heard = None;
        loop {
            // It sends, and finds what was read below; were it to read the reply itself, that would be gone.
            transport::hold();
            match operation() {
                Err(error) if again(&error) => {}
                result => return result.map_err(Stopped::Failed),
            }
            self.patience.ready(self.session, until())?;
            transport::refill();
            let heard = reply::read(self.session).map_err(Stopped::Failed)?;
            self.heard = heard.or(self.heard.take());
        }
    }

    /// What the server would take. Asking is itself a try, which some servers let in; all but the first one are counted.
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
            Err(stopped) => Err(self.stopped(stopped, "")),
        }
    }

    /// Whether that let us in; a connection that is gone is an error, a key that did not do is not.
    fn took(&mut self, result: Result<(), Stopped>, what: &str) -> Result<bool, Refusal> {
        let error = match (result, &self.heard) {
            (Ok(()), _) => return Ok(self.session.authenticated()),
            (Err(Stopped::Failed(_)), Some(failure)) => {
                self.known.clone_from(&failure.methods);
                if !failure.is_partial {
                    self.failures += 1;
                    self.tried.push(what.to_owned());
                }
                return Ok(false);
            }
            (Err(Stopped::Failed(error)), None) if !is_broken(&error) => error,
            (Err(stopped), _) => return Err(self.stopped(stopped, what)),
        };
        self.tried.push(format!("{what} ({})", error.message()));
        Ok(false)
    }

    /// Why the login came to no end, while this was tried.
    fn stopped(&self, stopped: Stopped, what: &str) -> Refusal {
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
                if words.contains("authentication failures") || self.failures + 1 >= MANY {
                    let advice = if self.is_at_keys {
                        ": name the right key with IdentityFile and IdentitiesOnly yes"
                    } else {
                        ""
                    };
                    let nothing = ["nothing else".to_owned()];
                    let tried: &[String] = match &*self.tried {
                        [] => &nothing,
                        tried => tried,
                    };
                    let refusal = no_entry(self.route, tried, &self.known);
                    let why = format!(
                        "{}; at {what} it hung up, as after too many tries{quoted}{advice}",
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
