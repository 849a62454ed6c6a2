//! Keeps secrets out of a log: whatever a job writes of them is replaced before anybody sees it.
//!
//! A secret is looked for as it is, line by line where it has several, in base64 at each of its three alignments, and as
//! part of a URL; nothing shorter than [`SHORTEST`] is. The leftmost and longest match goes first, and how the output is
//! cut into reads makes no difference: what may be the start of a secret is held back until it is known.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use memchr::memmem::Finder;

/// Bytes: what is shorter stands in any text, and masking it would ruin the log.
pub const SHORTEST: usize = 6;
/// What stands where a secret was.
pub const STANDIN: &[u8] = b"***";

/// The secrets of a job, in all the forms they are looked for in.
#[derive(Debug, Clone)]
pub struct Secrets {
    forms: Vec<Form>,
}

#[derive(Clone)]
struct Form {
    bytes: Vec<u8>,
    finder: Finder<'static>,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Form(…)")
    }
}

/// The mask of one stream. What it holds back is shorter than the longest form of a secret.
#[derive(Debug)]
pub struct Mask {
    secrets: Secrets,
    held: Vec<u8>,
}

impl Secrets {
    /// These secrets; none where all of them are too short to be looked for.
    #[must_use]
    pub fn of<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut forms: Vec<Vec<u8>> = values.into_iter().flat_map(forms).collect();
        forms.retain(|form| form.len() >= SHORTEST);
        forms.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        let forms: Vec<Form> = forms
            .into_iter()
            .map(|bytes| Form {
                finder: Finder::new(&bytes).into_owned(),
                bytes,
            })
            .collect();
        (!forms.is_empty()).then_some(Self { forms })
    }

    /// The first place from which all the rest of `text` is the start of a secret.
    fn begins(&self, text: &[u8]) -> Option<usize> {
        let longest = self.forms.first().map_or(0, |form| form.bytes.len());
        let from = (text.len() + 1).saturating_sub(longest);
        (from..text.len()).find(|at| {
            let rest = &text[*at..];
            let mut forms = self.forms.iter();
            forms.any(|form| form.bytes.len() > rest.len() && form.bytes.starts_with(rest))
        })
    }
}

impl Mask {
    /// A mask for one stream.
    #[must_use]
    pub fn new(secrets: Secrets) -> Self {
        Self {
            secrets,
            held: Vec::new(),
        }
    }

    /// What may be seen of what was written so far, beyond what was given before.
    pub fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        self.give(false)
    }

    /// The rest, when no more will be written, or what is held is too short to give anything away.
    pub fn finish(&mut self) -> Vec<u8> {
        self.give(true)
    }

    /// How many bytes are held back.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    fn give(&mut self, all: bool) -> Vec<u8> {
        let text = std::mem::take(&mut self.held);
        let mut seen = Vec::with_capacity(text.len());
        let mut found = Found::new(&self.secrets, &text);
        let (mut at, mut held) = (0, text.len());
        loop {
            // What begins a secret inside one that was masked begins none, so it is looked for anew.
            if !all {
                let begins = self.secrets.begins(&text[at..]);
                held = begins.map_or(text.len(), |begins| at + begins);
            }
            let Some((start, end)) = found.first(at).filter(|(start, _)| *start < held) else {
                break;
            };
            seen.extend_from_slice(&text[at..start]);
            seen.extend_from_slice(STANDIN);
            at = end;
        }
        seen.extend_from_slice(&text[at..held]);
        self.held = text[held..].to_vec();
        seen
    }
}

/// Where the next one of each form is, so that none is looked for twice.
struct Found<'a> {
    text: &'a [u8],
    forms: &'a [Form],
    next: Vec<Option<usize>>,
}

impl<'a> Found<'a> {
    fn new(secrets: &'a Secrets, text: &'a [u8]) -> Self {
        let forms = &secrets.forms;
        Self {
            text,
            forms,
            next: forms.iter().map(|form| form.finder.find(text)).collect(),
        }
    }

    /// The first secret from `at` on, the longest where several start there: its start and its end.
    fn first(&mut self, at: usize) -> Option<(usize, usize)> {
        for (form, next) in self.forms.iter().zip(&mut self.next) {
            if next.is_some_and(|next| next < at) {
                *next = form.finder.find(&self.text[at..]).map(|offset| at + offset);
            }
        }
        let all = self.forms.iter().zip(&self.next);
        let there = all.filter_map(|(form, next)| Some(((*next)?, form.bytes.len())));
        // Longest first, as the forms are: of several at one place, the first is kept.
        let (start, length) = there.reduce(|a, b| if b.0 < a.0 { b } else { a })?;
        Some((start, start + length))
    }
}

