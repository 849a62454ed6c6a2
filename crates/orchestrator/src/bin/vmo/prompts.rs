//! What jobs ask of a person, on the command line.

use orchestrator::{
    engine::Engine,
    wire::{Answer, Event, Prompt, Question},
};
use tokio::sync::broadcast::error::RecvError;

use super::{out, terminal};

/// Answers what jobs ask, for as long as this program runs. A host key is never accepted on the command line; a secret
/// is asked for if there is a terminal.
pub(crate) async fn answer_all(engine: Engine) {
    let mut events = engine.events();
    loop {
        for prompt in engine.prompts() {
            answer(&engine, prompt).await;
        }
        match events.recv().await {
            Ok(Event::Asked(_)) | Err(RecvError::Lagged(_)) => {}
            Ok(_) => continue,
            Err(RecvError::Closed) => return,
        }
    }
}

async fn answer(engine: &Engine, prompt: Prompt) {
    let answer = match &prompt.question {
        Question::HostKey {
            fingerprint,
            key_type,
            address,
        } => {
            out::say(format_args!(
                "{} ({address}) is not in known_hosts; it shows the {key_type} key {fingerprint}.\n\
                 Compare it with the host's own, then accept it in the app or with: ssh {}",
                prompt.host, prompt.host
            ));
            Answer::Refuse
        }
        Question::Secret { label, echo } => {
            let (label, echo) = (label.clone(), *echo);
            let typed = tokio::task::spawn_blocking(move || terminal::ask(&label, echo)).await;
            let typed = typed.ok().flatten();
            if typed.is_none() {
                out::say(format_args!(
                    "{} asks for a secret, and there is no terminal to ask for it at",
                    prompt.host
                ));
            }
            typed.map_or(Answer::Refuse, |text| Answer::Text { text })
        }
    };
    if let Err(error) = engine.answer(prompt.id, answer) {
        tracing::debug!(%error, "not answered");
    }
}
