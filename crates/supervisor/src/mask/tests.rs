use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use proptest::prelude::*;

use super::*;

fn mask(secrets: &[&str]) -> Mask {
    Mask::new(Secrets::of(secrets.iter().map(|secret| secret.as_bytes())).unwrap())
}

fn masked(secrets: &[&str], text: &str) -> String {
    let mut mask = mask(secrets);
    let mut output = mask.pass(text.as_bytes());
    output.extend(mask.finish());
    String::from_utf8(output).unwrap()
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
        let output = masked(&[secret], &format!("before {text} after"));
        assert!(output.contains("***"), "{text} → {output}");
        assert!(output.starts_with("before ") && output.ends_with(" after"));
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

/// What a program prints that has the secret in its environment.
fn printed(secret: &str, program: &[&str]) -> Option<String> {
    let output = Command::new(program[0])
        .args(&program[1..])
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("S", secret)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let all = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&all).into_owned())
}

/// Pieces of a secret that nothing escapes, and that must not be seen.
fn gives_away<'a>(secret: &'a str, output: &str) -> Option<&'a str> {
    let pieces = secret.split(|char: char| !char.is_ascii_alphanumeric());
    let mut long = pieces.filter(|piece| piece.len() > 3);
    long.find(|piece| output.contains(piece))
}

/// Escaping by programs that are everywhere, and by those that some machines have.
#[test]
fn what_programs_make_of_a_secret_is_masked() {
    let shells = [
        "set -x; : \"$S\"",
        "set -x; : token=\"$S\"",
        "printf '%q\\n' \"$S\"",
        "declare -p S",
        "set | grep -a ^S=",
        "echo $S",
        "echo \"${S@Q} ${S@E}\"",
        "printf %s \"$S\" | base64",
        "echo \"$S\" | base64",
        "printf %s \"$S\" | base64 -w 64",
        "printf 'user:%s' \"$S\" | base64 -w 0",
        "printf %s \"$S\" | od -An -v -tx1 | tr -d ' \\n'",
    ];
    let python = [
        "print(repr(os.environ['S']), repr(os.environb[b'S']))",
        "print(ascii(os.environ['S']))",
        "import json; print(json.dumps(os.environ['S']), json.dumps([os.environ['S']], ensure_ascii=False))",
        "import urllib.parse as u; s = os.environ['S']; print(u.quote(s), u.quote(s, ''), u.quote_plus(s), u.urlencode({'t': s}))",
        "import html; print(html.escape(os.environ['S']), html.escape(os.environ['S'], False))",
        "import base64; print(base64.b64encode(os.environb[b'S']), base64.urlsafe_b64encode(b'me:' + os.environb[b'S']))",
        "import shlex; print(shlex.quote(os.environ['S']))",
        "import xml.sax.saxutils as x; print(x.escape(os.environ['S']), x.quoteattr(os.environ['S']))",
    ];
    let key: String = (0..20)
        .map(|n| format!("Zm9v{n:03}YmFy+Zm9/vYmFy+{n:03}QUJD/REVG\n"))
        .collect();
    for secret in [
        "p@ss/wörd+1 with=blanks&more",
        "préfix€ \u{1f600}'s last-part",
        "it's a \"secret\", $HOME\\path `tick` <tag>",
        "''two''quotes'in'a'row",
        "tab\tand\x1bescape-value",
        "hunter2hunter2",
        "word word;semi#hash~tilde*star?query",
        "line-one\nline two's end\nshort\n",
        &key,
    ] {
        let mut programs: Vec<Vec<&str>> = Vec::new();
        for script in shells {
            programs.push(vec!["bash", "-c", script]);
        }
        for script in [shells[0], shells[1], shells[4], shells[5]] {
            programs.push(vec!["dash", "-c", script]);
        }
        let scripts: Vec<String> = python
            .iter()
            .map(|one| format!("import os; {one}"))
            .collect();
        for script in &scripts {
            programs.push(vec!["python3", "-c", script]);
        }
        programs.push(vec!["env"]);
        for program in programs {
            let Some(text) = printed(secret, &program) else {
                continue;
            };
            let text = text.replace(program[program.len() - 1], "");
            let output = masked(&[secret], &text);
            assert_eq!(
                gives_away(secret, &output),
                None,
                "{program:?}: {text} → {output}"
            );
        }
    }
}

