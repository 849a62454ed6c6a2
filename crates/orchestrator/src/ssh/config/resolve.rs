//! From the config to a route: the first value of a keyword counts, and what would lead somewhere else than we go is a
//! refusal with its place. The oracle is `ssh -G`.

use std::{collections::HashMap, env, path::PathBuf, time::Duration};

use super::{
    Config, Setting, Test, keywords, pattern,
    route::{Family, Route, Strict},
};
use crate::{
    environment, folders,
    host::Host,
    ssh::failure::{Reason, Refusal},
};

/// How long a connection may take where the config does not say.
const CONNECT: Duration = Duration::from_secs(10);
/// Keywords that change the way to a host and that we do not follow, unless they say `none` or `no`.
const ROUTE: &[&str] = &[
    "proxyjump",
    "proxycommand",
    "bindaddress",
    "bindinterface",
    "canonicalizehostname",
    "refuseconnection",
];

impl Config {
    /// How to reach a host. A name that the config does not know is an address.
    ///
    /// # Errors
    /// `route_unsupported`, with `file:line`, where the config asks for a way there that we do not take.
    pub fn resolve(&self, name: &str) -> Result<Route, Refusal> {
        match self.walk(name).route() {
            (_, Some(refusal)) => Err(refusal),
            (route, None) => Ok(route),
        }
    }

    /// The address and port that a name leads to, whether or not we can go there.
    #[must_use]
    pub fn address_of(&self, name: &str) -> (String, u16) {
        let mut walk = self.walk(name);
        (walk.hostname(), walk.port())
    }

    /// What the list of hosts says of one: no more than it shows, because there may be a great many.
    pub(in crate::ssh) fn outline(&self, name: &str, place: String) -> Host {
        let mut walk = self.walk(name);
        walk.check_way();
        Host {
            // A mark of the app's own, put on later.
            production: false,
            name: name.to_owned(),
            port: walk.port(),
            hostname: walk.hostname(),
            user: walk.user(),
            place,
            commands: Vec::new(),
            problem: walk.refusal.map(|refusal| refusal.why),
        }
    }

    fn walk<'a>(&'a self, name: &'a str) -> Walk<'a> {
        // As ssh takes it: what is before the last `@` is the user, whatever the config says of one. A name that the
        // config has with its `@` is that name.
        let parts = name.rsplit_once('@').filter(|(user, host)| {
            !user.is_empty() && !host.is_empty() && !self.by_name.contains_key(name)
        });
        let (given_user, host) = match parts {
            Some((user, host)) => (Some(user), host),
            None => (None, name),
        };
        let mut walk = Walk {
            config: self,
            name: host,
            given_user,
            local_user: folders::user(),
            values: HashMap::new(),
            guards: HashMap::new(),
            looked_up: host.to_owned(),
            pass: Pass::First,
            wants_final: false,
            refusal: None,
        };
        walk.through();
        if walk.wants_final {
            // As ssh does: everything once more, now for the name that the first pass came to, after which `Match final`
            // holds. What the first pass has set stays.
            walk.looked_up = walk.hostname();
            walk.pass = Pass::Final;
            walk.guards.clear();
            walk.through();
        }
        walk
    }
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

/// How often the config is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    First,
    /// Once more, if there is a `Match final`.
    Final,
}

/// One name on its way through the config.
struct Walk<'a> {
    config: &'a Config,
    name: &'a str,
    /// The user that was named with it.
    given_user: Option<&'a str>,
    local_user: &'static str,
    values: HashMap<&'a str, Vec<&'a Setting>>,
    /// What a guard said when it was first come to.
    guards: HashMap<usize, bool>,
    /// What `Host` lines are compared with: the name, and in the final pass the host's own.
    looked_up: String,
    pass: Pass,
    /// Whether a `Match final` was come to.
    wants_final: bool,
    refusal: Option<Refusal>,
}

