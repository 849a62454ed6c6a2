//! Writes the list of the page's files, so that `vmo serve` carries them in the binary; refuses a build whose SSH
//! library is not the vendored one.

use std::{
    env,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    refuse_system_libssh2();
    embed_page().expect("the page's files can be read and listed");
}

/// The system's libssh2 has known holes that the vendored one has not.
fn refuse_system_libssh2() {
    println!("cargo::rerun-if-env-changed=LIBSSH2_SYS_USE_PKG_CONFIG");
    assert!(
        env::var_os("LIBSSH2_SYS_USE_PKG_CONFIG").is_none(),
        "LIBSSH2_SYS_USE_PKG_CONFIG is set: it would link the system's libssh2, which lacks the fixes of the vendored \
         one. Unset it."
    );
}

/// `$OUT_DIR/page_files.rs`: an array of paths, as a browser asks for them, and contents. It is empty if
/// `npm run build` has not run; a plain `cargo build` needs no npm.
fn embed_page() -> io::Result<()> {
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")).join("../../build");
    // A folder that is not there counts as changed at every build, and would compile this crate anew each time.
    fs::create_dir_all(&root).unwrap_or_else(|error| {
        println!("cargo::warning=could not make {}: {error}", root.display());
    });
    println!("cargo::rerun-if-changed={}", root.display());

    let mut files = Vec::new();
    if root.join("index.html").is_file() {
        collect(&root.canonicalize()?, "", &mut files)?;
    }
    files.sort();
    let mut list = String::from("&[\n");
    for (path, file) in files {
        writeln!(list, "    ({path:?}, include_bytes!({file:?}) as &[u8]),")
            .map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&variable("OUT_DIR")).join("page_files.rs"), list)
}

fn collect(folder: &Path, at: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{at}/{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &path, files)?;
        } else if entry.file_type()?.is_file() {
            files.push((path, entry.path()));
        }
    }
    Ok(())
}

fn variable(name: &str) -> String {
    env::var(name).expect("cargo sets it")
}
