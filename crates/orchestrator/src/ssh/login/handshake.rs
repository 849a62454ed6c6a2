//! The way to a session that may be logged in to: a connection, the key exchange, and the host key checked.

use std::time::Instant;

use data_encoding::BASE64_NOPAD;
use ssh2::{HashType, Session};

use super::{
    ask::{Answer, Ask, LIMIT, Question},
    known_hosts::{self, HostKeys, Verdict, key_type},
    patience::{Patience, Stopped},
    way::Way,
};
use crate::ssh::{
    algorithms::{Offer, Wanted},
    config::route::{Route, Strict},
    failure::{Reason, Refusal, by_own_ssh},
    session::transport,
};

/// The libssh2 that is vendored: 1.11.2 development, `LIBSSH2_VERSION_NUM`.
const LIBSSH2: libc::c_int = 0x01_0b_01;

/// The key exchange over a way that is made, which has to be done by `until`, and the check that the host is the one it was.
///
/// # Errors
/// Every [`Reason`] but `auth_failed`; and whether it is final: a server that is too busy may hang up before it has said
/// anything.
pub(super) fn shake(
    way: Way,
    route: &Route,
    until: Instant,
    ask: &dyn Ask,
    patience: &Patience<'_>,
) -> Result<Session, (Refusal, bool)> {
    let final_ = |refusal| (refusal, true);
    check_library().map_err(final_)?;
    let host_keys = HostKeys::read(route);
    let words = way.words();
    let wanted = Wanted::of(&route.algorithms, &host_keys.algorithms());
    let session = new_session(&wanted).map_err(|error| final_(library(&error)))?;
    let mut shaking = session.clone();
    shaking.set_tcp_stream(way);
    session.set_blocking(false);
    transport::bound(&session);
    if let Err(stopped) = patience.until(&session, until, || shaking.handshake()) {
        let may_be_busy = matches!(stopped, Stopped::Failed(_))
            && banner(&session).is_none()
            && !transport::is_endless();
        let mut refusal = explain(&session, route, &wanted, stopped);
        if let Some(words) = words {
            // They end the command, if it has not ended.
            drop((shaking, session));
            refusal.why.push_str(&words.at_the_end());
        }
        return Err((refusal, !may_be_busy));
    }
    check_key(&session, route, &host_keys, ask).map_err(final_)?;
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
        let why = "the libssh2 that is linked is older than the one this was built for";
        return Err(Refusal::new(Reason::ServerTooOld, why));
    }
    Ok(())
}

fn new_session(wanted: &Wanted) -> Result<Session, ssh2::Error> {
    let session = Session::new()?;
    wanted.apply(&session)?;
    Ok(session)
}

/// How the server names itself; one that is too busy may say so in plain words in its place.
fn banner(session: &Session) -> Option<&str> {
    session.banner().filter(|text| text.starts_with("SSH-"))
}

fn library(error: &ssh2::Error) -> Refusal {
    Refusal::new(Reason::LinkLost, format!("libssh2: {}", error.message()))
}

fn explain(session: &Session, route: &Route, wanted: &Wanted, stopped: Stopped) -> Refusal {
    let address = route.address();
    let error = match stopped {
        Stopped::Unwanted(refusal) => return refusal,
        Stopped::Late => {
            let limit = match route.connect_timeout_named {
                true => format!("{} s (ConnectTimeout)", route.connect_timeout.as_secs()),
                false => format!("{} s", LIMIT.as_secs()),
            };
            let why = format!(
                "{address} did not finish the key exchange within {limit}{}",
                first_words()
            );
            return Refusal::new(Reason::Timeout, why);
        }
        Stopped::Failed(error) => error,
    };
    if transport::is_endless() {
        let why = format!(
            "{address} sent more than {} KiB and did not say that it speaks SSH{}",
            transport::PREFACE >> 10,
            first_words()
        );
        return Refusal::new(Reason::LinkLost, why);
    }
    let Some(banner) = banner(session) else {
        if turns_away() {
            let why = format!(
                "{address} turns this machine away: too many others log in there just now (MaxStartups), or logins from \
                 here have failed (PerSourcePenalties); try again in a minute{}",
                first_words()
            );
            return Refusal::new(Reason::Refused, why);
        }
        let why = format!(
            "{address} closed the connection before it said that it speaks SSH{}",
            first_words()
        );
        return Refusal::new(Reason::LinkLost, why);
    };
    if banner.starts_with("SSH-1.") && !banner.starts_with("SSH-1.99") {
        let why = format!(
            "{address} ({banner}) speaks the first version of SSH alone, which nothing speaks any more"
        );
        return Refusal::new(Reason::ServerTooOld, why);
    }
    let offer = Offer::read(&transport::greeting());
    if let Some((missing, has_ssh)) = offer.and_then(|offer| wanted.missing_in(&offer)) {
        let why =
            format!("{address} ({banner}) offers no algorithms that can be used here: {missing}");
        return match has_ssh {
            true => {
                let own = by_own_ssh(&route.name);
                Refusal::new(Reason::Algorithms, format!("{why}; {own}"))
            }
            false => Refusal::new(Reason::ServerTooOld, why),
        };
    }
    let words = transport::last_words().map(|words| format!("; it said: {}", words.trim()));
    let why = format!(
        "{address} ({banner}) broke off the key exchange: {}{}",
        error.message(),
        words.unwrap_or_default()
    );
    Refusal::new(Reason::LinkLost, why)
}

