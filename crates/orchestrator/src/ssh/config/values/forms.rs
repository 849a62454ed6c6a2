//! Values of a form of their own. Most of these keywords change nothing here, but `ssh` stops at a wrong one.

use super::{port, seconds};

/// What a keyword takes, in words, and whether these are it.
pub(super) type Form = (&'static str, fn(&[&str]) -> bool);

/// Of a keyword in lower case.
pub(super) fn of(keyword: &str) -> Option<Form> {
    Some(match keyword {
        "addkeystoagent" => ("yes, no, ask, confirm or a span of time", keys_to_agent),
        "canonicaldomains" => ("names of domains, or none alone", domains),
        "canonicalizepermittedcnames" => ("patterns as FROM:TO, or none alone", permitted_names),
        "channeltimeout" => ("TYPE=TIME, or none alone", channel_timeouts),
        "controlpersist" => ("yes, no or a span of time", |words| match words {
            [word] => matches!(*word, "yes" | "true" | "no" | "false") || seconds(word).is_some(),
            _ => false,
        }),
        "dynamicforward" => ("[ADDRESS:]PORT", |words| match words {
            [word] => listens(word),
            _ => false,
        }),
        "escapechar" => (
            "a character, ^ and a letter, or none",
            |words| match words {
                [word] => {
                    *word == "none"
                        || word.chars().count() == 1
                        || (word.starts_with('^') && word.len() == 2)
                }
                _ => false,
            },
        ),
        "ipqos" => ("one or two classes of service", |words| {
            matches!(words.len(), 1 | 2) && words.iter().all(|word| is_class(word))
        }),
        "localforward" => ("[ADDRESS:]PORT and HOST:PORT", |words| match words {
            [from, to] => forwards(&format!("{from}:{to}"), 1),
            _ => false,
        }),
        "obscurekeystroketiming" => ("yes, no or interval:MILLISECONDS", |words| match words {
            [word] => match word.strip_prefix("interval:") {
                Some(number) => number.parse::<u32>().is_ok(),
                None => ["yes", "true", "no", "false"].contains(&&*word.to_lowercase()),
            },
            _ => false,
        }),
        "permitremoteopen" => ("HOST:PORT, or any or none alone", |words| match words {
            ["any" | "none"] => true,
            words => words.iter().all(|word| is_destination(word)),
        }),
        "rekeylimit" => ("default or a size from 16, and a span of time", rekeys),
        "remoteforward" => ("[ADDRESS:]PORT and HOST:PORT", |words| match words {
            [from] => dynamic(from, 0),
            [from, to] => forwards(&format!("{from}:{to}"), 0),
            _ => false,
        }),
        "streamlocalbindmask" => ("an octal number up to 0777", |words| match words {
            [word] => is_mask(word),
            _ => false,
        }),
        "tunneldevice" => ("NUMBER[:NUMBER] or any", |words| match words {
            [word] => {
                let (own, other) = word.split_once(':').unwrap_or((word, "any"));
                [own, other].iter().all(|one| {
                    one.eq_ignore_ascii_case("any")
                        || one.parse::<u32>().is_ok_and(|number| number < 1 << 31)
                })
            }
            _ => false,
        }),
        _ => return None,
    })
}

fn keys_to_agent(words: &[&str]) -> bool {
    let (first, time) = match words {
        [first] => (first.to_lowercase(), None),
        [first, time] => (first.to_lowercase(), Some(time)),
        _ => return false,
    };
    match (&*first, time) {
        ("confirm", Some(time)) => seconds(time).is_some(),
        (_, Some(_)) => false,
        ("yes" | "true" | "no" | "false" | "ask" | "confirm", None) => true,
        (time, None) => seconds(time).is_some(),
    }
}

fn domains(words: &[&str]) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !name.contains("..")
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    is_none(words).unwrap_or_else(|| words.iter().all(|word| is_name(word)))
}

fn permitted_names(words: &[&str]) -> bool {
    let is_rule =
        |word: &str| word == "*" || word.split_once(':').is_some_and(|(_, to)| !to.is_empty());
    is_none(words).unwrap_or_else(|| words.iter().all(|word| is_rule(word)))
}

fn channel_timeouts(words: &[&str]) -> bool {
    let is_timeout = |word: &str| {
        word.split_once('=')
            .is_some_and(|(kind, time)| !kind.is_empty() && seconds(time).is_some())
    };
    is_none(words).unwrap_or_else(|| words.iter().all(|word| is_timeout(word)))
}

/// Whether `none` is there as it may be, alone; nothing if it is not there.
fn is_none(words: &[&str]) -> Option<bool> {
    let has_none = words.iter().any(|word| word.eq_ignore_ascii_case("none"));
    has_none.then_some(words.len() == 1)
}

