//! A job that the user's own `ssh` does: the thread that moves it along, and what it asks.

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};

use super::work::Work;
use crate::ssh::{
    config::route::{OwnSsh, Route},
    failure::{Reason, Refusal},
    inbox::Shared,
    line::Link,
    login::ask::Ask,
    own::Own,
    poll::pause,
};

/// The longest wait, and the shortest if something is due.
const LONGEST: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(10);
/// Bytes read at once.
const BUFFER: usize = 128 << 10;

/// Does one job: the next has an `ssh` of its own, whose questions are its own, too.
pub(super) fn live(shared: &Shared, how: &OwnSsh, route: &Route, ask: &dyn Ask) {
    shared.limit(1);
    let mut tasks = shared.take();
    // What was given before that goes to a thread of its own.
    tasks.extend(shared.close());
    let mut tasks = tasks.into_iter();
    let first = tasks.next();
    for task in tasks {
        task.send_back();
    }
    let Some(task) = first else {
        return;
    };
    match Own::new(how, route) {
        Ok(own) => drive(Work::exec(task), &own, route, ask),
        Err(error) => {
            let why = format!("your own ssh could not be made ready: {error}");
            task.settle_refused(Refusal::new(Reason::LinkLost, why));
        }
    }
}

fn drive(mut work: Work, own: &Own, route: &Route, ask: &dyn Ask) {
    let mut buffer = vec![0; BUFFER];
    loop {
        let stepped = work.step(Link::Own(own), 0, &mut true, &mut buffer);
        let moved = match stepped {
            Ok(moved) => moved,
            Err(error) => return work.refuse(&error.to_string()),
        };
        if work.is_over() {
            return;
        }
        let was_prompted = own
            .askpass()
            .is_some_and(|askpass| askpass.serve(route, ask));
        if !moved && !was_prompted {
            wait(&work, own);
        }
    }
}

fn wait(work: &Work, own: &Own) {
    let now = Instant::now();
    let due = work.next_look();
    let mut fds = work.fds();
    // All it wrote was read: its end is near, and does not wake us.
    let most = if fds.is_empty() { TICK } else { LONGEST };
    let most = due.map_or(most, |due| due.saturating_duration_since(now).min(most));
    fds.push(PollFd::from_borrowed_fd(work.orders_fd(), PollFlags::IN));
    if let Some(askpass) = own.askpass() {
        fds.push(PollFd::from_borrowed_fd(askpass.fd(), PollFlags::IN));
    }
    pause(&mut fds, most.max(TICK));
}
