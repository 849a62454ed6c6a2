//! One name on its way through the config: which blocks hold for it, and the first value of each keyword. The oracle is
//! `ssh -G`.

mod guards;

use std::collections::HashMap;

use super::{
    Config, Purpose, Setting, command, jump, pattern,
    tokens::{OF_HOSTNAME, Tokens},
    values,
};
use crate::{
    folders,
    ssh::failure::{Reason, Refusal},
};

/// Keywords of which each line adds something.
const ADD_UP: &[&str] = &["identityfile", "certificatefile", "sendenv"];

/// How often the config is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    First,
    /// Once more, with the name that the first pass came to.
    Final,
}

/// One name on its way through the config.
pub(super) struct Walk<'a> {
    pub(super) config: &'a Config,
    pub(super) name: &'a str,
    purpose: &'a Purpose<'a>,
    /// The user and the port that come before the config's, of a host on the way to another.
    given: (Option<&'a str>, Option<u16>),
    values: HashMap<&'a str, Vec<&'a Setting>>,
    /// A guard's first answer.
    guards: HashMap<usize, bool>,
    /// What `Host` lines are compared with: the name, and in the final pass the host's own.
    looked_up: String,
    pass: Pass,
    /// Where `IgnoreUnknown` was found: section and line in it.
    ignores_from: Option<(usize, usize)>,
    pub(super) refusal: Option<Refusal>,
}

