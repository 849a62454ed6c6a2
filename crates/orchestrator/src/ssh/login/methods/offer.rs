//! Keys, offered one by one: by the agent, or from a file.

use std::time::Instant;

use secrecy::{ExposeSecret, SecretString};

use super::{Login, Outcome, is_broken, is_rejection};
use crate::{
    confined,
    ssh::{
        failure::Refusal,
        login::{
            accepted::is_accepted,
            agent::{Agent, AgentError},
            ask::{Hint, LIMIT},
            keys::{Candidate, KeyFile, Keys, Signer},
            patience::Stopped,
            public_key::is_hardware,
            sign::userauth,
        },
    },
};

impl<'a> Login<'a> {
    /// Key by key, until one does.
    pub(super) fn keys(&mut self) -> Result<Outcome, Refusal> {
        let before = self.known.clone();
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
            let was_signed = match candidate.signer {
                Signer::Agent(ref key) => match &mut agent {
                    Some(agent) => self.offer_agent(agent, &candidate, key)?,
                    None => continue,
                },
                Signer::File(ref file) => self.offer_file(file, &candidate)?,
            };
            let outcome = if self.session.authenticated() {
                Outcome::In
            // Only a key that the host knows can have been the first of two steps.
            } else if was_signed {
                self.after(&before)?
            } else {
                Outcome::Out
            };
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

    /// Offers a key that the agent signs for; whether it came to a signature.
    fn offer_agent(
        &mut self,
        agent: &mut Agent<'_>,
        candidate: &Candidate,
        key: &[u8],
    ) -> Result<bool, Refusal> {
        let Some(blob) = &candidate.blob else {
            return Ok(false);
        };
        let (route, ask) = (self.route, self.ask);
        let mut failure = None;
        let mut signed_at = None;
        let mut sign = |algorithm: &str, data: &[u8]| {
            if is_hardware(blob) {
                ask.hint(&route.name, Hint::Touch(candidate.name.clone()));
            }
            let signed = agent.sign(key, algorithm, data);
            if is_hardware(blob) {
                ask.hint(&route.name, Hint::Done);
            }
            // A person's own time is not the host's.
            signed_at = Some(Instant::now());
            signed.map_err(|error| failure = Some(error)).ok()
        };
        let result = self.patience.until(self.session, self.until, || {
            userauth(self.session, &route.user, blob, &mut sign)
        });
        self.until = signed_at.map_or(self.until, |at| at + LIMIT);
        match failure {
            Some(AgentError::Unwanted(refusal)) => return Err(refusal),
            Some(AgentError::Failed(why)) => {
                self.tried.push(format!("{} ({why})", candidate.name));
                return Ok(false);
            }
            None => {}
        }
        self.took(result, candidate.name.clone())?;
        Ok(signed_at.is_some())
    }

    /// Offers a key whose private half is in a file; whether it came to a signature. A passphrase is asked for only once the
    /// host would take the key.
    fn offer_file(&mut self, file: &KeyFile, candidate: &Candidate) -> Result<bool, Refusal> {
        let name = &candidate.name;
        if !file.encrypted {
            let result = self.offer_key(file, None);
            self.took(result, name.clone())?;
            return Ok(true);
        }
        if let Some(blob) = &candidate.blob
            && !self.is_known_there(blob, name)?
        {
            return Ok(false);
        }
        for _ in 0..self.route.password_prompts {
            let Some(passphrase) = self.secret(&format!("Passphrase for {name}")) else {
                self.tried.push(format!("{name} (no passphrase given)"));
                return Ok(false);
            };
            match self.offer_key(file, Some(&passphrase)) {
                Err(Stopped::Failed(error)) if !is_rejection(&error) && !is_broken(&error) => {}
                result => {
                    self.took(result, name.clone())?;
                    return Ok(true);
                }
            }
        }
        self.tried.push(format!("{name} (wrong passphrase)"));
        Ok(false)
    }

    /// Whether the host would take a key, before anybody is bothered for it.
    fn is_known_there(&mut self, blob: &[u8], name: &str) -> Result<bool, Refusal> {
        let mut is_known = false;
        let result = self.patience.until(self.session, self.until, || {
            userauth(self.session, &self.route.user, blob, &mut |_, _| {
                is_known = true;
                None
            })
        });
        if !is_known {
            self.took(result, name.to_owned())?;
        }
        Ok(is_known)
    }

    fn offer_key(&self, file: &KeyFile, passphrase: Option<&SecretString>) -> Result<(), Stopped> {
        self.patience.until(self.session, self.until, || {
            self.session.userauth_pubkey_memory(
                &self.route.user,
                file.certificate.as_deref(),
                file.text.expose_secret(),
                passphrase.map(ExposeSecret::expose_secret),
            )
        })
    }
}
