//! What a login asks of a person: it goes through the control socket of the job that the session is made for, to whatever
//! engine listens there, and so does the answer. Neither is in an argument, a file or a trace.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::standing::Standing;
use crate::ssh::{self, Hint, Question};

/// How long a question waits with no engine there that could show it; and for one that came once all others were gone.
const NOBODY: Duration = Duration::from_secs(60);
/// Between two looks at whether one is there.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Characters of a question that a person is shown.
const LONGEST: usize = 8000;

/// A question that waits, as the control socket carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostQuestion {
    /// Its number in the process.
    pub number: u64,
    /// The host's name.
    pub host: String,
    /// What is wanted of a person.
    pub wanted: Wanted,
}

/// What is wanted of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// An answer.
    Answer(Question),
    /// That this key is touched. It takes no answer, and is withdrawn once that was done.
    Touch(String),
    /// Nothing: `sudo` has taken the password that it was given, and the command begins.
    Taken,
}

/// That `sudo` has taken a password, as the control socket carries it.
pub(super) fn taken() -> Option<String> {
    let taken = HostQuestion {
        number: next_number(),
        host: String::new(),
        wanted: Wanted::Taken,
    };
    serde_json::to_string(&taken).ok()
}

/// An answer to it, as the control socket carries it.
#[derive(Serialize, Deserialize)]
pub struct Answered {
    /// The question's number.
    pub number: u64,
    /// What a person says.
    pub answer: Answer,
}

/// What a person says to a question.
#[derive(Serialize, Deserialize)]
pub enum Answer {
    /// Yes, the key is right.
    Accept,
    /// No, or no person is there to answer.
    Refuse,
    /// The secret.
    Text(String),
}

impl From<Answer> for ssh::Answer {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Accept => Self::Accept,
            Answer::Refuse => Self::Refuse,
            Answer::Text(text) => Self::Text(SecretString::from(text)),
        }
    }
}

/// The questions of one job, one at a time.
pub(super) struct Asking {
    standing: watch::Sender<Standing>,
    state: Mutex<State>,
    changed: Condvar,
    listeners: AtomicUsize,
    /// Whether all who listened once were gone at some time: who listens since then may not be who could answer.
    was_left: AtomicBool,
    /// How many have come.
    arrivals: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// The question that waits, and its answer.
    number: Option<u64>,
    answer: Option<ssh::Answer>,
    /// The job is canceled: no more questions are asked.
    is_canceled: bool,
}

impl Asking {
    pub(super) fn of(standing: watch::Sender<Standing>) -> Self {
        Self {
            standing,
            state: Mutex::default(),
            changed: Condvar::new(),
            listeners: AtomicUsize::new(0),
            was_left: AtomicBool::new(false),
            arrivals: AtomicUsize::new(0),
        }
    }

    /// Takes an answer; one to a question that does not wait any more is dropped.
    pub(super) fn answer(&self, bytes: &[u8]) {
        let Ok(answered) = serde_json::from_slice::<Answered>(bytes) else {
            return tracing::warn!("an answer that cannot be read is dropped");
        };
        let mut state = self.state.lock();
        if state.number == Some(answered.number) {
            state.answer = Some(answered.answer.into());
            self.changed.notify_all();
        }
    }

    /// Refuses the question that waits, and all that come.
    pub(super) fn cancel(&self) {
        self.state.lock().is_canceled = true;
        self.changed.notify_all();
    }

    /// Counts who listens at the control socket.
    pub(super) fn listens(&self, more: bool) {
        if more {
            self.listeners.fetch_add(1, Ordering::Relaxed);
            self.arrivals.fetch_add(1, Ordering::Relaxed);
        } else if self.listeners.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.was_left.store(true, Ordering::Relaxed);
        }
    }

    fn show(&self, number: u64, host: &str, wanted: Wanted) {
        let question = HostQuestion {
            number,
            host: host.to_owned(),
            wanted,
        };
        // It is made of strings and numbers, which JSON always holds.
        let asks = serde_json::to_string(&question).ok();
        self.standing
            .send_modify(|standing| standing.news.asks = asks);
    }

    fn show_nothing(&self) {
        self.standing
            .send_modify(|standing| standing.news.asks = None);
    }

    fn wait(&self) -> ssh::Answer {
        let mut heard_of = Instant::now();
        let mut known = 0;
        let mut state = self.state.lock();
        loop {
            if let Some(answer) = state.answer.take() {
                return answer;
            }
            let is_heard = self.listeners.load(Ordering::Relaxed) > 0;
            let arrivals = self.arrivals.load(Ordering::Relaxed);
            let is_new = std::mem::replace(&mut known, arrivals) != arrivals;
            if is_heard && (is_new || !self.was_left.load(Ordering::Relaxed)) {
                heard_of = Instant::now();
            }
            if state.is_canceled || heard_of.elapsed() > NOBODY {
                return ssh::Answer::Refuse;
            }
            let _late = self.changed.wait_for(&mut state, LOOK_AGAIN);
        }
    }
}

