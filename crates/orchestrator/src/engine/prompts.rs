//! Questions of jobs that wait for a person, and their answers: they come from the process that makes a host's session, and
//! go back to it, by way of the job's control socket.

use std::collections::HashMap;

use parking_lot::Mutex;
use supervisor::control::{self, ToSupervisor};
use uuid::Uuid;

use super::{Engine, EngineError};
use crate::{
    job::JobId,
    session::{self, Answered, HostQuestion, Wanted},
    ssh,
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
}

impl Prompts {
    /// Notes a question, unless it waits already.
    fn note(&self, job: JobId, host_question: HostQuestion) -> Option<Prompt> {
        let mut waiting = self.waiting.lock();
        if waiting
            .get(&job)
            .is_some_and(|one| one.number == host_question.number)
        {
            return None;
        }
        let prompt = Prompt {
            id: crate::ids::new_id(),
            job,
            host: host_question.host,
            question: question(host_question.wanted),
        };
        let number = host_question.number;
        let note = Waiting {
            number,
            prompt: prompt.clone(),
        };
        waiting.insert(job, note);
        Some(prompt)
    }

    /// Whether a question of the job waits that is another than this.
    fn is_other(&self, job: JobId, number: u64) -> bool {
        let waiting = self.waiting.lock();
        waiting.get(&job).is_some_and(|one| one.number != number)
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
        let mut all: Vec<Prompt> = waiting.values().map(|one| one.prompt.clone()).collect();
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
        let answered = Answered {
            number: waiting.number,
            answer: match answer {
                Answer::Accept => session::Answer::Accept,
                Answer::Refuse => session::Answer::Refuse,
                Answer::Text { text } => session::Answer::Text(text),
            },
        };
        let bytes = serde_json::to_vec(&answered).map_err(std::io::Error::other)?;
        let live = self.live(waiting.prompt.job).ok_or_else(gone)?;
        let order = ToSupervisor::Answer(control::Answer(bytes));
        live.offer(order).map_err(|_| gone())?;
        self.report(Event::Answered { prompt });
        Ok(())
    }

    /// Takes in what a job's login asks of a person, or that its question is withdrawn.
    pub(super) fn job_asks(&self, job: JobId, asks: Option<&str>) {
        let host_question = asks.map(serde_json::from_str::<HostQuestion>);
        match host_question {
            Some(Ok(host_question)) => {
                if self.0.prompts.is_other(job, host_question.number) {
                    self.withdraw(job);
                }
                if let Some(prompt) = self.0.prompts.note(job, host_question) {
                    self.report(Event::Asked(prompt));
                }
            }
            Some(Err(error)) => tracing::warn!(%job, %error, "a question cannot be read"),
            None => self.withdraw(job),
        }
    }

    /// A job's question waits no more.
    pub(super) fn withdraw(&self, job: JobId) {
        if let Some(waiting) = self.0.prompts.take(|prompt| prompt.job == job) {
            let prompt = waiting.prompt.id;
            self.report(Event::Answered { prompt });
        }
    }
}

fn question(wanted: Wanted) -> Question {
    match wanted {
        Wanted::Answer(ssh::Question::HostKey {
            fingerprint,
            key_type,
            address,
        }) => Question::HostKey {
            fingerprint,
            key_type,
            address,
        },
        Wanted::Answer(ssh::Question::Secret { label, echo }) => Question::Secret { label, echo },
        Wanted::Touch(key) => Question::Touch { key },
    }
}
