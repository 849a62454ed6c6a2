//! What time it is, whatever the clock says. It imports no module of ours.

use std::time::SystemTime;

use chrono::{DateTime, Utc};

/// The time now. A clock before 1970, which `Utc::now` panics of, is a time as every other.
#[must_use]
pub fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}
