//! What a person does to a job while it runs, on its way from any thread to the session's.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    os::fd::{AsFd, BorrowedFd},
    sync::Arc,
};

use parking_lot::Mutex;
use supervisor::control::ToSupervisor;

/// Input that may wait for a command that does not read: more is refused until it does.
const INPUT_BOUND: usize = 1 << 20;

/// From this much on, typing is to pause, until it has shrunk to a quarter.
const INPUT_FILLING: usize = INPUT_BOUND / 4;

/// The command does not read its input and 1 MiB waits for it already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("input is paused: the command has 1 MiB of it unread")]
pub struct InputFull;

#[derive(Debug, Default)]
struct Queue {
    orders: VecDeque<ToSupervisor>,
    /// Bytes of input in `orders` and, once taken, not yet sent.
    input: usize,
}

/// The giving end; any number of clones, any thread.
#[derive(Debug, Clone)]
pub struct Controls {
    queue: Arc<Mutex<Queue>>,
    wake: Arc<io::PipeWriter>,
}

/// The taking end, for [`crate::ssh::Sessions::submit`].
#[derive(Debug)]
pub struct Orders {
    queue: Arc<Mutex<Queue>>,
    wake: io::PipeReader,
    controls: Controls,
}

/// A pair for one job.
///
/// # Errors
/// No file descriptors are left.
pub fn controls() -> io::Result<(Controls, Orders)> {
    let (reader, writer) = waker()?;
    let queue = Arc::new(Mutex::new(Queue::default()));
    let controls = Controls {
        queue: Arc::clone(&queue),
        wake: Arc::new(writer),
    };
    let orders = Orders {
        queue,
        wake: reader,
        controls: controls.clone(),
    };
    Ok((controls, orders))
}

/// A pipe whose two ends never block: a byte in it means "look".
pub(in crate::ssh) fn waker() -> io::Result<(io::PipeReader, io::PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&reader, true)?;
    rustix::io::ioctl_fionbio(&writer, true)?;
    Ok((reader, writer))
}

/// Makes the other end readable. A full pipe is readable already.
pub(in crate::ssh) fn wake(mut writer: &io::PipeWriter) {
    if let Err(error) = writer.write(&[1])
        && error.kind() != io::ErrorKind::WouldBlock
    {
        tracing::debug!(%error, "nobody is left to wake");
    }
}

/// Empties it.
pub(in crate::ssh) fn calm(mut reader: &io::PipeReader) {
    let mut bytes = [0; 64];
    while matches!(reader.read(&mut bytes), Ok(n) if n == bytes.len()) {}
}

impl Controls {
    /// Hands it over; a job that is over does not mind.
    ///
    /// # Errors
    /// Input beyond what may wait.
    pub fn send(&self, control: ToSupervisor) -> Result<(), InputFull> {
        let mut queue = self.queue.lock();
        if let ToSupervisor::Input(bytes) = &control {
            if queue.input + bytes.len() > INPUT_BOUND {
                return Err(InputFull);
            }
            queue.input += bytes.len();
        }
        queue.orders.push_back(control);
        drop(queue);
        wake(&self.wake);
        Ok(())
    }
}

impl Controls {
    /// Whether so much input waits that no more should come; if it `was` so, until most of it has gone.
    #[must_use]
    pub fn is_filling(&self, was: bool) -> bool {
        let queue = self.queue.lock();
        queue.input
            > if was {
                INPUT_FILLING / 4
            } else {
                INPUT_FILLING
            }
    }

    /// Makes the job look around without giving it an order.
    pub(in crate::ssh) fn nudge(&self) {
        wake(&self.wake);
    }
}

impl Orders {
    /// What to poll for reading.
    pub(in crate::ssh) fn fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// Everything that has come, in order.
    pub(in crate::ssh) fn take(&self) -> VecDeque<ToSupervisor> {
        calm(&self.wake);
        let mut queue = self.queue.lock();
        std::mem::take(&mut queue.orders)
    }

    /// Puts back what was taken and not done, before all that has come since.
    pub(in crate::ssh) fn put_back(&self, orders: Vec<ToSupervisor>) {
        let mut queue = self.queue.lock();
        for order in orders.into_iter().rev() {
            queue.orders.push_front(order);
        }
    }

    /// Makes room: this much input has gone to the host.
    pub(in crate::ssh) fn sent(&self, bytes: usize) {
        let mut queue = self.queue.lock();
        queue.input = queue.input.saturating_sub(bytes);
    }

    /// The giving end of itself.
    pub(in crate::ssh) fn controls(&self) -> Controls {
        self.controls.clone()
    }

    /// Whether a cancel waits in the queue; it stays there.
    pub(in crate::ssh) fn canceled(&self) -> bool {
        calm(&self.wake);
        let queue = self.queue.lock();
        queue
            .orders
            .iter()
            .any(|order| matches!(order, ToSupervisor::Cancel { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_bounded_until_it_is_sent() {
        let (controls, orders) = controls().unwrap();
        controls
            .send(ToSupervisor::Input(vec![0; INPUT_BOUND - 1]))
            .unwrap();
        assert_eq!(
            controls.send(ToSupervisor::Input(vec![0; 2])),
            Err(InputFull)
        );
        controls
            .send(ToSupervisor::Cancel { force: false })
            .unwrap();
        assert!(orders.canceled() && controls.is_filling(false));
        assert_eq!(orders.take().len(), 2);
        assert_eq!(
            controls.send(ToSupervisor::Input(vec![0; 2])),
            Err(InputFull)
        );
        orders.sent(INPUT_BOUND - 1 - INPUT_FILLING);
        assert!(controls.is_filling(true) && !controls.is_filling(false));
        orders.sent(INPUT_FILLING);
        assert!(!controls.is_filling(true));
        controls.send(ToSupervisor::Input(vec![0; 2])).unwrap();
    }
}
