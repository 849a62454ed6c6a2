//! What may be left out of a line, and what of it is.

use serde::{Deserialize, Serialize};

/// A kind of token that is left out of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Mask {
    /// `ann@example.com`
    Email,
    /// `https://example.com/a?b`
    Url,
    /// `db-2.prod.example.com`, and the names a [`super::Normaliser`] was given.
    HostName,
    /// `10.0.0.1:80`, `fe80::1/64`
    Ip,
    /// `123e4567-e89b-12d3-a456-426614174000`
    Uuid,
    /// The id of a trace or a span: `00-…-…-01` (W3C Trace Context), or hex of 16 or more behind a word like `trace_id`.
    TraceId,
    /// Hex of 40.
    Sha1,
    /// Hex of 32.
    Md5,
    /// Hex of 7, with a digit and a letter.
    GitSha,
    /// `2026-05-02`, `02/05/2026`, `Sat May  2`, `02 May 2026`.
    Date,
    /// `12:34:56.789`, with its zone; a date before it is one of its own.
    Time,
    /// `1.5ms`, `1h02m`, `3 seconds`
    Duration,
    /// `0x…`, and hex of 8 or more with a digit and a letter.
    Hex,
    /// `0.25`, `1.5e-9`
    Float,
    /// `42`, also before a size (`42MB`) and within a place (`main.c:42`).
    Integer,
    /// `"…"`, `'…'`, `` `…` ``
    Quoted,
    /// A temporary folder and what is first in it, as `/tmp/tmp.Xa81b`; the rest of the path stays.
    TempPath,
    /// `pid 42`, `sshd[4242]`
    Pid,
    /// `42%`, `0.5 %`
    Percentage,
    /// What a person's own rules find, as [`super::OwnMasks`] has it.
    Own,
}

impl Mask {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 20] = [
        Self::Email,
        Self::Url,
        Self::HostName,
        Self::Ip,
        Self::Uuid,
        Self::TraceId,
        Self::Sha1,
        Self::Md5,
        Self::GitSha,
        Self::Date,
        Self::Time,
        Self::Duration,
        Self::Hex,
        Self::Float,
        Self::Integer,
        Self::Quoted,
        Self::TempPath,
        Self::Pid,
        Self::Percentage,
        Self::Own,
    ];

    /// Its name, for a switch; between `<` and `>`, what stands for such a token.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Url => "url",
            Self::HostName => "host",
            Self::Ip => "ip",
            Self::Uuid => "uuid",
            Self::TraceId => "trace id",
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
            Self::GitSha => "git sha",
            Self::Date => "date",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Hex => "hex",
            Self::Float => "float",
            Self::Integer => "int",
            Self::Quoted => "quoted",
            Self::TempPath => "temp path",
            Self::Pid => "pid",
            Self::Percentage => "percentage",
            Self::Own => "own",
        }
    }
}

/// A set of masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Masks(u32);

impl Default for Masks {
    /// All of them.
    fn default() -> Self {
        Self((1 << Mask::ALL.len()) - 1)
    }
}

impl Masks {
    /// The same without one.
    #[must_use]
    pub const fn without(self, mask: Mask) -> Self {
        Self(self.0 & !(1 << mask as u32))
    }

    /// Whether it is in the set.
    #[must_use]
    pub const fn has(self, mask: Mask) -> bool {
        self.0 & (1 << mask as u32) != 0
    }

    /// The token, if its mask is in the set.
    pub(super) fn only(self, length: usize, mask: Mask) -> Option<(usize, Mask)> {
        self.has(mask).then_some((length, mask))
    }
}
