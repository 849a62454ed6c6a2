//! The window around the orchestrator. It is thin on purpose: jobs, hosts, logs and history live in the crate
//! `orchestrator`, and the page speaks to that over a WebSocket, here as in a browser under `vmo serve`.
//!
//! ```text
//! arguments   links, or a question that needs no window
//! failure     why no window opens, said in one
//! instance    one window for each data folder
//! backend     opens the engine and its socket server, and closes them
//! windows     which windows there are: the first one, further ones, the one that shows a job
//! window      each of them: where it may go, what it shows before the page is there
//! drawing     how the webview draws if there is no graphics processor
//! commands    what the page asks of the shell: where the socket is, and what needs a desktop
//! terminal    the user's own terminal on a host
//! links       `vmo://job/ID`: the job that is shown
//! quit        what becomes of running jobs when the last window is closed
//! notices     notifications of what ended while the window was out of sight; the dock shows that something runs
//! tray        what runs, in the desktop's tray
//! ```
//!
//! Only this crate names `tauri`. No plugin is open to the page: they are called from here.

// A function of the product is at most as long as clippy.toml says.
#![cfg_attr(not(test), warn(clippy::too_many_lines))]

mod arguments;
mod backend;
mod commands;
mod drawing;
mod failure;
#[cfg(unix)]
mod instance;
mod links;
mod notices;
mod quit;
mod terminal;
#[cfg(target_os = "linux")]
mod tray;
mod window;
mod windows;

use std::{io::IsTerminal, process::ExitCode};

use orchestrator::{environment, folders::Folders};
use tauri::{AppHandle, Builder, RunEvent, Wry, async_runtime};
use tauri_plugin_window_state::StateFlags;

use crate::backend::Backend;

/// What is traced if `RUST_LOG` does not say.
const QUIET: &str = "warn";

/// Runs the app until its window is closed. Fails, with the reason on stderr and in a window of its own, if none can be
/// opened.
#[must_use]
pub fn run() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    if let Some(code) = arguments::answer(&arguments) {
        return code;
    }
    environment::set_postgres_apart();
    drawing::choose();
    orchestrator::open_files::raise_open_files();
    if !failure::has_display() {
        return failure::explain(
            "there is no display to open a window on",
            "`vmo serve` shows the same app in a browser",
        );
    }
    let folders = match Folders::of_user() {
        Ok(folders) => folders,
        Err(error) => {
            let what = format!("the app's folders cannot be used: {error}");
            return failure::explain(&what, failure::advice(&error));
        }
    };
    trace(&folders);
    failure::explain_panics();
    #[cfg(unix)]
    let instance = match instance::take(&folders.data, &arguments) {
        instance::Start::First(instance) => instance,
        instance::Start::Second => {
            eprintln!(
                "vm-orchestrator: the app is open already, and its window was brought to the front"
            );
            return ExitCode::SUCCESS;
        }
    };
    #[cfg(unix)]
    if instance.after_crash {
        tracing::warn!(
            "the app did not close as it should the last time; what ran went on, and is taken up again"
        );
    }
    let builder = plugins(Builder::default(), &folders);
    #[cfg(unix)]
    let builder = builder.manage(instance);
    open(builder, folders, arguments)
}

fn open(builder: Builder<Wry>, folders: Folders, arguments: Vec<String>) -> ExitCode {
    match builder
        .manage(Backend::new(folders.clone()))
        .manage(quit::Asking::default())
        .manage(links::Pending::of(arguments))
        .invoke_handler(tauri::generate_handler![
            commands::socket,
            commands::ready,
            commands::pick_folder,
            commands::pick_file,
            commands::quit,
            commands::open_terminal,
            commands::zoom,
            commands::linked,
            commands::read_script,
            commands::open_window,
            commands::close_window,
            commands::leave,
        ])
        .setup(move |app| {
            // The window first, though the engine takes longer: making a window asks D-Bus for the theme, and if there
            // is no bus, libdbus waits for the end of a pipe that whatever is started meanwhile would hold open.
            if let Err(error) = windows::open_first(app.handle(), "/") {
                // Tauri would panic with it.
                std::process::exit(i32::from(no_window(&error)));
            }
            windows::reopen(app.handle());
            #[cfg(unix)]
            instance::listen(app.handle());
            backend::open_early(app.handle());
            notices::begin(app.handle());
            close_on_signal(app.handle());
            Ok(())
        })
        .build(tauri::generate_context!())
    {
        Ok(app) => {
            app.run(|app, event| match event {
                RunEvent::ExitRequested { .. } => windows::keep(app),
                RunEvent::Exit => {
                    #[cfg(unix)]
                    instance::let_go(app);
                    backend::close(app);
                }
                #[cfg(target_os = "macos")]
                RunEvent::Opened { urls } => {
                    links::follow(app, urls.iter().map(ToString::to_string).collect());
                }
                _ => {}
            });
            ExitCode::SUCCESS
        }
        Err(error) => ExitCode::from(no_window(&error)),
    }
}

/// Explains why there is no window; gives the exit code.
fn no_window(error: &tauri::Error) -> u8 {
    let try_this = match error {
        tauri::Error::Io(error) => failure::advice(error),
        _ => "`vmo serve` shows the same app in a browser",
    };
    failure::explain(&format!("the window cannot be opened: {error}"), try_this);
    1
}

/// The plugins this crate calls. Their own commands stay closed: the capability names none of them.
fn plugins(builder: Builder<Wry>, folders: &Folders) -> Builder<Wry> {
    // On unix, `instance` does it.
    #[cfg(windows)]
    let builder = builder.plugin(tauri_plugin_single_instance::init(|app, arguments, _| {
        links::follow(app, arguments);
    }));
    // The plugin joins the name to its own folder, and joining an absolute path gives that path.
    let remembered = folders.config.join("window.json");
    builder
        .plugin(tauri_plugin_shell::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_filename(remembered.to_string_lossy())
                .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
                .map_label(windows::remembered)
                .skip_initial_state(windows::REMEMBERED)
                .build(),
        )
}

/// Ctrl-C in the terminal it was started from, and the end of the desktop's session, close the app as its window does.
#[cfg(unix)]
fn close_on_signal(app: &AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};

    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let app = app.clone();
        async_runtime::spawn(async move {
            match signal(kind) {
                Ok(mut signals) => {
                    signals.recv().await;
                    app.exit(0);
                }
                Err(error) => tracing::warn!("signal {kind:?} will not be heard: {error}"),
            }
        });
    }
}

/// Windows closes the window itself.
#[cfg(not(unix))]
fn close_on_signal(_app: &AppHandle) {}

/// Traces to stderr, to our own log, and to what the settings show.
fn trace(folders: &Folders) {
    use tracing_subscriber::{
        EnvFilter, filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt,
    };

    let to_stderr = fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let held = fmt::layer()
        .with_ansi(false)
        .with_writer(|| orchestrator::traces::Recent);
    // A log that cannot be written keeps no window from opening.
    let log = orchestrator::traces::LogFile::open(&folders.data).ok();
    let to_log = log.map(|log| {
        fmt::layer()
            .with_ansi(false)
            .with_writer(move || log.clone())
    });
    tracing_subscriber::registry()
        .with(EnvFilter::try_from_default_env().unwrap_or_else(|_| QUIET.into()))
        .with(filter_fn(orchestrator::traces::may_be_written))
        .with(to_stderr)
        .with(held)
        .with(to_log)
        .init();
}
