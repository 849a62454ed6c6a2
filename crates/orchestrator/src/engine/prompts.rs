//! Questions of jobs that wait for a person, and their answers.

use std::collections::HashMap;

use parking_lot::Mutex;
use secrecy::SecretString;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::Engine;
use crate::{
    job::JobId,
    ssh,
    wire::{Answer, Event, Prompt, Question},
};

/// The questions that wait. Each is asked once and answered once.
#[derive(Debug, Default)]
pub(crate) struct Prompts {
    waiting: Mutex<HashMap<Uuid, Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    prompt: Prompt,
    answer: oneshot::Sender<Answer>,
}

impl Prompts {
    /// Notes a question; the answer comes through what is returned, or never if the question is withdrawn.
    pub(crate) fn ask(&self, prompt: Prompt) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        self.lock().insert(prompt.id, Waiting { prompt, answer });
        answered
    }

    /// Answers a question; false if it does not wait any more.
    pub(crate) fn answer(&self, prompt: Uuid, answer: Answer) -> bool {
        let waiting = self.lock().remove(&prompt);
        waiting.is_some_and(|waiting| waiting.answer.send(answer).is_ok())
    }

    /// Refuses every question of a job, and names them.
    pub(crate) fn refuse_all_of(&self, job: JobId) -> Vec<Uuid> {
        let of_job = |prompt: &Prompt| (prompt.job == job).then_some(prompt.id);
        let all: Vec<Uuid> = self.waiting().iter().filter_map(of_job).collect();
        all.into_iter()
            .filter(|prompt| self.answer(*prompt, Answer::Refuse))
            .collect()
    }

    /// The questions that wait, oldest first.
    pub(crate) fn waiting(&self) -> Vec<Prompt> {
        let mut all: Vec<Prompt> = self
            .lock()
            .values()
            .map(|waiting| waiting.prompt.clone())
            .collect();
        all.sort_by_key(|prompt| prompt.id);
        all
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, HashMap<Uuid, Waiting>> {
        self.waiting.lock()
    }
}

/// Asks a person by way of the window; blocks the job's own thread until there is an answer.
pub(super) struct AskPerson {
    engine: Engine,
    job: JobId,
    runtime: tokio::runtime::Handle,
    /// The key that has to be touched just now, as it was asked for.
    touch: Mutex<Option<(Uuid, oneshot::Receiver<Answer>)>>,
}

impl AskPerson {
    /// Asks for this job.
    pub(super) fn new(engine: Engine, job: JobId, runtime: tokio::runtime::Handle) -> Self {
        Self {
            engine,
            job,
            runtime,
            touch: Mutex::default(),
        }
    }

    fn show(&self, host: &str, question: Question) -> (Uuid, oneshot::Receiver<Answer>) {
        let prompt = Prompt {
            id: Uuid::now_v7(),
            job: self.job,
            host: host.to_owned(),
            question,
        };
        let answered = self.engine.0.prompts.ask(prompt.clone());
        let id = prompt.id;
        self.engine.report(Event::Asked(prompt));
        (id, answered)
    }
}

impl ssh::Ask for AskPerson {
    fn ask(&self, host: &str, question: ssh::Question) -> ssh::Answer {
        let question = match question {
            ssh::Question::HostKey {
                fingerprint,
                key_type,
                address,
            } => Question::HostKey {
                fingerprint,
                key_type,
                address,
            },
            ssh::Question::Secret { label, echo } => Question::Secret { label, echo },
        };
        let (_, answered) = self.show(host, question);
        match self.runtime.block_on(answered) {
            Ok(Answer::Accept) => ssh::Answer::Accept,
            Ok(Answer::Text { text }) => ssh::Answer::Text(SecretString::from(text)),
            Ok(Answer::Refuse) | Err(_) => ssh::Answer::Refuse,
        }
    }

    fn hint(&self, host: &str, hint: ssh::Hint) {
        let now = match hint {
            ssh::Hint::Touch(key) => Some(self.show(host, Question::Touch { key })),
            ssh::Hint::Done => None,
        };
        let before = std::mem::replace(&mut *self.touch.lock(), now);
        // A cancel may have withdrawn it.
        if let Some((prompt, _waiting)) = before
            && self.engine.0.prompts.answer(prompt, Answer::Refuse)
        {
            self.engine.report(Event::Answered { prompt });
        }
    }
}
