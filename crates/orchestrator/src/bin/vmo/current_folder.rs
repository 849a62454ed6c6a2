//! The folder that one is in.

use super::Failed;

/// Its path, which a job keeps as text.
pub(crate) fn here() -> Result<String, Failed> {
    let here = std::env::current_dir().map_err(|error| {
        Failed::new(format!(
            "the folder that this was started in is gone, so change to another: {error}"
        ))
    })?;
    here.into_os_string().into_string().map_err(|here| {
        Failed::new(format!(
            "the name of the folder {} is not UTF-8, and so nothing can run in it: rename it",
            here.display()
        ))
    })
}