fn is_class(word: &str) -> bool {
    const NAMES: &[&str] = &[
        "none",
        "ef",
        "le",
        "va",
        "lowdelay",
        "throughput",
        "reliability",
    ];
    let word = word.to_lowercase();
    let is_numbered = |start: &str, digits: &[&str]| {
        word.strip_prefix(start)
            .is_some_and(|rest| digits.contains(&rest))
    };
    let number = match (word.strip_prefix("0x"), word.strip_prefix('0')) {
        (Some(digits), _) => u8::from_str_radix(digits, 16),
        (None, Some(digits)) if !digits.is_empty() => u8::from_str_radix(digits, 8),
        _ => word.parse(),
    };
    NAMES.contains(&&*word)
        || is_numbered("cs", &["0", "1", "2", "3", "4", "5", "6", "7"])
        || is_numbered(
            "af",
            &[
                "11", "12", "13", "21", "22", "23", "31", "32", "33", "41", "42", "43",
            ],
        )
        || number.is_ok()
}

fn rekeys(words: &[&str]) -> bool {
    let (size, time) = match words {
        [size] => (size, None),
        [size, time] => (size, Some(time)),
        _ => return false,
    };
    is_size(size) && time.is_none_or(|time| *time == "none" || seconds(time).is_some())
}

/// A number of bytes, with a unit of powers of 1024.
fn is_size(word: &str) -> bool {
    if word == "default" {
        return true;
    }
    let digits = word.trim_end_matches(|c: char| "bkmgtpeBKMGTPE".contains(c));
    let has_form = word.len() - digits.len() <= 1
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_small = digits.len() == word.len() || word.ends_with(['b', 'B']);
    let number: f64 = match digits.parse() {
        Ok(number) if has_form => number,
        _ => return false,
    };
    number == 0.0 || !is_small || number >= 16.0
}

/// As C reads an octal number: up to the first other character.
fn is_mask(word: &str) -> bool {
    let end = word
        .find(|c: char| !('0'..='7').contains(&c))
        .unwrap_or(word.len());
    u32::from_str_radix(&word[..end], 8).is_ok_and(|mask| mask <= 0o777)
}

fn is_destination(word: &str) -> bool {
    let Some((host, number)) = word.rsplit_once(':') else {
        return false;
    };
    let is_host = !host.is_empty() && (host.starts_with('[') || !host.contains(':'));
    is_host && (number == "*" || port(number).is_some())
}

/// The fields of a forwarding, and whether each is a path. None if one cannot be read, or there are more than four.
fn fields(text: &str) -> Option<Vec<(String, bool)>> {
    let mut all = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if all.len() == 4 {
            return None;
        }
        let field = if let Some(inner) = rest.strip_prefix('[') {
            let (field, after) = inner.split_once(']')?;
            rest = match after.strip_prefix(':') {
                Some(after) => after,
                None if after.is_empty() => "",
                None => return None,
            };
            field.to_owned()
        } else {
            let (field, after) = rest.split_once(':').unwrap_or((rest, ""));
            rest = after;
            field.to_owned()
        };
        let is_path = field.contains('/');
        all.push((field, is_path));
    }
    Some(all)
}

fn listens(text: &str) -> bool {
    dynamic(text, 1)
}

/// `[ADDRESS:]PORT` or a path; ports from `least`.
fn dynamic(text: &str, least: u16) -> bool {
    match fields(text).as_deref() {
        Some([(_, true)]) => true,
        Some([(own, false)]) => is_port(own, least),
        Some([_, (_, true)]) => false,
        Some([_, (own, false)]) => is_port(own, least),
        _ => false,
    }
}

/// `[ADDRESS:]PORT:HOST:PORT`, with paths in the place of either; ports to listen at from `least`.
fn forwards(text: &str, least: u16) -> bool {
    match fields(text).as_deref() {
        Some([(_, true), (_, true)]) => true,
        Some([(own, false), (_, true)]) => is_port(own, least),
        Some([(_, true), _, (there, _)]) => is_port(there, 1),
        Some([_, (own, _), (_, true)]) => is_port(own, least),
        Some([(own, _), _, (there, _)]) => is_port(own, least) && is_port(there, 1),
        Some([_, (own, _), _, (there, _)]) => is_port(own, least) && is_port(there, 1),
        _ => false,
    }
}

fn is_port(text: &str, least: u16) -> bool {
    port(text).is_some() || (least == 0 && text.parse() == Ok(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(keyword: &str, value: &str) -> bool {
        let words: Vec<&str> = value.split(' ').collect();
        of(keyword).unwrap().1(&words)
    }

    #[test]
    fn forms_that_only_newer_versions_know_are_those_of_the_manual() {
        for (keyword, value) in [
            ("channeltimeout", "session=5m agent-connection=30"),
            ("channeltimeout", "none"),
            ("obscurekeystroketiming", "interval:80"),
            ("obscurekeystroketiming", "no"),
        ] {
            assert!(takes(keyword, value), "{keyword} {value}");
        }
        for (keyword, value) in [
            ("channeltimeout", "session=5m none"),
            ("channeltimeout", "session"),
            ("channeltimeout", "session=x"),
            ("obscurekeystroketiming", "interval:"),
            ("obscurekeystroketiming", "maybe"),
        ] {
            assert!(!takes(keyword, value), "{keyword} {value}");
        }
    }
}
