//! The user's SSH agent (draft-miller-ssh-agent): which keys it holds, and signatures by them. Each wait has a bound and ends
//! with the last job that waits for the login, so that neither a frozen agent nor a key that is not touched holds
//! anything up.

use std::{
    io::{self, Read, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    path::Path,
    time::{Duration, Instant},
};

use rustix::event::PollFlags;

use super::{
    patience::Patience,
    public_key::{put, string},
};
use crate::{confined, ssh::failure::Refusal};

/// How long an agent may take to list its keys.
const LIST: Duration = Duration::from_secs(10);
/// How long it may take to sign: a person may be asked to allow it, or to touch a key.
const SIGN: Duration = Duration::from_secs(60);
/// An answer's longest, in bytes, as OpenSSH has it.
const LONGEST: usize = 256 << 10;

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

/// RSA with SHA-2, in place of the SHA-1 that no server takes any more.
const RSA_SHA2_256: u32 = 2;
const RSA_SHA2_512: u32 = 4;

/// An agent that answers.
pub(super) struct Agent<'a> {
    stream: UnixStream,
    patience: &'a Patience<'a>,
}

/// A key of an agent.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    /// The key, or a certificate of it.
    pub(super) blob: Vec<u8>,
    /// What its owner called it.
    pub(super) comment: String,
}

/// Why an agent did not do what it was asked.
#[derive(Debug)]
pub(super) enum AgentError {
    /// No job waits for the login any more.
    Unwanted(Refusal),
    /// It said no, or made no sense, or did not answer: in words.
    Failed(String),
}

impl<'a> Agent<'a> {
    /// Connects to an agent's socket.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn connect(socket: &Path, patience: &'a Patience<'a>) -> io::Result<Self> {
        let stream = confined::connect(socket)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, patience })
    }

    /// The keys it holds, in its order.
    ///
    /// # Errors
    /// As [`AgentError`] says.
    pub(super) fn identities(&mut self) -> Result<Vec<Identity>, AgentError> {
        let answer = self.ask(&[REQUEST_IDENTITIES], Instant::now() + LIST)?;
        let listed = |mut rest: &[u8]| {
            if rest.split_off(..1)? != [IDENTITIES] {
                return None;
            }
            let count = rest.split_off(..4)?;
            let count = u32::from_be_bytes(count.try_into().ok()?);
            let mut all = Vec::new();
            for _ in 0..count {
                let blob = string(&mut rest)?.to_vec();
                let comment = String::from_utf8_lossy(string(&mut rest)?).into_owned();
                all.push(Identity { blob, comment });
            }
            Some(all)
        };
        listed(&answer).ok_or_else(|| AgentError::Failed("its list of keys makes no sense".into()))
    }

    /// A signature of `data` by the key `blob`, as the method `algorithm` wants it: everything after the method's name.
    ///
    /// # Errors
    /// As [`AgentError`] says.
    pub(super) fn sign(
        &mut self,
        blob: &[u8],
        algorithm: &str,
        data: &[u8],
    ) -> Result<Vec<u8>, AgentError> {
        let flags = if algorithm.starts_with("rsa-sha2-512") {
            RSA_SHA2_512
        } else if algorithm.starts_with("rsa-sha2-256") {
            RSA_SHA2_256
        } else {
            0
        };
        let mut request = vec![SIGN_REQUEST];
        put(&mut request, blob);
        put(&mut request, data);
        request.extend(flags.to_be_bytes());
        let answer = self.ask(&request, Instant::now() + SIGN)?;
        let signature = |mut rest: &[u8]| {
            if rest.split_off(..1)? != [SIGN_RESPONSE] {
                return None;
            }
            let mut whole = string(&mut rest)?;
            string(&mut whole)?;
            // A key in hardware adds its flags and a counter; every other signature is one string.
            if algorithm.starts_with("sk-") {
                return Some(whole.to_vec());
            }
            string(&mut whole).map(<[u8]>::to_vec)
        };
        signature(&answer).ok_or_else(|| AgentError::Failed("the agent refused to sign".into()))
    }

    fn ask(&mut self, request: &[u8], until: Instant) -> Result<Vec<u8>, AgentError> {
        let mut framed = Vec::new();
        put(&mut framed, request);
        let mut unsent = &framed[..];
        while !unsent.is_empty() {
            let wrote = self.stream.write(unsent);
            let count = self.ready(wrote, PollFlags::OUT, until)?;
            unsent = &unsent[count..];
        }
        let mut answer = Vec::new();
        let mut wanted = 4;
        let mut buffer = [0; 4096];
        while answer.len() < wanted {
            let most = buffer.len().min(wanted - answer.len());
            let read = self.stream.read(&mut buffer[..most]);
            let is_end = matches!(read, Ok(0));
            let count = self.ready(read, PollFlags::IN, until)?;
            if is_end {
                return Err(AgentError::Failed("the agent hung up".into()));
            }
            answer.extend(&buffer[..count]);
            if wanted == 4
                && let Some(length) = answer.first_chunk()
            {
                wanted += usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
                if wanted > LONGEST {
                    return Err(AgentError::Failed("the agent's answer is too long".into()));
                }
            }
        }
        Ok(answer.split_off(4))
    }

    /// How many bytes were moved; none if the call was not ready, after waiting for that.
    fn ready(
        &self,
        moved: io::Result<usize>,
        what: PollFlags,
        until: Instant,
    ) -> Result<usize, AgentError> {
        match moved {
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(AgentError::Failed(error.to_string())),
        }
        let remaining = until.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Err(AgentError::Failed("the agent does not answer".into()));
        }
        let fds = [(self.stream.as_fd(), what)];
        self.patience
            .wait(&fds, remaining)
            .map_err(AgentError::Unwanted)?;
        Ok(0)
    }
}
