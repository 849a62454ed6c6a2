//! Closing the last window while jobs run: the page asks whether they go on. If it cannot ask, or is closed
//! once more, the window closes, and nothing is lost by it: jobs go on without it. Of several windows one is closed
//! without a word, for the app stays.

use std::sync::atomic::{AtomicBool, Ordering};

use orchestrator::{engine::Engine, job::Job};
use serde::Serialize;
use tauri::{AppHandle, Emitter, Manager, WebviewWindow, WindowEvent};
use tokio::sync::broadcast::error::RecvError;

use crate::backend;

/// What the page listens for.
const ASKED: &str = "quit-asked";

/// Whether the page is asking already.
#[derive(Default)]
pub(crate) struct Asking(AtomicBool);

/// What runs when somebody wants to leave.
#[derive(Debug, Clone, Serialize)]
struct Running {
    /// Jobs here, which need the machine alone.
    here: usize,
    /// Jobs on hosts, which need its network too.
    on_hosts: usize,
}

/// Has the window ask before it closes while jobs run.
pub(crate) fn ask_before(window: &WebviewWindow) {
    let asking_window = window.clone();
    window.on_window_event(move |event| {
        let WindowEvent::CloseRequested { api, .. } = event else {
            return;
        };
        if is_last(&asking_window) && asks(&asking_window) {
            api.prevent_close();
        }
    });
}

fn is_last(window: &WebviewWindow) -> bool {
    let open = window.app_handle().webview_windows();
    open.keys().all(|label| label == window.label())
}

/// Closes all windows, once it is known what becomes of running jobs.
pub(crate) fn leave(window: &WebviewWindow) {
    if !asks(window) {
        window.app_handle().exit(0);
    }
}

/// Has a window's page ask what becomes of running jobs; whether it does.
fn asks(window: &WebviewWindow) -> bool {
    let app = window.app_handle();
    let jobs = backend::engine(app).map_or_else(Vec::new, |engine| engine.jobs().own_active());
    // Who closes again while it asks means it; a page that is not there cannot ask.
    let asks_already = app.state::<Asking>().0.swap(true, Ordering::Relaxed);
    if jobs.is_empty() || asks_already || !window.is_visible().unwrap_or(false) {
        return false;
    }
    let on_hosts = jobs.iter().filter(|job| job.host().is_some()).count();
    let running = Running {
        here: jobs.len() - on_hosts,
        on_hosts,
    };
    match app.emit_to(window.label(), ASKED, running) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!("the page cannot ask about running jobs: {error}");
            false
        }
    }
}

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// The window stays.
    Stay,
    /// It closes; jobs run on.
    Leave,
    /// It closes when all jobs are canceled.
    Cancel,
}

/// Does what a person said. Returns when it is done, which closes the app but for [`Answer::Stay`].
pub(crate) async fn answer(app: &AppHandle, answer: Answer) {
    app.state::<Asking>().0.store(false, Ordering::Relaxed);
    if answer == Answer::Stay {
        return;
    }
    if answer == Answer::Cancel
        && let Some(engine) = backend::engine(app)
    {
        cancel(&engine).await;
    }
    app.exit(0);
}

/// Cancels every job and waits for its end, which comes after the last grace at the latest.
async fn cancel(engine: &Engine) {
    let jobs: Vec<Job> = engine.jobs().own_active();
    for job in &jobs {
        if let Err(error) = engine.cancel(job.id, false).await {
            tracing::warn!(job = %job.id, "not canceled: {error}");
        }
    }
    let mut events = engine.events();
    while !engine.jobs().own_active().is_empty() {
        // A change that was missed is seen by looking again.
        if matches!(events.recv().await, Err(RecvError::Closed)) {
            return;
        }
    }
}
