//! What a person types: a password, or the answers of a dialog.

use std::{cell::Cell, time::Instant};

use secrecy::{ExposeSecret, SecretString};
use ssh2::{KeyboardInteractivePrompt, Prompt};

use super::{Login, Outcome};
use crate::ssh::{
    config::route::Route,
    failure::Refusal,
    login::ask::{Answer, Ask, LIMIT, Question},
};

impl Login<'_> {
    pub(super) fn dialog(&mut self) -> Result<Outcome, Refusal> {
        const NAME: &str = "keyboard-interactive";
        for _ in 0..self.route.password_prompts {
            let (session, until) = (self.session, self.until);
            let answered_at = Cell::new(None);
            let mut dialog = Dialog {
                ask: self.ask,
                route: self.route,
                refused: false,
                answered_at: &answered_at,
            };
            // The time a person takes for an answer does not count against the login's limit.
            let until = || answered_at.get().map_or(until, |at: Instant| at + LIMIT);
            let user = &self.route.user;
            let result = self.attempt(&until, || {
                session.userauth_keyboard_interactive(user, &mut dialog)
            });
            self.until = until();
            let refused = dialog.refused;
            if self.took(result, NAME)? {
                return Ok(Outcome::In);
            }
            let outcome = self.after();
            let may_go_on = answered_at.get().is_some() && !refused && self.takes(NAME);
            if !may_go_on || matches!(outcome, Outcome::Next(_)) {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Out)
    }

    pub(super) fn password(&mut self) -> Result<Outcome, Refusal> {
        for _ in 0..self.route.password_prompts {
            let Route { user, hostname, .. } = self.route;
            let Some(password) = self.secret(&format!("Password for {user}@{hostname}")) else {
                self.tried.push("password (none given)".to_owned());
                return Ok(Outcome::Out);
            };
            let (session, until) = (self.session, self.until);
            let result = self.attempt(&|| until, || {
                session.userauth_password(user, password.expose_secret())
            });
            if self.took(result, "password")? {
                return Ok(Outcome::In);
            }
            let outcome = self.after();
            if matches!(outcome, Outcome::Next(_)) || !self.takes("password") {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Out)
    }

    pub(super) fn secret(&mut self, words: &str) -> Option<SecretString> {
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
}

pub(super) struct Dialog<'a> {
    pub(super) ask: &'a dyn Ask,
    pub(super) route: &'a Route,
    pub(super) refused: bool,
    pub(super) answered_at: &'a Cell<Option<Instant>>,
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
            self.answered_at.set(Some(Instant::now()));
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
