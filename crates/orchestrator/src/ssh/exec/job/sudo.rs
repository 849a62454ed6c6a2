//! What `sudo` asks for before a command begins. The password is asked for once, and typed once: a second prompt says that
//! it was the wrong one, and nothing is tried after that.

use std::sync::mpsc;

use secrecy::{ExposeSecret, SecretString};

use super::Job;
use crate::{
    job::Exit,
    ssh::{exec::task::Settled, login::ask::Answer},
};

/// What is known of the password.
#[derive(Default)]
pub(super) struct Sudo {
    /// From where the answer comes, while it is waited for.
    answer: Option<mpsc::Receiver<Answer>>,
    /// The password, once it was typed: a cancel needs it too.
    password: Option<SecretString>,
}

impl Sudo {
    /// Whether it has asked.
    pub(super) fn was_asked(&self) -> bool {
        self.answer.is_some() || self.password.is_some()
    }

    /// What is typed for it; nothing if it is not known, or was never asked for.
    pub(super) fn line(&self) -> Vec<u8> {
        let password = self.password.as_ref();
        password.map_or_else(Vec::new, |password| {
            [password.expose_secret().as_bytes(), b"\n"].concat()
        })
    }
}

impl Job {
    /// Asks for the password if `sudo` does, and types it.
    pub(super) fn step_sudo(&mut self) -> bool {
        if self.settled {
            return false;
        }
        if std::mem::take(&mut self.progress.asks) {
            if self.sudo.password.is_some() {
                self.is_not_let_in("sudo did not accept the password");
                return true;
            }
            let (sender, answer) = mpsc::channel();
            let wake = self.task.orders.controls();
            // If nobody waits for the job any more, the sender is dropped, and that is an answer too.
            self.task.report(Settled::Password { sender, wake });
            self.sudo.answer = Some(answer);
        }
        let Some(answer) = &self.sudo.answer else {
            return false;
        };
        match answer.try_recv() {
            Err(mpsc::TryRecvError::Empty) => return false,
            Ok(Answer::Text(password)) if is_one_line(&password) => {
                self.task.output.mask(&password);
                self.sudo.password = Some(password);
                self.wire.type_in(&self.sudo.line());
            }
            Ok(_) | Err(mpsc::TryRecvError::Disconnected) => {
                self.is_not_let_in("sudo wants a password, and none was given");
            }
        }
        self.sudo.answer = None;
        true
    }

    /// The command was not begun, and will not be.
    fn is_not_let_in(&mut self, why: &str) {
        let why = why.to_owned();
        self.settle(Exit::CouldNotStart { why }, true);
        self.wire.close();
    }

    /// Why there was no start mark of a command by `sudo`; whether the host says that the wrapper ended.
    pub(super) fn not_let_in(&self, is_over: bool) -> Exit {
        if !is_over {
            let why = "the host closed the channel before sudo had started the command";
            return Exit::Lost { why: why.into() };
        }
        let printed = self.progress.sudo_noise_shown();
        let why = match printed.as_str() {
            "" => "sudo did not start the command, and said nothing".to_owned(),
            printed => format!("sudo did not start the command: {printed}"),
        };
        Exit::CouldNotStart { why }
    }
}

/// A second line would be a second try.
fn is_one_line(password: &SecretString) -> bool {
    let text = password.expose_secret();
    !text.is_empty() && !text.contains(['\n', '\r', '\0'])
}
