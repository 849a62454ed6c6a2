//! Which keys the config lets be used (`PubkeyAcceptedAlgorithms`).

use super::public_key::kind;
use crate::ssh::config::{pattern, route::Route};

/// Whether a key may be offered. One whose kind is unknown may be offered.
pub(super) fn is_accepted(route: &Route, blob: Option<&[u8]>) -> bool {
    let list = route.algorithms.user_keys.as_deref();
    let (Some(list), Some(kind)) = (list, blob.and_then(kind)) else {
        return true;
    };
    let listed = |list: &str| {
        let mut patterns = list.split(',').filter(|pattern| !pattern.is_empty());
        let named = names(kind);
        patterns.any(|pattern| named.iter().any(|name| pattern::one(pattern, name)))
    };
    match list.split_at_checked(1) {
        // All of our kinds are among the usual ones, which these only add to.
        Some(("+" | "^", _)) => true,
        Some(("-", rest)) => !listed(rest),
        _ => listed(list),
    }
}

/// The algorithms by which a key of this kind signs here: RSA with SHA-2 alone.
fn names(kind: &str) -> Vec<String> {
    let (plain, suffix) = match kind.strip_suffix("-cert-v01@openssh.com") {
        Some(plain) => (plain, "-cert-v01@openssh.com"),
        None => (kind, ""),
    };
    let plain = match plain {
        "ssh-rsa" => vec!["rsa-sha2-512", "rsa-sha2-256"],
        plain => vec![plain],
    };
    plain
        .into_iter()
        .map(|name| format!("{name}{suffix}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_keys_go_by_the_names_of_their_signatures() {
        assert_eq!(names("ssh-ed25519"), ["ssh-ed25519"]);
        assert_eq!(names("ssh-rsa"), ["rsa-sha2-512", "rsa-sha2-256"]);
        let certificate = names("ssh-rsa-cert-v01@openssh.com");
        assert_eq!(certificate[1], "rsa-sha2-256-cert-v01@openssh.com");
    }
}
