//! Codes: what a browser exchanges, once, for the token. A code may be in a URL's fragment because it is spent on
//! first use and worthless ten minutes later.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::token::Token;

/// How long a code is good for.
pub(super) const LIFE: Duration = Duration::from_secs(10 * 60);

/// At most this many are open; a further one ends the oldest.
const MOST: usize = 16;

/// The codes that have been given out and not been spent.
#[derive(Debug, Default)]
pub(super) struct Codes {
    /// Oldest first.
    open: VecDeque<(Token, Instant)>,
}

impl Codes {
    /// A fresh code: 256 random bits as base64url.
    pub(super) fn issue(&mut self, now: Instant) -> String {
        if self.open.len() == MOST {
            self.open.pop_front();
        }
        let code = Token::new();
        let word = code.expose().to_owned();
        self.open.push_back((code, now));
        word
    }

    /// Takes a code back: whether it was good. It is not a second time.
    pub(super) fn spend(&mut self, code: &str, now: Instant) -> bool {
        self.open
            .retain(|(_, issued)| now.saturating_duration_since(*issued) < LIFE);
        let index = self
            .open
            .iter()
            .position(|(open, _)| open.is(code.as_bytes()));
        index.is_some_and(|index| self.open.remove(index).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_good_once() {
        let now = Instant::now();
        let mut codes = Codes::default();
        let code = codes.issue(now);
        assert!(!codes.spend("", now));
        assert!(!codes.spend(&code[1..], now));
        assert!(codes.spend(&code, now));
        assert!(!codes.spend(&code, now));
    }

    #[test]
    fn a_code_is_good_for_ten_minutes() {
        let now = Instant::now();
        let mut codes = Codes::default();
        let (first, second) = (codes.issue(now), codes.issue(now));
        assert!(codes.spend(&first, now + LIFE - Duration::from_millis(1)));
        assert!(!codes.spend(&second, now + LIFE));
        assert!(codes.open.is_empty());
    }

    #[test]
    fn a_seventeenth_code_ends_the_oldest() {
        let now = Instant::now();
        let mut codes = Codes::default();
        let all: Vec<_> = (0..=MOST).map(|_| codes.issue(now)).collect();
        assert!(!codes.spend(&all[0], now));
        assert!(codes.spend(&all[1], now));
        assert!(codes.spend(&all[MOST], now));
    }
}
