//! Links to jobs from outside, `vmo://job/ID#L12-L20`, which the desktop hands over as an argument. They show; whatever
//! else one says, nothing is started by it.

use std::{ops::RangeInclusive, sync::Mutex};

use orchestrator::job::JobId;
use tauri::{AppHandle, Emitter, Manager};

use crate::windows::{self, MAIN};

/// What the page listens for; it then takes the link.
const LINKED: &str = "linked";

/// What the page has not taken yet: one that comes before the page is there waits for it.
#[derive(Debug, Default)]
pub(crate) struct Pending(Mutex<Option<String>>);

impl Pending {
    /// Begins with what the app was started with.
    pub(crate) fn of(arguments: impl IntoIterator<Item = String>) -> Self {
        Self(Mutex::new(in_arguments(arguments)))
    }

    /// The path of the page to go to, once.
    pub(crate) fn take(&self) -> Option<String> {
        self.0.lock().ok()?.take()
    }
}

/// Shows what the arguments of a second start link to, if they do.
pub(crate) fn follow(app: &AppHandle, arguments: Vec<String>) {
    if let Some(path) = in_arguments(arguments)
        && let Ok(mut pending) = app.state::<Pending>().0.lock()
    {
        *pending = Some(path);
    }
    windows::show(app);
    if let Err(error) = app.emit_to(MAIN, LINKED, ()) {
        tracing::warn!("failed to follow a link: {error}");
    }
}

/// The path of the first link among arguments.
fn in_arguments(arguments: impl IntoIterator<Item = String>) -> Option<String> {
    arguments.into_iter().find_map(|argument| path(&argument))
}

/// The page's path for a link; none if it is no link to a job.
fn path(link: &str) -> Option<String> {
    let (id, lines) = match link.strip_prefix("vmo://job/")?.split_once('#') {
        Some((id, lines)) => (id, Some(range(lines)?)),
        None => (link.strip_prefix("vmo://job/")?, None),
    };
    // A browser ends a host with a slash, and a job's id with none.
    let id: JobId = id.trim_end_matches('/').parse().ok()?;
    Some(match lines {
        Some(lines) if lines.start() == lines.end() => format!("/job/{id}#L{}", lines.start()),
        Some(lines) => format!("/job/{id}#L{}-L{}", lines.start(), lines.end()),
        None => format!("/job/{id}"),
    })
}

/// `L12` and `L12-L20`.
fn range(lines: &str) -> Option<RangeInclusive<u64>> {
    let number = |text: &str| text.strip_prefix('L')?.parse::<u64>().ok();
    match lines.split_once('-') {
        Some((first, last)) => Some(number(first)?..=number(last)?),
        None => Some(number(lines)?..=number(lines)?),
    }
}

#[cfg(test)]
mod tests {
    use super::{Pending, path};

    const JOB: &str = "01890000-0000-7000-8000-000000000001";

    #[test]
    fn a_link_shows_a_job_and_its_lines_and_nothing_else_is_one() {
        for (rest, wanted) in [
            ("", ""),
            ("/", ""),
            ("#L12", "#L12"),
            ("#L12-L20", "#L12-L20"),
        ] {
            let link = format!("vmo://job/{JOB}{rest}");
            assert_eq!(path(&link), Some(format!("/job/{JOB}{wanted}")), "{link}");
        }
        for odd in [
            "vmo://job/../settings".to_owned(),
            "vmo://job/".to_owned(),
            format!("vmo://run/{JOB}"),
            format!("vmo://job/{JOB}#javascript:x"),
            format!("https://example.org/job/{JOB}"),
            "--job".to_owned(),
        ] {
            assert_eq!(path(&odd), None, "{odd}");
        }
    }

    #[test]
    fn a_link_is_taken_once() {
        let pending = Pending::of(["vm-orchestrator".to_owned(), format!("vmo://job/{JOB}")]);
        assert_eq!(pending.take(), Some(format!("/job/{JOB}")));
        assert_eq!(pending.take(), None);
    }
}