impl<'a> Walk<'a> {
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
        if let Some(line) = section.refused.first() {
            self.refuse(line.clone());
        }
        for setting in &section.settings {
            if !keywords::is_known(&setting.keyword) && !self.ignores(&setting.keyword) {
                self.refuse(format!(
                    "{}: '{}' is no keyword of an SSH config, and ssh would refuse the file",
                    setting.place,
                    setting.keyword.escape_debug()
                ));
            }
            let adds_up = matches!(&*setting.keyword, "identityfile" | "sendenv");
            let values = self.values.entry(&setting.keyword).or_default();
            let is_new = || values.iter().all(|value| value.args != setting.args);
            if values.is_empty() || (adds_up && is_new()) {
                values.push(setting);
            }
        }
    }

    /// Whether `IgnoreUnknown`, which has to come before, names a keyword.
    fn ignores(&self, keyword: &str) -> bool {
        let patterns = self.text("ignoreunknown").map(str::to_lowercase);
        patterns.is_some_and(|patterns| pattern::any(&patterns, keyword))
    }

    /// Whether a guard's settings could change the way to the host, as far as they are not set yet.
    fn leads_anywhere(&self, guard: usize) -> bool {
        let within = |mut inner: Option<usize>| {
            while let Some(at) = inner {
                if at == guard {
                    return true;
                }
                inner = self.config.guards[at].outer;
            }
            false
        };
        let sections = self.config.sections.iter();
        sections
            .filter(|section| within(section.guard))
            .any(|section| {
                !section.refused.is_empty()
                    || section.settings.iter().any(|setting| {
                        let keyword = &*setting.keyword;
                        let adds_up = matches!(keyword, "identityfile" | "sendenv");
                        keywords::is_of_route(keyword)
                            && (adds_up || !self.values.contains_key(keyword))
                    })
            })
    }

    fn lets_in(&mut self, at: usize) -> bool {
        if let Some(known) = self.guards.get(&at) {
            return *known;
        }
        let guard = &self.config.guards[at];
        let outer = guard.outer.is_none_or(|outer| self.lets_in(outer));
        let lets_in = outer
            && match &guard.test {
                Test::Host(patterns) => {
                    pattern::all(patterns.iter().map(String::as_str), &self.looked_up)
                }
                Test::Match(words) => self.matches(words, at),
            };
        self.guards.insert(at, lets_in);
        lets_in
    }

    fn matches(&mut self, words: &[String], at: usize) -> bool {
        let guard = &self.config.guards[at];
        let mut words = words.iter();
        let mut unknown = None;
        while let Some(word) = words.next() {
            let (negated, criterion) = match word.strip_prefix('!') {
                Some(rest) => (true, rest.to_lowercase()),
                None => (false, word.to_lowercase()),
            };
            if criterion == "all" {
                continue;
            }
            if matches!(criterion.as_str(), "final" | "canonical") {
                self.wants_final |= criterion == "final";
                if (self.pass == Pass::Final) == negated {
                    return false;
                }
                continue;
            }
            let value = match criterion.as_str() {
                "host" => self.hostname(),
                "originalhost" => self.name.to_owned(),
                "user" => self.user(),
                "localuser" => self.local_user.to_owned(),
                _ => {
                    unknown.get_or_insert(criterion.clone());
                    words.next();
                    continue;
                }
            };
            let Some(list) = words.next() else {
                self.refuse(format!("{}: 'Match {word}' has no value", guard.place));
                return false;
            };
            if pattern::any(list, &value) == negated {
                return false;
            }
        }
        if let Some(criterion) = unknown {
            if !self.leads_anywhere(at) {
                return false;
            }
            self.refuse(format!(
                "{}: 'Match {criterion}' is not followed here, so it is not known how to reach the host",
                guard.place
            ));
            return false;
        }
        true
    }

    fn refuse(&mut self, why: String) {
        self.refusal
            .get_or_insert_with(|| Refusal::new(Reason::RouteUnsupported, why));
    }

    fn setting(&self, keyword: &str) -> Option<&'a Setting> {
        self.values
            .get(keyword)
            .and_then(|values| values.first())
            .copied()
    }

    fn text(&self, keyword: &str) -> Option<&'a str> {
        self.setting(keyword)
            .map(|setting| setting.args[0].as_str())
    }

    fn yes(&self, keyword: &str, otherwise: bool) -> bool {
        match self.text(keyword).map(str::to_lowercase).as_deref() {
            Some("yes" | "true") => true,
            Some("no" | "false") => false,
            _ => otherwise,
        }
    }

    fn hostname(&self) -> String {
        let text = self.text("hostname").unwrap_or(self.name);
        text.replace("%h", self.name).replace("%%", "%")
    }

    fn user(&self) -> String {
        self.given_user
            .or_else(|| self.text("user"))
            .map_or_else(|| self.local_user.to_owned(), str::to_owned)
    }

    fn route(mut self) -> (Route, Option<Refusal>) {
        self.check_way();
        let port = self.port();
        let mut route = Route {
            name: self.name.to_owned(),
            hostname: self.hostname(),
            port,
            user: self.user(),
            place: self.config.place_of(self.name).unwrap_or_default(),
            family: match self.text("addressfamily") {
                Some("inet") => Family::V4,
                Some("inet6") => Family::V6,
                _ => Family::Any,
            },
            connect_timeout: self
                .text("connecttimeout")
                .and_then(|seconds| seconds.parse().ok())
                .filter(|seconds| *seconds > 0)
                .map_or(CONNECT, Duration::from_secs),
            identity_files: Vec::new(),
            identities_named: self.setting("identityfile").is_some(),
            identities_only: self.yes("identitiesonly", false),
            agent: None,
            known_hosts: Vec::new(),
            global_known_hosts: Vec::new(),
            host_key_alias: None,
            strict: match self
                .text("stricthostkeychecking")
                .map(str::to_lowercase)
                .as_deref()
            {
                Some("yes" | "true") => Strict::Yes,
                Some("accept-new" | "no" | "off" | "false") => Strict::AcceptNew,
                _ => Strict::Ask,
            },
            hash_known_hosts: self.yes("hashknownhosts", false),
            pubkey: self.text("pubkeyauthentication") != Some("no"),
            keyboard_interactive: self.yes(
                "kbdinteractiveauthentication",
                self.yes("challengeresponseauthentication", true),
            ),
            password: self.yes("passwordauthentication", true),
            batch_mode: self.yes("batchmode", false),
            env: self.env(),
        };
        self.files(&mut route);
        (route, self.refusal)
    }

    fn check_way(&mut self) {
        for keyword in ROUTE {
            let Some(setting) = self.setting(keyword) else {
                continue;
            };
            let value = setting.args.join(" ");
            if !matches!(value.to_lowercase().as_str(), "none" | "no") {
                self.refuse(format!(
                    "{}: '{} {value}' is not followed here, and the host is not reached past it",
                    setting.place, setting.keyword
                ));
            }
        }
    }

    fn port(&mut self) -> u16 {
        let Some(setting) = self.setting("port") else {
            return 22;
        };
        match setting.args[0].parse() {
            Ok(port) if port > 0 => port,
            _ => {
                self.refuse(format!(
                    "{}: '{}' is no port",
                    setting.place, setting.args[0]
                ));
                22
            }
        }
    }

    fn files(&mut self, route: &mut Route) {
        route.host_key_alias = self
            .text("hostkeyalias")
            .map(|alias| self.expand(alias, route));
        let names: Vec<&str> = match self.values.get("identityfile") {
            Some(settings) => settings.iter().map(|s| s.args[0].as_str()).collect(),
            None => vec!["~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"],
        };
        route.identity_files = self.paths(&names, route);
        route.known_hosts = self.files_of(
            "userknownhostsfile",
            &["~/.ssh/known_hosts", "~/.ssh/known_hosts2"],
            route,
        );
        route.global_known_hosts = self.files_of(
            "globalknownhostsfile",
            &["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"],
            route,
        );
        route.agent = match self.text("identityagent") {
            Some("none") => None,
            Some("SSH_AUTH_SOCK") | None => env::var_os("SSH_AUTH_SOCK").map(PathBuf::from),
            Some(text) => match text.strip_prefix('$') {
                Some(name) if !name.starts_with('{') => env::var_os(name).map(PathBuf::from),
                _ => self.paths(&[text], route).pop(),
            },
        };
    }

    fn files_of(&mut self, keyword: &str, otherwise: &[&str], route: &Route) -> Vec<PathBuf> {
        let args = self.setting(keyword).map(|setting| &setting.args);
        let given: Option<Vec<&str>> = args.map(|args| args.iter().map(String::as_str).collect());
        self.paths(given.as_deref().unwrap_or(otherwise), route)
    }

    fn paths(&mut self, texts: &[&str], route: &Route) -> Vec<PathBuf> {
        let texts = texts.iter().filter(|text| **text != "none");
        texts
            .map(|text| {
                let text = self.expand(text, route);
                match text.strip_prefix("~/") {
                    Some(rest) => self.config.home.join(rest),
                    None => PathBuf::from(text),
                }
            })
            .collect()
    }

    /// Tokens and `${NAME}` (ssh_config(5), "TOKENS" and "ENVIRONMENT VARIABLES").
    fn expand(&mut self, text: &str, route: &Route) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['%', '$']) {
            out.push_str(&rest[..at]);
            let found = &rest[at..];
            if let Some(name) = found.strip_prefix("${") {
                let Some((name, after)) = name.split_once('}') else {
                    break;
                };
                match environment::var(name).and_then(|value| value.into_string().ok()) {
                    Some(value) => out.push_str(&value),
                    None => self.refuse(format!("'{text}' needs {name}, which is not set")),
                }
                rest = after;
            } else if let Some(token) = found[1..].chars().next().filter(|_| found.starts_with('%'))
            {
                match self.token(token, route) {
                    Some(value) => out.push_str(&value),
                    None => self.refuse(format!("'%{token}' in '{text}' is not known here")),
                }
                rest = &found[1 + token.len_utf8()..];
            } else {
                out.push_str(&found[..1]);
                rest = &found[1..];
            }
        }
        out + rest
    }

    fn token(&self, token: char, route: &Route) -> Option<String> {
        Some(match token {
            '%' => "%".to_owned(),
            'd' => self.config.home.display().to_string(),
            'h' => route.hostname.clone(),
            'i' => rustix::process::getuid().as_raw().to_string(),
            'k' => route
                .host_key_alias
                .clone()
                .unwrap_or_else(|| route.name.clone()),
            'L' => folders::machine()
                .split('.')
                .next()
                .unwrap_or_default()
                .to_owned(),
            'l' => folders::machine(),
            'n' => route.name.clone(),
            'p' => route.port.to_string(),
            'r' => route.user.clone(),
            'u' => self.local_user.to_owned(),
            _ => return None,
        })
    }

    /// `SetEnv` as it stands; of our own variables those that `SendEnv` names.
    fn env(&self) -> Vec<(String, String)> {
        let set = self.setting("setenv").map_or(&[][..], |s| &s.args);
        let mut all: Vec<(String, String)> = set
            .iter()
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let patterns: Vec<&str> = self
            .values
            .get("sendenv")
            .map_or_else(Vec::new, |settings| {
                let args = settings.iter().flat_map(|setting| &setting.args);
                args.map(String::as_str).collect()
            });
        let ours = environment::of_the_person().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let mut sent: Vec<_> = ours
            .filter(|(name, _)| patterns.iter().any(|pattern| pattern::one(pattern, name)))
            .filter(|(name, _)| all.iter().all(|(known, _)| known != name))
            .collect();
        sent.sort();
        all.extend(sent);
        all
    }
}
