//! How many bytes a host may send ahead of our reading. What is on its way has to be read before a line of another channel
//! is: many megabytes from a near host would hold that up for a tenth of a second. A far one needs them, or most of the
//! time nothing is on its way.

use std::time::Duration;

/// For one of several channels; memory is windows × channels.
pub(in crate::ssh) const SHARED: u32 = 2 << 20;
/// For one that has the session to itself, at most: measured at 100 ms of round trip, 2 MiB give 15 to 25 MiB/s, and these
/// 94 to 103.
const WIDEST: u32 = 16 << 20;
/// Bytes a second that a far host can send.
const RATE: f64 = (160 << 20) as f64;

/// For a channel that has the session to itself, at this round trip.
pub(super) fn alone(round_trip: Duration) -> u32 {
    let on_the_way = RATE * round_trip.as_secs_f64();
    if on_the_way >= f64::from(WIDEST) {
        return WIDEST;
    }
    let wanted = SHARED as f64;
    on_the_way.max(wanted) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_host_may_send_more_ahead() {
        let at = |ms| alone(Duration::from_millis(ms));
        assert_eq!((at(0), at(5)), (SHARED, SHARED));
        assert_eq!(at(50), 8 << 20);
        assert_eq!((at(100), at(60_000)), (WIDEST, WIDEST));
    }
}
