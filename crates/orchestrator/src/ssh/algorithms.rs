//! Which algorithms a session may use: ours, as the config changes them, and those that a server offers.

use std::{collections::HashMap, sync::OnceLock};

use ssh2::{MethodType, Session};

use crate::ssh::config::{pattern, route::Algorithms};

/// ChaCha20 first: it is the faster one here. No CBC, no SHA-1, unless the config asks for it.
const CIPHERS: &[&str] = &[
    "chacha20-poly1305@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
];

/// What an algorithm is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::ssh) enum Use {
    /// `KexAlgorithms`.
    KeyExchange,
    /// `HostKeyAlgorithms`.
    HostKey,
    /// `Ciphers`.
    Cipher,
    /// `MACs`.
    Mac,
}

impl Use {
    /// All of them, in the order that a server offers them in.
    const ALL: [Self; 4] = [Self::KeyExchange, Self::HostKey, Self::Cipher, Self::Mac];

    /// As a person calls it.
    const fn words(self) -> &'static str {
        match self {
            Self::KeyExchange => "key exchange",
            Self::HostKey => "host key",
            Self::Cipher => "cipher",
            Self::Mac => "MAC",
        }
    }

    const fn method(self) -> MethodType {
        match self {
            Self::KeyExchange => MethodType::Kex,
            Self::HostKey => MethodType::HostKey,
            Self::Cipher => MethodType::CryptCs,
            Self::Mac => MethodType::MacCs,
        }
    }

    /// What can be used, best first.
    fn available(self) -> &'static [&'static str] {
        static ALL: OnceLock<HashMap<Use, Vec<&'static str>>> = OnceLock::new();
        let all = ALL.get_or_init(|| {
            let session = Session::new().ok();
            let supported = |kind: Self| {
                let supported = session
                    .as_ref()
                    .map(|session| session.supported_algs(kind.method()));
                let mut names = supported.and_then(Result::ok).unwrap_or_default();
                // Two of them only say what we are able to; and certificates of hosts are not checked here.
                names.retain(|name| {
                    !name.starts_with("ext-info") && !name.starts_with("kex-strict")
                });
                names.retain(|name| kind != Self::HostKey || !name.contains("-cert-"));
                names
            };
            Self::ALL
                .into_iter()
                .map(|kind| (kind, supported(kind)))
                .collect()
        });
        all.get(&self).map_or(&[], Vec::as_slice)
    }

    /// What OpenSSH 8 to 10 use unless told otherwise, and some libssh2 does not have.
    const fn of_ssh_alone(self) -> &'static [&'static str] {
        match self {
            Self::KeyExchange => &[
                "sntrup761x25519-sha512",
                "sntrup761x25519-sha512@openssh.com",
                "mlkem768x25519-sha256",
            ],
            Self::HostKey => &[
                "sk-ssh-ed25519@openssh.com",
                "sk-ecdsa-sha2-nistp256@openssh.com",
            ],
            Self::Cipher => &[],
            Self::Mac => &[
                "umac-64-etm@openssh.com",
                "umac-128-etm@openssh.com",
                "umac-64@openssh.com",
                "umac-128@openssh.com",
            ],
        }
    }

    fn usual(self) -> Vec<&'static str> {
        let mut usual = match self {
            Self::Cipher => CIPHERS.to_vec(),
            _ => self.available().to_vec(),
        };
        usual.retain(|name| self.available().contains(name));
        let is_old = |name: &str| {
            matches!(name, "ssh-rsa" | "ssh-dss")
                || ["sha1", "md5", "ripemd"]
                    .iter()
                    .any(|old| name.contains(old))
        };
        usual.retain(|name| !is_old(name));
        usual
    }

    /// What a config makes of the usual ones: a list of its own, or with `+`, `-` or `^` before it a change of them.
    ///
    /// # Errors
    /// None of them can be used here: then which could.
    pub(in crate::ssh) fn chosen(self, text: Option<&str>) -> Result<Vec<&'static str>, String> {
        let usual = self.usual();
        let Some(text) = text else {
            return Ok(usual);
        };
        let (how, list) = match text.chars().next() {
            Some(sign @ ('+' | '-' | '^')) => (sign, &text[1..]),
            _ => ('=', text),
        };
        let mut named: Vec<&'static str> = Vec::new();
        for one in list.split(',').filter(|one| !one.is_empty()) {
            let meant = self
                .available()
                .iter()
                .filter(|name| pattern::one(one, name));
            named.extend(meant);
        }
        let without = |all: &[&'static str], out: &[&str]| -> Vec<&'static str> {
            all.iter()
                .filter(|name| !out.contains(name))
                .copied()
                .collect()
        };
        let chosen = match how {
            '+' => [usual.clone(), without(&named, &usual)].concat(),
            '-' => without(&usual, &named),
            '^' => [named.clone(), without(&usual, &named)].concat(),
            _ => named,
        };
        if chosen.is_empty() {
            return Err(format!(
                "names no {} algorithm that can be used here; those are {}",
                self.words(),
                self.available().join(", ")
            ));
        }
        Ok(chosen)
    }
}

