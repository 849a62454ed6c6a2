//! The engine and its socket server, opened once and closed with the app. Knows nothing of windows.

use std::time::Duration;

use orchestrator::{
    engine::{Engine, Folders, OpenError, Options},
    server::{self, ServeError, Server},
};
use secrecy::ExposeSecret;
use serde::Serialize;
use tauri::{AppHandle, Manager, async_runtime};
use tokio::sync::OnceCell;

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

/// The engine and the server, once they are open.
pub(crate) struct Backend {
    folders: Folders,
    open: OnceCell<(Engine, Server)>,
}

/// Why the page gets no socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Closed {
    #[error("failed to open the engine: {0}")]
    Engine(#[from] OpenError),
    #[error("failed to open the socket: {0}")]
    Server(#[from] ServeError),
}

impl Backend {
    pub(crate) fn new(folders: Folders) -> Self {
        Self { folders, open: OnceCell::new() }
    }

    /// Opens the engine and the server where they are not open yet; a failure is tried again by the next call.
    pub(crate) async fn socket(&self) -> Result<Socket, Closed> {
        let (_, server) = self.open.get_or_try_init(|| open(self.folders.clone())).await?;
        Ok(Socket {
            url: format!("ws://127.0.0.1:{}/ws", server.port()),
            token: server.token().expose_secret().to_owned(),
        })
    }
}

async fn open(folders: Folders) -> Result<(Engine, Server), Closed> {
    let engine = Engine::open(Options::new(folders)).await?;
    let server = server::serve(engine.clone(), server::Options { port: 0, origins: origins(), page: false }).await?;
    Ok((engine, server))
}

/// What the webview sends as its origin; the development server's counts in debug builds alone.
fn origins() -> Vec<String> {
    let app = if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" };
    let development = cfg!(debug_assertions).then_some("http://localhost:5173");
    [Some(app), development].into_iter().flatten().map(str::to_owned).collect()
}

/// Begins opening while the window is still being made. A failure is told when the page asks for its socket.
pub(crate) fn open_early(app: &AppHandle) {
    let app = app.clone();
    async_runtime::spawn(async move {
        if let Err(error) = app.state::<Backend>().socket().await {
            tracing::error!("{error}");
        }
    });
}

/// Leaves running jobs to their supervisors and lets go of the database.
pub(crate) fn close(app: &AppHandle) {
    let backend = app.state::<Backend>();
    let Some((engine, server)) = backend.open.get() else { return };
    async_runtime::block_on(async {
        let closing = async {
            server.shutdown().await;
            engine.shutdown().await;
        };
        if tokio::time::timeout(CLOSING, closing).await.is_err() {
            tracing::warn!("closing took more than {CLOSING:?}; the next start settles the rest");
        }
    });
}
