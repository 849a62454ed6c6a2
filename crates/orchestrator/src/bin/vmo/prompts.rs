//! What jobs ask of a person, on the command line.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use orchestrator::{
    engine::Engine,
    job::{Job, JobId, Status},
    ssh::Unallowed,
    visible::visible,
    wire::{Answer, Event, Prompt, Question},
};
use tokio::sync::broadcast::error::RecvError;

use super::{out, terminal};

/// Once a host shows an unknown key, how long others of the same run have to show theirs, so that all are asked about in
/// one list; and how often.
const GATHER: Duration = Duration::from_millis(300);
const ROUNDS: usize = 10;

/// Answers what these jobs ask, for as long as this program runs; what others ask is for those who started them. Nothing is
/// accepted and no secret given without a terminal.
pub(crate) async fn answer_all(engine: Engine, is_ours: impl Fn(JobId) -> bool + Send + Sync) {
    answer(engine, move |prompt| is_ours(prompt.job)).await;
}

/// The same of jobs that wait for these hosts, too: of those by other programs, which may be gone, and for whose logins ours
/// wait. What `sudo` asks is a matter of the job alone.
pub(crate) async fn answer_at(
    engine: Engine,
    is_ours: impl Fn(JobId) -> bool + Send + Sync,
    is_host: impl Fn(&str) -> bool + Send + Sync,
) {
    let of_it = engine.clone();
    let waits_there = move |asking: JobId| {
        let waits = |job: Job| {
            job.id == asking
                && job.state.status() == Status::Queued
                && job.host().is_some_and(&is_host)
        };
        of_it.lives().iter().any(|live| waits(live.job()))
    };
    let concerns = move |prompt: &Prompt| {
        let is_login = !matches!(prompt.question, Question::Sudo { .. });
        is_ours(prompt.job) || is_login && waits_there(prompt.job)
    };
    answer(engine, concerns).await;
}

async fn answer(engine: Engine, is_ours: impl Fn(&Prompt) -> bool + Send + Sync) {
    let (mut events, mut shown) = (engine.events(), HashSet::new());
    loop {
        let waiting = prompts_of(&engine, &is_ours);
        // A key that has to be touched is among them until that was done.
        shown.retain(|id| waiting.iter().any(|prompt| prompt.id == *id));
        let mut keys = Vec::new();
        for prompt in waiting {
            match &prompt.question {
                Question::HostKey { .. } => keys.push(prompt),
                Question::Secret { label, echo } => {
                    answer_secret(&engine, &prompt, label.clone(), *echo).await;
                }
                Question::Sudo { user, others } => {
                    let label = sudo_label(&prompt.host, user, *others);
                    answer_secret(&engine, &prompt, label, false).await;
                }
                Question::Touch { key } => {
                    if shown.insert(prompt.id) {
                        let (host, key) = (visible(&prompt.host), visible(key));
                        out::say(format_args!("touch the security key {key}: {host} waits"));
                    }
                }
            }
        }
        if !keys.is_empty() {
            answer_keys(&engine, gather(&engine, &is_ours, keys).await).await;
        }
        match events.recv().await {
            Ok(Event::Asked(_)) | Err(RecvError::Lagged(_)) => {}
            Ok(_) => continue,
            Err(RecvError::Closed) => return,
        }
    }
}

fn prompts_of(engine: &Engine, is_ours: &impl Fn(&Prompt) -> bool) -> Vec<Prompt> {
    let mut waiting = engine.prompts();
    waiting.retain(is_ours);
    waiting
}

/// The unknown keys that wait, once no more have come for a moment.
async fn gather(
    engine: &Engine,
    is_ours: &impl Fn(&Prompt) -> bool,
    mut keys: Vec<Prompt>,
) -> Vec<Prompt> {
    for _ in 0..ROUNDS {
        tokio::time::sleep(GATHER).await;
        let mut now = prompts_of(engine, is_ours);
        now.retain(|prompt| matches!(prompt.question, Question::HostKey { .. }));
        let is_all = now.len() <= keys.len();
        keys = now;
        if is_all {
            break;
        }
    }
    keys
}

/// Asks about all of them at once. Any other answer than `yes` trusts none of them.
async fn answer_keys(engine: &Engine, prompts: Vec<Prompt>) {
    // Several jobs of one host show one key.
    let mut shown = BTreeMap::new();
    for prompt in &prompts {
        if let Question::HostKey {
            fingerprint,
            key_type,
            address,
        } = &prompt.question
        {
            let line = format!("{} ({address}): {key_type} {fingerprint}", prompt.host);
            shown.insert(line, &prompt.host);
        }
    }
    out::say(format_args!("not in known_hosts:"));
    for line in shown.keys() {
        out::say(format_args!("  {line}"));
    }
    let words = match shown.len() {
        1 => "If that is the host's own key, type yes to trust it".to_owned(),
        count => format!("If those are the hosts' own keys, type yes to trust all {count}"),
    };
    let typed = tokio::task::spawn_blocking(move || terminal::ask(&words, true)).await;
    let typed = typed.ok().flatten();
    if typed.is_none() {
        out::say(format_args!(
            "There is no terminal to ask at: compare each with the host's own, then accept it in the app or with: ssh {}",
            shown.values().next().map_or("", |host| host.as_str())
        ));
    }
    let is_yes = typed.is_some_and(|text| text.trim().eq_ignore_ascii_case("yes"));
    for prompt in &prompts {
        let answer = if is_yes {
            Answer::Accept
        } else {
            Answer::Refuse
        };
        give(engine, prompt, answer);
    }
}

/// The words that ask for the password of `sudo`.
fn sudo_label(host: &str, user: &str, others: u32) -> String {
    let (host, user) = (visible(host), visible(user));
    let of = if user.is_empty() {
        String::new()
    } else {
        format!(" of {user}")
    };
    let then = match others {
        0 => String::new(),
        1 => ", then on the other host".to_owned(),
        others => format!(", then on the other {others} hosts"),
    };
    format!("[sudo] password{of}, tried on {host}{then}:")
}

async fn answer_secret(engine: &Engine, prompt: &Prompt, label: String, echo: bool) {
    let typed = tokio::task::spawn_blocking(move || terminal::ask(&label, echo)).await;
    let typed = typed.ok().flatten();
    if typed.is_none() {
        out::say(format_args!(
            "{} asks for a secret, and there is no terminal to ask for it at",
            prompt.host
        ));
    }
    give(
        engine,
        prompt,
        typed.map_or(Answer::Refuse, |text| Answer::Text { text }),
    );
}

fn give(engine: &Engine, prompt: &Prompt, answer: Answer) {
    if let Err(error) = engine.answer(prompt.id, answer) {
        tracing::debug!(%error, "not answered");
    }
}

/// Asks at the terminal whether a command of the SSH config may run here, now and later; no if there is no terminal.
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
