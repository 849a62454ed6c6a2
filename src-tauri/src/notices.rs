//! Tells the desktop what a person who looks elsewhere would want to know: that a long job is over, that one failed, that
//! one waits for an answer; and shows at the app's icon that something runs. One word for a whole batch.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use orchestrator::{
    engine::Engine,
    folders,
    job::{JobId, Status},
    settings::{Notify, Settings},
    visible::{visible, visible_lines},
    wire::{Event, Job, Prompt, Question},
};
use tauri::{
    AppHandle, Manager, async_runtime,
    window::{ProgressBarState, ProgressBarStatus},
};
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

#[cfg(target_os = "linux")]
use crate::tray::{Shown, Tray};
use crate::{backend::Backend, windows};

/// A job that is over sooner was most likely waited for.
const LONG: Duration = Duration::from_secs(10);

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Notice {
    title: String,
    text: String,
    /// What a click on it shows.
    job: JobId,
}

/// Listens for as long as the app lives.
pub(crate) fn begin(app: &AppHandle) {
    let app = app.clone();
    async_runtime::spawn(async move {
        // If it cannot be opened, the page says why.
        if app.state::<Backend>().socket().await.is_ok()
            && let Some(engine) = app.state::<Backend>().engine().await
        {
            listen(&app, &engine).await;
        }
    });
}

async fn listen(app: &AppHandle, engine: &Engine) {
    let mut events = engine.events();
    let mut watched = Watched::of(folders::owner());
    #[cfg(target_os = "linux")]
    let tray = Tray::put(app).await;
    loop {
        let notice = match events.recv().await {
            Ok(Event::Job(job)) => watched.job(&job, Rules::of(&engine.catalog().settings())),
            Ok(Event::Asked(prompt)) => Some(notice_of_prompt(&prompt)),
            Ok(_) => None,
            // Whoever ended meanwhile is in the list, where it is looked for.
            Err(RecvError::Lagged(_)) => {
                watched.running = engine
                    .jobs()
                    .own_active()
                    .iter()
                    .map(|job| job.id)
                    .collect();
                None
            }
            Err(RecvError::Closed) => return,
        };
        show_progress(app, &mut watched);
        #[cfg(target_os = "linux")]
        if let Some(tray) = &tray {
            tray.show(Shown::of(&own(engine), title)).await;
        }
        if let Some(notice) = notice
            && windows::are_elsewhere(app)
        {
            show(app, notice);
        }
    }
}

/// This person's jobs that are not over.
#[cfg(target_os = "linux")]
fn own(engine: &Engine) -> Vec<Job> {
    let active = engine.jobs().own_active().into_iter();
    active.map(Into::into).collect()
}

/// Of which ends somebody wants to know.
#[derive(Debug, Clone, Copy)]
struct Rules {
    of: Notify,
    /// A job that is done sooner was most likely waited for.
    after: Duration,
}

impl Rules {
    fn of(settings: &Settings) -> Self {
        let after = settings.notify_after;
        Self {
            of: settings.notify,
            after: after.map_or(LONG, |seconds| Duration::from_secs(seconds.into())),
        }
    }

    fn want(self, status: Status, took: Duration) -> bool {
        let is_bad = matches!(status, Status::Error | Status::Lost);
        match self.of {
            // Who cancels a job knows that it is over.
            _ if status == Status::Canceled => false,
            Notify::Long => is_bad || took >= self.after,
            Notify::Failures => is_bad,
            Notify::None => false,
        }
    }
}

/// The jobs of this person that run, and what has ended of batches that go on.
#[derive(Debug, Default)]
struct Watched {
    owner: String,
    running: HashSet<JobId>,
    /// Those of them that wait for a person to type.
    waiting: HashSet<JobId>,
    batches: HashMap<Uuid, Batch>,
    shown: bool,
}

#[derive(Debug, Default)]
struct Batch {
    running: HashSet<JobId>,
    ended: Vec<Status>,
}

impl Watched {
    fn of(owner: String) -> Self {
        Self {
            owner,
            ..Self::default()
        }
    }

    /// Takes in a job's status; the notice to show, if any.
    fn job(&mut self, job: &Job, rules: Rules) -> Option<Notice> {
        if job.owner != self.owner {
            return None;
        }
        if !job.status.is_over() {
            self.running.insert(job.id);
            let waits = job.prompt.is_some();
            let waited = match waits {
                true => !self.waiting.insert(job.id),
                false => self.waiting.remove(&job.id),
            };
            if let Some(batch) = job.batch {
                self.batches
                    .entry(batch)
                    .or_default()
                    .running
                    .insert(job.id);
            }
            return (waits && !waited).then(|| waiting(job));
        }
        self.waiting.remove(&job.id);
        // It may be reported more than once, and was none of ours if it was never seen to run.
        if !self.running.remove(&job.id) {
            return None;
        }
        match job.batch {
            Some(batch) => self.of_batch(batch, job, rules),
            None => ended(job, rules),
        }
    }

