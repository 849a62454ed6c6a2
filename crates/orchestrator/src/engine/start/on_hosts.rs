//! Starting a command on hosts: one job on one host, a batch on several.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{
    draft::{self, Draft},
    is_command,
    job_folder::{self, Plan, Prepared},
    silent::silent_last,
};
use crate::{
    batch::{Batch, Entry, HostState, Rules, Step, Target},
    engine::{
        Engine, EngineError,
        batches::{
            driver::Driver,
            folder::{BatchFolder, Journal},
        },
    },
    folders,
    hosts::NewHost,
    ids,
    job::{Job, JobId},
    launch::Unreached,
    ssh::Route,
};

/// The command that shows that a login works.
const TRY: &str = "true";
/// Hosts of one batch, at most.
const MOST: usize = 100_000;

/// What is started on hosts.
pub(super) struct OnHosts {
    /// The command, or the line that runs a target in its project's folder.
    pub(super) command: String,
    pub(super) pty: bool,
    /// Targets of a project, and the exact command on each of the hosts.
    pub(super) target: Option<(Target, HashMap<String, String>)>,
    pub(super) hosts: Vec<String>,
    /// Hosts of several that are not reached, and why: nothing is started there.
    pub(super) unreached: HashMap<String, Unreached>,
    pub(super) rules: Rules,
}

impl OnHosts {
    /// A command, the same on each host.
    pub(super) fn command(command: &str, pty: bool, hosts: Vec<String>, rules: Rules) -> Self {
        Self {
            command: command.to_owned(),
            pty,
            target: None,
            hosts,
            unreached: HashMap::new(),
            rules,
        }
    }

    fn on(&self, host: &str) -> Draft {
        let own = |(_, own): &(_, HashMap<String, String>)| own.get(host).cloned();
        let own = self.target.as_ref().and_then(own);
        let command = own.as_ref().unwrap_or(&self.command);
        let draft = draft::of_host(host, command, self.pty, None).by_sudo(self.rules.sudo);
        match &self.target {
            Some((target, _)) => draft.of_target(target),
            None => draft,
        }
    }

    /// The jobs as they are command for, one for each host.
    pub(super) fn drafts(&self) -> Vec<Draft> {
        self.hosts.iter().map(|host| self.on(host)).collect()
    }

    /// The lines that run, each once, in the order of the hosts.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for draft in self.drafts() {
            if !lines.contains(&draft.command) {
                lines.push(draft.command);
            }
        }
        lines
    }

    fn batch(mut self, id: Uuid) -> Batch {
        let command = (self.command, self.pty);
        let mut batch = Batch::new(id, folders::owner(), command, self.hosts, self.rules);
        if let Some((target, mut own)) = self.target {
            batch.target = Some(target);
            for host in &mut batch.hosts {
                host.command = own.remove(&host.name);
            }
        }
        for host in &mut batch.hosts {
            if let Some(Unreached { why, reason }) = self.unreached.remove(&host.name) {
                (host.state, host.why) = (HostState::Unreachable, Some(why));
                host.unreachable = Some(reason);
            }
        }
        batch
    }
}

impl Engine {
    /// Starts a command on hosts, all or none of those whose turn has come: a host whose folder cannot be made must not leave
    /// the others running unnamed. Returns the jobs that are there, in the hosts' order.
    pub(super) fn start_on_hosts(
        &self,
        mut what: OnHosts,
        silent: &HashSet<String>,
    ) -> Result<Vec<Job>, EngineError> {
        let shown = what.rules.shown.take();
        what.rules.agreed = false;
        self.catalog().are_as_shown(&what.hosts, shown.as_deref())?;
        what.hosts = silent_last(what.hosts, silent);
        let is_alone = matches!(what.hosts.as_slice(), [_]);
        if what.rules.sudo && what.pty {
            return Err(EngineError::Refused(
                "a terminal and sudo do not go together here: in a terminal, run sudo as part of the command".into(),
            ));
        }
        let is_plain = what.rules.timeout.is_none() && what.rules.check.is_none();
        if is_alone && is_plain {
            let routes = self.catalog().routes(&what.hosts, &what.command)?;
            let job = what.on(&what.hosts[0]).job();
            self.0.capacity.admit(&[job.id])?;
            let prepared = self.prepare_all(vec![job])?;
            return Ok(self.launch_all(prepared, routes));
        }
        is_allowed(&what.rules, what.hosts.len())?;
        let routes = self.routes_of_many(&mut what)?;
        let id = ids::new_id();
        let mut batch = what.batch(id);
        for host in batch
            .hosts
            .iter_mut()
            .filter(|host| host.state == HostState::Queued && silent.contains(&host.name))
        {
            host.why =
                Some("it did not answer in the last ten minutes, so it is tried last".into());
        }
        let Step::Start(first) = batch.next() else {
            return Err(EngineError::Refused("there is no host to run on".into()));
        };
        self.note_started_batch(&batch);
        let of_host = |host: &usize| draft::in_batch(&batch, *host, false).job();
        let jobs: Vec<Job> = first.iter().map(of_host).collect();
        let started = |(host, job): (&usize, &Job)| Entry::Started {
            host: *host,
            job: job.id,
        };
        let happened: Vec<Entry> = first.iter().zip(&jobs).map(started).collect();
        self.0
            .capacity
            .admit(&jobs.iter().map(|job| job.id).collect::<Vec<_>>())?;
        let (place, claim) =
            BatchFolder::make(self.folders(), &batch, &happened).map_err(|error| {
                jobs.iter().for_each(|job| self.forget(job.id));
                let path = self.folders().batches();
                let why = format!(
                    "failed to make the batch's folder in {}: {error}",
                    path.display()
                );
                EngineError::Io(std::io::Error::new(error.kind(), why))
            })?;
        let prepared = self.prepare_all(jobs).inspect_err(|_| {
            // No person has confirmed this one.
            if let Err(error) = place.remove() {
                tracing::warn!(batch = %id, %error, "a batch that was not started is there");
            }
        })?;
        happened.iter().for_each(|entry| batch.apply(entry));
        let found = Journal {
            batch,
            is_of_earlier_boot: false,
        };
        let of_first = first.iter().filter_map(|host| routes.get(host).cloned());
        let of_first = of_first.collect();
        let driver = Driver::new(self, place, claim, found).with_routes(routes);
        let jobs = self.launch_all(prepared, of_first);
        driver.go();
        Ok(jobs)
    }

