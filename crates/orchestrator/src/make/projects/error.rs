//! Why the list of projects was not changed.

use std::io;

use super::NotFound;
use crate::json_file::JsonFileError;

/// Why the list of projects was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// There is no such folder, or it cannot be looked into.
    #[error("{path}: {}", in_words(error))]
    Folder {
        /// The folder.
        path: String,
        /// The system's error.
        error: io::Error,
    },
    /// The folder holds none of the files make looks for.
    #[error("{0}: no makefile in it")]
    NoMakefile(String),
    /// JSON keeps text alone.
    #[error("{0}: its name is not valid UTF-8")]
    NotUtf8(String),
    /// It is there already.
    #[error("{path} is the project '{name}' already")]
    Known {
        /// The folder.
        path: String,
        /// The project's name.
        name: String,
    },
    /// Only what was added here can be removed here.
    #[error("'{0}' comes from mkcli's registry: `mkcli remove {0}` removes it")]
    OfMkcli(String),
    /// The demo comes with the app.
    #[error("'{0}' is the demo that came with the app")]
    OfDemo(String),
    /// There is no such project.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// Our own file.
    #[error(transparent)]
    File(#[from] JsonFileError),
}

/// The system's error about a folder, in words for a person.
fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such folder".to_owned(),
        io::ErrorKind::NotADirectory => "not a folder".to_owned(),
        io::ErrorKind::PermissionDenied => "you may not look into it".to_owned(),
        _ => error.to_string(),
    }
}
