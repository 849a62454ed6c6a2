//! Files that are made from ours and committed: a test fails if one differs from what would be made now.

use std::{fs, path::Path};

/// Compares a file, by its path from the repository's root, with what is made; writes it again if `make wire` asks.
pub(crate) fn is_current(path: &str, content: &str) {
    let place = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    if std::env::var_os("VMO_WRITE_TS").is_some() {
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, content).unwrap();
    }
    let kept = fs::read_to_string(&place).unwrap_or_default();
    assert!(
        kept == content,
        "{path} is not what the Rust sources say: run `make wire` and commit it"
    );
}