#[test]
fn every_habit_of_escaping_is_known() {
    let secret = "a/b c'd\"e<f>g&é=h~i(j)";
    for text in [
        "a%2fb+c%27d%22e%3cf%3eg%26%c3%a9%3dh%7ei%28j%29",
        "a/b%20c'd%22e%3Cf%3Eg&%C3%A9=h~i(j)",
        "a%2Fb%20c'd%22e%3Cf%3Eg%26%C3%A9%3Dh~i(j)",
        "a\\/b c'd\\\"e<f>g&\\u00e9=h~i(j)",
        "a/b c'd\\\"e\\u003cf\\u003eg\\u0026é=h~i(j)",
        "a/b c'd\\\"e<f>g&\\u00E9=h~i(j)",
        "a/b c&#39;d&quot;e&lt;f&gt;g&amp;é=h~i(j)",
        "a/b c&#39;d&#34;e&lt;f&gt;g&amp;é=h~i(j)",
        "a/b c&apos;d&quot;e&lt;f&gt;g&amp;é=h~i(j)",
        "a/b c&#x27;d\"e&lt;f&gt;g&amp;é=h~i(j)",
        "a&#x2F;b c&#39;d&quot;e&lt;f&gt;g&amp;é&#x3D;h~i(j)",
        "a/b c'\\''d\"e<f>g&é=h~i(j)",
        "a/b c'\"'\"'d\"e<f>g&é=h~i(j)",
        "a/b\\ c\\'d\\\"e\\<f\\>g\\&é=h\\~i\\(j\\)",
        "a/b c\\'d\"e<f>g&\\303\\251=h~i(j)",
        "a/b 'c'\\''d\"e<f>g&é=h~i(j)'",
        "a/b c'd\\\\\\\"e<f>g&\\\\u00e9=h~i(j)",
    ] {
        assert_eq!(masked(&[secret], &format!("<{text}>")), "<***>", "{text}");
    }
}

#[test]
fn what_is_held_for_too_long_gives_little_away() {
    let mut one = mask(&["secret-value-123456"]);
    // The end of a prompt is seen; what comes later is masked as if it had been held.
    assert_eq!(one.pass(b"Password: sec"), b"Password: ");
    assert_eq!(one.let_go(), b"sec");
    assert_eq!(one.held(), 0);
    assert_eq!(one.pass(b"ret-value-123456!"), b"***!");
    // More of it is a stand-in, whatever it turns out to be.
    assert_eq!(one.pass(b"secret-v"), b"");
    assert_eq!(one.let_go(), b"***");
    assert_eq!(one.pass(b"alue-"), b"");
    assert_eq!(one.let_go(), b"");
    assert_eq!(one.pass(b"123456."), b".");
    assert_eq!(one.pass(b"secret-v"), b"");
    assert_eq!(one.let_go(), b"***");
    assert_eq!(one.pass(b"ase\n"), b"ase\n");
    // Of a short one a third is the most.
    let mut short = mask(&["abcdef"]);
    assert_eq!(short.pass(b"ab"), b"");
    assert_eq!(short.let_go(), b"ab");
    assert_eq!(short.pass(b"c"), b"");
    assert_eq!(short.let_go(), b"***");
    assert_eq!(short.pass(b"def abc"), b" ");
    assert_eq!(short.let_go(), b"***");
    assert_eq!(short.pass(b"x"), b"x");
    assert_eq!(short.let_go(), b"");
}

#[test]
fn one_that_is_cut_off_by_the_end_is_masked() {
    assert_eq!(masked(&["secret-value"], "a secret-val"), "a ***");
    assert_eq!(masked(&["secret-value"], "a secr"), "a secr");
}

#[test]
fn secrets_that_overlap_leave_no_rest() {
    assert_eq!(
        masked(&["abcdefgh", "ghijklmn"], "<abcdefghijklmn>"),
        "<***>"
    );
    assert_eq!(masked(&["abcdefgh", "bcdefg"], "<abcdefgh>"), "<***>");
    assert_eq!(masked(&["aaaaaa"], "baaaaaaaab"), "b***b");
}

