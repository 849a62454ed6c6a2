//! Asks a person on a thread of its own: a session's thread then still obeys the jobs that wait for the login, each of which
//! may be canceled while the question of another one is open.

use std::{
    os::fd::AsFd,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use rustix::event::PollFlags;

use crate::ssh::{
    exec::orders::{wake, waker},
    login::{
        ask::{Answer, Ask, Hint, Question},
        patience::Patience,
    },
};

/// Between two looks, if the answer does not wake us.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Who is asked, and who waits meanwhile.
pub(super) struct Apart<'a> {
    pub(super) ask: &'a Arc<dyn Ask>,
    pub(super) patience: &'a Patience<'a>,
}

impl Ask for Apart<'_> {
    fn ask(&self, host: &str, question: Question) -> Answer {
        let Ok((answered, done)) = waker() else {
            return self.ask.ask(host, question);
        };
        let (sender, answer) = mpsc::channel();
        let (ask, host) = (Arc::clone(self.ask), host.to_owned());
        let asked = thread::Builder::new().spawn(move || {
            // Nobody waits for it any more once all are canceled.
            sender.send(ask.ask(&host, question)).ok();
            wake(&done);
        });
        if let Err(error) = asked {
            tracing::warn!(%error, "nobody can be asked");
            return Answer::Refuse;
        }
        loop {
            match answer.try_recv() {
                Ok(answer) => return answer,
                Err(mpsc::TryRecvError::Disconnected) => return Answer::Refuse,
                Err(mpsc::TryRecvError::Empty) => {}
            }
            let fds = [(answered.as_fd(), PollFlags::IN)];
            if self.patience.wait(&fds, LOOK_AGAIN).is_err() {
                return Answer::Refuse;
            }
        }
    }

    fn hint(&self, host: &str, hint: Hint) {
        self.ask.hint(host, hint);
    }
}
