//! Which windows there are. The first one has the tabs that outlive the app; each further one begins with one page, and
//! keeps its tabs for as long as it is open. Any of them may be closed: the app goes on until the last one is. Those that
//! were open when the app was closed are there again when it starts, each on the page it showed.

use std::{
    fs, io,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use orchestrator::job::JobId;
use tauri::{AppHandle, Emitter, Manager, WebviewWindow};
use tauri_plugin_window_state::{StateFlags, WindowExt};

use crate::{backend::Backend, quit, window};

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

/// Opens the further windows that were open when the app was closed.
pub(crate) fn reopen(app: &AppHandle) {
    let pages = match fs::read(kept(app)) {
        Ok(text) => serde_json::from_slice::<Vec<String>>(&text).unwrap_or_default(),
        Err(_) => return,
    };
    for page in pages {
        if let Err(why) = open_further(app, &page) {
            tracing::warn!("no window for {page}: {why}");
        }
    }
}

/// Writes down which pages further windows show.
pub(crate) fn keep(app: &AppHandle) {
    let mut windows: Vec<_> = app.webview_windows().into_iter().collect();
    windows.sort_by_key(|(label, _)| number(label));
    let pages: Vec<String> = windows
        .iter()
        .filter(|(label, _)| label.starts_with(FURTHER))
        .filter_map(|(_, window)| window.url().ok())
        .map(|url| window::page_of(&url))
        .collect();
    if let Err(error) = write(kept(app), &pages) {
        tracing::warn!("which windows are open is not kept: {error}");
    }
}

fn kept(app: &AppHandle) -> PathBuf {
    app.state::<Backend>().folders().config.join("windows.json")
}

/// No half of it is ever read.
fn write(path: PathBuf, pages: &[String]) -> io::Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, serde_json::to_vec(pages)?)?;
    fs::rename(beside, path)
}

/// The order in which they were opened.
fn number(label: &str) -> usize {
    let digits = label
        .strip_prefix(FURTHER)
        .and_then(|rest| rest.parse().ok());
    digits.unwrap_or_default()
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
    use super::{is_page, number, remembered, write};
    use crate::window::page_of;

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
    fn what_further_windows_show_is_kept_as_pages_of_ours() {
        let page = |url: &str| page_of(&url.parse().unwrap());
        assert_eq!(page("tauri://localhost/job/0#L12-L14"), "/job/0#L12-L14");
        assert_eq!(page("http://tauri.localhost/history"), "/history");
        assert!(is_page(&page("tauri://localhost")));
        assert!(number("window-2") < number("window-10"));
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("windows.json");
        write(path.clone(), &["/job/0".to_owned()]).unwrap();
        write(path.clone(), &[]).unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "[]");
    }

    #[test]
    fn all_further_windows_have_one_size() {
        assert_eq!(remembered("main"), "main");
        assert_eq!(remembered("window-2"), remembered("window-17"));
    }
}
