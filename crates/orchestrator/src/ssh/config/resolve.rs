//! From the config to a route: the first value of a keyword counts, and what would lead somewhere else than we go is a
//! refusal with its place. The oracle is `ssh -G`.

use std::{env, path::PathBuf, time::Duration};

use super::{
    Config, Purpose, jump, machine, own_ssh,
    route::{Algorithms, Bind, Family, OwnSsh, Route, Strict, Via},
    tokens::{OF_PROXY, Tokens},
    values, variables,
    walk::Walk,
};
use crate::{
    host::Host,
    ssh::failure::{Reason, Refusal},
};

/// How long a connection may take if the config does not say.
const CONNECT: Duration = Duration::from_secs(10);
/// Hosts on the way to one, as deep as files may include each other.
const LONGEST_WAY: usize = 16;
/// The keys that OpenSSH looks for if the config names none.
const IDENTITIES: &[&str] = &[
    "~/.ssh/id_rsa",
    "~/.ssh/id_ecdsa",
    "~/.ssh/id_ecdsa_sk",
    "~/.ssh/id_ed25519",
    "~/.ssh/id_ed25519_sk",
];

impl Config {
    /// How to reach a host for a shell, with no command of the config allowed. A name that the config does not know is an
    /// address.
    ///
    /// # Errors
    /// As [`Self::resolve_for`].
    pub fn resolve(&self, name: &str) -> Result<Route, Refusal> {
        self.resolve_for(name, &Purpose::default())
    }

    /// How to reach a host.
    ///
    /// # Errors
    /// `route_unsupported`, with `file:line`, if the config asks for a way there that we do not take, or if ssh would
    /// refuse it; `needs_consent` if a command has to be run for it that was not allowed.
    pub fn resolve_for(&self, name: &str, purpose: &Purpose<'_>) -> Result<Route, Refusal> {
        let mut path = Path::to(name);
        if !(purpose.may_call)(&OwnSsh::line(name)) {
            return self.resolve_within(name, purpose, (None, None), &mut path, true);
        }
        // It looks for the way itself.
        let mut route = self.resolve_within(name, purpose, (None, None), &mut path, false)?;
        route.own_ssh = Some(own_ssh::of(name, self.only.as_deref())?);
        Ok(route)
    }

    /// What the list of hosts says of one: no more than it shows, because there may be a great many.
    pub(in crate::ssh) fn outline(&self, name: &str, place: String) -> Host {
        let purpose = Purpose::of_list();
        let mut walk = Walk::new(self, name, &purpose, (None, None));
        check_way(&mut walk);
        Host {
            name: name.to_owned(),
            port: walk.port(),
            hostname: walk.hostname().to_owned(),
            user: walk.user(),
            place,
            through: machine::through(&walk),
            key_alias: machine::key_alias(&walk),
            problem: walk.refusal.map(|refusal| refusal.why),
            // The app's own marks and the other sources come later.
            ..Host::default()
        }
    }

    /// The same for a host on the way to another: `given` are the user and port that the way names, `path` leads here from
    /// the host that is wanted, `with_way` is whether its own way counts.
    fn resolve_within(
        &self,
        name: &str,
        purpose: &Purpose<'_>,
        given: (Option<&str>, Option<u16>),
        path: &mut Path<'_>,
        with_way: bool,
    ) -> Result<Route, Refusal> {
        let mut walk = Walk::new(self, name, purpose, given);
        if with_way {
            check_way(&mut walk);
        }
        let jumps = if with_way { walk.jumps() } else { Vec::new() };
        let (mut route, tokens) = plain(&mut walk, &jumps);
        if let Some(refusal) = walk.refusal.take() {
            return Err(refusal);
        }
        if !(purpose.may_call)(&OwnSsh::line(path.to)) {
            own_ssh::check(&walk, purpose, path.to)?;
            own_ssh::check_algorithms(&walk, path.to)?;
        }
        if !jumps.is_empty() {
            let here = format!("{}@{}:{}", route.user, route.hostname, route.port);
            if path.through.contains(&here) || path.through.len() >= LONGEST_WAY {
                let place = walk.setting("proxyjump").map(|setting| &setting.place);
                let place = place.map(ToString::to_string).unwrap_or_default();
                let why =
                    format!("{place}: the way to {name} leads through itself or too many hosts");
                return Err(Refusal::new(Reason::RouteUnsupported, why));
            }
            path.through.push(here);
            route.via = Via::Hosts(self.hops(&jumps, &tokens, &purpose.of_hop(), path)?);
            path.through.pop();
        } else if with_way {
            route.via = by_command(&walk, &tokens, purpose)?;
        }
        Ok(route)
    }

