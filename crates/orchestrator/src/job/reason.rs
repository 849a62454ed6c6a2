//! How a job ended, in words.

use serde::{Deserialize, Serialize};

use super::{Exit, Job, State, Survivor};
use crate::{log::outline::Spot, visible::visible};

/// What made a job fail, in the words of make's last lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// What happened: `deploy failed with exit code 7`.
    pub text: String,
    /// The place in the makefile; none if make did not say.
    #[serde(default)]
    pub spot: Option<Spot>,
}

/// The place in a file that a job's reason names, and the words of the reason around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NamedSpot {
    /// The words before it.
    pub before: String,
    /// The place, which the reason has as `file:line`.
    pub spot: Spot,
    /// The words after it.
    pub after: String,
}

/// Milliseconds as a person says them: `90 s`, `10 min`, `2 h`.
#[must_use]
pub fn span(ms: u64) -> String {
    match ms {
        ms if ms % 3_600_000 == 0 => format!("{} h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{} min", ms / 60_000),
        ms if ms % 1_000 == 0 => format!("{} s", ms / 1_000),
        ms => format!("{ms} ms"),
    }
}

/// What a shell means by an exit code (POSIX, "Exit Status for Commands"), behind the number; empty if that is up to the command.
#[must_use]
pub const fn by_shell(code: i32) -> &'static str {
    match code {
        126 => " (could not be executed)",
        127 => " (command not found)",
        _ => "",
    }
}

/// A process that outlived its job, in words; the ids of those on a host are not known here.
#[must_use]
pub fn survivor(survivor: &Survivor) -> String {
    match survivor.pid {
        0 => survivor.command.clone(),
        pid => format!("{} (pid {pid})", survivor.command),
    }
}

/// What happened to a host that was not reached, in few words, by the word for its reason (SSH.md's): a login that was
/// refused and a key that is not the known one are no matter of the network.
#[must_use]
pub fn not_reached(reason: &str) -> &'static str {
    match reason {
        "auth_failed" => "login failed",
        "host_key_unknown" => "host key not known",
        "host_key_changed" => "host key changed",
        "route_unsupported"
        | "needs_consent"
        | "gssapi"
        | "pkcs11"
        | "known_hosts_command"
        | "host_certificate"
        | "algorithms" => "no way to the host",
        "server_too_old" => "server too old",
        "timeout" => "no answer",
        _ => "unreachable",
    }
}

/// Whether this is the word of a host that did not answer at all.
#[must_use]
pub fn is_silent(reason: &str) -> bool {
    matches!(not_reached(reason), "unreachable" | "no answer")
}

impl Job {
    /// How it ended, in words a person reads and as they may be shown, or none while it has not or has ended well, with all
    /// of its log.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        if let Some(NamedSpot {
            before,
            spot,
            after,
        }) = self.named_spot()
        {
            let file = visible(&spot.file);
            return Some(format!("{before}{file}:{}{after}", spot.line));
        }
        let words = match (self.ending(), self.known_damage()) {
            (Some(ending), Some(damage)) => Some(format!("{ending}; {damage}")),
            (ending, damage) => ending.or_else(|| damage.map(ToOwned::to_owned)),
        };
        words.map(|words| visible(&words).into_owned())
    }

    /// The place in a file that [`Self::reason`] names, if it names one, and the words of the reason around it.
    #[must_use]
    pub fn named_spot(&self) -> Option<NamedSpot> {
        let code = self.state.exit_code().filter(|code| *code != 0)?;
        let Cause { text, spot } = self.cause.as_ref()?;
        let spot = spot.clone()?;
        let before = format!("{} at ", because(code, text));
        let damage = self.known_damage();
        let after = damage.map_or_else(String::new, |damage| format!("; {damage}"));
        Some(NamedSpot {
            before: visible(&before).into_owned(),
            spot,
            after: visible(&after).into_owned(),
        })
    }

    /// What is wrong with its log, once it is over.
    fn known_damage(&self) -> Option<&str> {
        self.damage.as_deref().filter(|_| self.is_over())
    }

    fn ending(&self) -> Option<String> {
        let State::Ended { exit, canceled, .. } = &self.state else {
            return self.unkillable.clone();
        };
        match exit {
            Exit::Code { code: 0 } => None,
            Exit::Code { code } => Some(match &self.cause {
                Some(cause) => because(*code, &cause.text),
                None => format!("exit code {code}{}", by_shell(*code)),
            }),
            Exit::Signal { signal, core } => Some(format!(
                "{} by SIG{signal}{}{}",
                // What a person asked for did not kill it behind their back.
                if *canceled { "ended" } else { "killed" },
                if signal == "KILL" && !canceled {
                    ", often out of memory"
                } else {
                    ""
                },
                if *core { " (core dumped)" } else { "" },
            )),
            Exit::TimedOut { after_ms, signal } => {
                let signal = signal
                    .as_ref()
                    .map(|signal| format!(", ended by SIG{signal}"));
                let signal = signal.unwrap_or_default();
                Some(format!("timed out after {}{signal}", span(*after_ms)))
            }
            Exit::CouldNotStart { .. } if *canceled => Some("canceled before it started".into()),
            Exit::CouldNotStart { why } => Some(format!("could not start: {why}")),
            Exit::Unreachable { reason, why } => {
                // Whoever answers can be reached: what it said or showed is another matter (SSH.md's words).
                let what = match not_reached(reason) {
                    _ if is_silent(reason) => "host unreachable",
                    what => what,
                };
                Some(format!("{what}: {why}"))
            }
            // Its status says that it is lost.
            Exit::Lost { why } => Some(why.clone()),
        }
    }
}

fn because(code: i32, text: &str) -> String {
    format!("make exited with code {code}: {text}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn failed(cause: Option<Cause>, damage: Option<&str>) -> Job {
        let mut job: Job = serde_json::from_value(json!({
            "id": "01890000-0000-7000-8000-000000000001", "what": {"kind": "command"}, "command": "make x",
            "place": {"kind": "here"}, "variables": [], "pty": false, "batch": null, "owner": "ann@here",
            "queued_at": "2026-01-01T00:00:00Z", "lines": 0, "bytes": 0,
            "state": {"state": "ended", "started_at": null, "finished_at": "2026-01-01T00:00:00Z",
                      "exit": {"kind": "code", "code": 2}, "canceled": false},
        }))
        .unwrap();
        job.cause = cause;
        job.damage = damage.map(Into::into);
        job
    }

    #[test]
    fn the_words_around_a_named_place_are_those_of_the_reason() {
        let spot = Spot {
            file: "Makefile".into(),
            line: 12,
            column: None,
        };
        let cause = Cause {
            text: "deploy failed with exit code 7".into(),
            spot: Some(spot.clone()),
        };
        let job = failed(Some(cause.clone()), Some("its log is cut"));
        let whole = "make exited with code 2: deploy failed with exit code 7 at Makefile:12; its log is cut";
        assert_eq!(job.reason().as_deref(), Some(whole));
        let named = job.named_spot().unwrap();
        let joined = format!("{}Makefile:12{}", named.before, named.after);
        assert_eq!((named.spot, joined.as_str()), (spot, whole));
        // Of an older version, or of a make that does not say where.
        let text = "deploy failed with exit code 7 at Makefile:12".to_owned();
        let job = failed(Some(Cause { text, spot: None }), None);
        assert_eq!(job.reason().as_deref(), Some(&whole[..70]));
        assert_eq!(job.named_spot(), None);
        assert_eq!(failed(None, None).reason().as_deref(), Some("exit code 2"));
    }
}
