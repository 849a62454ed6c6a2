use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::{
    engine::start::draft,
    log::{Stream, lines::Flow},
};

fn job(command: &str) -> Job {
    draft::of_host("box", command, false, None).job()
}

fn html(bytes: &[u8]) -> String {
    let mut flow = Flow::new(LINE);
    let mut out = Vec::new();
    html::head(&mut out, &job("</title><script>alert(1)</script>")).unwrap();
    let mut lines = flow.feed(Stream::Stderr, 0, bytes);
    lines.extend(flow.finish());
    for line in &lines {
        html::line(&mut out, line).unwrap();
    }
    html::foot(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn whatever_a_log_holds_stays_text() {
    let page = html(
        b"<script>alert(1)</script>&\"'\x1b[31;1m<b>\x1b[m\n</pre><img src=x onerror=alert(1)>",
    );
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>"));
    assert_eq!(page.matches("</pre>").count(), 1);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;"));
    assert!(page.contains("<span style=\"color:var(--c1);font-weight:700;\">&lt;b&gt;</span>"));
}

#[test]
fn colours_are_those_of_a_terminal() {
    let page = html(b"\x1b[38;5;196ma\x1b[38;5;232mb\x1b[38;2;1;2;3mc\x1b[0;7md");
    for css in [
        "color:#ff0000;",
        "color:#080808;",
        "color:#010203;",
        "color:var(--bg);background:var(--fg);",
    ] {
        assert!(page.contains(&format!("style=\"{css}\"")), "{css}");
    }
}

#[test]
fn a_file_is_named_after_what_ran_and_takes_no_other_s_place() {
    let name = name(&job("cd ../../etc && cat '/x y'"));
    assert!(name.starts_with("cd-etc-cat-x-y-20"), "{name}");
    let folder = tempfile::tempdir().unwrap();
    for expected in ["a.txt", "a (2).txt", "a (3).txt"] {
        let (path, _) = new_file(folder.path(), "a", "txt").unwrap();
        assert_eq!(path, folder.path().join(expected));
        // A log may hold what other users must not read.
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
