//! `RevokedHostKeys`: keys that are never trusted, in a text of public keys or in a list of OpenSSH's own form (KRL), which
//! `ssh-keygen` reads. Like `ssh`, who cannot read it trusts no key.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use data_encoding::BASE64;

use crate::{
    folders,
    ssh::login::public_key::{is_whole, of_line},
};

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
    for (at, line) in text.split('\n').enumerate() {
        let line = line.trim_start_matches([' ', '\t']);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // What cannot be read may be the key that is meant.
        let Some(named) = of_line(line).filter(|named| is_whole(named)) else {
            return Err(format!("{}:{} is no public key", file.display(), at + 1));
        };
        if named == key {
            return Ok(Some(at + 1));
        }
    }
    Ok(None)
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
