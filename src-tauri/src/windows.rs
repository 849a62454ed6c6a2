//! Which windows there are. The first one has the tabs that outlive the app; each further one begins with one page, and
//! keeps its tabs for as long as it is open. Any of them may be closed: the app goes on until the last one is.

use std::sync::atomic::{AtomicUsize, Ordering};

use orchestrator::job::JobId;
use tauri::{AppHandle, Emitter, Manager, WebviewWindow};
use tauri_plugin_window_state::{StateFlags, WindowExt};

use crate::{quit, window};

/// The label of the first window.
pub(crate) const MAIN: &str = "main";
/// What those of further windows begin with; the capability names it as well.
const FURTHER: &str = "window-";
/// All further windows have one size, by this name: the last that was closed.
pub(crate) const REMEMBERED: &str = "window";
/// Windows at once: each has a connection, and the server takes 16.
const MOST: usize = 9;

/// What a page listens for: the id of a job to open.
const OPEN_JOB: &str = "open-job";

/// Opens the first window, hidden until its page is drawn.
pub(crate) fn open_first(app: &AppHandle, page: &str) -> tauri::Result<()> {
    let window = window::build(app, MAIN, page, (1360.0, 860.0), open_further)?;
    quit::ask_before(&window);
    Ok(())
}

/// Opens a further window on a page of ours, as `/job/ID`. Fails, in words for a person, if there are too many.
pub(crate) fn open_further(app: &AppHandle, page: &str) -> Result<(), String> {
    static NEXT: AtomicUsize = AtomicUsize::new(2);
    if !is_page(page) {
        return Err(format!("{page} is no page of this app"));
    }
    if app.webview_windows().len() >= MOST {
        return Err(format!(
            "{MOST} windows are open, which are all there can be; close one first"
        ));
    }
    let label = format!("{FURTHER}{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let window = window::build(app, &label, page, (1100.0, 760.0), open_further);
    let window = window.map_err(|error| error.to_string())?;
    quit::ask_before(&window);
    // It is as large as the last one was, and not at its place: there it would hide another.
    let size = window.restore_state(StateFlags::SIZE | StateFlags::MAXIMIZED);
    size.map_err(|error| error.to_string())
}

/// By which name it is remembered how large a window was.
pub(crate) fn remembered(label: &str) -> &str {
    if label.starts_with(FURTHER) {
        REMEMBERED
    } else {
        label
    }
}

/// Whether none of them has the keyboard.
pub(crate) fn are_elsewhere(app: &AppHandle) -> bool {
    let windows = app.webview_windows();
    !windows
        .values()
        .any(|one| one.is_focused().unwrap_or(false))
}

/// Any of them, for what the desktop shows once for all.
pub(crate) fn any(app: &AppHandle) -> Option<WebviewWindow> {
    app.webview_windows().into_values().next()
}

/// Shows the first window, in front; also when a second start of the app asks for it. If it was closed while another
/// stayed, it is opened anew.
pub(crate) fn show(app: &AppHandle) {
    show_at(app, "/");
}

/// Shows a job: in the window that has it on screen, or else in the first one.
pub(crate) fn show_job(app: &AppHandle, job: JobId) {
    let page = format!("/job/{job}");
    let windows = app.webview_windows();
    let has_it = |window: &&WebviewWindow| window.url().is_ok_and(|url| url.path() == page);
    if let Some(window) = windows.values().find(has_it) {
        return window::raise(window);
    }
    show_at(app, &page);
    if let Err(error) = app.emit_to(MAIN, OPEN_JOB, job) {
        tracing::warn!("failed to show job {job}: {error}");
    }
}

fn show_at(app: &AppHandle, page: &str) {
    match app.get_webview_window(MAIN) {
        Some(window) => window::raise(&window),
        None => {
            if let Err(error) = open_first(app, page) {
                tracing::warn!("failed to open the window again: {error}");
            }
        }
    }
}

/// Whether a path leads to a page here, and to nothing elsewhere.
fn is_page(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\0'])
}

#[cfg(test)]
mod tests {
    use super::{is_page, remembered};

    #[test]
    fn a_further_window_is_opened_on_pages_of_ours_alone() {
        for page in ["/", "/history", "/job/0#L12", "/hosts/web-01"] {
            assert!(is_page(page), "{page}");
        }
        for odd in [
            "",
            "//example.org/",
            "/\\example.org",
            "https://example.org/",
            "history",
        ] {
            assert!(!is_page(odd), "{odd}");
        }
    }

    #[test]
    fn all_further_windows_have_one_size() {
        assert_eq!(remembered("main"), "main");
        assert_eq!(remembered("window-2"), remembered("window-17"));
    }
}