/// What a session asks a server for.
#[derive(Debug)]
pub(in crate::ssh) struct Wanted([(Use, Vec<&'static str>); 4]);

impl Wanted {
    /// As the config has it; `known` are the host key algorithms by whose keys the host is known, which go first unless the
    /// config says otherwise.
    pub(in crate::ssh) fn of(config: &Algorithms, known: &[&'static str]) -> Self {
        let list = |kind: Use, text: &Option<String>| {
            // Checked when the config was resolved.
            let chosen = kind.chosen(text.as_deref()).unwrap_or_default();
            (kind, chosen)
        };
        let mut host_keys = list(Use::HostKey, &config.host_keys);
        if config.host_keys.is_none() {
            host_keys.1.sort_by_key(|name| {
                let place = known.iter().position(|known| known == name);
                place.unwrap_or(known.len())
            });
        }
        Self([
            list(Use::KeyExchange, &config.key_exchange),
            host_keys,
            list(Use::Cipher, &config.ciphers),
            list(Use::Mac, &config.macs),
        ])
    }

    /// Has a session ask for them.
    ///
    /// # Errors
    /// libssh2's own.
    pub(in crate::ssh) fn apply(&self, session: &Session) -> Result<(), ssh2::Error> {
        for (kind, names) in &self.0 {
            let both: &[MethodType] = match kind {
                Use::KeyExchange => &[MethodType::Kex],
                Use::HostKey => &[MethodType::HostKey],
                Use::Cipher => &[MethodType::CryptCs, MethodType::CryptSc],
                Use::Mac => &[MethodType::MacCs, MethodType::MacSc],
            };
            for method in both {
                session.method_pref(*method, &names.join(","))?;
            }
        }
        for direction in [MethodType::CompCs, MethodType::CompSc] {
            session.method_pref(direction, "none")?;
        }
        Ok(())
    }

    /// What a server's offer lacks, in words, and whether the user's own `ssh` has some of it without being told to; none if
    /// there is something of each kind in common.
    pub(in crate::ssh) fn missing_in(&self, offer: &Offer) -> Option<(String, bool)> {
        let lacking = self
            .0
            .iter()
            .zip(&offer.0)
            .find(|((kind, wanted), offered)| {
                // A cipher that is one itself needs no MAC.
                let needs_it = *kind != Use::Mac
                    || !offer.0[2]
                        .iter()
                        .any(|name| name.contains("gcm") || name.contains("poly1305"));
                needs_it && !offered.iter().any(|name| wanted.contains(&name.as_str()))
            });
        lacking.map(|((kind, wanted), offered)| {
            let words = format!(
                "as {} it offers {}, and supported here are {}",
                kind.words(),
                offered.join(", "),
                wanted.join(", ")
            );
            // What the config leaves out, ssh does not use either.
            let is_left_out = |name: &&str| kind.available().contains(name);
            let mut of_ssh = kind.of_ssh_alone().iter().filter(|name| !is_left_out(name));
            (
                words,
                of_ssh.any(|name| offered.iter().any(|offered| offered == name)),
            )
        })
    }
}

/// What a server offers in the first message of a key exchange (RFC 4253, section 7.1), by [`Use::ALL`].
#[derive(Debug, PartialEq, Eq)]
pub(in crate::ssh) struct Offer([Vec<String>; 4]);

impl Offer {
    /// Reads the first bytes of a server, from its first line on; none if they do not get that far.
    pub(in crate::ssh) fn read(mut bytes: &[u8]) -> Option<Self> {
        loop {
            let end = memchr::memchr(b'\n', bytes)?;
            let is_banner = bytes.starts_with(b"SSH-");
            bytes = &bytes[end + 1..];
            if is_banner {
                break;
            }
        }
        // Length, padding, the message's number and a cookie.
        let (head, mut rest) = bytes.split_at_checked(4 + 1 + 1 + 16)?;
        if head[5] != 20 {
            return None;
        }
        let mut lists = Vec::new();
        for _ in 0..6 {
            let length = rest.split_off(..4)?;
            let length = u32::from_be_bytes(length.try_into().ok()?);
            let names = rest.split_off(..usize::try_from(length).ok()?)?;
            let names = std::str::from_utf8(names).ok()?;
            lists.push(names.split(',').map(str::to_owned).collect());
        }
        let mut lists = lists.into_iter();
        let (key_exchange, host_key, cipher) = (lists.next()?, lists.next()?, lists.next()?);
        Some(Self([key_exchange, host_key, cipher, lists.nth(1)?]))
    }

    /// Whether the server has a certificate for one of its keys.
    pub(in crate::ssh) fn has_host_certificate(&self) -> bool {
        let [_, host_keys, ..] = &self.0;
        host_keys.iter().any(|name| name.contains("-cert-v01@"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_names_algorithms_or_changes_the_usual_ones() {
        let chosen = |text: &str| Use::Cipher.chosen(Some(text)).unwrap();
        assert_eq!(Use::Cipher.chosen(None).unwrap(), CIPHERS);
        assert_eq!(
            chosen("aes256-ctr,3des-magic,aes128-ctr"),
            ["aes256-ctr", "aes128-ctr"]
        );
        assert_eq!(chosen("^aes128-ctr")[..2], ["aes128-ctr", CIPHERS[0]]);
        assert_eq!(
            chosen("-*gcm*,chacha*"),
            ["aes256-ctr", "aes192-ctr", "aes128-ctr"]
        );
        assert_eq!(chosen("+aes128-ctr"), CIPHERS);
        let why = Use::Cipher.chosen(Some("arcfour")).unwrap_err();
        assert!(why.contains("chacha20"), "{why}");
        for kind in Use::ALL {
            let usual = kind.usual();
            assert!(
                !usual.is_empty() && !usual.iter().any(|name| name.contains("-cert-")),
                "{usual:?}"
            );
        }
        assert!(!Use::HostKey.usual().contains(&"ssh-rsa"));
    }

    #[test]
    fn what_a_server_offers_is_read_from_its_first_bytes() {
        let mut bytes = b"a notice\r\nSSH-2.0-old\r\n\0\0\0\x7f\x04\x14".to_vec();
        bytes.extend([7; 16]);
        let lists = [
            "dh1", "ssh-dss", "3des-cbc", "3des-cbc", "hmac-md5", "hmac-md5",
        ];
        for list in lists {
            bytes.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
            bytes.extend(list.as_bytes());
        }
        let offer = Offer::read(&bytes).unwrap();
        assert_eq!(offer.0[3], ["hmac-md5"]);
        let wanted = Wanted::of(&Algorithms::default(), &[]);
        let (missing, has_ssh) = wanted.missing_in(&offer).unwrap();
        assert!(!has_ssh);
        assert!(
            missing.starts_with("as key exchange it offers dh1, and"),
            "{missing}"
        );
        for end in 0..bytes.len() {
            assert_eq!(Offer::read(&bytes[..end]), None, "{end}");
        }
    }
}
