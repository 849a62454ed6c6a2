//! A session's thread: makes the login, then moves its jobs along whenever the socket, a job's orders or the clock say
//! so. Everything of libssh2 happens on it.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags};
use ssh2::Session;

use super::{
    alive::Alive,
    apart::Apart,
    forward::{self, Forwarded},
    needs, transport, window,
    work::Work,
};
use crate::{
    confined,
    ssh::{
        config::route::Route,
        exec::known_raw::KnownRaw,
        inbox::Shared,
        line::Link,
        login::{ask::Ask, connect::connect, methods, patience::Patience},
        poll::{again, interest, is_ready, pause, socket, unread},
    },
};

/// The shortest wait, if the clock says that something is due which cannot be done yet.
const TICK: Duration = Duration::from_millis(100);
/// How long a session that rested may take to answer its next job; then a fresh connection is made for that.
const ROUSED: Duration = Duration::from_secs(2);
/// Bytes read at once.
const BUFFER: usize = 128 << 10;
/// A kind of channel that no host knows, see [`Driver::hear`].
const UNKNOWN_CHANNEL: &str = "none@vm-orchestrator";

/// Lives and dies as one session, which is kept for so long without a job.
pub(in crate::ssh) fn live(
    shared: &Shared,
    route: &Route,
    ask: &Arc<dyn Ask>,
    idle: Duration,
    known_raw: &KnownRaw,
) {
    let patience = Patience::new(shared);
    let ask = Apart {
        ask,
        patience: &patience,
    };
    let opened = connect(route, &ask, &patience).and_then(|session| {
        let round_trip = methods::log_in(&session, route, &ask, &patience)?;
        Ok((session, round_trip))
    });
    let mut tasks = patience.into_tasks();
    match opened {
        Ok((session, round_trip)) => {
            confined::confine(needs::of(route));
            transport::install(&session);
            known_raw.met(Link::Session(&session).host());
            let work = tasks.into_iter().map(Work::exec).collect();
            if route.forward_agent.is_some() {
                forward::allow(&session);
            }
            let wide = window::alone(round_trip);
            Driver::new(shared, &session, work, route, (idle, wide)).drive();
            transport::mark_closed();
        }
        Err(refusal) => {
            tasks.extend(shared.close());
            for task in tasks {
                // Its question was not answered because of that.
                if task.orders.canceled() {
                    task.settle_canceled();
                } else {
                    task.settle_refused(refusal.clone());
                }
            }
        }
    }
}

struct Driver<'a> {
    shared: &'a Shared,
    session: &'a Session,
    work: Vec<Work>,
    buffer: Vec<u8>,
    idle: Duration,
    /// Bytes that the host may send ahead for a job that has the session to itself.
    wide: u32,
    idle_since: Instant,
    alive: Alive,
    /// The agent that the host's jobs may use, and what they ask of it.
    agent: Option<&'a Path>,
    forwarded: Vec<Forwarded>,
    /// When the host was asked for the sign of life that has not come yet.
    probed_at: Option<Instant>,
    /// When the host was asked for a channel that it does not know, and has not refused it yet, see [`Self::hear`].
    hearing: Option<Instant>,
    /// When a job came to this session, which rested, and how many bytes had come from the host then; none once it has answered.
    roused: Option<(Instant, u64)>,
    /// Whether a job waits for its channel: libssh2 opens one at a time.
    is_opening: bool,
    /// Bytes that had come from the host when the last wait was over; none if it was not over for more of them.
    heard_of: Option<u64>,
}

impl<'a> Driver<'a> {
    fn new(
        shared: &'a Shared,
        session: &'a Session,
        work: Vec<Work>,
        route: &'a Route,
        (idle, wide): (Duration, u32),
    ) -> Self {
        // Asked only when due, so that the interval of libssh2's own never holds one back.
        session.set_keepalive(true, 2);
        Self {
            shared,
            session,
            work,
            buffer: vec![0; BUFFER],
            idle,
            wide,
            idle_since: Instant::now(),
            alive: Alive::of(route),
            agent: route.forward_agent.as_deref(),
            forwarded: Vec::new(),
            probed_at: None,
            hearing: None,
            roused: None,
            is_opening: false,
            heard_of: None,
        }
    }

