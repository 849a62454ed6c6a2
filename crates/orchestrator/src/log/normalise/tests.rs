use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn normalised(line: &str) -> String {
    let mut out = String::new();
    Normaliser::default().normalise(line, &mut out);
    out
}

/// Each row: a line, and what is left of it.
#[track_caller]
fn check(rows: &[(&str, &str)]) {
    for (line, left) in rows {
        assert_eq!(normalised(line), *left, "{line}");
    }
}

#[test]
fn who_and_where() {
    check(&[
        ("mail to ann.b+x@example.com.", "mail to <email>."),
        ("root@db-2: no", "root@db-<int>: no"),
        ("see https://a.example/x?y=1#z, or", "see <url>, or"),
        (
            "GET http://10.0.0.1:8080/a/b HTTP/1.1",
            "GET <url> HTTP/<float>",
        ),
        ("from db-2.prod.example.com:5432", "from <host>:<int>"),
        ("to web.example.co.uk now", "to <host> now"),
        (
            "main.rs, a.b.py, java.lang.String, os.path.join()",
            "main.rs, a.b.py, java.lang.String, os.path.join()",
        ),
        ("10.0.0.1, 10.0.0.1:80, 10.0.0.0/24.", "<ip>, <ip>, <ip>."),
        ("fe80::1/64 ::1 2001:db8::ff00:42:8329", "<ip> <ip> <ip>"),
        ("[::1]:80 std::cd a::b", "[<ip>]:<int> std::cd a::b"),
        ("256.0.0.1 1.2.3 v1.2", "256.0.0.1 1.2.3 v1.2"),
        (
            "/tmp/tmp.Xa81b/main.c:12: no",
            "<temp path>/main.c:<int>: no",
        ),
        ("/var/folders/zz/zy_n0/T/ab12/x", "<temp path>/x"),
        ("/tmp is full, /opt/tmp/x", "/tmp is full, /opt/tmp/x"),
    ]);
    let own = Normaliser::new(Masks::default(), vec!["db-2".into(), "db-2b".into()]);
    let mut out = String::new();
    own.normalise("db-2: db-2b's db-23 on db-2", &mut out);
    assert_eq!(out, "<host>: <host>'s db-<int> on <host>");
}

#[test]
fn hashes_and_ids() {
    let sha = "356a192b7913b04c54574d18c28d46e6395428ab";
    let rows = [
        (
            "id 123e4567-e89b-12d3-a456-426614174000!",
            "id <uuid>!".to_owned(),
        ),
        (
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "<trace id>".into(),
        ),
        (
            "trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
            "trace_id=<trace id>".into(),
        ),
        ("span: 00f067aa0ba902b7", "span: <trace id>".into()),
        ("4bf92f3577b34da6a3ce929d0e0e4736", "<md5>".into()),
        (sha, "<sha1>".into()),
        (
            "HEAD is now at 1a2b3c4 defaced",
            "HEAD is now at <git sha> defaced".into(),
        ),
        ("at 0x7ffd5e8 and 0x1F", "at <hex> and <hex>".into()),
        (
            "deadbeef01 deadbeef 1234567 12345678",
            "<hex> deadbeef <int> <int>".into(),
        ),
        (
            "error[E0308] x86 utf8 -j4 C2065",
            "error[E0308] x86 utf8 -j4 C2065".into(),
        ),
    ];
    for (line, left) in &rows {
        assert_eq!(normalised(line), *left, "{line}");
    }
}

#[test]
fn dates_times_and_durations() {
    check(&[
        ("2026-05-02T12:34:56.789Z up", "<date> up"),
        ("2026-05-02 12:34:56,789 up", "<date> <time> up"),
        ("[02/May/2026:12:34:56 +0000]", "[<date>:<time> +<int>]"),
        ("Sat May  2 12:34:56 2026", "<date> <time> <int>"),
        ("Sat, 02 May 2026 12:34:56 +0200", "<date> <time> +<int>"),
        ("May 2, 2026: Mayor Monday", "<date>: Mayor Monday"),
        ("02/05/2026 02.05.2026 2026/05/02", "<date> <date> <date>"),
        (
            "12:34 1:02:03 12:34:56+02:00 25:61",
            "<time> <time> <time> <int>:<int>",
        ),
        (
            "main.c:12:34: main.c:1:2",
            "main.c:<int>:<int>: main.c:<int>:<int>",
        ),
        (
            "in 1.5ms, 1h02m3s, 12 s, 3 seconds.",
            "in <duration>, <duration>, <int> s, <duration>.",
        ),
        ("took 250 ms (1 day)", "took <duration> (<duration>)"),
        ("5 m of 3x", "<int> m of 3x"),
    ]);
}

