//! What jobs ask of a person, on the command line.

use std::collections::HashSet;

use orchestrator::{
    engine::Engine,
    ssh::Unallowed,
    visible::visible,
    wire::{Answer, Event, Prompt, Question},
};
use tokio::sync::broadcast::error::RecvError;

use super::{out, terminal};

/// Answers what jobs ask, for as long as this program runs. A host key is never accepted on the command line; a secret
/// is asked for if there is a terminal.
pub(crate) async fn answer_all(engine: Engine) {
    let (mut events, mut shown) = (engine.events(), HashSet::new());
    loop {
        let waiting = engine.prompts();
        // A key that has to be touched is among them until that was done.
        shown.retain(|id| waiting.iter().any(|prompt| prompt.id == *id));
        for prompt in waiting {
            if shown.insert(prompt.id) {
                answer(&engine, prompt).await;
            }
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
        Question::Touch { key } => {
            let (host, key) = (visible(&prompt.host), visible(key));
            out::say(format_args!("touch the security key {key}: {host} waits"));
            return;
        }
    };
    if let Err(error) = engine.answer(prompt.id, answer) {
        tracing::debug!(%error, "not answered");
    }
}

/// Asks at the terminal whether a command of the SSH config may run here, now and later; no if nobody is there.
pub(crate) async fn is_allowed(host: &str, unallowed: &Unallowed) -> bool {
    let Unallowed {
        command,
        keyword,
        place,
    } = unallowed;
    let label = format!(
        "{} is reached by a command that runs on this machine ({keyword}, {}):\n    {}\nAllow this command? [y/N]",
        visible(host),
        visible(place),
        visible(command)
    );
    let typed = tokio::task::spawn_blocking(move || terminal::ask(&label, true)).await;
    let typed = typed.ok().flatten().unwrap_or_default();
    matches!(typed.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
