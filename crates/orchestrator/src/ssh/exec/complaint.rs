//! Whether a host complains of our wrapper: only then has it certainly not run the command, which may go over once more, as
//! it is. What a script of the host's prints when it fails looks much the same, so a complaint has to name a word of ours, at
//! the place where shells and appliances name what they do not take, and before all else.

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::ssh::channel::Report;

/// Bytes that may come after the complaint, as a hint for what to say instead.
const AFTER: usize = 400;

/// A line that complains of `exec` or `/bin/sh`, in small letters. A script's `exec: deploy: not found` is no such line.
static COMPLAINT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let bad = "unknown|invalid|unrecogni[sz]ed|bad|unsupported|illegal|disallowed|forbidden|restricted|syntax error|\
               no such|rejected|denied|not (?:found|allowed|permitted|supported|recogni[sz]ed)";
    let patterns = [
        format!(r"(?:{bad})(?:\s+[a-z]+){{0,2}}[^a-z0-9.;|,]{{1,6}}exec(?:[^a-z0-9_./-]|$)"),
        format!(
            r"(?:^|[^a-z0-9_./-])exec['\x22`]?(?:\s*:|\s+is|\s+line|\s+[0-9]+|:[0-9]+)*\s+(?:/bin/sh:\s*)?(?:command |permission )?(?:{bad})"
        ),
        r"(?:^|[^a-z0-9_.-])/bin/sh['\x22`]?:\s+(?:restricted|not found|no such file)".to_owned(),
    ];
    Regex::new_many(&patterns).ok()
});

/// Whether it complains: `noise` is the beginning of what it printed, `report` how it says that it ended.
pub(super) fn is_about_wrapper(noise: &[u8], report: Option<&Report>) -> bool {
    if matches!(report, Some(Report::Signal(_))) {
        return false;
    }
    let text = String::from_utf8_lossy(noise).to_ascii_lowercase();
    let mut rest = text.as_str();
    while let Some((line, after)) = rest.split_once(['\n', '\r']).or(Some((rest, ""))) {
        // A shell that lacks the language of here says so first.
        if line.trim().is_empty() || line.contains("setlocale") {
            if after.is_empty() {
                return false;
            }
            rest = after;
            continue;
        }
        let complains = COMPLAINT.as_ref().is_some_and(|it| it.is_match(line));
        return complains && after.len() <= AFTER;
    }
    false
}

/// What a host printed, with the command in place of each wrapper that it repeats. A line below it of marks alone, as Python
/// has one, points into what is not shown, and is as long.
pub(super) fn without_wrapper(printed: &[u8], wrapper: &str, command: &str) -> Vec<u8> {
    let (head, tail) = (ends(wrapper).0.as_bytes(), ends(wrapper).1.as_bytes());
    let mut out = Vec::with_capacity(printed.len());
    let mut rest = printed;
    while let Some(at) = memchr::memmem::find(rest, head) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(command.as_bytes());
        let end = memchr::memmem::find(&rest[at..], tail);
        // One that is not whole was cut.
        rest = end.map_or(&[][..], |end| &rest[at + end + tail.len()..]);
        if let Some(line) = rest.iter().position(|byte| *byte == b'\n') {
            let below = &rest[line + 1..];
            let end = below.iter().position(|byte| *byte == b'\n');
            let (marks, after) = below.split_at(end.map_or(below.len(), |end| end + 1));
            let points = |byte: &u8| matches!(byte, b'^' | b'~');
            let is_mark = |byte: &u8| points(byte) || byte.is_ascii_whitespace();
            if marks.iter().any(points) && marks.iter().all(is_mark) {
                out.extend_from_slice(&rest[..=line]);
                rest = after;
            }
        }
    }
    out.extend_from_slice(rest);
    out
}

