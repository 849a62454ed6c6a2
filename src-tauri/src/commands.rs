//! What the page may ask of the shell. Everything about jobs goes over the socket instead.
#![expect(
    clippy::let_underscore_must_use,
    reason = "the macro of an async command that borrows a state writes one"
)]

use std::path::PathBuf;

use tauri::{AppHandle, State, WebviewWindow};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

use crate::{
    backend::{Backend, Socket},
    links, quit, terminal, window, windows,
};

/// Bytes of a script, at most: it becomes one argument of a shell.
const SCRIPT: u64 = 64 * 1024;

/// Where the socket is; waits until the engine is open. Asking again after a failure tries again.
#[tauri::command]
pub(crate) async fn socket(backend: State<'_, Backend>) -> Result<Socket, String> {
    backend.socket().await.map_err(|error| error.to_string())
}

/// The page has drawn itself: show its window.
#[tauri::command]
pub(crate) fn ready(window: WebviewWindow) {
    window::raise(&window);
}

/// Opens a further window on a page of ours, as `/job/ID`.
#[tauri::command]
pub(crate) async fn open_window(app: AppHandle, page: String) -> Result<(), String> {
    windows::open_further(&app, &page)
}

/// Closes the page's own window, as its title bar does.
#[tauri::command]
pub(crate) async fn close_window(window: WebviewWindow) -> Result<(), String> {
    window.close().map_err(|error| error.to_string())
}

/// Closes all windows; `quit-asked` comes first if jobs run.
#[tauri::command]
pub(crate) async fn leave(window: WebviewWindow) {
    quit::leave(&window);
}

/// Asks for a folder in the desktop's own dialog; none if the user thought better of it.
#[tauri::command]
pub(crate) async fn pick_folder(window: WebviewWindow) -> Option<String> {
    let (chosen, choice) = oneshot::channel();
    let dialog = window.dialog().file();
    // Where most projects are; the desktop's own choice is a list of what was used of late, which may be empty.
    match std::env::home_dir() {
        Some(home) => dialog.set_directory(home),
        None => dialog,
    }
    .set_parent(&window)
    .set_title("A folder with a Makefile")
    .pick_folder(move |folder| drop(chosen.send(folder)));
    let folder = choice.await.ok()??.into_path().ok()?;
    // A project's folder is text on the wire; a path that is none would name another folder.
    folder.into_os_string().into_string().ok()
}

/// Asks for a file in the desktop's own dialog, which begins in a folder; none if the user thought better of it.
#[tauri::command]
pub(crate) async fn pick_file(window: WebviewWindow, folder: String) -> Option<String> {
    let (chosen, choice) = oneshot::channel();
    window
        .dialog()
        .file()
        .set_parent(&window)
        .set_title("The value of a variable")
        .set_directory(folder)
        .pick_file(move |file| drop(chosen.send(file)));
    let file = choice.await.ok()??.into_path().ok()?;
    // A value is text on the wire; a path that is none would name another file.
    file.into_os_string().into_string().ok()
}

/// Shows the page larger or smaller: 1 is its own size.
#[tauri::command]
pub(crate) fn zoom(window: WebviewWindow, factor: f64) -> Result<(), String> {
    let factor = factor.clamp(0.5, 3.0);
    window.set_zoom(factor).map_err(|error| error.to_string())
}

/// The path of the page that a link from outside leads to; none if there is no new one.
#[tauri::command]
pub(crate) fn linked(pending: State<'_, links::Pending>) -> Option<String> {
    pending.take()
}

/// Reads a script that was dropped on the window: text of 64 KiB at most.
#[tauri::command]
pub(crate) async fn read_script(path: PathBuf) -> Result<String, String> {
    let at = path.display();
    let file = tokio::fs::metadata(&path).await;
    let file = file.map_err(|error| format!("{at}: {error}"))?;
    if !file.is_file() {
        return Err(format!("{at} is no file"));
    }
    if file.len() > SCRIPT {
        return Err(format!(
            "{at} has more than 64 KiB: run it by its path instead"
        ));
    }
    let text = tokio::fs::read_to_string(&path).await;
    let text = text.map_err(|_| format!("{at} is no text"))?;
    match text.contains('\0') {
        true => Err(format!("{at} is no text")),
        false => Ok(text),
    }
}

/// What is to become of the jobs that run, and of the window; answers `quit-asked`.
#[tauri::command]
pub(crate) async fn quit(app: AppHandle, answer: quit::Answer) {
    quit::answer(&app, answer).await;
}

/// Opens the user's own terminal with `ssh HOST` in it.
#[tauri::command]
pub(crate) async fn open_terminal(
    app: AppHandle,
    backend: State<'_, Backend>,
    host: String,
) -> Result<(), String> {
    let engine = backend.engine().await;
    let of_settings = engine.and_then(|engine| engine.catalog().settings().terminal);
    terminal::open(&app, &host, of_settings)
        .await
        .map_err(|error| error.to_string())
}