/// Whether the server turns this address away in place of its banner: OpenSSH from 9.8 on says the same if too many have not
/// logged in yet, which a moment later may be over, and for a while after failed logins.
fn turns_away() -> bool {
    transport::greeting().starts_with(b"Not allowed at this time")
}

/// What a server said in place of its banner: a busy one, or one of another kind, may say why in plain words.
fn first_words() -> String {
    let greeting = transport::greeting();
    let text = String::from_utf8_lossy(&greeting[..greeting.len().min(300)]);
    let lines = text.lines().filter(|line| !line.starts_with("SSH-"));
    let text = lines.collect::<Vec<_>>().join(" ");
    match text.trim() {
        "" => String::new(),
        text => format!("; it said: {text}"),
    }
}

/// Before anything is said of who we are: is it the host that we know?
fn check_key(
    session: &Session,
    route: &Route,
    host_keys: &HostKeys,
    ask: &dyn Ask,
) -> Result<(), Refusal> {
    let Some((key, _)) = session.host_key() else {
        let why = format!("{} showed no host key", route.address());
        return Err(Refusal::new(Reason::LinkLost, why));
    };
    let hash = session.host_key_hash(HashType::Sha256).unwrap_or_default();
    let fingerprint = format!("SHA256:{}", BASE64_NOPAD.encode(hash.as_ref()));
    let name = route.host_key_name();
    match host_keys.judge(key) {
        Verdict::Known => Ok(()),
        // No question here: a person in a hurry would accept an attacker's key.
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
        Verdict::Unchecked(why) => {
            let why =
                format!("whether the host key of {name} is revoked cannot be found out: {why}");
            Err(Refusal::new(Reason::HostKeyChanged, why))
        }
        Verdict::Unknown => {
            // libssh2 knows no host certificates; a question for the bare key would be no check.
            check_certificate(route, host_keys)?;
            let question = Question::HostKey {
                fingerprint: fingerprint.clone(),
                key_type: key_type(key).to_owned(),
                address: route.address(),
            };
            let accepted = match route.strict {
                Strict::AcceptNew => true,
                // `BatchMode` and `StrictHostKeyChecking yes` forbid questions, so that key is refused.
                Strict::Ask if !route.batch_mode => {
                    matches!(ask.ask(&route.name, question), Answer::Accept)
                }
                Strict::Ask | Strict::Yes => false,
            };
            if !accepted {
                let authority = host_keys.authority().map(|place| {
                    format!("; {place} names an authority for it, but it has no certificate")
                });
                let why = format!(
                    "the host key of {name} is not known: {} {fingerprint}{}",
                    key_type(key),
                    authority.unwrap_or_default()
                );
                return Err(Refusal::new(Reason::HostKeyUnknown, why));
            }
            write_down(route, key);
            Ok(())
        }
    }
}

/// Refuses a host whose key an authority vouches for: a person who is asked for that key in its place has nothing to
/// compare it with.
fn check_certificate(route: &Route, host_keys: &HostKeys) -> Result<(), Refusal> {
    let Some(place) = host_keys.authority() else {
        return Ok(());
    };
    let offer = Offer::read(&transport::greeting());
    if !offer.is_some_and(|offer| offer.has_host_certificate()) {
        return Ok(());
    }
    let why = format!(
        "{} shows a certificate by an authority that {place} names, which cannot be checked here; {}",
        route.address(),
        by_own_ssh(&route.name)
    );
    Err(Refusal::new(Reason::HostCertificate, why))
}

/// A key that was accepted and cannot be written down is used this once.
fn write_down(route: &Route, key: &[u8]) {
    if let Err(error) = known_hosts::append(route, key) {
        tracing::warn!(host = route.name, %error, "host key not written down");
    }
}
