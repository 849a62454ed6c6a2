//! Work that reads files or runs programs, kept off the threads that serve sockets.

use std::io;

use super::EngineError;

/// Does the work on a thread that may block.
///
/// # Errors
/// Those of the work, or that it panicked.
pub(in crate::engine) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| EngineError::Io(io::Error::other(error)))?
}
