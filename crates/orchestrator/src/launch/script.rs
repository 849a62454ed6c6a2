//! A script's file as one line, which runs it by the program that its first line names, and leaves nothing behind.

use super::argv::{by_sh, line_of_sh};

/// Bytes of a script, at most: its line is one argument of a program on the host.
pub const LONGEST: usize = 48 << 10;
/// The end of the script's text, with a number if the text has such a line itself.
const END: &str = "END_OF_SCRIPT";

/// Why a script cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// It is longer than [`LONGEST`].
    #[error("it has more than {LONGEST} bytes: copy it to the host, and run it there")]
    TooLong,
    /// It is no text.
    #[error("it is not UTF-8 text: to run a program on a host, copy it there first")]
    NoText,
}

/// The line that runs a script with these arguments, in whatever shell.
///
/// The program that the script's first line names reads it from a descriptor of its own, so that the command's input stays
/// free, and no file has to be removed; without such a line it is `sh`.
///
/// # Errors
/// If it is too long, or no text.
pub fn line_of(script: &[u8], arguments: &[String]) -> Result<String, ScriptError> {
    if script.len() > LONGEST {
        return Err(ScriptError::TooLong);
    }
    let text = std::str::from_utf8(script).map_err(|_| ScriptError::NoText)?;
    if text.contains('\0') {
        return Err(ScriptError::NoText);
    }
    let mut words = interpreter(text);
    words.push("/dev/fd/9".into());
    words.extend_from_slice(arguments);
    let command = line_of_sh(&words).ok_or(ScriptError::NoText)?;
    let end = end_of(text);
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    Ok(by_sh(&format!(
        "exec {command} 9<<'{end}'\n{text}{newline}{end}"
    )))
}

/// The program of a script's first line, and the one argument that a kernel gives it.
fn interpreter(text: &str) -> Vec<String> {
    let first = text.lines().next().unwrap_or_default();
    let line = first.strip_prefix("#!").map(str::trim);
    match line.filter(|line| !line.is_empty()) {
        None => vec!["/bin/sh".into()],
        Some(line) => match line.split_once([' ', '\t']) {
            None => vec![line.into()],
            Some((program, argument)) => vec![program.into(), argument.trim_start().into()],
        },
    }
}

/// A line that the text does not have.
fn end_of(text: &str) -> String {
    let numbered = (0..).map(|number: u64| match number {
        0 => END.to_owned(),
        number => format!("{END}_{number}"),
    });
    let mut free = numbered.filter(|end| !text.lines().any(|line| line == end));
    free.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        process::{Command, Output, Stdio},
    };

    use super::*;

    fn run(shell: &str, script: &str, arguments: &[&str], input: &str) -> Output {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).into()).collect();
        let line = line_of(script.as_bytes(), &arguments).unwrap();
        let mut child = Command::new(shell)
            .args(["-c", &line])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // It may not read.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        child.wait_with_output().unwrap()
    }

    fn text(output: &Output) -> String {
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[test]
    fn a_script_is_run_by_the_program_that_it_names() {
        let odd = "#!/bin/bash -e\nprintf '%s\\n' \"$BASH\" \"$1\" '100 %' 'a\\tb'; cat; false\necho never\n";
        for shell in ["sh", "bash"] {
            let output = run(shell, odd, &["it's \"$HOME\"\n!"], "typed");
            assert_eq!(
                text(&output),
                "/bin/bash\nit's \"$HOME\"\n!\n100 %\na\\tb\ntyped"
            );
            assert_eq!(output.status.code(), Some(1));
        }
        let python = "#!/usr/bin/env python3\nimport sys\nprint(sys.argv[1:], sys.stdin.read())";
        assert_eq!(text(&run("sh", python, &["a", ""], "b")), "['a', ''] b\n");
    }

    #[test]
    fn without_a_first_line_it_is_sh_and_its_own_text_cannot_end_it() {
        let output = run(
            "sh",
            "echo one\nEND_OF_SCRIPT() { echo two; }\nEND_OF_SCRIPT\n",
            &[],
            "",
        );
        assert_eq!(text(&output), "one\ntwo\n");
        assert_eq!(text(&run("sh", "", &[], "")), "");
        assert_eq!(text(&run("sh", "echo no newline", &[], "")), "no newline\n");
        // What looks like words for a shell is the script's alone.
        assert_eq!(
            text(&run("sh", "echo '$(id)' \\\\ `echo x`\n", &[], "")),
            "$(id) \\ x\n"
        );
    }

    #[test]
    fn what_is_no_text_or_too_long_is_refused() {
        assert_eq!(line_of(b"\x7fELF\0", &[]), Err(ScriptError::NoText));
        assert_eq!(line_of(b"\xff", &[]), Err(ScriptError::NoText));
        assert_eq!(
            line_of(&vec![b'#'; LONGEST + 1], &[]),
            Err(ScriptError::TooLong)
        );
        // The longest one fits into one argument of a program, of which Linux takes 128 KiB.
        let lines = "a\n".repeat(LONGEST / 2);
        assert!(line_of(lines.as_bytes(), &[]).unwrap().len() < 128 << 10);
    }
}
