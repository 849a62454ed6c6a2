//! A file for each host of a batch, with what its command wrote.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use orchestrator::{engine::Log, visible::visible};

use crate::Failed;

/// Makes the folder for the files.
///
/// # Errors
/// If there can be none at this path.
pub(super) fn make_folder(folder: &Path) -> Result<(), Failed> {
    fs::create_dir_all(folder)
        .map_err(|error| Failed::new(format!("make the folder {}: {error}", shown(folder))))
}

/// Writes all that a host's command wrote, byte for byte and in the order in which it came, into the host's file.
///
/// # Errors
/// If the log cannot be read, or the file not be written.
pub(super) async fn write(log: &Log, folder: &Path, host: &str) -> Result<(), Failed> {
    let path = folder.join(name(host));
    let failed = |error: std::io::Error| Failed::new(format!("write {}: {error}", shown(&path)));
    let mut file = BufWriter::new(File::create(&path).map_err(failed)?);
    let mut cursor = log.cursor(0);
    while let Some(chunks) = cursor.next().await? {
        for chunk in &chunks {
            file.write_all(&chunk.bytes).map_err(failed)?;
        }
    }
    file.flush().map_err(failed)
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

/// A host's name as that of a file: what could lead elsewhere, or is no sign of a name, is an underscore.
fn name(host: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._@:+-=%[]".contains(c);
    let plain = |c: char| if is_plain(c) { c } else { '_' };
    let name: String = host.chars().map(plain).collect();
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert_eq!(name("web-1"), "web-1");
        assert_eq!(name("ada@[::1]:22"), "ada@[::1]:22");
        assert_eq!(name("../../etc/passwd"), "_._.._etc_passwd");
        assert_eq!(name("a b\n\u{1b}[2J"), "a_b__[2J");
        assert_eq!(name("web-1 (check)"), "web-1__check_");
    }
}
