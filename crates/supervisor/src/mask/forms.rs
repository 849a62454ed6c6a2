//! The forms in which programs print a value: as it is, line by line, in base64, and escaped for a URL, a shell, JSON or
//! HTML.

use std::collections::BTreeSet;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, Encoding, HEXLOWER, HEXUPPER};

use super::SHORTEST;

/// Bytes: what is longer is no word, and is not printed in hexadecimal digits to be looked at.
const HEX: usize = 256;
/// Characters in a line of base64: of the `base64` program and MIME (RFC 2045 §6.8), and of PEM (RFC 7468 §2).
const LINES: [usize; 2] = [76, 64];

/// The characters beside letters and digits that are not escaped in a URL: RFC 3986 §2.3; Python's `quote`; JavaScript's
/// `encodeURIComponent` and `encodeURI`; forms of HTML and Java; PHP's `urlencode`.
const KEPT_IN_URL: [&[u8]; 6] = [
    b"-._~",
    b"-._~/",
    b"-._~!*'()",
    b"-._~!*'();/?:@&=+$,#",
    b"-._*",
    b"-_.",
];
/// What bash's `%q` puts a backslash before.
const SPECIAL: &[u8] = b" '\"\\|&;()<>!{}*[]?^$`,";
/// And what zsh's does beside; bash does if a word begins with it.
const SPECIAL_AT_FIRST: &[u8] = b"~#";

/// All that a secret is looked for as. Lines are looked for one by one, since most programs put something between them.
pub(super) fn forms(value: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    if value.len() < SHORTEST {
        return forms;
    }
    for text in texts(value) {
        in_urls(text, &mut forms);
        in_shells(text, &mut forms);
        in_json(text, &mut forms);
        in_python(text, &mut forms);
        in_html(text, &mut forms);
        forms.insert(text.to_vec());
        forms.insert(words(text));
        forms.insert(traced(text));
    }
    for alphabet in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
        forms.extend((0..3).map(|before| in_base64(value, before, alphabet)));
    }
    let alone = in_base64(value, 0, &BASE64_NOPAD);
    for length in LINES {
        forms.extend(alone.chunks(length).map(<[u8]>::to_vec));
    }
    if value.len() <= HEX {
        forms.extend([HEXLOWER, HEXUPPER].map(|digits| digits.encode(value).into_bytes()));
    }
    forms
}