#[test]
fn one_learned_late_is_found_in_what_is_held() {
    let mut mask = mask(&["token-one"]);
    assert_eq!(mask.pass(b"x token-"), b"x ");
    let more = Secrets::of([&b"token-one"[..], b"token-two", b"en-three"]).unwrap();
    assert_eq!(mask.learn(more), b"");
    assert_eq!(mask.pass(b"two, token-three"), b"***, tok***");
}

/// A key of many lines costs what a word costs, more or less: all forms are looked for at once.
#[test]
fn a_secret_of_many_lines_is_looked_for_as_fast() {
    let line = |n: u32| {
        format!(
            "{:064x}\n",
            u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        )
    };
    let key: String = (1..=700).map(line).collect();
    let text: String = (0..40_000)
        .map(|n| format!("{n} an ordinary line of output, as most are\n"))
        .collect();
    let took = |secret: &str| {
        let mut mask = mask(&[secret]);
        let begun = Instant::now();
        let reads = text.as_bytes().chunks(64 * 1024);
        let output: usize = reads.map(|read| mask.pass(read).len()).sum();
        assert_eq!(output + mask.finish().len(), text.len());
        begun.elapsed()
    };
    let best = |secret: &str| (0..5).map(|_| took(secret)).min().unwrap_or(Duration::MAX);
    let (word, many) = (best("hunter2hunter2"), best(&key));
    assert!(many < word * 10, "{word:?} for a word, {many:?} for a key");
}

#[test]
fn nothing_that_is_printed_to_look_at_it_shows_it() {
    let secrets = Secrets::of([&b"hunter2hunter2"[..]]).unwrap();
    let shown = format!("{secrets:?} {:?}", Mask::new(secrets.clone()));
    assert!(!shown.contains("hunter2"), "{shown}");
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
        let mut output = Vec::new();
        for piece in cuts.windows(2) {
            output.extend(mask.pass(&text.as_bytes()[piece[0]..piece[1]]));
        }
        output.extend(mask.finish());
        prop_assert_eq!(String::from_utf8(output).unwrap(), whole.clone());
        for secret in secrets {
            prop_assert!(!whole.contains(secret));
        }
    }

    /// Whatever is let go too early, no secret is seen, and no more of its start than a third.
    #[test]
    fn what_is_let_go_early_makes_no_secret_seen(
        secrets in prop::collection::vec("[ab]{6,9}", 1..4),
        text in "[abc]{0,60}",
        cuts in prop::collection::vec((0_usize..60, any::<bool>()), 0..9),
    ) {
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let mut mask = mask(&secrets);
        let mut cuts: Vec<(usize, bool)> =
            cuts.into_iter().map(|(cut, early)| (cut.min(text.len()), early)).collect();
        cuts.extend([(0, false), (text.len(), false)]);
        cuts.sort_unstable();
        let mut output = Vec::new();
        for piece in cuts.windows(2) {
            output.extend(mask.pass(&text.as_bytes()[piece[0].0..piece[1].0]));
            if piece[1].1 {
                output.extend(mask.let_go());
                prop_assert_eq!(mask.held(), 0);
            }
        }
        output.extend(mask.finish());
        let output = String::from_utf8(output).unwrap();
        for secret in secrets {
            prop_assert!(!output.contains(secret), "{} in {}", secret, output);
        }
        // Nothing but secrets is lost: what is seen around the stand-ins is in the text, in order.
        let mut rest = text.as_str();
        for part in output.split("***") {
            let at = rest.find(part);
            prop_assert!(at.is_some(), "{} of {}", output, text);
            rest = &rest[at.unwrap_or_default() + part.len()..];
        }
    }
}

#[test]
fn a_value_with_quotes_is_kept_out_of_json_by_whatever_habit_it_is_written() {
    let secret = r#"pa"ss'wo+rd"#;
    for json in [
        r#""pa\"ss'wo+rd""#,
        r#""pa\u0022ss\u0027wo\u002Brd""#,
        r#""pa\u0022ss\u0027wo+rd""#,
        r#""{\"k\":\"pa\\\"ss'wo+rd\"}""#,
    ] {
        let forms = forms::forms(secret.as_bytes());
        let is_in = |form: &Vec<u8>| memchr::memmem::find(json.as_bytes(), form).is_some();
        assert!(forms.iter().any(is_in), "{json}");
    }
}
