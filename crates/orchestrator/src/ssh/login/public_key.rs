//! Public keys and certificates as files and agents hold them, in the form that goes over the wire: strings after each
//! other, each with its length before it.

use std::{fs, path::Path};

use data_encoding::BASE64;

use crate::confined;

const CERTIFICATE: &str = "-cert-v01@openssh.com";
/// As much of a key file as is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The text of a key file; none if it is larger than any key.
///
/// # Errors
/// It cannot be read.
pub(super) fn read(path: &Path) -> std::io::Result<Option<String>> {
    if fs::metadata(path)?.len() > MAX_BYTES {
        return Ok(None);
    }
    Ok(String::from_utf8(confined::key_file(path)?).ok())
}

/// The key of a line `ssh-ed25519 AAAA… comment`, as a `.pub` file has it.
pub(super) fn of_line(text: &str) -> Option<Vec<u8>> {
    let mut words = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))?
        .split_ascii_whitespace();
    let (name, body) = (words.next()?, words.next()?);
    let blob = BASE64.decode(body.as_bytes()).ok()?;
    (kind(&blob) == Some(name)).then_some(blob)
}

/// The public half that OpenSSH's own format keeps in the open, before what a passphrase protects.
pub(super) fn of_private(text: &str) -> Option<Vec<u8>> {
    let bytes = body_of(text)?;
    let mut rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
    for _ in ["cipher", "derivation", "its options"] {
        string(&mut rest)?;
    }
    let count = rest.split_off(..4)?;
    if count != [0, 0, 0, 1] {
        return None;
    }
    let blob = string(&mut rest)?;
    kind(blob).map(|_| blob.to_vec())
}

/// Whether a private key needs a passphrase: PEM says so in a header, OpenSSH's own format by its cipher's name.
pub(super) fn is_encrypted(text: &str) -> bool {
    text.contains("ENCRYPTED")
        || body_of(text).is_some_and(|bytes| !bytes.starts_with(b"openssh-key-v1\0\0\0\0\x04none"))
}

fn body_of(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN OPENSSH PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END")?;
    let body: String = body.split_ascii_whitespace().collect();
    BASE64.decode(body.as_bytes()).ok()
}

/// The name of a key's kind, as `ssh-ed25519`.
pub(super) fn kind(blob: &[u8]) -> Option<&str> {
    let mut rest = blob;
    let name = std::str::from_utf8(string(&mut rest)?).ok()?;
    let is_name = |byte: u8| byte.is_ascii_graphic() && byte != b',';
    (!name.is_empty() && name.len() <= 64 && name.bytes().all(is_name)).then_some(name)
}

/// Whether it is a certificate.
pub(super) fn is_certificate(blob: &[u8]) -> bool {
    kind(blob).is_some_and(|kind| kind.ends_with(CERTIFICATE))
}

/// Whether its private half is in a piece of hardware that may have to be touched.
pub(super) fn is_hardware(blob: &[u8]) -> bool {
    kind(blob).is_some_and(|kind| kind.starts_with("sk-"))
}

/// The plain key of a certificate; of a plain key, itself.
pub(super) fn plain(blob: &[u8]) -> Option<Vec<u8>> {
    let Some(kind) = kind(blob)?.strip_suffix(CERTIFICATE) else {
        return Some(blob.to_vec());
    };
    let (name, strings) = match kind {
        "ssh-rsa" | "rsa-sha2-256" | "rsa-sha2-512" => ("ssh-rsa", 2),
        "ssh-ed25519" => (kind, 1),
        "ecdsa-sha2-nistp256" | "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521" => (kind, 2),
        "sk-ssh-ed25519" => ("sk-ssh-ed25519@openssh.com", 2),
        "sk-ecdsa-sha2-nistp256" => ("sk-ecdsa-sha2-nistp256@openssh.com", 3),
        _ => return None,
    };
    let mut rest = blob;
    for _ in ["kind", "nonce"] {
        string(&mut rest)?;
    }
    let mut key = Vec::new();
    put(&mut key, name.as_bytes());
    for _ in 0..strings {
        put(&mut key, string(&mut rest)?);
    }
    Some(key)
}

/// Whether it is a key or a certificate of a kind that OpenSSH knows, with all its parts.
pub(super) fn is_whole(blob: &[u8]) -> bool {
    if is_certificate(blob) {
        return plain(blob).is_some();
    }
    let parts = match kind(blob) {
        Some("ssh-ed25519") => 1,
        Some("ssh-dss") => 4,
        Some("sk-ecdsa-sha2-nistp256@openssh.com") => 3,
        Some(
            "ssh-rsa"
            | "ecdsa-sha2-nistp256"
            | "ecdsa-sha2-nistp384"
            | "ecdsa-sha2-nistp521"
            | "sk-ssh-ed25519@openssh.com",
        ) => 2,
        _ => return false,
    };
    let mut rest = blob;
    (0..=parts).all(|_| string(&mut rest).is_some()) && rest.is_empty()
}

/// Takes one string from the front.
pub(super) fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = rest.split_off(..4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    rest.split_off(..usize::try_from(length).ok()?)
}

/// Puts one string at the end.
pub(super) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(length.to_be_bytes());
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(parts: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        parts.iter().for_each(|part| put(&mut out, part));
        out
    }

    #[test]
    fn a_certificate_holds_its_plain_key() {
        let plain_key = blob(&[b"ssh-ed25519", b"KEY"]);
        let certificate = blob(&[
            b"ssh-ed25519-cert-v01@openssh.com",
            b"nonce",
            b"KEY",
            b"more",
        ]);
        assert_eq!(plain(&certificate), Some(plain_key.clone()));
        assert_eq!(plain(&plain_key), Some(plain_key));
        assert!(is_certificate(&certificate));
        let sk = blob(&[
            b"sk-ssh-ed25519-cert-v01@openssh.com",
            b"n",
            b"KEY",
            b"ssh:",
            b"more",
        ]);
        let key = blob(&[b"sk-ssh-ed25519@openssh.com", b"KEY", b"ssh:"]);
        assert_eq!(plain(&sk), Some(key));
        assert!(is_hardware(&sk));
    }

    #[test]
    fn what_is_no_key_is_none() {
        assert_eq!(kind(b""), None);
        assert_eq!(kind(&[0, 0, 0, 9, b'a']), None);
        assert_eq!(kind(&blob(&[b"a b"])), None);
        assert_eq!(of_line("ssh-ed25519 !!!"), None);
        assert_eq!(of_line("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAAA=="), None);
        assert_eq!(
            of_private("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END"),
            None
        );
        assert_eq!(
            plain(&blob(&[b"ssh-rsa-cert-v01@openssh.com", b"n", b"e"])),
            None
        );
    }
}
