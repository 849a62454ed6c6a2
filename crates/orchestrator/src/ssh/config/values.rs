//! What OpenSSH takes as the value of a keyword. It checks each line when it reads it, whether or not the line's block
//! holds for the host, and stops at the first that is wrong: so a wrong line stops every host here as well.

mod algorithms;
mod forms;

use std::{fs, time::Duration};

/// How a keyword's value is read.
#[derive(Debug, Clone, Copy)]
pub(in crate::ssh) enum Kind {
    /// One of these words, in any case.
    OneOf(&'static [&'static str]),
    /// A number from 0.
    Number,
    /// A span of time, `90` or `1m30s`, or `none`.
    TimeOrNone,
    /// A port by its number or by its service's name.
    Port,
    /// One word.
    Word,
    /// One or more words, each of them of any text; `none` must be the only one.
    Files,
    /// `NAME=value` words.
    Assignments,
    /// Patterns of names of variables.
    Names,
    /// The rest of the line as it is: a command for a shell.
    Line,
    /// The same: hosts to go through.
    Jumps,
    /// A list of algorithms, of the keyword of this name.
    Algorithms(&'static str),
    /// A form of its own.
    Form(forms::Form),
    /// Not checked: `ssh` takes anything.
    Any,
}

const FLAG: &[&str] = &["yes", "true", "no", "false"];
/// Keywords that take one.
const FLAGS: &[&str] = &[
    "batchmode",
    "challengeresponseauthentication",
    "canonicalizefallbacklocal",
    "checkhostip",
    "clearallforwardings",
    "enableescapecommandline",
    "enablesshkeysign",
    "exitonforwardfailure",
    "forkafterauthentication",
    "forwardx11",
    "forwardx11trusted",
    "gatewayports",
    "gssapiauthentication",
    "gssapidelegatecredentials",
    "gssapikeyexchange",
    "gssapirenewalforcesrekey",
    "gssapitrustdns",
    "hashknownhosts",
    "hostbasedauthentication",
    "identitiesonly",
    "kbdinteractiveauthentication",
    "nohostauthenticationforlocalhost",
    "passwordauthentication",
    "permitlocalcommand",
    "proxyusefdpass",
    "skeyauthentication",
    "stdinnull",
    "streamlocalbindunlink",
    "tcpkeepalive",
    "tisauthentication",
    "visualhostkey",
];
const LOG_LEVELS: &[&str] = &[
    "quiet", "fatal", "error", "info", "verbose", "debug", "debug1", "debug2", "debug3",
];
const LOG_FACILITIES: &[&str] = &[
    "daemon", "user", "auth", "authpriv", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
];

