//! `RevokedHostKeys`: keys that are never trusted, in a text of public keys or in a list of OpenSSH's own form (KRL), which
//! `ssh-keygen` reads. Like `ssh`, who cannot read it trusts no key.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use data_encoding::BASE64;

use crate::folders;

/// How a list in OpenSSH's own form begins (PROTOCOL.krl).
const KRL: &[u8] = b"SSHKRL\n\0";

/// The line from 1 of the file that names this key, which is of this type; 0 if its form has no lines.
///
/// # Errors
/// The file cannot be read or understood.
pub(super) fn line_of(file: &Path, kind: &str, key: &[u8]) -> Result<Option<usize>, String> {
    let bytes =
        fs::read(file).map_err(|error| format!("the revoked keys cannot be read: {error}"))?;
    if bytes.starts_with(KRL) {
        return Ok(is_in_list(file, kind, key)?.then_some(0));
    }
    let text = String::from_utf8_lossy(&bytes);
    let at = text.lines().position(|line| {
        let mut words = line.split_ascii_whitespace();
        let _type = words.next();
        let named = words
            .next()
            .and_then(|word| BASE64.decode(word.as_bytes()).ok());
        named.is_some_and(|named| named == key)
    });
    Ok(at.map(|at| at + 1))
}

fn is_in_list(file: &Path, kind: &str, key: &[u8]) -> Result<bool, String> {
    let failed = |error: std::io::Error| {
        format!("ssh-keygen, which reads the revoked keys, cannot be run: {error}")
    };
    let program = folders::installed("ssh-keygen").map_err(failed)?;
    let mut child = Command::new(program)
        .arg("-Q")
        .arg("-f")
        .arg(file)
        .arg("/dev/stdin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{} {}", kind, BASE64.encode(key)).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    let text = String::from_utf8_lossy(&output.stdout);
    match (output.status.success(), text.contains("REVOKED")) {
        (true, false) => Ok(false),
        (_, true) => Ok(true),
        (false, false) => Err("the revoked keys cannot be read by ssh-keygen".to_owned()),
    }
}
