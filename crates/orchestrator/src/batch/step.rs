//! What a batch needs next.

use super::{Batch, Entry, HostState};

/// What is to be done next. Hosts are numbered as in [`Batch::hosts`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The command is to be started on these.
    Start(Vec<usize>),
    /// The check is to be started on these.
    Check(Vec<usize>),
    /// Wait until a job ends.
    Wait,
    /// No more by itself: the batch is over, or its held hosts wait for a person.
    Rest,
}

impl Batch {
    /// What is to be done next.
    #[must_use]
    pub fn next(&self) -> Step {
        let queued = || self.having(|state| state == HostState::Queued);
        let Some(wave) = queued().map(|host| self.hosts[host].wave).min() else {
            return if self.is_busy() {
                Step::Wait
            } else {
                Step::Rest
            };
        };
        let before = || self.hosts.iter().filter(|host| host.wave < wave);
        if before().any(|host| host.state == HostState::Running) {
            return Step::Wait;
        }
        let room = self.room();
        if self.rules.check.is_some() {
            let is_due = |host: usize| {
                let host = &self.hosts[host];
                host.wave < wave && host.check.is_none() && !host.checked
            };
            let done = self.having(|state| state == HostState::Done);
            let due: Vec<usize> = done.filter(|host| is_due(*host)).take(room).collect();
            if !due.is_empty() {
                return Step::Check(due);
            }
            if self.hosts.iter().any(super::OnHost::is_in_check) {
                return Step::Wait;
            }
        }
        let is_next = |host: &usize| self.hosts[*host].wave == wave;
        let next: Vec<usize> = queued().filter(is_next).take(room).collect();
        if next.is_empty() {
            Step::Wait
        } else {
            Step::Start(next)
        }
    }

    /// Whether no host waits for another one.
    #[must_use]
    pub fn is_all_at_once(&self) -> bool {
        let is_one_wave = self.hosts.iter().all(|host| host.wave == 0);
        is_one_wave && self.rules.at_once(self.hosts.len()) >= self.hosts.len()
    }

    /// Why no new job is to start from now on, if that is so.
    #[must_use]
    pub fn stops(&self) -> Option<String> {
        self.too_many_failed().or_else(|| self.unchecked())
    }

    fn too_many_failed(&self) -> Option<String> {
        let stop_after = self.rules.stop_after?;
        let failed = self.having(HostState::is_failure).count();
        let counted = failed.saturating_sub(usize::try_from(self.forgiven).unwrap_or(usize::MAX));
        let is_reached = counted >= stop_after.of(self.hosts.len());
        let waits = self.having(|state| state == HostState::Queued).count() > 0;
        let hosts = if counted == 1 { "host" } else { "hosts" };
        (is_reached && waits)
            .then(|| format!("{counted} {hosts} failed, and it stops after {stop_after}"))
    }

    /// What holds the hosts that wait, once whoever would have started them is gone: a person says whether they still are
    /// to run. None if none wait.
    #[must_use]
    pub fn left(&self) -> Option<Entry> {
        let waits = self.having(|state| state == HostState::Queued).count() > 0;
        let why = || "the program that ran it ended before they were started".to_owned();
        waits.then(|| Entry::Held { why: why() })
    }

    /// Why the next wave is not to start: of the one before no host is left that could be checked.
    fn unchecked(&self) -> Option<String> {
        self.rules.check.as_ref()?;
        let waiting = self.having(|state| state == HostState::Queued);
        let next = waiting.map(|host| self.hosts[host].wave).min()?;
        let before = || self.hosts.iter().filter(|host| host.wave + 1 == next);
        let failed = self.having(HostState::is_failure).count();
        // A person has let go what came before.
        let is_seen = usize::try_from(self.forgiven).is_ok_and(|forgiven| failed <= forgiven);
        let has_none = before().all(|host| host.state.is_over() && host.state != HostState::Done);
        let was_none = before().next().is_none() || before().any(|host| host.checked);
        (has_none && !was_none && !is_seen)
            .then(|| "no host of the wave before could be checked".to_owned())
    }

    /// How many more may start now.
    fn room(&self) -> usize {
        let running = self.having(|state| state == HostState::Running).count();
        let checking = self.hosts.iter().filter(|host| host.is_in_check()).count();
        let most = self.rules.at_once(self.hosts.len());
        most.saturating_sub(running + checking)
    }

    fn is_busy(&self) -> bool {
        let is_busy = |host: &super::OnHost| host.state == HostState::Running || host.is_in_check();
        self.hosts.iter().any(is_busy)
    }

    pub(super) fn having(&self, is_so: impl Fn(HostState) -> bool) -> impl Iterator<Item = usize> {
        let hosts = self.hosts.iter().enumerate();
        hosts
            .filter(move |(_, host)| is_so(host.state))
            .map(|(number, _)| number)
    }
}

impl super::OnHost {
    /// Whether its check runs.
    #[must_use]
    pub const fn is_in_check(&self) -> bool {
        self.check.is_some() && !self.checked
    }
}