/// All that a secret is looked for as.
fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let lines = value.split(|byte| *byte == b'\n');
    let plain = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut forms: Vec<Vec<u8>> = plain.map(<[u8]>::to_vec).collect();
    forms.push(value.to_vec());
    if value.len() < SHORTEST {
        return forms;
    }
    for alphabet in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
        forms.extend((0..3).map(|before| in_base64(value, before, alphabet)));
    }
    for digits in [b"0123456789ABCDEF", b"0123456789abcdef"] {
        forms.push(in_url(value, digits));
    }
    forms
}

/// What base64 makes of a secret that comes after so many bytes: without the characters that other bytes share in.
fn in_base64(value: &[u8], before: usize, alphabet: &data_encoding::Encoding) -> Vec<u8> {
    let mut text = vec![0; before];
    text.extend_from_slice(value);
    let coded = alphabet.encode(&text).into_bytes();
    let first = (before * 8).div_ceil(6);
    let last = text.len() * 8 / 6;
    coded[first..last].to_vec()
}

/// RFC 3986 §2.1: all but the unreserved characters as `%` and two digits.
fn in_url(value: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    let mut text = Vec::with_capacity(value.len());
    for byte in value {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(*byte);
        } else {
            text.push(b'%');
            text.extend([byte >> 4, byte & 15].map(|digit| digits[usize::from(digit)]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask(secrets: &[&str]) -> Mask {
        Mask::new(Secrets::of(secrets.iter().map(|secret| secret.as_bytes())).unwrap())
    }

    fn masked(secrets: &[&str], text: &str) -> String {
        let mut mask = mask(secrets);
        let mut seen = mask.pass(text.as_bytes());
        seen.extend(mask.finish());
        String::from_utf8(seen).unwrap()
    }

    #[test]
    fn a_secret_is_masked_in_all_its_forms() {
        let secret = "p@ss/wörd+1";
        let basic = BASE64_NOPAD.encode(format!("user:{secret}").as_bytes());
        let other = BASE64_NOPAD.encode(format!("me:{secret}!").as_bytes());
        for text in [
            secret.to_owned(),
            "p%40ss%2Fw%C3%B6rd%2B1".to_owned(),
            "p%40ss%2fw%c3%b6rd%2b1".to_owned(),
            basic,
            other,
            BASE64URL_NOPAD.encode(secret.as_bytes()),
        ] {
            let seen = masked(&[secret], &format!("before {text} after"));
            assert!(seen.contains("***"), "{text} → {seen}");
            assert!(seen.starts_with("before ") && seen.ends_with(" after"));
        }
        assert_eq!(masked(&[secret], &format!("{secret}{secret}")), "******");
    }

    #[test]
    fn lines_of_a_secret_are_masked_and_short_ones_are_not() {
        let key = "-----BEGIN KEY-----\r\nabc\nZm9vYmFy\n";
        assert_eq!(masked(&[key], "x Zm9vYmFy abc"), "x *** abc");
        assert!(Secrets::of([&b"short"[..]]).is_none());
        assert!(Secrets::of([&b""[..]]).is_none());
    }

    #[test]
    fn what_may_begin_a_secret_is_held_back_and_no_more() {
        let mut mask = mask(&["secret-value", "value-two"]);
        assert_eq!(mask.pass(b"a secret-va"), b"a ");
        assert_eq!(mask.held(), 9);
        assert_eq!(mask.pass(b"lid value"), b"secret-valid ");
        assert_eq!(mask.pass(b"-twosecret-value."), b"******.");
        assert_eq!(mask.pass(b"sec"), b"");
        assert_eq!(mask.finish(), b"sec");
        assert_eq!(mask.held(), 0);
    }

    proptest! {
        /// However the output is cut, the same is seen, and no secret in it.
        #[test]
        fn cuts_make_no_difference(
            secrets in prop::collection::vec("[ab]{6,9}", 1..4),
            text in "[abc]{0,60}",
            cuts in prop::collection::vec(0_usize..60, 0..6),
        ) {
            let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
            let whole = masked(&secrets, &text);
            let mut mask = mask(&secrets);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let mut seen = Vec::new();
            for piece in cuts.windows(2) {
                seen.extend(mask.pass(&text.as_bytes()[piece[0]..piece[1]]));
            }
            seen.extend(mask.finish());
            prop_assert_eq!(String::from_utf8(seen).unwrap(), whole.clone());
            for secret in secrets {
                prop_assert!(!whole.contains(secret));
            }
        }
    }
}