/// How the values of a keyword in lower case are read.
pub(in crate::ssh) fn kind_of(keyword: &str) -> Kind {
    match keyword {
        keyword if FLAGS.contains(&keyword) => Kind::OneOf(FLAG),
        "pubkeyauthentication" => {
            Kind::OneOf(&["yes", "true", "no", "false", "unbound", "host-bound"])
        }
        "stricthostkeychecking" => {
            Kind::OneOf(&["yes", "true", "no", "off", "false", "ask", "accept-new"])
        }
        "addressfamily" => Kind::OneOf(&["any", "inet", "inet6"]),
        "canonicalizehostname" => Kind::OneOf(&["yes", "true", "no", "false", "always"]),
        "compression" => Kind::OneOf(&["yes", "no"]),
        "controlmaster" => Kind::OneOf(&["yes", "true", "no", "false", "auto", "ask", "autoask"]),
        "fingerprinthash" => Kind::OneOf(&["md5", "sha1", "sha256", "sha384", "sha512"]),
        "loglevel" => Kind::OneOf(LOG_LEVELS),
        "syslogfacility" => Kind::OneOf(LOG_FACILITIES),
        "tunnel" => Kind::OneOf(&["yes", "true", "no", "false", "point-to-point", "ethernet"]),
        "requesttty" => Kind::OneOf(&["yes", "true", "no", "false", "force", "auto"]),
        "sessiontype" => Kind::OneOf(&["none", "subsystem", "default"]),
        "updatehostkeys" | "verifyhostkeydns" => {
            Kind::OneOf(&["yes", "true", "no", "false", "ask"])
        }
        "canonicalizemaxdots"
        | "connectionattempts"
        | "numberofpasswordprompts"
        | "requiredrsasize"
        | "serveralivecountmax" => Kind::Number,
        "connecttimeout"
        | "forwardx11timeout"
        | "protocolkeepalives"
        | "serveraliveinterval"
        | "setuptimeout" => Kind::TimeOrNone,
        "port" => Kind::Port,
        "bindaddress"
        | "bindinterface"
        | "certificatefile"
        | "controlpath"
        | "forwardagent"
        | "gssapiclientidentity"
        | "gssapiserveridentity"
        | "hostkeyalias"
        | "hostname"
        | "identityagent"
        | "identityfile"
        | "ignoreunknown"
        | "kbdinteractivedevices"
        | "pkcs11provider"
        | "preferredauthentications"
        | "refuseconnection"
        | "revokedhostkeys"
        | "securitykeyprovider"
        | "tag"
        | "user"
        | "xauthlocation" => Kind::Word,
        "ciphers" => Kind::Algorithms("ciphers"),
        "gssapikexalgorithms" => Kind::Algorithms("gssapikexalgorithms"),
        "kexalgorithms" => Kind::Algorithms("kexalgorithms"),
        "macs" => Kind::Algorithms("macs"),
        "casignaturealgorithms"
        | "hostbasedacceptedalgorithms"
        | "hostkeyalgorithms"
        | "pubkeyacceptedalgorithms" => Kind::Algorithms("hostkeyalgorithms"),
        "globalknownhostsfile" | "logverbose" | "userknownhostsfile" => Kind::Files,
        "sendenv" => Kind::Names,
        "setenv" => Kind::Assignments,
        "knownhostscommand" | "localcommand" | "proxycommand" | "remotecommand" => Kind::Line,
        "proxyjump" => Kind::Jumps,
        keyword => forms::of(keyword).map_or(Kind::Any, Kind::Form),
    }
}

impl Kind {
    /// Whether the value is the rest of the line, and not words.
    pub(super) fn is_line(self) -> bool {
        matches!(self, Self::Line | Self::Jumps)
    }

    /// What is wrong with these words.
    ///
    /// # Errors
    /// A fragment that says what was expected.
    pub(super) fn check(self, words: &[String]) -> Result<(), String> {
        let Some(first) = words.first() else {
            return Err("has no value".to_owned());
        };
        let one = |is_right: bool, what: &str| match (words.len(), is_right) {
            (1, true) => Ok(()),
            (1, false) => Err(format!("takes {what}, not '{}'", first.escape_debug())),
            _ => Err(format!("takes one value, but has {}", words.len())),
        };
        if words.iter().any(String::is_empty) && !matches!(self, Self::Any) {
            return Err("has an empty value".to_owned());
        }
        match self {
            Self::OneOf(allowed) => one(
                allowed.iter().any(|word| word.eq_ignore_ascii_case(first)),
                &allowed.join(", "),
            ),
            Self::Number => one(number(first).is_some(), "a number"),
            Self::TimeOrNone => one(
                first == "none" || seconds(first).is_some(),
                "a span of time",
            ),
            Self::Port => one(port(first).is_some(), "a port"),
            Self::Word => one(true, ""),
            Self::Files => {
                let none = words.iter().any(|word| word.eq_ignore_ascii_case("none"));
                if none && words.len() > 1 {
                    return Err("takes 'none' alone".to_owned());
                }
                Ok(())
            }
            Self::Assignments => match words.iter().find(|word| !word.contains('=')) {
                Some(word) => Err(format!("takes NAME=value, not '{}'", word.escape_debug())),
                None => Ok(()),
            },
            Self::Names => match words.iter().find(|word| word.contains('=')) {
                Some(word) => Err(format!("takes names, not '{}'", word.escape_debug())),
                None => Ok(()),
            },
            Self::Algorithms(keyword) => {
                one(true, "")?;
                match algorithms::unknown(keyword, first) {
                    Some(name) => Err(format!("names no algorithm '{}'", name.escape_debug())),
                    None => Ok(()),
                }
            }
            Self::Form((what, fits)) => {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                if fits(&words) {
                    return Ok(());
                }
                let value = words.join(" ");
                Err(format!("takes {what}, not '{}'", value.escape_debug()))
            }
            Self::Line | Self::Jumps | Self::Any => Ok(()),
        }
    }
}

