//! The one window. It stays on the page that is built into the app, and is not shown before that has drawn itself.

use std::time::Duration;

use orchestrator::{
    folders::{Folders, private_folder},
    job::JobId,
};
use tauri::{
    App, AppHandle, Emitter, Manager, Theme, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    async_runtime,
    webview::{NewWindowResponse, PageLoadEvent},
    window::Color,
};

use crate::drawing;

/// The window's label, which the capability names.
pub(crate) const MAIN: &str = "main";

/// What the page listens for: the id of a job to open.
const OPEN_JOB: &str = "open-job";

/// How long a loaded page may take to say that it is drawn; a page that breaks is shown all the same, not hidden for ever.
const DRAWING: Duration = Duration::from_secs(3);

/// The page's background in either theme, so that not a frame flashes in the other colour.
const DARK: Color = Color(0x0e, 0x0f, 0x12, 0xff);
const LIGHT: Color = Color(0xfe, 0xfe, 0xff, 0xff);

/// Makes the window, hidden; [`show`] is what the page's `ready` calls.
pub(crate) fn open(app: &App, folders: &Folders) -> tauri::Result<WebviewWindow> {
    // In our own folder: wherever that is, nothing is left elsewhere, and it has been seen to be writable.
    let of_webview = folders.data.join("webview");
    private_folder(&of_webview)?;
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::default())
        .title("VM Orchestrator")
        .inner_size(1360.0, 860.0)
        .min_inner_size(900.0, 600.0)
        .center()
        .visible(false)
        .data_directory(of_webview)
        .initialization_script(drawing::script())
        .on_navigation(is_ours)
        // The page's title is the window's: what is looked at, in the list of windows too.
        .on_document_title_changed(|window, title| {
            if let Err(error) = window.set_title(&title) {
                tracing::debug!("the window keeps its title: {error}");
            }
        })
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_page_load(|window, page| {
            if page.event() == PageLoadEvent::Finished {
                show_in_any_case(window);
            }
        })
        .build()?;
    let background = if window.theme()? == Theme::Dark {
        DARK
    } else {
        LIGHT
    };
    window.set_background_color(Some(background))?;
    Ok(window)
}

/// Shows the window, in front; also when a second start of the app asks for it.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    let shown = window
        .show()
        .and_then(|()| window.unminimize())
        .and_then(|()| window.set_focus());
    match shown {
        Ok(()) => tracing::info!("the window is shown"),
        Err(error) => tracing::warn!("failed to show the window: {error}"),
    }
}

/// Shows the window with this job in it.
pub(crate) fn show_job(app: &AppHandle, job: JobId) {
    show(app);
    if let Err(error) = app.emit_to(MAIN, OPEN_JOB, job) {
        tracing::warn!("failed to show job {job}: {error}");
    }
}

fn show_in_any_case(window: WebviewWindow) {
    async_runtime::spawn(async move {
        tokio::time::sleep(DRAWING).await;
        if matches!(window.is_visible(), Ok(false)) {
            tracing::warn!("the page did not say that it was drawn");
            show(window.app_handle());
        }
    });
}

/// Whether the window may go there: the built-in page, or the development server in a debug build.
fn is_ours(url: &Url) -> bool {
    let built_in =
        url.scheme() == "tauri" || (cfg!(windows) && url.host_str() == Some("tauri.localhost"));
    let development =
        tauri::is_dev() && url.host_str() == Some("localhost") && url.port() == Some(5173);
    built_in || development
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn the_window_stays_at_home() {
        assert!(is_ours(&"tauri://localhost/history".parse().unwrap()));
        for away in [
            "https://example.org/",
            "http://127.0.0.1:8080/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
        ] {
            assert!(!is_ours(&away.parse().unwrap()), "{away}");
        }
    }
}