impl<'a> Walk<'a> {
    /// Goes through the config once, and once more if it asks for that.
    pub(super) fn new(
        config: &'a Config,
        name: &'a str,
        purpose: &'a Purpose<'a>,
        given: (Option<&'a str>, Option<u16>),
    ) -> Self {
        // As ssh takes it: what is before the last `@` is the user, whatever the config says of one. A name that the
        // config has with its `@` is that name.
        let parts = name.rsplit_once('@').filter(|(user, host)| {
            !user.is_empty() && !host.is_empty() && !config.by_name.contains_key(name)
        });
        let (user, name) = match parts {
            Some((user, host)) => (Some(user), host),
            None => (None, name),
        };
        let mut walk = Self {
            config,
            name,
            purpose,
            given: (given.0.or(user), given.1),
            values: HashMap::new(),
            guards: HashMap::new(),
            looked_up: name.to_owned(),
            pass: Pass::First,
            ignores_from: None,
            refusal: None,
        };
        if let Some(line) = &config.refused {
            walk.refuse(line.clone());
        }
        walk.through();
        walk.check_unknown();
        walk.settle_host();
        if config.has_final || walk.yes("canonicalizehostname", false) || walk.is_always() {
            // As ssh does: everything once more, now for the name that the first pass came to, after which `Match final`
            // holds. What the first pass has set stays.
            walk.pass = Pass::Final;
            walk.guards.clear();
            walk.through();
        }
        walk
    }

    fn through(&mut self) {
        let config = self.config;
        let none = Vec::new();
        let named = config.by_name.get(&self.looked_up).unwrap_or(&none);
        for at in merged(named, &config.general) {
            self.section(at);
        }
    }

    fn section(&mut self, at: usize) {
        let section = &self.config.sections[at];
        if section.guard.is_some_and(|guard| !self.lets_in(guard)) {
            return;
        }
        for (line, setting) in section.settings.iter().enumerate() {
            let keyword = &*setting.keyword;
            if self.is_void(setting) {
                continue;
            }
            if keyword == "ignoreunknown" && self.ignores_from.is_none() {
                self.ignores_from = Some((at, line));
            }
            let adds_up = ADD_UP.contains(&keyword);
            let values = self.values.entry(keyword).or_default();
            let is_new = || values.iter().all(|value| value.args != setting.args);
            if values.is_empty() || (adds_up && is_new()) {
                values.push(setting);
            }
        }
    }

    /// Whether a setting has no effect. Of the two that say how a host is reached, the first counts, but that
    /// `ProxyJump none` leaves room for a command; and `ConnectTimeout none` is as if it were not there.
    fn is_void(&self, setting: &Setting) -> bool {
        match &*setting.keyword {
            "proxyjump" => self.has("proxycommand"),
            "proxycommand" => !self.jumps().is_empty(),
            "connecttimeout" => setting.args[0] == "none",
            _ => false,
        }
    }

    fn has(&self, keyword: &str) -> bool {
        self.values.contains_key(keyword)
    }

    /// ssh refuses a file with a keyword that it does not know, unless `IgnoreUnknown` before it names that.
    fn check_unknown(&mut self) {
        let patterns = self.text("ignoreunknown").map(str::to_lowercase);
        let ignores = |at: (usize, usize), keyword: &str| {
            let before = self.ignores_from.is_some_and(|from| from < at);
            let named = patterns.as_ref();
            before && named.is_some_and(|patterns| pattern::any(patterns, keyword))
        };
        let unknown = self.config.unknown.iter();
        let mistaken = unknown
            .into_iter()
            .find(|line| !ignores(line.at, &line.keyword));
        if let Some(line) = mistaken {
            self.refuse(line.to_string());
        }
    }

    /// What the first pass came to, as it is connected to.
    fn settle_host(&mut self) {
        let text = self.text("hostname").unwrap_or(self.name);
        let has_hostname = self.has("hostname");
        let host = if has_hostname {
            self.expanded_hostname(text)
        } else {
            text.to_owned()
        };
        self.looked_up = if looks_like_address(&host) {
            host
        } else {
            host.to_lowercase()
        };
        if self.pass == Pass::First && self.purpose.may_look_up {
            self.canonicalize();
        }
    }

    fn expanded_hostname(&mut self, text: &str) -> String {
        let tokens = Tokens {
            home: self.config.home.clone(),
            hostname: self.name.to_owned(),
            name: self.name.to_owned(),
            key_name: self.name.to_owned(),
            port: 22,
            user: String::new(),
            jumps: String::new(),
        };
        match tokens.expand(text, OF_HOSTNAME, false) {
            Ok(host) => host,
            Err(why) => {
                let place = self
                    .setting("hostname")
                    .map(|setting| setting.place.to_string());
                self.refuse(format!("{}: {why}", place.unwrap_or_default()));
                text.to_owned()
            }
        }
    }

    pub(super) fn refuse(&mut self, why: String) {
        self.refusal
            .get_or_insert_with(|| Refusal::new(Reason::RouteUnsupported, why));
    }

    pub(super) fn settings(&self, keyword: &str) -> &[&'a Setting] {
        self.values.get(keyword).map_or(&[], Vec::as_slice)
    }

    pub(super) fn setting(&self, keyword: &str) -> Option<&'a Setting> {
        self.settings(keyword).first().copied()
    }

    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.setting(keyword)
            .map(|setting| setting.args[0].as_str())
    }

    pub(super) fn yes(&self, keyword: &str, otherwise: bool) -> bool {
        match self.text(keyword).map(str::to_lowercase).as_deref() {
            Some("yes" | "true") => true,
            Some("no" | "false") => false,
            _ => otherwise,
        }
    }

    fn is_always(&self) -> bool {
        let text = self.text("canonicalizehostname");
        text.is_some_and(|text| text.eq_ignore_ascii_case("always"))
    }

    /// The host as far as it is known in this pass.
    fn host_so_far(&mut self) -> String {
        match (self.pass, self.text("hostname")) {
            (Pass::First, Some(text)) => self.expanded_hostname(text),
            _ => self.looked_up.clone(),
        }
    }

    /// The address or name that is connected to.
    pub(super) fn hostname(&self) -> &str {
        &self.looked_up
    }

    pub(super) fn user(&self) -> String {
        let user = self.given.0.or_else(|| self.text("user"));
        user.unwrap_or_else(|| folders::user()).to_owned()
    }

    pub(super) fn port(&self) -> u16 {
        let port = self.given.1;
        port.or_else(|| self.text("port").and_then(values::port))
            .unwrap_or(22)
    }

    /// The hosts on the way, as the first setting of its kind names them; none for a direct way.
    pub(super) fn jumps(&self) -> Vec<jump::Hop> {
        // Read once already, when the line was.
        let line = self.text("proxyjump").map(jump::parse);
        line.and_then(Result::ok).unwrap_or_default()
    }

    /// The domains of `CanonicalDomains`, tried one after the other (ssh_config(5), "CanonicalizeHostname").
    fn canonicalize(&mut self) {
        let is_direct = self.jumps().is_empty()
            && self
                .text("proxycommand")
                .is_none_or(|text| text.eq_ignore_ascii_case("none"));
        let wanted = self.is_always() || (self.yes("canonicalizehostname", false) && is_direct);
        let host = self.looked_up.clone();
        if !wanted || looks_like_address(&host) {
            return;
        }
        if let Some(setting) = self.setting("canonicalizepermittedcnames")
            && !setting.args[0].eq_ignore_ascii_case("none")
        {
            let place = &setting.place;
            return self.refuse(format!(
                "{place}: 'CanonicalizePermittedCNAMEs' is not followed here, so it is not known which host is meant"
            ));
        }
        let dots = host.matches('.').count();
        let most = self.text("canonicalizemaxdots").and_then(values::number);
        let candidates: Vec<String> = if host.ends_with('.') {
            vec![host.clone()]
        } else if dots > most.map_or(1, |most| usize::try_from(most).unwrap_or(usize::MAX)) {
            return;
        } else {
            let domains = self.setting("canonicaldomains");
            let domains = domains.map_or(&[][..], |setting| &setting.args);
            let domains = domains
                .iter()
                .take_while(|domain| !domain.eq_ignore_ascii_case("none"));
            domains.map(|domain| format!("{host}.{domain}.")).collect()
        };
        let with_address = candidates
            .into_iter()
            .find(|name| command::has_address(name));
        match with_address {
            Some(name) => self.looked_up = name.trim_end_matches('.').to_owned(),
            None if self.yes("canonicalizefallbacklocal", true) => {}
            None => self.refuse(format!(
                "'{host}' has no address in any of the 'CanonicalDomains', and 'CanonicalizeFallbackLocal' says no"
            )),
        }
    }
}

/// Whether ssh takes a name for an address at first sight.
fn looks_like_address(name: &str) -> bool {
    name.contains(['%', ':']) || name.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Two rising lists as one.
fn merged<'a>(left: &'a [usize], right: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    std::iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(a), Some(b)) if a > b => right.next().copied(),
        (Some(_), _) => left.next().copied(),
        (None, _) => right.next().copied(),
    })
}
