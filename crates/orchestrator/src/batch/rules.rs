//! How a batch is run, and how that is written: `--limit 10%`, `--waves 1,10%,rest`, `--stop-after 3`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Hosts at once, unless a person chooses how many.
const LIMIT: usize = 32;
/// Waves of one batch, at most.
const MOST_WAVES: usize = 1000;

/// How a batch is run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchRules", optional_fields))]
pub struct Rules {
    /// The set of hosts as it was written; empty if they were picked one by one.
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    pub chosen: String,
    /// On how many hosts at once; none means 32.
    pub limit: Option<Share>,
    /// In which waves; none means all in one.
    pub waves: Option<Waves>,
    /// A command that runs on the hosts of a wave which ended well, before the next wave starts.
    pub check: Option<String>,
    /// How many failures stop the batch from starting more jobs; none means no number does.
    pub stop_after: Option<Share>,
    /// Whether the command runs as root, by `sudo` on the host; the check does too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub sudo: bool,
    /// Whether it only looks on the hosts for what a person wants to run there: no list has it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub looks: bool,
    /// A hash of the hosts and of where they are, as a person was shown them: if they are elsewhere by the start, nothing is
    /// started. None is not compared, and it is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// Whether a person was asked about these hosts, and agreed: on one that always asks, nothing starts otherwise. It is
    /// not kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub agreed: bool,
    /// How long the command may run on one host, in milliseconds, from its start there.
    pub timeout: Option<u64>,
}

impl Rules {
    /// On how many of so many hosts at once.
    #[must_use]
    pub fn at_once(&self, hosts: usize) -> usize {
        self.limit.map_or(LIMIT, |limit| limit.of(hosts))
    }

    /// The wave of each of so many hosts. What the waves leave over is one more.
    pub(super) fn waves_of(&self, hosts: usize) -> Vec<u32> {
        let mut waves = Vec::with_capacity(hosts);
        let sizes = self.waves.as_ref().map_or(&[][..], |waves| &waves.0);
        let mut wave = 0;
        for size in sizes {
            let until = hosts.min(waves.len() + size.of(hosts));
            if waves.len() < until {
                waves.resize(until, wave);
                wave += 1;
            }
        }
        waves.resize(hosts, wave);
        waves
    }
}

/// So many, or so many of a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
pub enum Share {
    /// So many, at least one.
    Count(u32),
    /// So many of a hundred, rounded up: 1 to 100.
    Percent(u8),
}

impl Share {
    /// How many of these that is, at least one.
    #[must_use]
    pub fn of(self, all: usize) -> usize {
        match self {
            Self::Count(count) => usize::try_from(count).unwrap_or(usize::MAX).max(1),
            Self::Percent(percent) => (all * usize::from(percent)).div_ceil(100).max(1),
        }
    }
}

impl FromStr for Share {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("'{text}' is neither a number from 1 on, as 10, nor a share, as 10%");
        if let Some(percent) = text.strip_suffix('%') {
            let percent = percent.parse().map_err(|_| wrong())?;
            return match percent {
                1..=100 => Ok(Self::Percent(percent)),
                _ => Err(wrong()),
            };
        }
        match text.parse() {
            Ok(count @ 1..) => Ok(Self::Count(count)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl TryFrom<String> for Share {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Share> for String {
    fn from(share: Share) -> Self {
        share.to_string()
    }
}

/// The sizes of waves, in order; after the last of them, the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
pub struct Waves(Vec<Share>);

impl FromStr for Waves {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split(',').map(str::trim).collect();
        let sizes = match words.as_slice() {
            [sizes @ .., "rest"] => sizes,
            sizes => sizes,
        };
        if sizes.len() >= MOST_WAVES {
            return Err(format!("more than {MOST_WAVES} waves"));
        }
        let sizes: Result<_, String> = sizes.iter().map(|size| size.parse()).collect();
        let hint = |why| format!("{why}; waves are written as 1,10%,rest");
        sizes.map(Self).map_err(hint)
    }
}

impl fmt::Display for Waves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for size in &self.0 {
            write!(f, "{size},")?;
        }
        f.write_str("rest")
    }
}

impl TryFrom<String> for Waves {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Waves> for String {
    fn from(waves: Waves) -> Self {
        waves.to_string()
    }
}
