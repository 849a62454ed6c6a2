//! The data folder of the embedded server: made once, whole or not at all, and never made again or deleted.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    process::{Command, ExitStatus, Output, Stdio},
};

use super::{broken, cannot, programs::Programs, server_folders::ServerFolders};
use crate::{folders, store::StoreError};

/// The role the app logs in as, which owns the database and has no other rights; and that database.
pub(super) const ROLE: &str = "vmo";

/// The first major version in which a role that is no superuser may checkpoint.
const FIRST_WITH_CHECKPOINT_ROLE: u32 = 15;

/// Makes the data folder if there is none. A kill in the middle leaves `data.new`, which is not taken for data.
pub(super) fn make(place: &ServerFolders, programs: &Programs) -> Result<(), StoreError> {
    let fresh = place.fresh_data();
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(|error| cannot("clear", &fresh, &error))?;
    }
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&fresh)
        .and_then(|()| place.give(&fresh))
        .map_err(|error| cannot("make", &fresh, &error))?;

    let mut initdb = place.command(&programs.bin.join("initdb"));
    initdb
        .args([
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--no-locale",
            "--data-checksums",
        ])
        .args(["--auth-local=peer", "--auth-host=reject", "-D"])
        .arg(&fresh);
    run(initdb, "")?;
    // Without a server, no superuser has to be able to log in, now or ever.
    let mut roles = format!("create role {ROLE} login;\ncreate database {ROLE} owner {ROLE};\n");
    if programs.major >= FIRST_WITH_CHECKPOINT_ROLE {
        // It makes room for the spools if their disk is full.
        roles.push_str(&format!("grant pg_checkpoint to {ROLE};\n"));
    }
    let mut single = place.command(&programs.bin.join("postgres"));
    single
        .args(["--single", "-c", "exit_on_error=on", "-D"])
        .arg(&fresh)
        .arg("postgres");
    run(single, &roles)?;

    let data = place.data();
    fs::rename(&fresh, &data)
        .and_then(|()| File::open(data.parent().unwrap_or(&data))?.sync_all())
        .map_err(|error| cannot("make", &data, &error))
}

/// Says who may log in: who we are on this system, as the app's role, by the socket file. Written before each start, since
/// a name may have changed.
pub(super) fn admit(place: &ServerFolders) -> Result<(), StoreError> {
    write(
        place,
        "pg_hba.conf",
        &format!("local all {ROLE} peer map=vmo\n"),
    )?;
    write(
        place,
        "pg_ident.conf",
        &format!("vmo \"{}\" {ROLE}\n", folders::user()),
    )
}

fn write(place: &ServerFolders, name: &str, text: &str) -> Result<(), StoreError> {
    let (file, fresh) = (
        place.data().join(name),
        place.data().join(format!("{name}.new")),
    );
    let write = |to: &Path| {
        let mut open = File::options();
        let mut out = open
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(to)?;
        out.write_all(text.as_bytes())?;
        place.give(to)?;
        fs::rename(to, &file)
    };
    write(&fresh).map_err(|error| cannot("write", &file, &error))
}

/// Runs a program to its end, with this as its input.
fn run(mut command: Command, input: &str) -> Result<(), StoreError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let fails = |error| broken(format!("cannot run {name}: {error}"));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(fails)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends without reading says why by its status.
        drop(stdin.write_all(input.as_bytes()));
    }
    let Output { status, stderr, .. } = child.wait_with_output().map_err(fails)?;
    if status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&stderr);
    Err(broken(why(&name, status, words.trim())))
}

/// What a program's failure means. Most of what `initdb` says is what it did before.
fn why(name: &str, status: ExitStatus, words: &str) -> String {
    match words.contains("No space left on device") || words.contains("Disk quota exceeded") {
        true => {
            "its disk is full: the history needs some 50 MB to begin with; make room".to_owned()
        }
        false => format!("{name} ended with {status}: {words}"),
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

    use super::why;

    #[test]
    fn a_full_disk_is_one_sentence() {
        let of = |words| why("initdb", ExitStatus::from_raw(256), words);
        let full = of(
            "creating directory x ... ok\nFATAL:  could not write: No space left on device\nchild process exited",
        );
        assert!(
            full.contains("disk is full") && !full.contains('\n'),
            "{full}"
        );
        assert_eq!(
            of("no such user"),
            "initdb ended with exit status: 1: no such user"
        );
    }
}