/// A number from 0 to 2³¹ − 1.
pub(super) fn number(text: &str) -> Option<u32> {
    let text = text.trim_start();
    let digits = text.strip_prefix('+').unwrap_or(text);
    let value: u32 = digits.parse().ok()?;
    i32::try_from(value).ok().map(|_| value)
}

/// A port above 0: its number, or the name of a TCP service of `/etc/services`.
pub(super) fn port(text: &str) -> Option<u16> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.parse().ok().filter(|port| *port > 0);
    }
    let services = fs::read_to_string("/etc/services").ok()?;
    services.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_ascii_whitespace();
        let name = words.next()?;
        let (port, protocol) = words.next()?.split_once('/')?;
        let is_meant = protocol == "tcp" && (name == text || words.any(|alias| alias == text));
        is_meant.then(|| port.parse().ok()).flatten()
    })
}

/// A span of time as sshd_config(5), "TIME FORMATS", has it, in seconds: `90`, `1h30m`.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let mut total = 0_u64;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let count: u64 = rest[..end].parse().ok()?;
        let (factor, width) = match rest[end..].chars().next() {
            None => (1, 0),
            Some('s' | 'S') => (1, 1),
            Some('m' | 'M') => (60, 1),
            Some('h' | 'H') => (3_600, 1),
            Some('d' | 'D') => (86_400, 1),
            Some('w' | 'W') => (604_800, 1),
            Some(_) => return None,
        };
        total = total.checked_add(count.checked_mul(factor)?)?;
        rest = &rest[end + width..];
    }
    u64::try_from(i32::MAX)
        .ok()
        .filter(|most| total <= *most)
        .map(|_| total)
}

/// The same as a span; none for `none`.
pub(super) fn span(text: &str) -> Option<Duration> {
    seconds(text).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_have_units() {
        assert_eq!(seconds("90"), Some(90));
        assert_eq!(seconds("1m30s"), Some(90));
        assert_eq!(seconds("1H1d"), Some(90_000));
        assert_eq!(seconds("1x"), None);
        assert_eq!(seconds("m"), None);
        assert_eq!(seconds("-1"), None);
        assert_eq!(seconds(""), None);
        assert_eq!(seconds("9999999w"), None);
    }

    #[test]
    fn ports_have_numbers_or_names() {
        assert_eq!(port("022"), Some(22));
        assert_eq!(port("0"), None);
        assert_eq!(port("70000"), None);
        assert_eq!(port("ssh"), Some(22));
        assert_eq!(port("no such service"), None);
    }

    #[test]
    fn a_wrong_value_says_what_is_expected() {
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        let flag = kind_of("batchmode");
        assert!(flag.check(&words(&["YES"])).is_ok());
        assert!(flag.check(&words(&["maybe"])).is_err());
        assert!(flag.check(&words(&["yes", "no"])).is_err());
        let files = kind_of("userknownhostsfile");
        assert!(files.check(&words(&["a", "b"])).is_ok());
        assert!(files.check(&words(&["a", "none"])).is_err());
        assert!(kind_of("setenv").check(&words(&["A"])).is_err());
    }
}