    fn drive(mut self) {
        loop {
            let before = transport::received();
            // What came for one job while another was at its turn is not announced by the socket any more.
            let moved = self.step() || transport::received() != before;
            // Only when nothing moves any more: what came before the connection broke is still read, an exit among it.
            if !moved && let Some(why) = transport::broken() {
                return self.give_up(&why);
            }
            if self.sleeps_on() {
                return self.give_up("the host does not answer on a connection that was idle");
            }
            if self.work.is_empty() && self.may_close() {
                if let Err(error) = self.session.disconnect(None, "done", None) {
                    tracing::debug!(%error, "disconnect");
                }
                return;
            }
            if !moved {
                let is_unread = self.is_unread();
                self.wait(is_unread);
                self.listen();
            }
        }
    }

    /// Moves every piece of work as far as it goes without waiting.
    fn step(&mut self) -> bool {
        let new = self.shared.take();
        let mut moved = !new.is_empty();
        if moved && self.work.is_empty() {
            self.roused = Some((Instant::now(), transport::received()));
        }
        self.work.extend(new.into_iter().map(Work::exec));
        if self.hearing.is_some() {
            self.hear();
            moved |= self.hearing.is_none();
        }
        transport::refill();
        let window = if self.work.len() == 1 {
            self.wide
        } else {
            window::SHARED
        };
        // libssh2 opens one channel at a time, and `hear` may be at it.
        let mut may_open = self.hearing.is_none();
        let mut at = 0;
        while at < self.work.len() {
            let work = &mut self.work[at];
            match work.step(
                Link::Session(self.session),
                window,
                &mut may_open,
                &mut self.buffer,
            ) {
                Ok(more) => {
                    moved |= more;
                    at += 1;
                }
                Err(error) => {
                    moved = true;
                    let work = self.work.remove(at);
                    self.refused(work, &error.to_string());
                }
            }
        }
        moved |= self.forward();
        let before = self.work.len();
        self.is_opening = !may_open;
        self.work.retain(|work| !work.is_over());
        for _ in self.work.len()..before {
            self.shared.let_go();
        }
        if !self.work.is_empty() {
            self.idle_since = Instant::now();
        }
        moved
    }

    /// Carries what the host's jobs ask of the agent here.
    fn forward(&mut self) -> bool {
        let Some(agent) = self.agent else {
            return false;
        };
        self.forwarded.extend(forward::accept(self.session, agent));
        let mut moved = false;
        for request in &mut self.forwarded {
            moved |= request.step();
        }
        let are_jobs_over = self.work.is_empty();
        self.forwarded
            .retain(|request| !request.is_over() && !are_jobs_over);
        moved
    }

    /// Whether the host has not answered since a job came to a session that rested: its link may be gone without a word, as
    /// after a laptop's sleep. The job has not begun there, so it can be placed elsewhere.
    fn sleeps_on(&mut self) -> bool {
        self.roused = self
            .roused
            .filter(|(_, before)| *before == transport::received());
        let is_late = self
            .roused
            .is_some_and(|(since, _)| since.elapsed() >= ROUSED);
        is_late && !self.has_news()
    }

    /// A host that refuses a channel may have too many of ours: the job goes to another session, which is then alone. With
    /// none of ours it may still count the one that is over (`MaxSessions 1`), which only another session gets round.
    fn refused(&mut self, work: Work, why: &str) {
        let has_served = self.shared.has_served();
        self.shared.let_go();
        if !self.work.is_empty() {
            self.shared.limit(self.work.len());
        } else if has_served {
            for task in self.shared.close() {
                task.send_back();
            }
        } else {
            return work.refuse(why);
        }
        match work.into_unseen() {
            Ok(task) => task.send_back(),
            Err(work) => work.refuse(why),
        }
    }

    /// Whether what woke the last wait is still there, because it is not read.
    fn is_unread(&mut self) -> bool {
        let Some(before) = self.heard_of else {
            return false;
        };
        if transport::received() != before {
            return false;
        }
        if unread(self.session) == Some(0) {
            // Ready to be read, and empty: that is how a connection ends.
            transport::give_up("the host closed the connection");
        }
        if self.hearing.is_none() && !self.is_opening && self.can_send() {
            self.hear();
        }
        transport::received() == before
    }