    /// The ways to many hosts, by their numbers. One to which there is none holds the others up no more than one that does not
    /// answer.
    fn routes_of_many(&self, what: &mut OnHosts) -> Result<HashMap<usize, Route>, EngineError> {
        let reached = |host: &&String| !what.unreached.contains_key(*host);
        let hosts: Vec<String> = what.hosts.iter().filter(reached).cloned().collect();
        let mut ways = self.catalog().ways(&hosts, &what.command)?.into_iter();
        let mut routes = HashMap::new();
        let mut none = Vec::new();
        for (at, host) in what.hosts.iter().enumerate() {
            if what.unreached.contains_key(host) {
                continue;
            }
            match ways.next() {
                Some(Ok(route)) => drop(routes.insert(at, route)),
                Some(Err(unreached)) => none.push((host.clone(), unreached)),
                None => {}
            }
        }
        match none.first() {
            Some((_, first)) if routes.is_empty() => {
                return Err(EngineError::NotFound(first.why.clone()));
            }
            _ => what.unreached.extend(none),
        }
        Ok(routes)
    }

    /// Logs in to a host that is not saved yet, or with changes that are not: by a job that runs `true` there.
    ///
    /// # Errors
    /// If the host cannot be, or there is no way to it.
    pub async fn try_host(&self, host: &NewHost) -> Result<Job, EngineError> {
        let host = host.clone();
        self.blocking(move |engine| {
            let route = engine.catalog().route_of_new(&host, TRY)?;
            let job = draft::of_host(&host.name, TRY, false, None).job();
            engine.0.capacity.admit(&[job.id])?;
            let prepared = engine.prepare_all(vec![job])?;
            let mut jobs = engine.launch_all(prepared, vec![route]);
            let none = || EngineError::NotFound("nothing was started".into());
            jobs.pop().ok_or_else(none)
        })
        .await
    }

    /// Starts a job on a host, outside of any group.
    pub(in crate::engine) fn launch_on_host(
        &self,
        job: Job,
        route: Route,
    ) -> Result<(), EngineError> {
        let prepared = self.prepare_all(vec![job])?;
        self.launch_all(prepared, vec![route]);
        Ok(())
    }

    /// Makes the folders of jobs that have room: all or none.
    fn prepare_all(&self, jobs: Vec<Job>) -> Result<Vec<Prepared>, EngineError> {
        let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
        let mut prepared = Vec::with_capacity(jobs.len());
        for job in jobs {
            match self.prepare(job, None, &[]) {
                Ok(one) => prepared.push(one),
                Err(error) => {
                    prepared.into_iter().for_each(job_folder::drop_prepared);
                    ids.into_iter().for_each(|id| self.forget(id));
                    return Err(error);
                }
            }
        }
        Ok(prepared)
    }

    fn launch_all(&self, prepared: Vec<Prepared>, routes: Vec<Route>) -> Vec<Job> {
        let jobs = prepared.into_iter().zip(routes).map(|(prepared, route)| {
            let route = Box::new(route);
            self.launch(prepared, Plan::Remote { route })
        });
        jobs.collect()
    }
}

/// Refuses rules that contradict themselves.
pub(super) fn is_allowed(rules: &Rules, hosts: usize) -> Result<(), EngineError> {
    let refused = |why: &str| Err(EngineError::Refused(why.to_owned()));
    if hosts > MOST {
        return refused("more than 100000 hosts at once: choose fewer");
    }
    if let Some(check) = &rules.check {
        is_command(check)?;
        if rules.waves.is_none() {
            return refused(
                "a check runs between waves, and there is one wave alone: say which, as --waves 1,10%,rest",
            );
        }
    }
    match rules.timeout {
        Some(0) => refused("a timeout of 0 ends everything at once: give at least 1 ms"),
        _ => Ok(()),
    }
}
