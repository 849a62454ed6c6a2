//! Lists of algorithms. `ssh` stops at a name that it does not know; known here are those of OpenSSH 8 to 10, and names of
//! somebody's own, `NAME@DOMAIN`, which others may have added.

use crate::ssh::config::pattern;

const CIPHERS: &[&str] = &[
    "3des-cbc",
    "aes128-cbc",
    "aes192-cbc",
    "aes256-cbc",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
];
const MACS: &[&str] = &[
    "hmac-sha1",
    "hmac-sha1-96",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-md5",
    "hmac-md5-96",
];
const KEY_EXCHANGES: &[&str] = &[
    "diffie-hellman-group1-sha1",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group-exchange-sha256",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "curve25519-sha256",
    "sntrup761x25519-sha512",
    "mlkem768x25519-sha256",
    "mlkem768nistp256-sha256",
    "mlkem1024nistp384-sha384",
];
/// Those of Kerberos, which a name of a mechanism follows.
const KERBEROS: &[&str] = &[
    "gss-gex-sha1-",
    "gss-group1-sha1-",
    "gss-group14-sha1-",
    "gss-group14-sha256-",
    "gss-group16-sha512-",
    "gss-nistp256-sha256-",
    "gss-nistp384-sha384-",
    "gss-nistp521-sha512-",
    "gss-curve25519-sha256-",
    "gss-curve448-sha512-",
];
const KEYS: &[&str] = &[
    "ssh-ed25519",
    "ssh-ed25519-cert-v01@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-dss",
    "ssh-dss-cert-v01@openssh.com",
    "ssh-rsa",
    "ssh-rsa-cert-v01@openssh.com",
    "rsa-sha2-256",
    "rsa-sha2-256-cert-v01@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-512-cert-v01@openssh.com",
];

/// Which name of a list of a keyword in lower case no version knows.
pub(super) fn unknown<'a>(keyword: &str, list: &'a str) -> Option<&'a str> {
    let list = match list.chars().next() {
        // What is taken away may be anything.
        Some('-') if keyword != "gssapikexalgorithms" => return None,
        Some('+' | '^') => &list[1..],
        _ => list,
    };
    let is_known: fn(&str) -> bool = match keyword {
        "ciphers" => |name| CIPHERS.contains(&name),
        "macs" => |name| MACS.contains(&name),
        "kexalgorithms" => |name| KEY_EXCHANGES.contains(&name) || is_of_kerberos(name),
        "gssapikexalgorithms" => is_of_kerberos,
        _ => |name| {
            let pattern = name.strip_prefix('!').unwrap_or(name);
            KEYS.iter().any(|known| pattern::one(pattern, known))
        },
    };
    if list.is_empty() {
        return Some(list);
    }
    // ssh reads up to the first empty name.
    let mut names = list.split(',').take_while(|name| !name.is_empty());
    names.find(|name| !is_known(name) && !is_somebodys(name))
}

fn is_of_kerberos(name: &str) -> bool {
    KERBEROS.iter().any(|start| name.starts_with(start))
}

fn is_somebodys(name: &str) -> bool {
    name.split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'))
}
