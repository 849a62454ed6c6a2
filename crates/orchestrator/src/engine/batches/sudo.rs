//! The `sudo` passwords of batches: one a batch, asked for once, in memory alone.
//!
//! One host at a time tries it. While that has not taken it, no other host gets it, so a wrong password is tried once, and
//! not on a hundred hosts, which would lock the account on each: hosts may have one each, and that the first took it says
//! nothing of the next. What waits when one refuses it is put back as if it had not been started.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;
use secrecy::SecretString;
use uuid::Uuid;

use crate::job::{Exit, Job, JobId};

/// The passwords of the batches that this engine drives.
#[derive(Debug, Default)]
pub(in crate::engine) struct Passwords {
    all: Mutex<HashMap<Uuid, Password>>,
}

/// What a job that waits for a password is to get now.
#[derive(Debug)]
pub(in crate::engine) enum Turn {
    /// The question is to be shown to a person.
    Show,
    /// The password.
    Give(SecretString),
    /// Nothing: it is not to be tried there.
    Withhold,
}

/// What is known of the password of a batch.
#[derive(Debug, Default)]
struct Password {
    text: Option<SecretString>,
    /// The job for which a person is being asked, or which tries what was typed.
    first: Option<JobId>,
    /// Those that ask beside it, in the order they did.
    waiting: Vec<JobId>,
    /// Why it is tried nowhere any more.
    refused: Option<String>,
    /// Those that asked and got nothing.
    withheld: HashSet<JobId>,
}

impl Password {
    /// What those that wait are to get now.
    fn turns(&mut self) -> Vec<(JobId, Turn)> {
        let mut turns = Vec::new();
        if self.refused.is_some() {
            for job in self.waiting.drain(..) {
                self.withheld.insert(job);
                turns.push((job, Turn::Withhold));
            }
        } else if self.first.is_none() && !self.waiting.is_empty() {
            let job = self.waiting.remove(0);
            self.first = Some(job);
            turns.push((
                job,
                match &self.text {
                    Some(text) => Turn::Give(text.clone()),
                    None => Turn::Show,
                },
            ));
        }
        turns
    }
}

impl Passwords {
    fn change(&self, batch: Uuid, change: impl FnOnce(&mut Password)) -> Vec<(JobId, Turn)> {
        let mut all = self.all.lock();
        let password = all.entry(batch).or_default();
        change(password);
        password.turns()
    }

    /// A job's `sudo` asks.
    pub(in crate::engine) fn asks(&self, batch: Uuid, job: JobId) -> Vec<(JobId, Turn)> {
        self.change(batch, |password| {
            if password.first != Some(job) && !password.waiting.contains(&job) {
                password.waiting.push(job);
            }
        })
    }

    /// A person was asked for this batch; none if no password was given.
    pub(in crate::engine) fn answered(
        &self,
        batch: Uuid,
        job: JobId,
        text: Option<SecretString>,
    ) -> Vec<(JobId, Turn)> {
        self.change(batch, |password| {
            if text.is_none() {
                password.refused = Some("no password was given for sudo".to_owned());
                password.withheld.insert(job);
                password.first = None;
            }
            password.text = text;
        })
    }

    /// A job's `sudo` has taken what it was given.
    pub(in crate::engine) fn taken(&self, batch: Uuid, job: JobId) -> Vec<(JobId, Turn)> {
        self.change(batch, |password| {
            if password.first == Some(job) {
                password.first = None;
            }
        })
    }

    /// A job's question is withdrawn, or the job is over: whether it asked and got nothing, and what the others get now.
    pub(in crate::engine) fn over(&self, batch: Uuid, job: &Job) -> (bool, Vec<(JobId, Turn)>) {
        let mut was_withheld = false;
        let turns = self.change(batch, |password| {
            was_withheld = password.withheld.remove(&job.id);
            password.waiting.retain(|one| *one != job.id);
            if password.first == Some(job.id) {
                password.first = None;
                let is_refused = matches!(job.state.exit(), Some(Exit::CouldNotStart { .. }));
                if is_refused && !job.state.is_canceled() && password.text.take().is_some() {
                    let host = job.host().unwrap_or_default();
                    password.refused = Some(format!("sudo did not take the password on {host}"));
                }
            }
        });
        (was_withheld, turns)
    }

    /// Why no more hosts of a batch are tried.
    pub(in crate::engine) fn refused(&self, batch: Uuid) -> Option<String> {
        self.all.lock().get(&batch)?.refused.clone()
    }

    /// A person lets the rest of a batch go: what was refused is asked for anew.
    pub(in crate::engine) fn again(&self, batch: Uuid) {
        let mut all = self.all.lock();
        if let Some(password) = all.get_mut(&batch) {
            password.refused = None;
        }
    }

