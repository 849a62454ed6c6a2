//! The way to a session that may be logged in to: a connection, the key exchange, and the host key checked.

use std::time::Instant;

use data_encoding::BASE64_NOPAD;
use ssh2::{HashType, MethodType, Session};

use super::{
    ask::{Answer, Ask, LIMIT, Question},
    known_hosts::{self, Known, Verdict, key_type},
    patience::{Patience, Stopped},
    way::Way,
};
use crate::ssh::{
    config::route::{Route, Strict},
    failure::{Reason, Refusal},
    session::transport,
};

/// ChaCha20 first: it is the faster one here. No CBC, no SHA-1.
const CIPHERS: &str = "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr";
/// The libssh2 that is vendored: 1.11.2 development, `LIBSSH2_VERSION_NUM`.
const LIBSSH2: libc::c_int = 0x01_0b_01;

/// The key exchange over a way that is made, and the check that the host is the one it was.
///
/// # Errors
/// Every [`Reason`] but `auth_failed`; and whether it is final: a server that is too busy may hang up before it has said
/// anything.
pub(super) fn shake(
    way: Way,
    route: &Route,
    ask: &dyn Ask,
    patience: &Patience<'_>,
) -> Result<Session, (Refusal, bool)> {
    let final_ = |refusal| (refusal, true);
    check_library().map_err(final_)?;
    let known = Known::read(route);
    let until = Instant::now() + LIMIT;
    let words = way.words();
    let session = new_session(&known).map_err(|error| final_(library(&error)))?;
    let mut shaking = session.clone();
    shaking.set_tcp_stream(way);
    session.set_blocking(false);
    transport::bound(&session);
    if let Err(stopped) = patience.until(&session, until, || shaking.handshake()) {
        let may_be_busy = matches!(stopped, Stopped::Failed(_)) && banner(&session).is_none();
        let mut refusal = explain(&session, route, stopped);
        if let Some(words) = words {
            // They end the command, if it has not ended.
            drop((shaking, session));
            refusal.why.push_str(&words.at_the_end());
        }
        return Err((refusal, !may_be_busy));
    }
    check_key(&session, route, &known, ask).map_err(final_)?;
    Ok(session)
}

#[expect(
    unsafe_code,
    reason = "the version is asked of the library that is linked, which only C can tell"
)]
fn check_library() -> Result<(), Refusal> {
    unsafe extern "C" {
        fn libssh2_version(required: libc::c_int) -> *const libc::c_char;
    }
    if unsafe { libssh2_version(LIBSSH2) }.is_null() {
        let why = "the libssh2 that is linked is older than the one this was made for";
        return Err(Refusal::new(Reason::ServerTooOld, why));
    }
    Ok(())
}

fn new_session(known: &Known) -> Result<Session, ssh2::Error> {
    let session = Session::new()?;
    session.method_pref(MethodType::HostKey, &known.algorithms())?;
    for direction in [MethodType::CryptCs, MethodType::CryptSc] {
        session.method_pref(direction, CIPHERS)?;
    }
    for direction in [MethodType::CompCs, MethodType::CompSc] {
        session.method_pref(direction, "none")?;
    }
    Ok(session)
}

/// How the server names itself; one that is too busy may say so in plain words in its place.
fn banner(session: &Session) -> Option<&str> {
    session.banner().filter(|text| text.starts_with("SSH-"))
}

fn library(error: &ssh2::Error) -> Refusal {
    Refusal::new(Reason::LinkLost, format!("libssh2: {}", error.message()))
}

fn explain(session: &Session, route: &Route, stopped: Stopped) -> Refusal {
    let address = route.address();
    let error = match stopped {
        Stopped::Unwanted(refusal) => return refusal,
        Stopped::Late => {
            let why = format!(
                "{address} did not finish the key exchange within {} s",
                LIMIT.as_secs()
            );
            return Refusal::new(Reason::Timeout, why);
        }
        Stopped::Failed(error) => error,
    };
    let Some(banner) = banner(session) else {
        let why = format!("{address} closed the connection before it said that it speaks SSH");
        return Refusal::new(Reason::LinkLost, why);
    };
    let ssh2::ErrorCode::Session(code) = error.code() else {
        return library(&error);
    };
    match code {
        libssh2_sys::LIBSSH2_ERROR_KEX_FAILURE
        | libssh2_sys::LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE
        | libssh2_sys::LIBSSH2_ERROR_METHOD_NONE
        | libssh2_sys::LIBSSH2_ERROR_HOSTKEY_INIT => Refusal::new(
            Reason::ServerTooOld,
            format!(
                "{address} ({banner}) offers no algorithms that we trust: {}; it takes one each of curve25519 or \
                 ecdh-nistp or dh-group14-sha256 and up, ed25519 or ecdsa or rsa-sha2, chacha20 or aes-gcm or aes-ctr, \
                 hmac-sha2",
                error.message()
            ),
        ),
        _ => Refusal::new(
            Reason::LinkLost,
            format!("{address} ({banner}): {}", error.message()),
        ),
    }
}

/// Before anything is said of who we are: is it the host that we know?
fn check_key(
    session: &Session,
    route: &Route,
    known: &Known,
    ask: &dyn Ask,
) -> Result<(), Refusal> {
    let Some((key, _)) = session.host_key() else {
        let why = format!("{} showed no host key", route.address());
        return Err(Refusal::new(Reason::LinkLost, why));
    };
    let hash = session.host_key_hash(HashType::Sha256).unwrap_or_default();
    let fingerprint = format!("SHA256:{}", BASE64_NOPAD.encode(hash.as_ref()));
    let name = route.host_key_name();
    match known.judge(key) {
        Verdict::Known => Ok(()),
        Verdict::Changed { file, line } => Err(Refusal::new(
            Reason::HostKeyChanged,
            format!(
                "the host key of {name} is not the one in {}:{line} but {} {fingerprint}: somebody may be in between. \
                 If it was changed on purpose: ssh-keygen -f {} -R {}",
                file.display(),
                key_type(key),
                shlex::try_quote(&file.to_string_lossy()).unwrap_or_default(),
                shlex::try_quote(&name).unwrap_or_default(),
            ),
        )),
        Verdict::Revoked { file, line } => Err(Refusal::new(
            Reason::HostKeyChanged,
            format!(
                "the host key of {name}, {} {fingerprint}, is marked as revoked in {}:{line}",
                key_type(key),
                file.display()
            ),
        )),
        Verdict::Unknown => {
            let question = Question::HostKey {
                fingerprint: fingerprint.clone(),
                key_type: key_type(key).to_owned(),
                address: route.address(),
            };
            let accepted = match route.strict {
                Strict::AcceptNew => true,
                Strict::Ask if !route.batch_mode => {
                    matches!(ask.ask(&route.name, question), Answer::Accept)
                }
                Strict::Ask | Strict::Yes => false,
            };
            if !accepted {
                let why = format!(
                    "the host key of {name} is not known: {} {fingerprint}",
                    key_type(key)
                );
                return Err(Refusal::new(Reason::HostKeyUnknown, why));
            }
            write_down(route, key);
            Ok(())
        }
    }
}

/// A key that was accepted and cannot be written down is used this once.
fn write_down(route: &Route, key: &[u8]) {
    if let Err(error) = known_hosts::append(route, key) {
        tracing::warn!(host = route.name, %error, "host key not written down");
    }
}
