//! What there is to report of a job, supervisor or session process alike.

use super::{Frame, LastSignal, Prompt, ToEngine};
use crate::exit::ExitRecord;

/// How a job is now, not how it came to that; so it has one size for every listener, and no backlog builds up for a
/// slow one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// The spool holds whole records up to this offset; none before the spool is there.
    pub committed: Option<u64>,
    /// Whether more input should wait.
    pub input_paused: bool,
    /// Why the job's output is not read at the moment, as a fragment for a person.
    pub paused: Option<String>,
    /// What the child waits for a person to type; none if it does not wait.
    pub prompt: Option<Prompt>,
    /// Why the child does not end, though it was to, as a sentence for a person.
    pub unkillable: Option<String>,
    /// The last signal that it was sent to end it; none once none of it is left.
    pub last_signal: Option<LastSignal>,
    /// What a person is asked.
    pub asks: Option<String>,
    /// How the job ended.
    pub exit: Option<ExitRecord>,
    /// Whether no output comes any more, and `exit.json` says so durably.
    pub complete: bool,
}

impl News {
    /// The frames that lead a listener who `knew` so much to what is so now, in the order in which they have to be sent:
    /// output first, so that who hears of an end has heard how far to read.
    #[must_use]
    pub fn changes_since(&self, knew: &Self) -> Vec<u8> {
        let mut frames = Vec::new();
        if let Some(offset) = self.committed.filter(|_| self.committed != knew.committed) {
            ToEngine::Committed { offset }.encode(&mut frames);
        }
        if self.input_paused != knew.input_paused {
            ToEngine::InputPaused(self.input_paused).encode(&mut frames);
        }
        if self.paused != knew.paused {
            ToEngine::Paused(self.paused.clone()).encode(&mut frames);
        }
        if self.prompt != knew.prompt {
            ToEngine::Prompts(self.prompt).encode(&mut frames);
        }
        if self.unkillable != knew.unkillable {
            ToEngine::Unkillable(self.unkillable.clone()).encode(&mut frames);
        }
        if self.last_signal != knew.last_signal {
            ToEngine::LastSignal(self.last_signal.clone()).encode(&mut frames);
        }
        if self.asks != knew.asks {
            ToEngine::Asks(self.asks.clone()).encode(&mut frames);
        }
        if let Some(exit) = self.exit.as_ref().filter(|_| self.exit != knew.exit) {
            ToEngine::Exit(exit.clone()).encode(&mut frames);
        }
        if self.complete && !knew.complete {
            ToEngine::Complete.encode(&mut frames);
        }
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{control::Decoder, exit::Exit};

    fn frames(bytes: &[u8]) -> Vec<ToEngine> {
        let mut decoder = Decoder::new();
        decoder.push(bytes);
        std::iter::from_fn(|| decoder.next().unwrap()).collect()
    }

    #[test]
    fn a_listener_hears_what_it_does_not_know_and_of_the_end_last() {
        let exit = ExitRecord {
            ended: Exit::Code { code: 0 },
            canceled: false,
            started_at: Some(1),
            finished_at: 2,
            spool_end: 7,
            complete: false,
            survivors: Vec::new(),
            notes: Vec::new(),
        };
        let kill = LastSignal {
            signal: "KILL".into(),
            next: None,
            requested: true,
        };
        let mut now = News::default();
        assert_eq!(now.changes_since(&News::default()), [0; 0]);
        now = News {
            committed: Some(7),
            input_paused: true,
            paused: Some("disk full".into()),
            prompt: Some(Prompt::Secret),
            unkillable: Some("it runs as root".into()),
            last_signal: Some(kill.clone()),
            asks: Some("a password".into()),
            exit: Some(exit.clone()),
            complete: true,
        };
        let all = [
            ToEngine::Committed { offset: 7 },
            ToEngine::InputPaused(true),
            ToEngine::Paused(Some("disk full".into())),
            ToEngine::Prompts(Some(Prompt::Secret)),
            ToEngine::Unkillable(Some("it runs as root".into())),
            ToEngine::LastSignal(Some(kill)),
            ToEngine::Asks(Some("a password".into())),
            ToEngine::Exit(exit.clone()),
            ToEngine::Complete,
        ];
        assert_eq!(frames(&now.changes_since(&News::default())), all);
        assert_eq!(now.changes_since(&now), [0; 0]);
        let before = now.clone();
        let more = ExitRecord {
            complete: true,
            ..exit
        };
        (now.paused, now.exit) = (None, Some(more.clone()));
        let changes = [ToEngine::Paused(None), ToEngine::Exit(more)];
        assert_eq!(frames(&now.changes_since(&before)), changes);
    }
}
