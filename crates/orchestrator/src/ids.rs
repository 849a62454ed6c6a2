//! Ids that sort by when they were made: version 7 UUIDs, also if the clock is wrong.

use std::time::SystemTime;

use uuid::{NoContext, Timestamp, Uuid};

/// How far the clock of another machine may be ahead of ours without its jobs being listed as of a clock that was wrong.
const AHEAD_MS: u64 = 3_600_000;

/// A new version 7 UUID. A clock before 1970 counts as 1970.
#[must_use]
pub fn new_id() -> Uuid {
    if since_1970_ms().is_none() {
        return Uuid::new_v7(Timestamp::from_unix(NoContext, 0, 0));
    }
    Uuid::now_v7()
}

/// The first id of those that only a clock makes that is ahead: by more than an hour.
#[must_use]
pub fn first_ahead() -> Uuid {
    let limit = since_1970_ms().unwrap_or(0).saturating_add(AHEAD_MS);
    // The upper 48 bits are the time (RFC 9562, 5.7).
    Uuid::from_u128(u128::from(limit & 0xffff_ffff_ffff) << 80)
}

/// None if the clock is before 1970.
fn since_1970_ms() -> Option<u64> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since
        .ok()
        .map(|since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_now_is_not_ahead_and_what_is_made_in_two_hours_is() {
        assert!(new_id() < first_ahead());
        let now = Timestamp::now(NoContext).to_unix().0;
        let later = Uuid::new_v7(Timestamp::from_unix(NoContext, now + 7_200, 0));
        assert!(later > first_ahead());
        let soon = Uuid::new_v7(Timestamp::from_unix(NoContext, now + 3_000, 0));
        assert!(soon < first_ahead());
    }
}