    /// The hosts on the way, each by its own entry. As ssh does it, only the first one's own way counts.
    fn hops(
        &self,
        jumps: &[jump::Hop],
        tokens: &Tokens,
        purpose: &Purpose<'_>,
        path: &mut Path<'_>,
    ) -> Result<Vec<Route>, Refusal> {
        let mut hops = Vec::new();
        for (at, hop) in jumps.iter().enumerate() {
            let expand = |text: &str| {
                let expanded = tokens.expand(text, OF_PROXY, false);
                expanded.map_err(|why| Refusal::new(Reason::RouteUnsupported, why))
            };
            let host = expand(&hop.host)?;
            let user = hop.user.as_deref().map(expand).transpose()?;
            let user_and_port = (user.as_deref(), hop.port);
            let mut route = self.resolve_within(&host, purpose, user_and_port, path, at == 0)?;
            match std::mem::replace(&mut route.via, Via::Direct) {
                Via::Hosts(before) => hops.extend(before),
                other => route.via = other,
            }
            hops.push(route);
        }
        Ok(hops)
    }
}

/// The way from the host that is wanted to one that leads there.
struct Path<'a> {
    to: &'a str,
    /// The hosts in between.
    through: Vec<String>,
}

impl<'a> Path<'a> {
    fn to(name: &'a str) -> Self {
        Self {
            to: name,
            through: Vec::new(),
        }
    }
}

/// Refuses what changes the way to a host and is not followed.
fn check_way(walk: &mut Walk<'_>) {
    if let Some(setting) = walk.setting("refuseconnection") {
        let why = format!(
            "{}: the config refuses it: {}",
            setting.place, setting.args[0]
        );
        walk.refuse(why);
    }
    if let Some(setting) = walk.setting("proxyusefdpass")
        && walk.yes("proxyusefdpass", false)
        && walk.setting("proxycommand").is_some()
    {
        let why = format!(
            "{}: 'ProxyUseFdpass' is not followed here, and the host is not reached past it",
            setting.place
        );
        walk.refuse(why);
    }
}

/// The command that the connection is made by, if the config has one. Its text must have been allowed, and the names that
/// come into it must be names.
fn by_command(walk: &Walk<'_>, tokens: &Tokens, purpose: &Purpose<'_>) -> Result<Via, Refusal> {
    let Some(setting) = walk.setting("proxycommand") else {
        return Ok(Via::Direct);
    };
    let text = setting.args[0].as_str();
    if text.eq_ignore_ascii_case("none") {
        return Ok(Via::Direct);
    }
    let place = &setting.place;
    if !(purpose.may_run)(text) {
        return Err(Refusal::consent(text, "ProxyCommand", place.to_string()));
    }
    let refuse = |why: String| Refusal::new(Reason::RouteUnsupported, format!("{place}: {why}"));
    let line = tokens.command(text, OF_PROXY).map_err(refuse)?;
    Ok(Via::Command(line))
}

/// Where we are, if a person may have chosen that: a desktop starts programs in no folder of anybody's.
fn folder() -> Option<PathBuf> {
    env::current_dir()
        .ok()
        .filter(|folder| folder.parent().is_some())
}

