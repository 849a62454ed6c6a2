//! Numbers, and what is made of them: dates, times, durations, percentages.

use super::{Mask, Masks, ends_at, is_word, word};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
/// Units of time right behind a number, the longer ones first; those that may also be behind a blank.
const UNITS: [&str; 23] = [
    "milliseconds",
    "millisecond",
    "microseconds",
    "seconds",
    "minutes",
    "second",
    "minute",
    "hours",
    "hour",
    "days",
    "day",
    "secs",
    "mins",
    "sec",
    "min",
    "hrs",
    "ms",
    "us",
    "µs",
    "ns",
    "s",
    "m",
    "h",
];
const APART: usize = 20;
/// Units of size, of which the number before them is left out.
const SIZES: [&str; 20] = [
    "B", "k", "K", "M", "G", "T", "kB", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB", "kb",
    "Kb", "Mb", "Gb", "bytes",
];

/// The token that begins with the digit at `start`; behind a file's name and a colon, no time.
pub(super) fn of(
    line: &[u8],
    start: usize,
    masks: Masks,
    is_place: bool,
    is_pid: impl FnOnce() -> bool,
) -> Option<(usize, Mask)> {
    let rest = &line[start..];
    if let [.., before, b'.'] = &line[..start]
        && is_word(*before)
    {
        // Of a version, or of a name such as `libc.so.6`.
        return None;
    }
    let date = || masks.has(Mask::Date).then(|| date(rest)).flatten();
    if let Some(length) = date() {
        return Some((length, Mask::Date));
    }
    if masks.has(Mask::Time)
        && !is_place
        && let Some(length) = time(rest)
    {
        return Some((length, Mask::Time));
    }
    let (length, is_float) = number(rest)?;
    if masks.has(Mask::Duration)
        && let Some(length) = duration(rest, length)
    {
        return Some((length, Mask::Duration));
    }
    let after = &rest[length..];
    let blank = usize::from(after.starts_with(b" %"));
    if masks.has(Mask::Percentage) && after[blank..].starts_with(b"%") {
        return Some((length + blank + 1, Mask::Percentage));
    }
    let unit = word(after);
    let is_size = SIZES.iter().any(|size| size.as_bytes() == &after[..unit]);
    if unit > 0 && !is_size {
        return None;
    }
    if is_float {
        return masks.only(length, Mask::Float);
    }
    if unit == 0 && masks.has(Mask::Pid) && is_pid() {
        return Some((length, Mask::Pid));
    }
    masks.only(length, Mask::Integer)
}

/// A date that begins with the name of a day or month.
pub(super) fn worded_date(rest: &[u8], masks: Masks) -> Option<(usize, Mask)> {
    if !matches!(rest[0], b'A'..=b'W') || !masks.has(Mask::Date) {
        return None;
    }
    let mut at = match named(rest, &DAYS) {
        Some(day) => {
            let comma = usize::from(rest.get(day) == Some(&b','));
            day + comma + blanks(&rest[day + comma..])?
        }
        None => 0,
    };
    if let Some(length) = day_first(&rest[at..]) {
        return Some((at + length, Mask::Date));
    }
    at += named(&rest[at..], &MONTHS)?;
    at += blanks(&rest[at..])?;
    at += digits(&rest[at..], 1..=2)?;
    let comma = usize::from(rest.get(at) == Some(&b','));
    let year = blanks(&rest[at + comma..])
        .and_then(|blanks| Some(comma + blanks + digits(&rest[at + comma + blanks..], 4..=4)?));
    at += year.unwrap_or(0);
    ends_at(rest, at).then_some((at, Mask::Date))
}

/// `2026-05-02`, `2026/05/02`, each with `T` and a time; `02/05/2026`, `02.05.2026`, `02 May 2026`, `02/May/2026`.
fn date(rest: &[u8]) -> Option<usize> {
    if let Some(length) = day_first(rest) {
        return Some(length);
    }
    let first = word(rest);
    let mark = *rest.get(first)?;
    let in_parts = |lengths: [usize; 3]| {
        let mut at = 0;
        for (number, length) in lengths.into_iter().enumerate() {
            if number > 0 {
                at += usize::from(*rest.get(at)? == mark);
            }
            let part = rest.get(at..at + length)?;
            part.iter().all(u8::is_ascii_digit).then_some(())?;
            at += length;
        }
        Some(at)
    };
    match (first, mark) {
        (4, b'-' | b'/') => {
            let length = in_parts([4, 2, 2])?;
            let time = match rest.get(length) {
                Some(b'T') => 1 + time(&rest[length + 1..])?,
                _ => 0,
            };
            ends_at(rest, length + time).then_some(length + time)
        }
        (2, b'/' | b'.') => in_parts([2, 2, 4]).filter(|length| ends_at(rest, *length)),
        _ => None,
    }
}