    /// Reads what the host sends while no job reads: answers to signs of life, the host's own, its closing of channels.
    /// Left unread, they would wake this thread without an end, and the host would take us for dead. libssh2 reads only
    /// for a channel that is not over, or while it waits for an answer; so the host is asked for a channel of a kind that
    /// it does not know, which it has to refuse (RFC 4254, 5.1).
    fn hear(&mut self) {
        let since = *self.hearing.get_or_insert_with(Instant::now);
        match self.session.channel_open(UNKNOWN_CHANNEL, 0, 0, None) {
            Err(error) if again(&error) => {
                if since.elapsed() >= self.alive.patience {
                    transport::give_up("the host does not answer");
                }
            }
            answer => {
                tracing::trace!(refused = answer.is_err(), "read what no job reads");
                self.hearing = None;
            }
        }
    }

    /// Waits for whatever is due next; for the host only if somebody reads what it sends.
    fn wait(&mut self, is_unread: bool) {
        let now = Instant::now();
        let mut until = self.probed_at.map_or_else(
            || transport::last_received() + self.alive.silence,
            |probed_at| probed_at + self.alive.patience,
        );
        if self.work.is_empty() {
            until = until.min(self.idle_since + self.idle);
        }
        if let Some((since, _)) = self.roused {
            until = until.min(since + ROUSED);
        }
        if let Some(since) = self.hearing {
            until = until.min(since + self.alive.patience);
        }
        for look in self.work.iter().filter_map(Work::next_look) {
            until = until.min(look);
        }
        // Output that is not read would wake us for ever; left alone, it waits on the host.
        let is_paused = !self.work.is_empty() && self.work.iter().all(Work::is_paused);
        let interest = if is_paused {
            PollFlags::empty()
        } else if is_unread {
            until = until.min(now + TICK);
            PollFlags::empty()
        } else if self.work.is_empty() && self.hearing.is_none() {
            PollFlags::IN
        } else {
            interest(self.session)
        };
        let mut fds = vec![
            PollFd::from_borrowed_fd(socket(self.session), interest),
            PollFd::from_borrowed_fd(self.shared.wake_fd(), PollFlags::IN),
        ];
        fds.extend(
            self.work
                .iter()
                .map(|work| PollFd::from_borrowed_fd(work.orders_fd(), PollFlags::IN)),
        );
        let requests = self.forwarded.iter();
        fds.extend(requests.map(|request| PollFd::from_borrowed_fd(request.fd(), PollFlags::IN)));
        pause(&mut fds, until.saturating_duration_since(now).max(TICK));
        let is_ready = fds[0].revents().contains(PollFlags::IN);
        self.heard_of = (is_ready || is_unread).then(transport::received);
    }

    /// Asks a silent host for a sign of life, and gives up one that has none. Silence alone is no evidence: this thread
    /// may have been held up by a log that was slow to take bytes.
    fn listen(&mut self) {
        let heard = transport::last_received();
        self.probed_at = self.probed_at.filter(|probed_at| *probed_at > heard);
        match self.probed_at {
            Some(probed_at) if probed_at.elapsed() >= self.alive.patience && !self.has_news() => {
                let seconds = heard.elapsed().as_secs();
                transport::give_up(&format!("nothing has come from the host for {seconds} s"));
            }
            None if heard.elapsed() >= self.alive.silence => {
                self.probed_at = Some(Instant::now());
                // If it cannot be sent, what is waiting to be sent asks as well. One that is sent in part could
                // never be finished: libssh2 keeps it on the stack.
                if self.can_send()
                    && let Err(error) = self.session.keepalive_send()
                {
                    tracing::debug!(%error, "keepalive");
                }
            }
            _ => {}
        }
    }

    fn has_news(&self) -> bool {
        is_ready(self.session, PollFlags::IN)
    }

    fn can_send(&self) -> bool {
        interest(self.session) == PollFlags::IN && is_ready(self.session, PollFlags::OUT)
    }

    fn may_close(&self) -> bool {
        (self.shared.is_closed() || self.idle_since.elapsed() >= self.idle)
            && self.shared.close_idle()
    }

    fn give_up(self, why: &str) {
        for task in self.shared.close() {
            task.send_back();
        }
        for work in self.work {
            match work.into_unseen() {
                Ok(task) => task.send_back(),
                Err(work) => work.lose(why),
            }
        }
    }
}
