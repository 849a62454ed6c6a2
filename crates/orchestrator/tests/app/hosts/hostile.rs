//! Servers and SSH configs that mean harm: what they write is words, wherever it is shown, and says whose words.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use orchestrator::visible::visible_log;

use super::{Home, Postgres, with_host};

fn harmless(what: &str, output: &[u8]) -> String {
    let text = String::from_utf8(output.to_vec()).unwrap();
    for line in text.lines() {
        // Columns are laid out by blanks.
        assert_eq!(visible_log(line), line, "{what}");
    }
    text
}

/// A server that greets each client with these bytes, and gives its port.
fn greets_with(greeting: Vec<u8>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(mut client) = client else { return };
            let sent = client.write_all(&greeting);
            // It hangs up once the client has introduced itself.
            let read = client.read(&mut [0; 256]);
            drop((sent, read));
        }
    });
    port
}

#[test]
fn what_a_server_calls_itself_never_reaches_the_terminal_or_the_history_raw() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let hostile = "\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}[2J\u{9b}\u{202e}\u{200b}";
    let mut garbage = b"SSH-2.0-x\r\n".to_vec();
    garbage.extend_from_slice(format!("{hostile}\r\n").repeat(100).as_bytes());
    for (name, greeting) in [
        ("old", format!("SSH-1.0-{hostile}\r\n").into_bytes()),
        ("new", format!("SSH-2.0-{hostile}\r\n").into_bytes()),
        (
            "chatty",
            format!("{hostile}\r\n{hostile}\r\nSSH-2.0-{hostile} {hostile}\r\n").into_bytes(),
        ),
        ("garbage", garbage),
    ] {
        let port = greets_with(greeting);
        let block = format!(
            "Host {name}\n HostName 127.0.0.1\n Port {port}\n User root\n StrictHostKeyChecking no\n"
        );
        fs::write(home.ssh_config(), block).unwrap();
        let output = home.run(&["run", "--on", name, "--", "true"]);
        assert_eq!(output.status.code(), Some(255), "{output:?}");
        harmless(name, &output.stdout);
        let stderr = harmless(name, &output.stderr);
        let is_named = ["host unreachable", "server too old"];
        assert!(
            is_named.iter().any(|words| stderr.contains(words)),
            "{stderr}"
        );
    }
    harmless("jobs", &home.run(&["jobs"]).stdout);
    // It is kept clean too.
    let kept = postgres.psql(
        "postgres",
        "select coalesce(reason, '') || coalesce(detail::text, '') from jobs",
    );
    assert!(kept.contains("SSH-1.0-"), "{kept}");
    for escaped in [
        "\u{1b}", "\\u001b", "\u{202e}", "\\u202e", "\u{200b}", "\u{9b}",
    ] {
        assert!(!kept.contains(escaped), "{escaped:?} in {kept}");
    }
}

#[test]
fn a_name_of_an_included_config_shows_what_is_in_it() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let included = home.work().join("included");
    fs::write(
        &included,
        "Host pr\u{200b}od\n HostName \u{202e}1.0.0.721\nHost \u{1b}]52;c;x\u{7}\n ProxyCommand \u{1b}[2J\u{9b}\nBad\u{202e} \u{1b}[2J\n",
    )
    .unwrap();
    let main = format!(
        "Include {}\nHost prod\n HostName 127.0.0.1\n",
        included.display()
    );
    fs::write(home.ssh_config(), main).unwrap();
    for args in [&["hosts"][..], &["hosts", "--json"], &["doctor"]] {
        let output = home.run(args);
        harmless(&format!("{args:?}"), &output.stdout);
        harmless(&format!("{args:?}"), &output.stderr);
    }
    let listed = harmless("hosts", &home.run(&["hosts"]).stdout);
    assert!(
        listed.contains("pr⟨U+200B⟩od") && listed.contains("⟨U+202E⟩1.0.0.721"),
        "{listed}"
    );
}

#[test]
fn no_host_writes_another_hosts_lines() {
    let (sshd, _postgres, home) = with_host();
    let mut config = fs::read_to_string(home.ssh_config()).unwrap();
    for name in ["a", "b"] {
        config.push_str(&sshd.block(name));
    }
    fs::write(home.ssh_config(), config).unwrap();
    let command = r#"printf "ok\rb: FORGED\n\033[1A\033[2Kb: erased\n\342\200\256x\n\033]0;t\007tail"; printf "err\rb: FORGED\n" >&2"#;
    let output = home.run(&["run", "--on", "a,b", "--", command]);
    for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        let shown = harmless(stream, bytes);
        for line in shown.lines() {
            // Our own last word.
            let is_ours = stream == "stderr" && line == "vmo: 2 done";
            assert!(
                is_ours || line.starts_with("a: ") || line.starts_with("b: "),
                "{stream}: {line}"
            );
        }
    }
    let shown = String::from_utf8(output.stdout).unwrap();
    let of = |name: &str| {
        let prefix = format!("{name}: ");
        let lines = shown.lines().filter_map(|line| line.strip_prefix(&prefix));
        lines.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let expected = ["b: FORGED", "b: erased", "⟨U+202E⟩x", "tail"];
    assert_eq!(
        (of("a"), of("b")),
        (
            expected.map(String::from).to_vec(),
            expected.map(String::from).to_vec()
        )
    );
}