impl ssh::Ask for Asking {
    fn ask(&self, host: &str, question: Question) -> ssh::Answer {
        let number = next_number();
        self.state.lock().number = Some(number);
        self.show(number, host, Wanted::Answer(shortened(question)));
        let answer = self.wait();
        self.state.lock().number = None;
        self.show_nothing();
        answer
    }

    fn hint(&self, host: &str, hint: Hint) {
        match hint {
            Hint::Touch(key) => self.show(next_number(), host, Wanted::Touch(key)),
            Hint::Done => self.show_nothing(),
        }
    }
}

/// Of this process; numbers are never used twice.
fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A server may ask at any length; a frame has its bound.
fn shortened(question: Question) -> Question {
    match question {
        Question::Secret { label, echo } if label.chars().count() > LONGEST => Question::Secret {
            // The last of it asks.
            label: label
                .chars()
                .skip(label.chars().count() - LONGEST)
                .collect(),
            echo,
        },
        question => question,
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;
    use crate::ssh::Ask;

    fn asking() -> (Arc<Asking>, watch::Receiver<Standing>) {
        let standing = watch::Sender::new(Standing::default());
        let receiver = standing.subscribe();
        (Arc::new(Asking::of(standing)), receiver)
    }

    /// Asks for a secret; gives what is shown once it is, and the answer.
    fn ask(
        asking: &Arc<Asking>,
        label: &str,
        receiver: &watch::Receiver<Standing>,
    ) -> (HostQuestion, thread::JoinHandle<ssh::Answer>) {
        let (its, label) = (Arc::clone(asking), label.to_owned());
        let answer = thread::spawn(move || its.ask("box", Question::Secret { label, echo: false }));
        let shown = loop {
            let asks = receiver.borrow().news.asks.clone();
            if let Some(asks) = asks {
                break serde_json::from_str(&asks).unwrap();
            }
            thread::yield_now();
        };
        (shown, answer)
    }

    fn encoded(number: u64, text: &str) -> Vec<u8> {
        let answer = Answer::Text(text.to_owned());
        serde_json::to_vec(&Answered { number, answer }).unwrap()
    }

    #[test]
    fn an_answer_is_for_the_question_that_waits_and_for_no_other() {
        let (asking, receiver) = asking();
        let (first, answer) = ask(&asking, "password", &receiver);
        asking.answer(&encoded(first.number + 7, "of another"));
        asking.answer(b"nothing that can be read");
        asking.answer(&encoded(first.number, "mine"));
        let ssh::Answer::Text(text) = answer.join().unwrap() else {
            panic!()
        };
        assert_eq!(secrecy::ExposeSecret::expose_secret(&text), "mine");
        assert_eq!(receiver.borrow().news.asks, None);
        // Too late, and not for the next one.
        asking.answer(&encoded(first.number, "late"));
        let (_, answer) = ask(&asking, "once more", &receiver);
        asking.cancel();
        assert!(matches!(answer.join().unwrap(), ssh::Answer::Refuse));
    }

    #[test]
    fn a_question_of_any_length_fits_a_frame() {
        let (asking, receiver) = asking();
        let long = format!("{}the end", "\u{1b}".repeat(100_000));
        let (shown, answer) = ask(&asking, &long, &receiver);
        assert!(
            matches!(&shown.wanted, Wanted::Answer(Question::Secret { label, .. }) if label.ends_with("the end"))
        );
        let asks = receiver.borrow().news.asks.clone().unwrap();
        assert!(
            asks.len() <= supervisor::control::MAX_FRAME,
            "{}",
            asks.len()
        );
        asking.cancel();
        answer.join().unwrap();
    }
}
