//! Where logs are kept, and whether it can be reached.

use serde::{Deserialize, Serialize};

/// Where logs are kept, and whether it can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StoreState {
    /// Whether it is our own private server; else it is a configured one.
    pub embedded: bool,
    /// Its address without the password.
    pub address: String,
    /// How it is.
    pub health: StoreHealth,
    /// What draws a warning and no refusal: a superuser role, a connection without TLS.
    pub warning: Option<String>,
}

/// A database that `DATABASE_URL` names, as it does for every program, and that keeps no history unless a person says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SeenDatabase {
    /// Which one, without its password, why it is not used, and what is.
    pub why: String,
    /// Whether it would serve.
    pub fits: bool,
}

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum StoreHealth {
    /// It is being started or connected to.
    Starting {
        /// What is being done, in words.
        step: String,
    },
    /// It answers.
    Ready {
        /// As `18.4`.
        version: String,
    },
    /// It does not answer; logs wait in the spool, whole.
    Away {
        /// Why, and what to try.
        why: String,
    },
    /// It answers and must not be used as it is.
    Refused {
        /// Why, and what to try.
        why: String,
    },
}
