//! What the child writes: read as it comes, into the spool at once.

use std::{
    borrow::Cow,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::{Duration, Instant},
};

use rustix::io::Errno;
use supervisor::{
    mask::{Mask, Secrets},
    spool::{MAX_RECORD, Stream, Unspooled, Writer},
};

use crate::own_log::complain;

/// How often a terminal that no process has open is tried again while the child lives: the child may open it again.
const RETRY: Duration = Duration::from_millis(250);

/// How long what may begin a secret is held back after its last byte: it may as well be the end of a prompt, which should
/// be seen. Then it is let go as [`Mask::let_go`] says.
const HELD: Duration = Duration::from_millis(500);

/// Reads of each output when the child has ended: what a pipe can hold, and a flood does not keep us for ever.
const DRAIN: usize = 8;

/// The outputs that have not ended yet.
#[derive(Debug)]
pub(crate) struct Outputs {
    open: Vec<Output>,
    buffer: Box<[u8]>,
    /// What was read and the spool did not take: no more is read until it does.
    unspooled: Unspooled,
}

#[derive(Debug)]
struct Output {
    stream: Stream,
    fd: OwnedFd,
    /// A terminal that no process has open, and when to try again.
    hung_up: Option<Instant>,
    /// Keeps the job's secrets out, if it has any.
    mask: Option<Mask>,
    /// When what the mask holds back has been held for long enough.
    held_until: Option<Instant>,
}

impl Output {
    /// What of these bytes may be seen now.
    fn masked<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(mask) = &mut self.mask else {
            return bytes.into();
        };
        let masked = mask.pass(bytes);
        self.held_until = (mask.held() > 0).then(|| Instant::now() + HELD);
        masked.into()
    }

    /// What was held back for long enough, as it may be seen.
    fn let_go(&mut self) -> Vec<u8> {
        self.held_until = None;
        self.mask.as_mut().map(Mask::let_go).unwrap_or_default()
    }

    /// What was held back, at the end.
    fn rest(mut self) -> Vec<u8> {
        self.mask.as_mut().map(Mask::finish).unwrap_or_default()
    }

    /// Looks for these secrets from now on; what may be seen of what was held back.
    fn learn(&mut self, secrets: &Secrets) -> Vec<u8> {
        match &mut self.mask {
            Some(mask) => mask.learn(secrets.clone()),
            None => {
                self.mask = Some(Mask::new(secrets.clone()));
                Vec::new()
            }
        }
    }
}

/// What one read brought.
enum Got {
    Bytes(usize),
    Nothing,
    HungUp,
    End,
}

impl Outputs {
    /// Our ends, which do not block.
    pub(crate) fn of<const N: usize>(
        outputs: [(Stream, OwnedFd); N],
        secrets: Option<&Secrets>,
    ) -> Self {
        let open = outputs
            .into_iter()
            .map(|(stream, fd)| Output {
                stream,
                fd,
                hung_up: None,
                mask: secrets.cloned().map(Mask::new),
                held_until: None,
            })
            .collect();
        Self {
            open,
            buffer: vec![0; MAX_RECORD].into(),
            unspooled: Unspooled::default(),
        }
    }

    /// None, for a child that could not be started.
    pub(crate) fn none() -> Self {
        Self {
            open: Vec::new(),
            buffer: Box::default(),
            unspooled: Unspooled::default(),
        }
    }

    /// Whether everything the child and its descendants ever wrote is in the spool.
    pub(crate) fn ended(&self) -> bool {
        self.open.is_empty() && self.unspooled.is_empty()
    }

    /// Whether something waits for the spool to take it.
    pub(crate) fn wait_for_spool(&self) -> bool {
        !self.unspooled.is_empty()
    }

    /// What to poll.
    pub(crate) fn to_poll(&self) -> impl Iterator<Item = (Stream, BorrowedFd<'_>)> {
        let awake = self.open.iter().filter(|output| output.hung_up.is_none());
        awake.map(|output| (output.stream, output.fd.as_fd()))
    }

    /// What the last read brought, secrets and all.
    pub(crate) fn last_read(&self, length: usize) -> &[u8] {
        self.buffer.get(..length).unwrap_or_default()
    }

    /// When to call [`Self::retry`].
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        // What the spool did not take goes before what is held back.
        let may_show = self.unspooled.is_empty();
        let times = self.open.iter();
        let times =
            times.flat_map(|output| [output.hung_up, output.held_until.filter(|_| may_show)]);
        times.flatten().min()
    }

    /// Polls terminals again that were hung up, and shows what was held back for long enough.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) fn retry(&mut self, now: Instant, spool: &mut Writer) -> io::Result<()> {
        for output in &mut self.open {
            output.hung_up = output.hung_up.filter(|at| *at > now);
            if self.unspooled.is_empty() && output.held_until.is_some_and(|at| at <= now) {
                let rest = output.let_go();
                self.unspooled.append(spool, output.stream, &rest)?;
            }
        }
        Ok(())
    }

    /// Keeps these secrets out from now on, those of before among them. Not to be called while something waits for the
    /// spool.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) fn learn(&mut self, secrets: &Secrets, spool: &mut Writer) -> io::Result<()> {
        for output in &mut self.open {
            let masked = output.learn(secrets);
            self.unspooled.append(spool, output.stream, &masked)?;
        }
        Ok(())
    }

    /// Reads an output once into the spool: how many bytes, 0 when there was no output. `child_lives` says whether a terminal
    /// that no process has open is at its end.
    ///
    /// # Errors
    /// When the spool did not take it; [`Self::spool_again`] gives it once more.
    pub(crate) fn read(
        &mut self,
        stream: Stream,
        child_lives: bool,
        spool: &mut Writer,
    ) -> io::Result<usize> {
        let of_stream = |output: &Output| output.stream == stream;
        let Some(number) = self.open.iter().position(of_stream) else {
            return Ok(0);
        };
        match read(&self.open[number].fd, &mut self.buffer) {
            Got::Nothing => Ok(0),
            Got::HungUp if child_lives => {
                self.open[number].hung_up = Some(Instant::now() + RETRY);
                Ok(0)
            }
            Got::HungUp | Got::End => {
                let rest = self.open.remove(number).rest();
                self.unspooled.append(spool, stream, &rest)?;
                Ok(0)
            }
            Got::Bytes(n) => {
                let bytes = self.open[number].masked(&self.buffer[..n]);
                self.unspooled.append(spool, stream, &bytes)?;
                Ok(n)
            }
        }
    }

    /// Reads what is there, of every output, when the child has ended.
    pub(crate) fn drain(&mut self, spool: &mut Writer) -> io::Result<()> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            for _ in 0..DRAIN {
                if self.read(stream, false, spool)? == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Gives the spool what it did not take.
    pub(crate) fn spool_again(&mut self, spool: &mut Writer) -> io::Result<()> {
        self.unspooled.again(spool)
    }
}

fn read(fd: &OwnedFd, buffer: &mut [u8]) -> Got {
    loop {
        return match rustix::io::read(fd, &mut *buffer) {
            Ok(0) => Got::End,
            Ok(n) => Got::Bytes(n),
            Err(Errno::INTR) => continue,
            Err(Errno::AGAIN) => Got::Nothing,
            // How Linux reports that no process has the other end of a terminal open, after all its bytes.
            Err(Errno::IO) => Got::HungUp,
            Err(error) => {
                complain(format_args!("reading the child's output: {error}"));
                Got::End
            }
        };
    }
}
