//! Shell patterns: `*`, `?` and `[…]`, against one name, as make has them: `[^a]` is `[!a]`, `**` is `*`, and a set that is
//! not closed is no pattern and no error. The crate `glob`, which reads an `Include` of SSH, takes none of the three so.

/// Whether a name matches a shell pattern of `*`, `?` and `[…]`.
pub(in crate::make::scan) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where the last `*` is, and the first letter it has not swallowed: enough to try again from, without recursion.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            None if n == name.len() => return true,
            None => None,
            Some(_) if n == name.len() => None,
            Some('?') => Some(p + 1),
            Some('[') => in_set(&pattern[p..], name[n]).map(|length| p + length),
            Some(letter) => (*letter == name[n]).then_some(p + 1),
        };
        match (step, star) {
            (Some(next), _) => {
                p = next;
                n += 1;
            }
            (None, Some((at, from))) if from < name.len() => {
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
            (None, _) => return false,
        }
    }
}

/// The length of the set `[…]` that a pattern starts with, if the letter is in it.
fn in_set(pattern: &[char], letter: char) -> Option<usize> {
    let end = 2 + pattern.get(2..)?.iter().position(|c| *c == ']')?;
    let mut set = &pattern[1..end];
    let negated = matches!(set.first(), Some('!' | '^'));
    if negated {
        set = &set[1..];
    }
    let mut found = false;
    let mut at = 0;
    while at < set.len() {
        if set.get(at + 1) == Some(&'-') && at + 2 < set.len() {
            found |= (set[at]..=set[at + 2]).contains(&letter);
            at += 3;
        } else {
            found |= set[at] == letter;
            at += 1;
        }
    }
    (found != negated).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn matches_as_a_shell_does() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*.mk", "a.mk", true),
            ("*.mk", "a.mk.in", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("?", "ü", true),
            ("?", "", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]", "]", true),
            ("[", "[", false),
            ("**", "x", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199)));
        assert!(!matches(
            &format!("{}b", "*a".repeat(50)),
            &"a".repeat(2_000)
        ));
    }
}