/// `02 May 2026`, and with `/` or `-` in between.
fn day_first(rest: &[u8]) -> Option<usize> {
    let day = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=2).contains(&day) {
        return None;
    }
    let mark = rest.get(day).filter(|mark| b" /-".contains(mark))?;
    let month = day + 1 + named(&rest[day + 1..], &MONTHS)?;
    let is_same = rest.get(month) == Some(mark);
    let year = is_same.then(|| digits(&rest[month + 1..], 4..=4))??;
    Some(month + 1 + year)
}

/// `12:34`, `12:34:56`, with a fraction and a zone.
fn time(rest: &[u8]) -> Option<usize> {
    let pair = |at: usize| match rest.get(at..at + 2)? {
        [tens @ b'0'..=b'5', b'0'..=b'9'] => Some(*tens),
        _ => None,
    };
    let hour = digits(rest, 1..=2).filter(|_| rest.len() > 2)?;
    let mut at = hour;
    let colon = |at: usize| rest.get(at) == Some(&b':');
    if !colon(at) || (hour == 2 && rest[0] > b'2') {
        return None;
    }
    pair(at + 1)?;
    at += 3;
    if colon(at) {
        pair(at + 1)?;
        at += 3;
        if matches!(rest.get(at), Some(b'.' | b',')) {
            let fraction = rest[at + 1..].iter();
            let fraction = fraction.take_while(|byte| byte.is_ascii_digit()).count();
            at += if fraction > 0 { 1 + fraction } else { 0 };
        }
    } else if hour == 1 {
        return None;
    }
    at += zone(&rest[at..]);
    ends_at(rest, at).then_some(at)
}

/// The length of `Z`, `+02:00` or `+0200`; 0 if there is none.
fn zone(rest: &[u8]) -> usize {
    match rest {
        [b'Z', ..] => 1,
        [b'+' | b'-', rest @ ..] => match (digits_of(rest), rest.get(2)) {
            (4, _) => 5,
            (2, Some(b':')) if digits_of(&rest[3..]) == 2 => 6,
            _ => 0,
        },
        _ => 0,
    }
}

/// The length of a number, and whether it is no whole one; none for a version.
fn number(rest: &[u8]) -> Option<(usize, bool)> {
    let whole = digits_of(rest);
    if rest.get(whole) != Some(&b'.') {
        return Some((whole, false));
    }
    let fraction = digits_of(&rest[whole + 1..]);
    if fraction == 0 {
        return Some((whole, false));
    }
    let mut at = whole + 1 + fraction;
    if rest.get(at) == Some(&b'.') && digits_of(&rest[at + 1..]) > 0 {
        return None;
    }
    if let Some(b'e' | b'E') = rest.get(at) {
        let sign = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits_of(&rest[at + 1 + sign..]);
        at += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    Some((at, true))
}

/// Of a number this long, and units and further numbers behind it.
fn duration(rest: &[u8], length: usize) -> Option<usize> {
    if rest.get(length) == Some(&b' ') {
        let end = length + 1 + unit(&rest[length + 1..], &UNITS[..APART])?;
        return ends_at(rest, end).then_some(end);
    }
    let mut at = length;
    loop {
        at += unit(&rest[at..], &UNITS)?;
        match rest.get(at) {
            // As in `1h02m`.
            Some(byte) if byte.is_ascii_digit() => at += number(&rest[at..])?.0,
            _ => return ends_at(rest, at).then_some(at),
        }
    }
}

/// The length of the unit at the start, behind which a further number may be.
fn unit(rest: &[u8], units: &[&str]) -> Option<usize> {
    let is_whole = |length| ends_at(rest, length) || rest[length].is_ascii_digit();
    let lengths = units
        .iter()
        .filter(|unit| rest.starts_with(unit.as_bytes()));
    lengths
        .map(|unit| unit.len())
        .find(|length| is_whole(*length))
}

/// The length of one of these names at the start, whole or by its first three letters.
fn named(rest: &[u8], names: &[&str]) -> Option<usize> {
    let length = word(rest);
    let found = &rest[..length];
    let is = |name: &&str| match length {
        3 => name.as_bytes().starts_with(found),
        _ => name.as_bytes() == found,
    };
    ((3..=9).contains(&length) && names.iter().any(is)).then_some(length)
}

fn digits_of(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// So many digits, and then no letter of a word.
fn digits(rest: &[u8], count: std::ops::RangeInclusive<usize>) -> Option<usize> {
    let length = digits_of(rest);
    (count.contains(&length) && ends_at(rest, length)).then_some(length)
}

/// At least one blank.
fn blanks(rest: &[u8]) -> Option<usize> {
    let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
    (blanks > 0).then_some(blanks)
}
