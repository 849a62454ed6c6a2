//! Hex: hashes, ids, addresses in memory. All of it is known by its length, so a word is measured once.

use super::{Mask, Masks};

/// The lengths of a UUID's parts, and of those of a `traceparent` (W3C Trace Context).
const UUID: [usize; 5] = [8, 4, 4, 4, 12];
const TRACE_PARENT: [usize; 4] = [2, 32, 16, 2];

/// The token at the start of `run`, whose first word is this long.
pub(super) fn of(
    run: &[u8],
    length: usize,
    masks: Masks,
    is_trace: impl Fn() -> bool,
) -> Option<(usize, Mask)> {
    // Most words are shorter, or no hex after a few letters.
    if length == 8 && is_parts(run, &UUID) {
        return masks.only(36, Mask::Uuid);
    }
    if length == 2 && is_parts(run, &TRACE_PARENT) {
        return masks.only(55, Mask::TraceId);
    }
    if length < 7 && !run.starts_with(b"0x") {
        return None;
    }
    let digits = &run[..length];
    if let [b'0', b'x' | b'X', digits @ ..] = digits {
        let is_hex = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
        return is_hex.then(|| masks.only(length, Mask::Hex)).flatten();
    }
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let is_mixed = digits.iter().any(u8::is_ascii_digit) && !digits.iter().all(u8::is_ascii_digit);
    let kinds = [
        (Mask::TraceId, length >= 16 && is_trace()),
        (Mask::Sha1, length == 40),
        (Mask::Md5, length == 32),
        (Mask::GitSha, length == 7 && is_mixed),
        (Mask::Hex, length >= 8 && is_mixed),
    ];
    let kind = kinds.iter().find(|(mask, fits)| *fits && masks.has(*mask));
    kind.map(|(mask, _)| (length, *mask))
}

/// Whether this is hex of these lengths with a dash between any two, up to its end.
fn is_parts(run: &[u8], lengths: &[usize]) -> bool {
    let whole = lengths.iter().sum::<usize>() + lengths.len() - 1;
    if run.len() < whole || !super::ends_at(run, whole) {
        return false;
    }
    let mut parts = run[..whole].split(|&byte| byte == b'-');
    let fits = |length: &usize| {
        let part = parts.next();
        part.is_some_and(|part| part.len() == *length && part.iter().all(u8::is_ascii_hexdigit))
    };
    lengths.iter().all(fits)
}