/// The first and the last words of a wrapper. What is between an `echo` may have changed.
fn ends(wrapper: &str) -> (&str, &str) {
    let head = wrapper.find('\'').map_or(0, |at| at + 1);
    let tail = wrapper.rfind('$').unwrap_or(0);
    (&wrapper[..head], &wrapper[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_names_a_word_of_ours_and_comes_first() {
        let status = |code| Some(Report::Status(code));
        let complaints: [(&str, Option<Report>); 12] = [
            ("rbash: line 1: exec: restricted\n", status(1)),
            (
                "bash: warning: setlocale: LC_ALL: cannot change locale (de_DE)\nrbash: line 1: exec: restricted\n",
                status(1),
            ),
            ("zsh:exec:1: restricted\n", status(1)),
            ("ksh: /bin/sh: restricted\n", status(1)),
            ("bad command name exec (line 1 column 1)\n", status(0)),
            ("Line has invalid autocommand \"exec /bin/sh -c\"", None),
            ("fatal: unrecognized command 'exec /bin/sh'\n", status(128)),
            ("sh: exec: line 1: /bin/sh: not found\n", status(127)),
            ("\r\nUnknown command: exec\r\nTry: help\r\n", status(255)),
            ("command not allowed: exec /bin/sh -c 'set --\n", status(1)),
            ("*** forbidden syntax -> \"exec /bin/sh -c\"\n", status(1)),
            ("% Invalid input: exec\n", status(0)),
        ];
        for (noise, report) in complaints {
            assert!(
                is_about_wrapper(noise.as_bytes(), report.as_ref()),
                "{noise}"
            );
        }
        let others: [(&str, Option<Report>); 14] = [
            ("deploying\nconfig.yml not found\n", status(1)),
            ("not allowed\n", status(9)),
            ("deploying\nbash: line 1: exec: restricted\n", status(1)),
            ("bash: exec: deploy: not found\n", status(127)),
            ("/bin/sh: 1: deploy: not found\n", status(127)),
            ("bash: line 3: exec_all: command not found\n", status(127)),
            ("unknown command. usage: deploy|exec|status\n", status(1)),
            ("usage\n", status(0)),
            ("exec /bin/sh -c 'set -- 12 34'\n", status(0)),
            ("This account is currently not available.\n", status(1)),
            ("% Invalid input detected at '^' marker.\n", status(255)),
            ("invalid locale\n", None),
            ("\n", status(1)),
            (
                "rbash: line 1: exec: restricted\n",
                Some(Report::Signal("KILL".to_owned())),
            ),
        ];
        for (noise, report) in others {
            assert!(
                !is_about_wrapper(noise.as_bytes(), report.as_ref()),
                "{noise}"
            );
        }
        let long = format!("unknown command exec\n{}", "deploying\n".repeat(60));
        assert!(!is_about_wrapper(long.as_bytes(), status(0).as_ref()));
    }

    #[test]
    fn a_wrapper_that_is_repeated_is_the_command_again() {
        let wrapper = r#"exec /bin/sh -c 'set -- 1 "\040"; printf "$vmo_q" $vmo_l >&6'"#;
        let changed = wrapper.replace(r"\040", " ");
        let printed = format!("got: {wrapper}\n{changed}! {}", &wrapper[..30]);
        let shown = without_wrapper(printed.as_bytes(), wrapper, "df -h");
        assert_eq!(String::from_utf8_lossy(&shown), "got: df -h\ndf -h! df -h");

        // A login shell that is Python marks all that it does not take.
        let marks = "^".repeat(8000);
        let printed = format!(
            "  File \"<string>\", line 1\n    {wrapper}\n         {marks}\nSyntaxError: invalid syntax\n"
        );
        let shown = without_wrapper(printed.as_bytes(), wrapper, "df -h");
        let expected = "  File \"<string>\", line 1\n    df -h\nSyntaxError: invalid syntax\n";
        assert_eq!(String::from_utf8_lossy(&shown), expected);
        // Where nothing of ours is repeated, every byte is the host's.
        let own = b"    df -h\n    ^^^^^\nSyntaxError\n";
        assert_eq!(without_wrapper(own, wrapper, "df -h"), own);
    }
}
