//! Keys, offered one by one: by the agent, or from a file.

use std::{cell::Cell, time::Instant};

use secrecy::{ExposeSecret, SecretString};

use super::{Login, Outcome, is_broken};
use crate::{
    confined,
    ssh::{
        failure::Refusal,
        login::{
            accepted::is_accepted,
            agent::{Agent, AgentError},
            ask::{Hint, LIMIT},
            keys::{Candidate, KeyFile, Keys, OF_AGENT, Signer},
            patience::Stopped,
            public_key::is_hardware,
            sign::userauth,
        },
    },
};

impl<'a> Login<'a> {
    /// Key by key, until one does.
    pub(super) fn keys(&mut self) -> Result<Outcome, Refusal> {
        let mut agent = self.agent();
        let held = match &mut agent {
            Some(agent) => match agent.identities() {
                Ok(held) => held,
                Err(error) => {
                    self.agent_failed(error)?;
                    Vec::new()
                }
            },
            None => Vec::new(),
        };
        let Keys {
            candidates,
            unusable,
        } = Keys::of(self.route, &held);
        self.tried.extend(unusable);
        for candidate in candidates {
            if !is_accepted(self.route, candidate.blob.as_deref()) {
                let name = &candidate.name;
                self.tried
                    .push(format!("{name} (not in PubkeyAcceptedAlgorithms)"));
                continue;
            }
            match candidate.signer {
                Signer::Agent(ref key) => match &mut agent {
                    Some(agent) => self.offer_agent(agent, &candidate, key)?,
                    None => continue,
                },
                Signer::File(ref file) => self.offer_file(file, &candidate)?,
            }
            let outcome = if self.session.authenticated() {
                Outcome::In
            } else {
                self.after()
            };
            if matches!(outcome, Outcome::Out) && !self.takes("publickey") {
                break;
            }
            if matches!(outcome, Outcome::Out) {
                continue;
            }
            if let Signer::File(file) = &candidate.signer {
                confined::has_let_in(&file.path);
            }
            return Ok(outcome);
        }
        Ok(Outcome::Out)
    }

    /// The agent, if there is one that answers.
    fn agent(&self) -> Option<Agent<'a>> {
        let socket = self.route.agent.as_ref()?;
        Agent::connect(socket, self.patience)
            .inspect_err(|error| tracing::debug!(socket = %socket.display(), %error, "agent"))
            .ok()
    }

    fn agent_failed(&mut self, error: AgentError) -> Result<(), Refusal> {
        match error {
            AgentError::Unwanted(refusal) => Err(refusal),
            AgentError::Failed(why) => {
                self.tried.push(format!("the agent ({why})"));
                Ok(())
            }
        }
    }

    /// Offers a key that the agent signs for.
    fn offer_agent(
        &mut self,
        agent: &mut Agent<'_>,
        candidate: &Candidate,
        key: &[u8],
    ) -> Result<(), Refusal> {
        let Some(blob) = &candidate.blob else {
            return Ok(());
        };
        let (route, ask) = (self.route, self.ask);
        let mut failure = None;
        let signed_at = Cell::new(None);
        let mut sign = |algorithm: &str, data: &[u8]| {
            if is_hardware(blob) {
                let named = candidate.name.trim_start_matches(OF_AGENT);
                ask.hint(&route.name, Hint::Touch(named.to_owned()));
            }
            let signed = agent.sign(key, algorithm, data);
            if is_hardware(blob) {
                ask.hint(&route.name, Hint::Done);
            }
            // A person's own time is not the host's.
            signed_at.set(Some(Instant::now()));
            signed.map_err(|error| failure = Some(error)).ok()
        };
        let (session, until) = (self.session, self.until);
        let until = || signed_at.get().map_or(until, |at: Instant| at + LIMIT);
        let result = self.attempt(&until, || userauth(session, &route.user, blob, &mut sign));
        self.until = until();
        match failure {
            Some(AgentError::Unwanted(refusal)) => return Err(refusal),
            Some(AgentError::Failed(why)) => {
                self.tried.push(format!("{} ({why})", candidate.name));
                return Ok(());
            }
            None => {}
        }
        self.took(result, &candidate.name)?;
        Ok(())
    }

    /// Offers a key whose private half is in a file. A passphrase is asked for only once the host would take the key.
    fn offer_file(&mut self, file: &KeyFile, candidate: &Candidate) -> Result<(), Refusal> {
        let name = &candidate.name;
        if !file.encrypted {
            let result = self.offer_key(file, None);
            self.took(result, name)?;
            return Ok(());
        }
        if let Some(blob) = &candidate.blob
            && !self.is_known_there(blob, name)?
        {
            return Ok(());
        }
        for _ in 0..self.route.password_prompts {
            let Some(passphrase) = self.secret(&format!("Passphrase for {name}")) else {
                self.tried.push(format!("{name} (no passphrase given)"));
                return Ok(());
            };
            match self.offer_key(file, Some(&passphrase)) {
                // It came to no try.
                Err(Stopped::Failed(error)) if self.heard.is_none() && !is_broken(&error) => {}
                result => {
                    self.took(result, name)?;
                    return Ok(());
                }
            }
        }
        self.tried.push(format!("{name} (wrong passphrase)"));
        Ok(())
    }

    /// Whether the host would take a key, before anybody is bothered for it.
    fn is_known_there(&mut self, blob: &[u8], name: &str) -> Result<bool, Refusal> {
        let mut is_known = false;
        let (session, until, user) = (self.session, self.until, &self.route.user);
        let result = self.attempt(&|| until, || {
            userauth(session, user, blob, &mut |_, _| {
                is_known = true;
                None
            })
        });
        if !is_known {
            self.took(result, name)?;
        }
        Ok(is_known)
    }

    fn offer_key(
        &mut self,
        file: &KeyFile,
        passphrase: Option<&SecretString>,
    ) -> Result<(), Stopped> {
        let (session, until, user) = (self.session, self.until, &self.route.user);
        self.attempt(&|| until, || {
            session.userauth_pubkey_memory(
                user,
                file.certificate.as_deref(),
                file.text.expose_secret(),
                passphrase.map(ExposeSecret::expose_secret),
            )
        })
    }
}
