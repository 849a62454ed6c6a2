//! A window, as each of them is built. It stays on the page that is built into the app, and is not shown before that has
//! drawn itself.

use std::time::Duration;

use orchestrator::folders::private_folder;
use tauri::{
    AppHandle, Manager, Theme, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, async_runtime,
    webview::{NewWindowResponse, PageLoadEvent},
    window::Color,
};

use crate::{backend::Backend, drawing};

/// How long a loaded page may take to say that it is drawn; a page that breaks is shown all the same, not hidden for ever.
const DRAWING: Duration = Duration::from_secs(3);

/// The page's background in either theme, so that not a frame flashes in the other colour.
const DARK: Color = Color(0x0e, 0x0f, 0x12, 0xff);
const LIGHT: Color = Color(0xfe, 0xfe, 0xff, 0xff);

/// What opens a page of ours, `/job/ID#L12`, in another window.
pub(crate) type OpensApart = fn(&AppHandle, &str) -> Result<(), String>;

/// Builds a window on a page of ours, hidden; [`raise`] is what the page's `ready` calls.
pub(crate) fn build(
    app: &AppHandle,
    label: &str,
    page: &str,
    (width, height): (f64, f64),
    opens_apart: OpensApart,
) -> tauri::Result<WebviewWindow> {
    // In our own folder: wherever that is, nothing is left elsewhere, and it has been seen to be writable.
    let of_webview = app.state::<Backend>().folders().data.join("webview");
    private_folder(&of_webview)?;
    let opener = app.clone();
    let builder = WebviewWindowBuilder::new(app, label, WebviewUrl::App(page.into()))
        .title("VM Orchestrator")
        .inner_size(width, height)
        .min_inner_size(900.0, 600.0)
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
        // A click with Ctrl or the middle button on a link of ours; whatever else wants a window gets none.
        .on_new_window(move |url, _| {
            if is_ours(&url) {
                open_apart(&opener, url, opens_apart);
            }
            NewWindowResponse::Deny
        })
        .on_download(|_, _| false)
        .on_page_load(|window, page| {
            if page.event() == PageLoadEvent::Finished {
                show_in_any_case(window);
            }
        });
    // The first one is in the middle until it is moved; another is where the desktop puts it.
    let window = match app.webview_windows().is_empty() {
        true => builder.center().build()?,
        false => builder.build()?,
    };
    let background = if window.theme()? == Theme::Dark {
        DARK
    } else {
        LIGHT
    };
    window.set_background_color(Some(background))?;
    Ok(window)
}

/// Shows a window, in front of all others.
pub(crate) fn raise(window: &WebviewWindow) {
    let shown = window
        .show()
        .and_then(|()| window.unminimize())
        .and_then(|()| window.set_focus());
    match shown {
        Ok(()) => tracing::info!("the window {} is shown", window.label()),
        Err(error) => tracing::warn!("failed to show the window {}: {error}", window.label()),
    }
}

fn show_in_any_case(window: WebviewWindow) {
    async_runtime::spawn(async move {
        tokio::time::sleep(DRAWING).await;
        if matches!(window.is_visible(), Ok(false)) {
            tracing::warn!("the page did not say that it was drawn");
            raise(&window);
        }
    });
}

/// Not within the webview's own question, which waits for the answer.
fn open_apart(app: &AppHandle, url: Url, opens_apart: OpensApart) {
    let app = app.clone();
    async_runtime::spawn_blocking(move || {
        let page = page_of(&url);
        if let Err(why) = opens_apart(&app, &page) {
            tracing::warn!("no window for {page}: {why}");
        }
    });
}

/// The page of ours that an address leads to, with the lines in it.
pub(crate) fn page_of(url: &Url) -> String {
    // The first page has none in its address at first.
    let path = if url.path().is_empty() {
        "/"
    } else {
        url.path()
    };
    let lines = url.fragment().map(|lines| format!("#{lines}"));
    format!("{path}{}", lines.unwrap_or_default())
}

/// Whether a window may go there: the built-in page, or the development server in a debug build.
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
