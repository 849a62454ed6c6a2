//! Which `Host` and `Match` lines hold for the name on its way.

use std::{process::Command, time::Duration};

use super::{ADD_UP, Pass, Walk};
use crate::{
    folders,
    ssh::{
        config::{
            Test, command, keywords,
            matching::{Criterion, What, is_host, is_in_network},
            pattern,
            tokens::{OF_EXEC, Tokens},
        },
        failure::Refusal,
    },
};

/// How long a command of `Match exec` may take.
const EXEC: Duration = Duration::from_secs(10);
/// The version that `Match version` compares: the newest whose config is followed here.
const VERSION: &str = "OpenSSH_10.2";

impl Walk<'_> {
    /// Whether a guard's settings hold, by its first answer in this pass.
    pub(super) fn lets_in(&mut self, at: usize) -> bool {
        if let Some(lets_in) = self.guards.get(&at) {
            return *lets_in;
        }
        let guard = &self.config.guards[at];
        let outer = guard.outer.is_none_or(|outer| self.lets_in(outer));
        let lets_in = outer
            && match &guard.test {
                Test::Host(patterns) => {
                    pattern::all(patterns.iter().map(String::as_str), &self.looked_up)
                }
                Test::Match(criteria) => self.matches(criteria, at),
            };
        self.guards.insert(at, lets_in);
        lets_in
    }

    /// Whether all criteria of a line hold. What is known without running anything comes first: if one of those does not
    /// hold, a command cannot change that, and nobody is asked about it.
    fn matches(&mut self, criteria: &[Criterion], at: usize) -> bool {
        let (commands, others): (Vec<_>, Vec<_>) = criteria
            .iter()
            .partition(|criterion| matches!(criterion.what, What::Exec(_)));
        others.into_iter().chain(commands).all(|criterion| {
            let holds = self.holds(&criterion.what, at);
            holds.is_some_and(|holds| holds != criterion.negated)
        })
    }

    /// Whether one criterion holds; none if that cannot be known, which has been refused.
    fn holds(&mut self, what: &What, at: usize) -> Option<bool> {
        let list = |list: &str, value: &str| pattern::any(list, value);
        Some(match what {
            What::All => true,
            What::Final { .. } => self.pass == Pass::Final,
            What::Host(hosts) => is_host(hosts, &self.host_so_far()),
            What::OriginalHost(hosts) => is_host(hosts, self.name),
            What::User(users) => list(users, &self.user()),
            What::LocalUser(users) => list(users, folders::user()),
            What::Tagged(tags) => {
                let tag = self.text("tag").unwrap_or_default();
                tags == tag || list(tags, tag)
            }
            What::Command(commands) => self
                .purpose
                .command
                .is_some_and(|command| list(commands, command)),
            What::SessionType(types) => list(
                types,
                if self.purpose.command.is_some() {
                    "exec"
                } else {
                    "shell"
                },
            ),
            What::Version(versions) => list(versions, VERSION),
            What::LocalNetwork(networks) => match is_in_network(networks) {
                Ok(is_in) => is_in,
                Err(why) => {
                    let place = &self.config.guards[at].place;
                    self.refuse(format!("{place}: 'Match localnetwork': {why}"));
                    return None;
                }
            },
            What::Exec(text) => return self.succeeds(text, at),
        })
    }

    /// Whether a command of `Match exec` succeeds. It is run only if a person has allowed its text.
    fn succeeds(&mut self, text: &str, at: usize) -> Option<bool> {
        let place = &self.config.guards[at].place;
        let purpose = self.purpose;
        if !(purpose.may_run)(text) {
            // A host that is only listed needs no lookups.
            if purpose.may_look_up && self.leads_anywhere(at) {
                let place = place.to_string();
                self.refusal
                    .get_or_insert_with(|| Refusal::consent(text, "Match exec", place));
            }
            return None;
        }
        let host = self.host_so_far();
        let tokens = Tokens {
            home: self.config.home.clone(),
            key_name: self.text("hostkeyalias").unwrap_or(&host).to_owned(),
            hostname: host,
            name: self.name.to_owned(),
            port: self.port(),
            user: self.user(),
            jumps: String::new(),
        };
        let ran = tokens.command(text, OF_EXEC).and_then(|line| {
            let mut shell = Command::new(command::shell());
            shell.args(["-c", &line]);
            command::succeeds_within(shell, EXEC)
        });
        match ran {
            Ok(succeeded) => Some(succeeded),
            Err(why) => {
                self.refuse(format!("{place}: 'Match exec': {why}"));
                None
            }
        }
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
        let mut settings = sections
            .filter(|section| within(section.guard))
            .flat_map(|section| &section.settings);
        settings.any(|setting| {
            let keyword = &*setting.keyword;
            keywords::is_of_route(keyword) && (ADD_UP.contains(&keyword) || !self.has(keyword))
        })
    }
}
