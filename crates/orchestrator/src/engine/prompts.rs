//! Questions of jobs that wait for a person, and their answers: they come from the process that makes a host's session, and
//! go back to it, by way of the job's control socket.

use std::collections::HashMap;

use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use supervisor::control::{self, ToSupervisor};
use uuid::Uuid;

use super::{Engine, EngineError, batches::sudo::Turn};
use crate::{
    job::{Job, JobId, State, Status, Waits},
    session::{self, Answered, HostQuestion, Wanted},
    ssh,
    visible::visible,
    wire::{Answer, Event, Prompt, Question},
};

/// The questions that wait, one of a job at most.
#[derive(Debug, Default)]
pub(crate) struct Prompts {
    waiting: Mutex<HashMap<JobId, Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    /// By which the process knows it.
    number: u64,
    prompt: Prompt,
    /// Whether it asks for the password of `sudo`.
    is_sudo: bool,
    /// Whether a person is asked; if not, another job's answer is its own.
    is_shown: bool,
}

impl Prompts {
    /// Notes a question, unless it waits already.
    fn note(&self, job: JobId, host_question: HostQuestion, is_shown: bool) -> Option<Prompt> {
        let mut waiting = self.waiting.lock();
        if waiting
            .get(&job)
            .is_some_and(|one| one.number == host_question.number)
        {
            return None;
        }
        let is_sudo = matches!(
            host_question.wanted,
            Wanted::Answer(ssh::Question::Sudo { .. })
        );
        let prompt = Prompt {
            id: crate::ids::new_id(),
            job,
            question: question(host_question.wanted)?,
            host: host_question.host,
        };
        let number = host_question.number;
        let note = Waiting {
            number,
            prompt: prompt.clone(),
            is_sudo,
            is_shown,
        };
        waiting.insert(job, note);
        Some(prompt)
    }

    /// Whether a question of the job waits that is another than this.
    fn is_other(&self, job: JobId, number: u64) -> bool {
        let waiting = self.waiting.lock();
        waiting.get(&job).is_some_and(|one| one.number != number)
    }

    /// From now on a person is asked this.
    fn show(&self, job: JobId, change: impl FnOnce(&mut Prompt)) -> Option<Prompt> {
        let mut waiting = self.waiting.lock();
        let one = waiting.get_mut(&job).filter(|one| !one.is_shown)?;
        one.is_shown = true;
        change(&mut one.prompt);
        Some(one.prompt.clone())
    }

    /// Takes a question off the list.
    fn take(&self, is_it: impl Fn(&Prompt) -> bool) -> Option<Waiting> {
        let mut waiting = self.waiting.lock();
        let job = waiting.values().find(|one| is_it(&one.prompt))?.prompt.job;
        waiting.remove(&job)
    }

    /// The questions that wait, oldest first.
    pub(crate) fn waiting(&self) -> Vec<Prompt> {
        let waiting = self.waiting.lock();
        let shown = waiting.values().filter(|one| one.is_shown);
        let mut all: Vec<Prompt> = shown.map(|one| one.prompt.clone()).collect();
        all.sort_by_key(|prompt| prompt.id);
        all
    }
}

impl Engine {
    /// The questions of jobs that are not answered yet, oldest first.
    #[must_use]
    pub fn prompts(&self) -> Vec<Prompt> {
        self.0.prompts.waiting()
    }

    /// Answers what a job asked.
    ///
    /// # Errors
    /// If the question does not wait any more.
    pub fn answer(&self, prompt: Uuid, answer: Answer) -> Result<(), EngineError> {
        let gone = || EngineError::NotFound("this question has been answered or withdrawn".into());
        let waiting = self
            .0
            .prompts
            .take(|one| one.id == prompt)
            .ok_or_else(gone)?;
        let job = waiting.prompt.job;
        let batch = self.driven_batch_of(job).filter(|_| waiting.is_sudo);
        let turns = batch.map(|batch| {
            let text = match &answer {
                Answer::Text { text } => Some(SecretString::from(text.clone())),
                Answer::Accept | Answer::Refuse => None,
            };
            let turns = self.0.batches.passwords.answered(batch, job, text);
            (batch, turns)
        });
        let answer = match answer {
            Answer::Accept => session::Answer::Accept,
            Answer::Refuse => session::Answer::Refuse,
            Answer::Text { text } => session::Answer::Text(text),
        };
        let sent = self.send_answer(&waiting, answer);
        self.report(Event::Answered { prompt });
        if let Some((batch, turns)) = turns {
            self.take_turns(batch, turns);
        }
        if sent { Ok(()) } else { Err(gone()) }
    }

    /// Sends an answer to the process that waits for it; false if that is gone.
    fn send_answer(&self, waiting: &Waiting, answer: session::Answer) -> bool {
        let answered = Answered {
            number: waiting.number,
            answer,
        };
        let (Ok(bytes), Some(live)) =
            (serde_json::to_vec(&answered), self.live(waiting.prompt.job))
        else {
            return false;
        };
        let order = ToSupervisor::Answer(control::Answer(bytes));
        live.offer(order).is_ok()
    }

    /// Whether the answer to a job's question is that of all jobs of its batch.
    fn is_for_all(&self, job: JobId, question: &HostQuestion) -> bool {
        let is_sudo = matches!(question.wanted, Wanted::Answer(ssh::Question::Sudo { .. }));
        is_sudo
            && self
                .live(job)
                .is_some_and(|live| live.job().batch.is_some())
    }

