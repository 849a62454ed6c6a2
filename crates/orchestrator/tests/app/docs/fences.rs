//! The fenced blocks of a page.

/// One of them.
pub(super) struct Fence {
    /// The word behind the backticks.
    pub(super) kind: String,
    /// Where it begins, from 1.
    pub(super) line: usize,
    /// Why it is not run, if a comment before it says so.
    pub(super) not_run: Option<String>,
    pub(super) lines: Vec<String>,
}

/// A command of a `console` fence, and what it has to do.
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) command: String,
    pub(super) expected: Vec<String>,
    pub(super) code: i32,
    /// Ended as by Ctrl-C, once it has printed what is expected.
    pub(super) interrupted: bool,
}

/// All of a page, in order.
pub(super) fn of(text: &str) -> Vec<Fence> {
    let mut fences: Vec<Fence> = Vec::new();
    let mut open = false;
    let mut before = "";
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            if !open {
                let not_run = before
                    .strip_prefix("<!-- not run: ")
                    .and_then(|rest| rest.strip_suffix(" -->"));
                fences.push(Fence {
                    kind: kind.trim().to_owned(),
                    line: number,
                    not_run: not_run.map(str::to_owned),
                    lines: Vec::new(),
                });
            }
            open = !open;
        } else if open {
            fences.last_mut().unwrap().lines.push(line.to_owned());
        } else if !line.trim().is_empty() {
            before = line.trim();
        }
    }
    assert!(!open, "a fence is not closed");
    fences
}

impl Fence {
    /// The commands of a `console` fence.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for (number, line) in (self.line + 1..).zip(&self.lines) {
            if let Some(command) = line.strip_prefix("$ ") {
                let (command, code) = match command.rsplit_once("# ends with ") {
                    Some((command, code)) => (command.trim_end(), code.trim().parse().unwrap()),
                    None => (command, 0),
                };
                steps.push(Step {
                    line: number,
                    command: command.to_owned(),
                    expected: Vec::new(),
                    code,
                    interrupted: false,
                });
                continue;
            }
            let step = steps.last_mut().expect("a command comes first");
            match line.as_str() {
                "^C" => step.interrupted = true,
                line => step.expected.push(line.to_owned()),
            }
        }
        steps
    }
}

/// Whether what was printed is what was expected, `…` being anything.
pub(super) fn matches(expected: &[String], printed: &[&str]) -> bool {
    match expected {
        [] => printed.is_empty(),
        [any, rest @ ..] if any.trim() == "…" => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        [line, rest @ ..] => printed
            .split_first()
            .is_some_and(|(first, others)| line_matches(line, first) && matches(rest, others)),
    }
}

fn line_matches(expected: &str, printed: &str) -> bool {
    let printed = printed.trim_end();
    let mut parts = expected.trim_end().split('…');
    let Some(mut rest) = printed.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn what_is_printed_is_compared_with_what_is_written() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let holds = |expected: &str, printed: &str| {
        matches(&lines(expected), &printed.lines().collect::<Vec<_>>())
    };
    assert!(holds("a\nb", "a\nb") && !holds("a", "a\nb") && !holds("a\nb", "a"));
    assert!(holds("a …s\n…\nd", "a 0.3 s\nb\nc\nd") && holds("…", "") && holds("a\n…", "a"));
    assert!(!holds("a …s", "a 3 m") && !holds("a …b …c", "a c b") && holds("…b…", "abc"));
}