    /// The last of a batch speaks for all.
    fn of_batch(&mut self, id: Uuid, job: &Job, rules: Rules) -> Option<Notice> {
        let batch = self.batches.get_mut(&id)?;
        batch.running.remove(&job.id);
        batch.ended.push(job.status);
        if !batch.running.is_empty() {
            return None;
        }
        let ended = self.batches.remove(&id)?.ended;
        let is_good = |status: &Status| matches!(status, Status::Done | Status::Canceled);
        let wanted = match rules.of {
            Notify::Long => true,
            Notify::Failures => !ended.iter().all(is_good),
            Notify::None => false,
        };
        let count = |status: Status| ended.iter().filter(|one| **one == status).count();
        let parts: Vec<String> = [Status::Done, Status::Error, Status::Canceled, Status::Lost]
            .into_iter()
            .filter(|status| count(*status) > 0)
            .map(|status| format!("{} {}", count(status), status.word()))
            .collect();
        wanted.then(|| Notice {
            title: format!("{} on {} hosts", job.command, ended.len()),
            text: parts.join(", "),
            job: job.id,
        })
    }
}

fn ended(job: &Job, rules: Rules) -> Option<Notice> {
    let took = match (job.started_at, job.finished_at) {
        (Some(started), Some(finished)) => (finished - started).to_std().unwrap_or_default(),
        _ => Duration::ZERO,
    };
    if !rules.want(job.status, took) {
        return None;
    }
    let seconds = took.as_secs();
    let text = match &job.reason {
        Some(reason) => reason.clone(),
        None => format!(
            "{} after {}:{:02}",
            job.status.word(),
            seconds / 60,
            seconds % 60
        ),
    };
    Some(Notice {
        title: title(job),
        text,
        job: job.id,
    })
}

fn waiting(job: &Job) -> Notice {
    Notice {
        title: title(job),
        text: "waits for your input".to_owned(),
        job: job.id,
    }
}

/// What a job is, and where.
fn title(job: &Job) -> String {
    let place = job.host.as_deref().or(job.project.as_deref());
    let what = job.target.as_deref().unwrap_or(&job.command);
    match place {
        Some(place) => format!("{what} · {place}"),
        None => what.to_owned(),
    }
}

fn notice_of_prompt(prompt: &Prompt) -> Notice {
    let text = match &prompt.question {
        Question::HostKey { .. } => {
            "Its host key is not known yet: is it the right one?".to_owned()
        }
        Question::Secret { label, .. } => label.clone(),
        Question::Sudo { .. } => "sudo asks for a password.".to_owned(),
        Question::Touch { key } => format!("Touch the security key {key}."),
    };
    Notice {
        title: format!("{} waits for you", prompt.host),
        text,
        job: prompt.job,
    }
}

/// At the app's icon, if the desktop has such a thing.
fn show_progress(app: &AppHandle, watched: &mut Watched) {
    let runs = !watched.running.is_empty();
    if runs == watched.shown {
        return;
    }
    watched.shown = runs;
    let status = if runs {
        ProgressBarStatus::Indeterminate
    } else {
        ProgressBarStatus::None
    };
    let state = ProgressBarState {
        status: Some(status),
        progress: None,
    };
    if let Some(window) = windows::any(app)
        && let Err(error) = window.set_progress_bar(state)
    {
        tracing::debug!("no progress at the icon: {error}");
    }
}

/// A desktop without notifications is no matter: the window shows all of it too.
fn show(app: &AppHandle, notice: Notice) {
    let app = app.clone();
    // It waits for a click for as long as the notice is there.
    std::thread::spawn(move || {
        let mut notification = notify_rust::Notification::new();
        notification
            .appname("VM Orchestrator")
            .summary(&visible(&notice.title))
            .body(&visible_lines(&notice.text));
        #[cfg(all(unix, not(target_os = "macos")))]
        notification.action("default", "Open the job");
        match notification.show() {
            #[cfg(all(unix, not(target_os = "macos")))]
            Ok(shown) => shown.wait_for_action(|action| {
                if action == "default" {
                    windows::show_job(&app, notice.job);
                }
            }),
            #[cfg(not(all(unix, not(target_os = "macos"))))]
            Ok(_) => drop(app),
            Err(error) => tracing::debug!("the desktop takes no notices: {error}"),
        }
    });
}

#[cfg(test)]
mod tests;
