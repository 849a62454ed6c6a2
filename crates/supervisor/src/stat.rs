//! `/proc/PID/stat`, as far as we read it (proc(5)).

/// What a process's `stat` line says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Its state's letter: `R`, `S`, `Z` …
    pub state: u8,
    /// Its parent.
    pub ppid: i32,
    /// Its process group.
    pub pgid: i32,
    /// Its session.
    pub session: i32,
    /// `PF_` flags of the kernel.
    pub flags: u32,
    /// How many threads it has, those that have ended left out.
    pub threads: u32,
    /// When it started, in clock ticks since boot.
    pub start: u64,
}

impl Stat {
    /// Reads a whole line. The second field is the program's name in parentheses and may itself hold any byte, so the
    /// fields are counted from the last parenthesis.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<Self> {
        let name_end = line.iter().rposition(|byte| *byte == b')')?;
        let rest = std::str::from_utf8(line.get(name_end + 1..)?).ok()?;
        let mut fields = rest.split_ascii_whitespace();
        Some(Self {
            state: *fields.next()?.as_bytes().first()?,
            ppid: fields.next()?.parse().ok()?,
            pgid: fields.next()?.parse().ok()?,
            session: fields.next()?.parse().ok()?,
            flags: fields.nth(2)?.parse().ok()?,
            threads: fields.nth(10)?.parse().ok()?,
            start: fields.nth(1)?.parse().ok()?,
        })
    }

    /// Whether only its status is left: it has no children any more.
    #[must_use]
    pub fn is_buried_soon(&self) -> bool {
        matches!(self.state, b'Z' | b'X') && self.threads <= 1
    }

    /// Whether it runs no more: it is being taken down, or waits to be reaped.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        const PF_EXITING: u32 = 0x4;
        matches!(self.state, b'Z' | b'X') || self.flags & PF_EXITING != 0
    }
}

#[cfg(test)]
mod tests {
    use super::Stat;

    #[test]
    fn a_name_may_look_like_the_fields_after_it() {
        let line = b"7 (a) S 1 (b) Z 5 6 7 8 9 1077936132 1 2 3 4 5 6 7 8 20 0 1 0 4242 99 1\n";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.state, stat.ppid, stat.pgid), (b'Z', 5, 6));
        assert_eq!(stat.session, 7);
        assert_eq!((stat.flags, stat.start), (1_077_936_132, 4242));
        assert_eq!(stat.threads, 1);
        assert!(stat.has_ended());
        assert_eq!(Stat::parse(b"7 (sh) S 1"), None);
    }
}