/// Everything about a route but what it goes through.
fn plain(walk: &mut Walk<'_>, jumps: &[jump::Hop]) -> (Route, Tokens) {
    let text = |keyword: &str| walk.text(keyword).map(str::to_owned);
    let lower = |keyword: &str| walk.text(keyword).map(str::to_lowercase);
    let span = |keyword: &str| walk.text(keyword).and_then(values::span);
    // 0 means "none" for the times of ssh_config(5).
    let some = |span: Option<Duration>| span.filter(|span| !span.is_zero());
    let mut route = Route {
        name: walk.name.to_owned(),
        hostname: walk.hostname().to_owned(),
        port: walk.port(),
        user: walk.user(),
        place: walk.config.place_of(walk.name).unwrap_or_default(),
        via: Via::Direct,
        folder: folder(),
        own_ssh: None,
        family: match lower("addressfamily").as_deref() {
            Some("inet") => Family::V4,
            Some("inet6") => Family::V6,
            _ => Family::Any,
        },
        // ssh uses BindInterface only without a BindAddress.
        bind: text("bindaddress")
            .map(Bind::Address)
            .or_else(|| text("bindinterface").map(Bind::Interface)),
        connect_timeout: some(span("connecttimeout")).unwrap_or(CONNECT),
        connect_timeout_named: some(span("connecttimeout")).is_some(),
        alive_interval: some(span("serveraliveinterval")),
        alive_count: walk
            .text("serveralivecountmax")
            .and_then(values::number)
            .unwrap_or(3),
        identity_files: Vec::new(),
        certificate_files: Vec::new(),
        identities_named: walk.setting("identityfile").is_some(),
        identities_only: walk.yes("identitiesonly", false),
        agent: None,
        forward_agent: None,
        known_hosts: Vec::new(),
        global_known_hosts: Vec::new(),
        revoked_host_keys: None,
        host_key_alias: text("hostkeyalias"),
        strict: match lower("stricthostkeychecking").as_deref() {
            Some("yes" | "true") => Strict::Yes,
            Some("accept-new" | "no" | "off" | "false") => Strict::AcceptNew,
            _ => Strict::Ask,
        },
        hash_known_hosts: walk.yes("hashknownhosts", false),
        pubkey: walk.yes("pubkeyauthentication", true),
        keyboard_interactive: walk.yes("kbdinteractiveauthentication", true),
        password: walk.yes("passwordauthentication", true),
        gssapi: walk.yes("gssapiauthentication", false),
        methods: text("preferredauthentications")
            .map(|list| list.split(',').map(str::to_owned).collect())
            .unwrap_or_default(),
        password_prompts: walk
            .text("numberofpasswordprompts")
            .and_then(values::number)
            .unwrap_or(3),
        batch_mode: walk.yes("batchmode", false),
        algorithms: Algorithms {
            ciphers: text("ciphers"),
            macs: text("macs"),
            key_exchange: text("kexalgorithms"),
            host_keys: text("hostkeyalgorithms"),
            user_keys: text("pubkeyacceptedalgorithms"),
        },
        env: variables::of(walk),
    };
    let written: Vec<String> = jumps.iter().map(ToString::to_string).collect();
    let tokens = Tokens::of(&route, walk.config.home.clone(), written.join(","));
    files(walk, &tokens, &mut route);
    (route, tokens)
}

fn files(walk: &mut Walk<'_>, tokens: &Tokens, route: &mut Route) {
    let identities: Vec<&str> = match walk.settings("identityfile") {
        [] => IDENTITIES.to_vec(),
        settings => settings
            .iter()
            .map(|setting| setting.args[0].as_str())
            .collect(),
    };
    let certificates = walk.settings("certificatefile").iter();
    let certificates: Vec<&str> = certificates
        .map(|setting| setting.args[0].as_str())
        .collect();
    let listed = |keyword: &str, otherwise: &[&'static str]| match walk.setting(keyword) {
        Some(setting) => setting.args.iter().map(String::as_str).collect(),
        None => otherwise.to_vec(),
    };
    let user = listed(
        "userknownhostsfile",
        &["~/.ssh/known_hosts", "~/.ssh/known_hosts2"],
    );
    let global = listed(
        "globalknownhostsfile",
        &["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"],
    );
    let revoked: Vec<&str> = walk.text("revokedhostkeys").into_iter().collect();
    route.identity_files = paths(walk, tokens, &identities);
    route.certificate_files = paths(walk, tokens, &certificates);
    route.known_hosts = paths(walk, tokens, &user);
    route.global_known_hosts = paths(walk, tokens, &global);
    route.revoked_host_keys = paths(walk, tokens, &revoked).pop();
    route.agent = match walk.text("identityagent") {
        None => env::var_os("SSH_AUTH_SOCK").map(PathBuf::from),
        Some(text) => agent(walk, tokens, text),
    };
    route.forward_agent = match walk.text("forwardagent") {
        Some(_) if walk.yes("forwardagent", false) => route.agent.clone(),
        Some(text) if !matches!(text.to_lowercase().as_str(), "no" | "false") => {
            agent(walk, tokens, text)
        }
        _ => None,
    };
}

/// An agent's socket: none for `none`, a variable's value for `$NAME`.
fn agent(walk: &mut Walk<'_>, tokens: &Tokens, text: &str) -> Option<PathBuf> {
    if text == "SSH_AUTH_SOCK" {
        return env::var_os(text).map(PathBuf::from);
    }
    match text.strip_prefix('$') {
        Some(name) if !name.starts_with('{') => env::var_os(name).map(PathBuf::from),
        _ => paths(walk, tokens, &[text]).pop(),
    }
}

fn paths(walk: &mut Walk<'_>, tokens: &Tokens, texts: &[&str]) -> Vec<PathBuf> {
    let named = texts
        .iter()
        .filter(|text| !text.eq_ignore_ascii_case("none"));
    named
        .map(|text| {
            tokens.path(text).unwrap_or_else(|why| {
                walk.refuse(why);
                PathBuf::from(text)
            })
        })
        .collect()
}
