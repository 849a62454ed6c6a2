//! The engine and its socket server, opened once and closed with the app. Knows nothing of windows.

use std::time::Duration;

use orchestrator::{
    engine::{Engine, EngineError, Options},
    folders::Folders,
    server::{self, ServeError, Server},
};
use serde::Serialize;
use tauri::{AppHandle, Manager, async_runtime};
use tokio::sync::Mutex;

/// How long closing may take: what is not settled by then is settled by the next start, as after a crash.
const CLOSING: Duration = Duration::from_secs(5);

/// Where the page finds its socket.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Socket {
    /// `ws://127.0.0.1:PORT/ws`.
    url: String,
    /// What the page proves itself with, in base64url.
    token: String,
}

/// The engine and the server, while they are open.
pub(crate) struct Backend {
    folders: Folders,
    open: Mutex<Option<(Engine, Server)>>,
}

/// Why the page gets no socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Closed {
    #[error("failed to open the engine: {0}")]
    Engine(#[from] EngineError),
    #[error("failed to {0}")]
    Server(#[from] ServeError),
}

impl Backend {
    pub(crate) fn new(folders: Folders) -> Self {
        Self {
            folders,
            open: Mutex::default(),
        }
    }

    /// Where all of this app is kept.
    pub(crate) fn folders(&self) -> &Folders {
        &self.folders
    }

    /// The engine, if it is open.
    pub(crate) async fn engine(&self) -> Option<Engine> {
        let open = self.open.lock().await;
        open.as_ref().map(|(engine, _)| engine.clone())
    }

    /// Opens the engine and the server if they are not open yet; a failure is tried again by the next call.
    pub(crate) async fn socket(&self) -> Result<Socket, Closed> {
        let mut open = self.open.lock().await;
        let (_, server) = match &mut *open {
            Some(both) => both,
            none => none.insert(open_both(self.folders.clone()).await?),
        };
        Ok(Socket {
            url: format!("ws://127.0.0.1:{}/ws", server.port()),
            token: server.token().expose().to_owned(),
        })
    }
}

/// The engine, if it is open; does not wait for it.
pub(crate) fn engine(app: &AppHandle) -> Option<Engine> {
    let backend = app.state::<Backend>();
    let open = backend.open.try_lock().ok()?;
    open.as_ref().map(|(engine, _)| engine.clone())
}

async fn open_both(folders: Folders) -> Result<(Engine, Server), Closed> {
    // An app started from an icon has a poorer PATH than the user's shell.
    let engine = Engine::open(Options {
        folders,
        login_path: true,
        takes_over: true,
    })
    .await?;
    let options = server::Options {
        origins: origins(),
        ..server::Options::default()
    };
    let server = server::serve(engine.clone(), options).await?;
    Ok((engine, server))
}

/// What the webview sends as its origin; the development server's counts in debug builds alone.
fn origins() -> Vec<String> {
    let app = if cfg!(windows) {
        "http://tauri.localhost"
    } else {
        "tauri://localhost"
    };
    let development = cfg!(debug_assertions).then_some("http://localhost:5173");
    [Some(app), development]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .collect()
}

/// Begins opening while the page is still being loaded. A failure is reported when the page asks for its socket.
pub(crate) fn open_early(app: &AppHandle) {
    let app = app.clone();
    async_runtime::spawn(async move {
        if let Err(error) = app.state::<Backend>().socket().await {
            tracing::error!("{error}");
        }
    });
}

/// Leaves running jobs to their supervisors, brings those that are over into Postgres, and lets go of it.
pub(crate) fn close(app: &AppHandle) {
    let closing = async {
        if let Some((engine, server)) = app.state::<Backend>().open.lock().await.take() {
            server.shutdown().await;
            engine.all_archived().await;
            // The embedded Postgres goes when its last user has.
            drop(engine);
        }
    };
    let closed = async_runtime::block_on(async { tokio::time::timeout(CLOSING, closing).await });
    if closed.is_err() {
        tracing::warn!("closing took more than {CLOSING:?}; the next start settles the rest");
    }
}