#[test]
fn numbers_quotes_and_processes() {
    check(&[
        (
            "0.25 1.5e-9 42 -7 1,234",
            "<float> <float> <int> -<int> <int>,<int>",
        ),
        ("12MB of 1.5GiB, 7k", "<int>MB of <float>GiB, <int>k"),
        (
            "42% 0.5 %, 3 percent",
            "<percentage> <percentage>, <int> percent",
        ),
        (
            "worker-3 [12/345] libc.so.6",
            "worker-<int> [<int>/<int>] libc.so.6",
        ),
        ("pid 42, PID: 7, pid=9", "pid <pid>, PID: <pid>, pid=<pid>"),
        ("sshd[4242]: a[0]", "sshd[<pid>]: a[<pid>]"),
        (
            "no 'x y' in \"z\", `w`",
            "no <quoted> in <quoted>, <quoted>",
        ),
        ("don't, can't \"open", "don't, can't \"open"),
        ("日本 42 é1", "日本 <int> é1"),
        ("", ""),
    ]);
}

#[test]
fn a_mask_that_is_switched_off_leaves_its_token_to_the_next() {
    let left = |off: &[Mask], line: &str| {
        let masks = off
            .iter()
            .fold(Masks::default(), |masks, mask| masks.without(*mask));
        let mut out = String::new();
        Normaliser::new(masks, Vec::new()).normalise(line, &mut out);
        out
    };
    assert_eq!(left(&[Mask::Pid], "sshd[42]"), "sshd[<int>]");
    assert_eq!(left(&[Mask::Pid, Mask::Integer], "sshd[42]"), "sshd[42]");
    assert_eq!(left(&[Mask::Date], "2026-05-02"), "<int>-<int>-<int>");
    assert_eq!(left(&[Mask::Percentage], "0.5%"), "<float>%");
    assert_eq!(left(&[Mask::GitSha, Mask::Hex], "1a2b3c4"), "1a2b3c4");
    let all_off = left(
        &Mask::ALL,
        "pid 42 'x' /tmp/a http://b 2026-05-02 10.0.0.1 0x1",
    );
    assert_eq!(
        all_off,
        "pid 42 'x' /tmp/a http://b 2026-05-02 10.0.0.1 0x1"
    );
    let words: std::collections::HashSet<_> = Mask::ALL.iter().map(|mask| mask.word()).collect();
    assert_eq!(words.len(), Mask::ALL.len());
}

proptest! {
    /// Whatever a line is, its tokens are in order, within it, and cut no character.
    #[test]
    fn tokens_are_parts_of_the_line(line in "[ -~日é\t]{0,80}", off in 0..Mask::ALL.len()) {
        let masks = Masks::default().without(Mask::ALL[off]);
        let mut done = 0;
        Normaliser::new(masks, vec!["db".into()]).each(&line, |range, mask| {
            assert!(done <= range.start && range.start < range.end, "{range:?}");
            assert!(line.get(range.clone()).is_some() && mask != Mask::ALL[off]);
            done = range.end;
        });
    }

    /// The same line of another run.
    #[test]
    fn other_numbers_make_the_same_line(one: u32, other: u32, took in 0.0..1e6f64) {
        let line = |number: u32| format!("step {number}: {number} of {number}MB in {took:.3}ms, pid {number}");
        prop_assert_eq!(normalised(&line(one)), normalised(&line(other)));
    }
}

/// However a line is made, it takes time by its length: each of these would take far longer if every place in it were read on
/// to its end.
#[test]
fn a_long_line_takes_no_long_time() {
    for part in ["a.b-", "1.", "1h", "'", "::", "/tmp", "x@", "0x", "12:3"] {
        let line = part.repeat(16_000);
        let took = |_| {
            let begun = Instant::now();
            Normaliser::default().each(&line, |_, _| {});
            begun.elapsed()
        };
        let took = (0..3).map(took).min().unwrap_or_default();
        assert!(took < Duration::from_secs(2), "{part}: {took:?}");
    }
}