/// The lines; the whole if it is one line, or has some that are too short to be looked for; and each without the blanks
/// around it, which shells and people drop.
fn texts(value: &[u8]) -> BTreeSet<&[u8]> {
    let lines = value.split(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut texts: BTreeSet<&[u8]> = lines.collect();
    let is_short = |line: &&[u8]| !line.is_empty() && line.len() < SHORTEST;
    if texts.len() == 1 || texts.iter().any(is_short) {
        texts.insert(value);
    }
    let trimmed: Vec<&[u8]> = texts.iter().map(|text| text.trim_ascii()).collect();
    texts.extend(trimmed);
    texts.retain(|text| text.len() >= SHORTEST);
    texts
}

/// As a shell hands it on that was given it without quotes.
fn words(text: &[u8]) -> Vec<u8> {
    let words = text.split(u8::is_ascii_whitespace);
    let words: Vec<&[u8]> = words.filter(|word| !word.is_empty()).collect();
    words.join(&b' ')
}

/// The same as bash writes it by `set -x`: each word in quotes of its own if it needs any.
fn traced(text: &[u8]) -> Vec<u8> {
    let words = text.split(u8::is_ascii_whitespace);
    let words = words.filter(|word| !word.is_empty()).map(|word| {
        let is_plain = word
            .iter()
            .all(|byte| *byte == b',' || !SPECIAL.contains(byte));
        if is_plain && !SPECIAL_AT_FIRST.contains(&word[0]) {
            return word.to_vec();
        }
        let within = escaped(word, |byte| (byte == b'\'').then(|| br"'\''".to_vec()));
        [b"'", within.as_slice(), b"'"].concat()
    });
    words.collect::<Vec<_>>().join(&b' ')
}

/// What base64 makes of a secret that comes after so many bytes: without the characters that other bytes share in.
fn in_base64(value: &[u8], before: usize, alphabet: &Encoding) -> Vec<u8> {
    let mut text = vec![0; before];
    text.extend_from_slice(value);
    let coded = alphabet.encode(&text).into_bytes();
    let first = (before * 8).div_ceil(6);
    let last = text.len() * 8 / 6;
    coded[first..last].to_vec()
}

/// Percent-encoded (RFC 3986 §2.1), by each habit of which characters need it.
fn in_urls(text: &[u8], forms: &mut BTreeSet<Vec<u8>>) {
    for kept in KEPT_IN_URL {
        for digits in [&HEXUPPER, &HEXLOWER] {
            for blank in [&b"%20"[..], b"+"] {
                forms.insert(escaped(text, |byte| match byte {
                    b' ' => Some(blank.to_vec()),
                    _ if byte.is_ascii_alphanumeric() || kept.contains(&byte) => None,
                    _ => Some(format!("%{}", digits.encode(&[byte])).into()),
                }));
            }
        }
    }
}

/// Quoted for a shell, without the quotes around it: as `set -x` writes words in bash and in dash, as `%q` and
/// `declare -p` do, and with C's escapes as in `$'…'`, which are Python's too.
fn in_shells(text: &[u8], forms: &mut BTreeSet<Vec<u8>>) {
    let before =
        |special: &'static [u8]| move |byte: u8| special.contains(&byte).then(|| vec![b'\\', byte]);
    forms.insert(escaped(text, |byte| {
        (byte == b'\'').then(|| br"'\''".to_vec())
    }));
    forms.insert(escaped(text, |byte| {
        (byte == b'\'').then(|| b"'\"'\"'".to_vec())
    }));
    forms.insert(quotes_in_quotes(text));
    let special = escaped(text, before(SPECIAL));
    forms.insert(escaped(text, |byte| {
        [SPECIAL, SPECIAL_AT_FIRST]
            .concat()
            .contains(&byte)
            .then(|| vec![b'\\', byte])
    }));
    if SPECIAL_AT_FIRST.contains(&text[0]) {
        forms.insert([b"\\", special.as_slice()].concat());
    }
    forms.insert(special);
    forms.insert(escaped(text, before(b"$`\"\\")));
    forms.insert(escaped(text, before(b"\\")));
    let octal = |byte: u8| format!("\\{byte:03o}").into_bytes();
    let hex = |byte: u8| format!("\\x{byte:02x}").into_bytes();
    let itself = |byte: u8| vec![byte];
    for quoted in [&b"\\'"[..], b"\\"] {
        for control in [octal as fn(u8) -> Vec<u8>, hex] {
            for other in [itself as fn(u8) -> Vec<u8>, control] {
                forms.insert(in_c(text, quoted, control, other));
            }
        }
    }
}

/// As dash does: each run of single quotes in double ones.
fn quotes_in_quotes(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for run in text.chunk_by(|a, b| (*a == b'\'') == (*b == b'\'')) {
        let is_quotes = run.starts_with(b"'");
        let around: [&[u8]; 2] = if is_quotes {
            [b"'\"", b"\"'"]
        } else {
            [b"", b""]
        };
        out.extend([around[0], run, around[1]].concat());
    }
    out
}

fn in_c(
    text: &[u8],
    quoted: &[u8],
    control: fn(u8) -> Vec<u8>,
    other: fn(u8) -> Vec<u8>,
) -> Vec<u8> {
    escaped(text, |byte| {
        Some(match byte {
            b'\n' => b"\\n".to_vec(),
            b'\r' => b"\\r".to_vec(),
            b'\t' => b"\\t".to_vec(),
            0x1b if control(0) == b"\\000" => b"\\E".to_vec(),
            _ if quoted.contains(&byte) => vec![b'\\', byte],
            _ if byte.is_ascii_control() => control(byte),
            _ if !byte.is_ascii() => other(byte),
            _ => return None,
        })
    })
}

/// In a string of JSON (RFC 8259 §7): with what must be escaped, and by the habits of PHP (the slash, and all that is not
/// ASCII), Python (the latter) and Go (what HTML takes for its own).
fn in_json(text: &[u8], forms: &mut BTreeSet<Vec<u8>>) {
    let upper = |unit: u16| format!("\\u{unit:04X}");
    let lower = |unit: u16| format!("\\u{unit:04x}");
    for unit in [lower as fn(u16) -> String, upper] {
        // PHP's slashes; what HTML has to be safe from; and .NET's habit, which PHP has by request.
        for also in [&b""[..], b"/", b"<>&", b"<>&'", b"<>&'\"", b"<>&'\"+`"] {
            let plain = |byte: u8| match byte {
                b'"' if also.contains(&byte) => Some(unit(byte.into()).into()),
                b'"' | b'\\' => Some(vec![b'\\', byte]),
                b'\n' => Some(b"\\n".to_vec()),
                b'\r' => Some(b"\\r".to_vec()),
                b'\t' => Some(b"\\t".to_vec()),
                0x08 => Some(b"\\b".to_vec()),
                0x0c => Some(b"\\f".to_vec()),
                b'/' if also.contains(&byte) => Some(b"\\/".to_vec()),
                _ if byte.is_ascii_control() || also.contains(&byte) => {
                    Some(unit(byte.into()).into())
                }
                _ => None,
            };
            let escaped = self::escaped(text, plain);
            let ascii = str::from_utf8(&escaped).map(|text| in_ascii(text, unit).into_bytes());
            for once in ascii.into_iter().chain([escaped]) {
                // A text of JSON in a text of JSON, as logs have it.
                let twice = |byte: u8| matches!(byte, b'"' | b'\\').then(|| vec![b'\\', byte]);
                forms.insert(self::escaped(&once, twice));
                forms.insert(once);
            }
        }
    }
}

fn in_ascii(text: &str, unit: fn(u16) -> String) -> String {
    let mut ascii = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_ascii() {
            ascii.push(char);
        } else {
            ascii.extend(char.encode_utf16(&mut [0; 2]).iter().map(|one| unit(*one)));
        }
    }
    ascii
}

