//! Which part of which job a unit is.

use std::ops::RangeInclusive;

/// A part of one job's log in a unit. Chunks are numbered as in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The first half of the job's id, which few jobs share: see [`keys`].
    pub job: u64,
    /// The chunk of a block before which none of its lines begins.
    pub from: u64,
    /// Its first chunk: lines that ended before are another unit's.
    pub start: u64,
    /// The chunk after its last; none if it goes to the log's end.
    pub end: Option<u64>,
}

/// A job's id as an entry has it.
#[must_use]
pub const fn key(job: u128) -> u64 {
    (job >> 64) as u64
}

/// The ids that an entry may mean.
#[must_use]
pub const fn keys(job: u64) -> RangeInclusive<u128> {
    let first = (job as u128) << 64;
    first..=first | u64::MAX as u128
}

impl Entry {
    /// Whether it is a job's whole log.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.start == 0 && self.end.is_none()
    }

    /// A unit's entries as bytes: jobs as differences, a whole log in five bytes or so.
    #[must_use]
    pub fn write(entries: &[Self]) -> Vec<u8> {
        let (mut to, mut last) = (Vec::with_capacity(entries.len() * 5), 0);
        for entry in entries {
            let step = entry.job.wrapping_sub(last).cast_signed();
            number((step << 1 ^ step >> 63).cast_unsigned(), &mut to);
            last = entry.job;
            if entry.is_whole() {
                number(0, &mut to);
                continue;
            }
            number(1 + u64::from(entry.end.is_some()), &mut to);
            number(entry.start, &mut to);
            number(entry.start - entry.from, &mut to);
            if let Some(end) = entry.end {
                number(end - entry.start, &mut to);
            }
        }
        to
    }

    /// Reads what [`Entry::write`] wrote; none if it did not.
    #[must_use]
    pub fn read(mut bytes: &[u8]) -> Option<Vec<Self>> {
        let from = &mut bytes;
        let (mut entries, mut job) = (Vec::new(), 0_u64);
        while !from.is_empty() {
            let step = read(from)?;
            let step = (step >> 1).cast_signed() ^ -((step & 1).cast_signed());
            job = job.wrapping_add(step.cast_unsigned());
            let kind = read(from)?;
            let mut entry = Self {
                job,
                from: 0,
                start: 0,
                end: None,
            };
            if kind > 0 {
                entry.start = read(from)?;
                entry.from = entry.start.checked_sub(read(from)?)?;
            }
            if kind > 1 {
                entry.end = Some(entry.start.checked_add(read(from)?)?);
            }
            entries.push(entry);
        }
        Some(entries)
    }
}

/// A number as LEB128.
fn number(mut value: u64, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

fn read(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(jobs in prop::collection::vec((any::<u64>(), 0..9_u64, 0..9_u64, any::<Option<u32>>()), 0..20)) {
            let entry = |(job, start, before, length): (u64, u64, u64, Option<u32>)| Entry {
                job,
                start,
                from: start.saturating_sub(before),
                end: length.map(|length| start + u64::from(length)),
            };
            let entries: Vec<Entry> = jobs.into_iter().map(entry).collect();
            prop_assert_eq!(Entry::read(&Entry::write(&entries)), Some(entries));
        }

        #[test]
        fn no_bytes_are_trouble(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            drop(Entry::read(&bytes));
        }
    }
}