    /// Forgets the password of a batch.
    pub(in crate::engine) fn forget(&self, batch: Uuid) {
        self.all.lock().remove(&batch);
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::{engine::start::draft, job::State};

    fn shown(turns: &[(JobId, Turn)]) -> Vec<(JobId, String)> {
        let word = |turn: &Turn| match turn {
            Turn::Show => "show".to_owned(),
            Turn::Give(text) => text.expose_secret().to_owned(),
            Turn::Withhold => "withhold".to_owned(),
        };
        turns.iter().map(|(job, turn)| (*job, word(turn))).collect()
    }

    fn job(exit: Option<Exit>) -> Job {
        let mut job = draft::of_host("web-1", "true", false, None)
            .by_sudo(true)
            .job();
        if let Some(exit) = exit {
            job.state = State::Ended {
                started_at: None,
                finished_at: job.queued_at,
                exit,
                canceled: false,
            };
        }
        job
    }

    fn refused() -> Option<Exit> {
        let why = "sudo did not accept the password".to_owned();
        Some(Exit::CouldNotStart { why })
    }

    #[test]
    fn nobody_gets_it_before_the_first_has_taken_it() {
        let (all, batch) = (Passwords::default(), Uuid::nil());
        let [one, two, three] = [(); 3].map(|()| job(None).id);
        assert_eq!(shown(&all.asks(batch, one)), [(one, "show".into())]);
        assert!(all.asks(batch, two).is_empty());
        // The same question, heard twice.
        assert!(all.asks(batch, one).is_empty());
        assert!(all.answered(batch, one, Some("secret".into())).is_empty());
        assert!(all.asks(batch, three).is_empty());
        assert!(all.taken(batch, two).is_empty());
        // One after the other.
        assert_eq!(shown(&all.taken(batch, one)), [(two, "secret".into())]);
        assert_eq!(shown(&all.taken(batch, two)), [(three, "secret".into())]);
        assert!(all.taken(batch, three).is_empty());
        let late = job(None).id;
        assert_eq!(shown(&all.asks(batch, late)), [(late, "secret".into())]);
    }

    #[test]
    fn one_in_the_middle_that_refuses_it_keeps_it_from_those_behind() {
        let (all, batch) = (Passwords::default(), Uuid::nil());
        let (one, other, three) = (job(None).id, job(refused()), job(None).id);
        all.asks(batch, one);
        all.answered(batch, one, Some("secret".into()));
        all.asks(batch, other.id);
        all.asks(batch, three);
        assert_eq!(shown(&all.taken(batch, one)), [(other.id, "secret".into())]);
        let (_, turns) = all.over(batch, &other);
        assert_eq!(shown(&turns), [(three, "withhold".into())]);
        let why = all.refused(batch).unwrap();
        assert_eq!(why, "sudo did not take the password on web-1");
    }

    #[test]
    fn the_first_that_refuses_it_keeps_it_from_all_others() {
        let (all, batch) = (Passwords::default(), Uuid::nil());
        let first = job(refused());
        let [two, late] = [(); 2].map(|()| job(refused()));
        all.asks(batch, first.id);
        all.asks(batch, two.id);
        all.answered(batch, first.id, Some("wrong".into()));
        let (withheld, turns) = all.over(batch, &first);
        assert!(!withheld);
        assert_eq!(shown(&turns), [(two.id, "withhold".into())]);
        assert!(all.over(batch, &two).0);
        assert_eq!(
            shown(&all.asks(batch, late.id)),
            [(late.id, "withhold".into())]
        );
        let why = all.refused(batch).unwrap();
        assert_eq!(why, "sudo did not take the password on web-1");
        // What is let go is asked for anew.
        all.again(batch);
        let next = job(None).id;
        assert_eq!(shown(&all.asks(batch, next)), [(next, "show".into())]);
    }

    #[test]
    fn a_first_one_that_is_lost_or_canceled_leaves_its_place_to_the_next() {
        let (all, batch) = (Passwords::default(), Uuid::nil());
        let lost = job(Some(Exit::Lost { why: "gone".into() }));
        let two = job(None);
        all.asks(batch, lost.id);
        all.asks(batch, two.id);
        all.answered(batch, lost.id, Some("secret".into()));
        let (_, turns) = all.over(batch, &lost);
        assert_eq!(shown(&turns), [(two.id, "secret".into())]);

        let (all, canceled) = (Passwords::default(), job(refused()));
        all.asks(batch, canceled.id);
        all.asks(batch, two.id);
        let (_, turns) = all.over(batch, &canceled);
        assert_eq!(shown(&turns), [(two.id, "show".into())]);
        let turns = all.answered(batch, two.id, None);
        assert!(turns.is_empty() && all.over(batch, &two).0);
        assert_eq!(
            all.refused(batch).unwrap(),
            "no password was given for sudo"
        );
    }
}