    /// Says in a question that its answer is for more hosts than the one that asks.
    fn say_for_whom(&self, batch: Uuid, prompt: &mut Prompt) {
        let Some(batch) = self.watch_batch(batch) else {
            return;
        };
        if let Question::Sudo { others, .. } = &mut prompt.question {
            let all = batch.borrow().hosts.len();
            *others = u32::try_from(all.saturating_sub(1)).unwrap_or(u32::MAX);
        }
    }

    /// Does what is the turn of jobs that ask for the password of their batch.
    fn take_turns(&self, batch: Uuid, turns: Vec<(JobId, Turn)>) {
        for (job, turn) in turns {
            let answer = match turn {
                Turn::Show => {
                    let shown = self
                        .0
                        .prompts
                        .show(job, |prompt| self.say_for_whom(batch, prompt));
                    if let Some(prompt) = shown {
                        self.report(Event::Asked(prompt));
                    }
                    continue;
                }
                Turn::Give(text) => session::Answer::Text(text.expose_secret().to_owned()),
                Turn::Withhold => session::Answer::Refuse,
            };
            if let Some(waiting) = self.0.prompts.take(|prompt| prompt.job == job)
                && !self.send_answer(&waiting, answer)
            {
                tracing::debug!(%job, "nobody waits for a password any more");
            }
        }
    }

    /// Takes in that a job of a batch is over; true if its `sudo` asked for the password and got none, for a reason of
    /// another host's.
    pub(super) fn sudo_is_over(&self, batch: Uuid, job: &Job) -> bool {
        let (was_withheld, turns) = self.0.batches.passwords.over(batch, job);
        self.take_turns(batch, turns);
        was_withheld
    }

    /// Takes in what a job's login asks of a person, or that its question is withdrawn.
    pub(super) fn job_asks(&self, job: JobId, asks: Option<&str>) {
        let host_question = asks.map(serde_json::from_str::<HostQuestion>);
        let question = host_question.as_ref().and_then(|asks| asks.as_ref().ok());
        self.say_waits(job, question.and_then(waits));
        match host_question {
            Some(Ok(HostQuestion {
                wanted: Wanted::Taken,
                ..
            })) => {
                if let Some(batch) = self.driven_batch_of(job) {
                    let turns = self.0.batches.passwords.taken(batch, job);
                    self.take_turns(batch, turns);
                }
            }
            Some(Ok(host_question)) if self.is_for_all(job, &host_question) => {
                self.0.prompts.note(job, host_question, false);
                // Who only looks on at a batch does not know its password.
                if let Some(batch) = self.driven_batch_of(job) {
                    let turns = self.0.batches.passwords.asks(batch, job);
                    self.take_turns(batch, turns);
                }
            }
            Some(Ok(host_question)) => {
                if self.0.prompts.is_other(job, host_question.number) {
                    self.withdraw(job);
                }
                if let Some(prompt) = self.0.prompts.note(job, host_question, true) {
                    self.report(Event::Asked(prompt));
                }
            }
            Some(Err(error)) => tracing::warn!(%job, %error, "a question cannot be read"),
            None => self.withdraw(job),
        }
    }

    /// Says in a job that has not begun what it waits for; none if for nothing that is asked.
    fn say_waits(&self, job: JobId, waits: Option<Waits>) {
        let Some(live) = self.live(job) else {
            return;
        };
        let now = live.job();
        if now.state.status() == Status::Queued && now.state.waits() != waits.as_ref() {
            let job = live.change(|job| {
                // It may have begun since.
                if job.state.status() == Status::Queued {
                    job.state = State::Queued { waits };
                }
            });
            self.job_changed(job);
        }
    }

    /// A job's question waits no more.
    pub(super) fn withdraw(&self, job: JobId) {
        if let Some(waiting) = self.0.prompts.take(|prompt| prompt.job == job) {
            if !waiting.is_shown {
                return;
            }
            let prompt = waiting.prompt.id;
            self.report(Event::Answered { prompt });
        }
    }
}

/// What is wanted of a person, in words; none if nothing is.
fn waits(question: &HostQuestion) -> Option<Waits> {
    let host = visible(&question.host);
    let what = match &question.wanted {
        Wanted::Answer(ssh::Question::HostKey {
            fingerprint,
            key_type,
            ..
        }) => {
            let (fingerprint, key_type) = (visible(fingerprint), visible(key_type));
            format!("a person who says whether {key_type} {fingerprint} is the key of {host}")
        }
        Wanted::Answer(ssh::Question::Sudo { .. }) => format!("the password of sudo on {host}"),
        Wanted::Answer(ssh::Question::Secret { label, .. }) => {
            format!("a person who answers {}", visible(label))
        }
        Wanted::Touch(key) => format!("a touch of the security key {}, for {host}", visible(key)),
        Wanted::Taken => return None,
    };
    Some(Waits::Person { what })
}

/// What a person is asked; none if nothing is.
fn question(wanted: Wanted) -> Option<Question> {
    Some(match wanted {
        Wanted::Answer(ssh::Question::HostKey {
            fingerprint,
            key_type,
            address,
        }) => Question::HostKey {
            fingerprint,
            key_type,
            address,
        },
        Wanted::Answer(ssh::Question::Sudo { user }) => Question::Sudo { user, others: 0 },
        Wanted::Answer(ssh::Question::Secret { label, echo }) => Question::Secret { label, echo },
        Wanted::Touch(key) => Question::Touch { key },
        Wanted::Taken => return None,
    })
}
