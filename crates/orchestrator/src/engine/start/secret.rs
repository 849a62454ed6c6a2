//! Which of a project's variables are secret.

use crate::{make, project::Scan};

/// Whether a variable is secret: by its name, unless a makefile's comment says otherwise.
pub(in crate::engine) fn is_secret(scan: &Scan, name: &str) -> bool {
    let mut variables = scan.variables.iter();
    let known = variables.find(|variable| variable.name == name);
    known.map_or_else(|| make::is_secret_name(name), |known| known.secret)
        || scan
            .secrets
            .iter()
            .any(|secret| secret.name == name || secret.takes.iter().any(|taken| taken == name))
}