/// In ASCII as Python's `ascii` writes it: a character that is none by its number, in two, four or eight digits.
fn in_python(text: &[u8], forms: &mut BTreeSet<Vec<u8>>) {
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    for quoted in [&b"\\'"[..], b"\\"] {
        let within = in_c(
            text.as_bytes(),
            quoted,
            |byte| format!("\\x{byte:02x}").into(),
            |byte| vec![byte],
        );
        let mut ascii = String::with_capacity(within.len());
        for char in String::from_utf8_lossy(&within).chars() {
            match u32::from(char) {
                0..0x80 => ascii.push(char),
                low @ 0x80..0x100 => ascii.push_str(&format!("\\x{low:02x}")),
                low @ 0x100..0x1_0000 => ascii.push_str(&format!("\\u{low:04x}")),
                high => ascii.push_str(&format!("\\U{high:08x}")),
            }
        }
        forms.insert(ascii.into_bytes());
    }
}

/// In a text or an attribute of HTML or XML, by each name that the quotes go by.
fn in_html(text: &[u8], forms: &mut BTreeSet<Vec<u8>>) {
    for double in ["\"", "&quot;", "&#34;"] {
        for single in ["'", "&#39;", "&#x27;", "&#039;", "&apos;"] {
            for more in [&b""[..], b"/`=", b"\t\r\n"] {
                forms.insert(escaped(text, |byte| {
                    let name = match byte {
                        b'\t' if more.contains(&byte) => "&#9;",
                        b'\n' if more.contains(&byte) => "&#10;",
                        b'\r' if more.contains(&byte) => "&#13;",
                        b'&' => "&amp;",
                        b'<' => "&lt;",
                        b'>' => "&gt;",
                        b'"' => double,
                        b'\'' => single,
                        b'/' if more.contains(&byte) => "&#x2F;",
                        b'`' if more.contains(&byte) => "&#x60;",
                        b'=' if more.contains(&byte) => "&#x3D;",
                        _ => return None,
                    };
                    Some(name.into())
                }));
            }
        }
    }
}

/// The text with what `escape` gives in the place of bytes.
fn escaped(text: &[u8], escape: impl Fn(u8) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match escape(*byte) {
            Some(other) => out.extend(other),
            None => out.push(*byte),
        }
    }
    out
}
