//! What a command writes and reads on a host: bytes, streams, terminals, and how it ended.

use super::*;

#[test]
fn the_bytes_and_the_code_are_those_of_ssh() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let commands = [
        "true",
        "exit 7",
        "echo out; echo err >&2; exit 3",
        r"printf 'a\000b\377\376'; printf 'no newline' >&2",
        "echo $0; pwd; echo \"$SHELL $HOME $USER $SHLVL\"",
        "echo 'quotes \" and $dollars and `ticks` and \\back'; echo \"it's\" !$ %s # comment",
        "  spaces   around  ",
        "cat",
        "for i in 1 2 3; do\n  echo line $i\ndone\n",
        "cat <<E\nhere $((6 * 7))\nE\n",
        "nosuchcommand",
        "echo 'ümläut — 漢字'",
        "if",
        "exec 5>&-; ls /proc/self/fd | wc -l",
        "trap 'echo bye' EXIT; exit 9",
    ];
    for command in commands {
        let expected = sshd.ssh(command);
        let running = start(&sessions, &sshd, exec(command));
        running.controls.send(Control::EndInput).unwrap();
        let (written, ended) = running.join();
        assert_eq!(
            String::from_utf8_lossy(&written.out),
            String::from_utf8_lossy(&expected.stdout),
            "stdout of {command:?}"
        );
        assert_eq!(written.out, expected.stdout, "stdout of {command:?}");
        assert_eq!(
            String::from_utf8_lossy(&written.err),
            String::from_utf8_lossy(&expected.stderr),
            "stderr of {command:?}"
        );
        assert_eq!(
            ended.exit,
            code(expected.status.code().unwrap()),
            "{command:?}"
        );
        assert!(ended.complete && !ended.canceled);
    }
}

#[test]
fn a_signal_is_not_a_code() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    for (name, number) in [
        ("KILL", 9),
        ("TERM", 15),
        ("HUP", 1),
        ("SEGV", 11),
        ("INT", 2),
    ] {
        let (_, ended) = run(&sessions, &sshd, &format!("kill -s {name} $$"));
        assert!(
            matches!(&ended.exit, Exit::Signal { signal, .. } if signal == name),
            "{name}: {:?}",
            ended.exit
        );
        let plain = 128 + number;
        if name != "INT" {
            let (_, ended) = run(&sessions, &sshd, &format!("exit {plain}"));
            assert_eq!(ended.exit, code(plain));
        }
    }
}

#[test]
fn output_is_whole_and_streams_are_apart() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let before = Instant::now();
    let (written, ended) = run(
        &sessions,
        &sshd,
        "head -c 50000000 /dev/zero | tr '\\0' x; head -c 8000000 /dev/zero >&2; printf end",
    );
    assert_eq!(ended.exit, code(0));
    assert_eq!(written.out.len(), 50_000_003);
    assert!(written.out.ends_with(b"xend"));
    assert_eq!(written.err.len(), 8_000_000);
    println!("58 MB in {:?}", before.elapsed());
}

#[test]
fn a_log_that_is_slow_to_take_bytes_is_not_taken_for_a_frozen_host() {
    struct Slow(Log);
    impl Output for Slow {
        fn started(&mut self, remote: &Remote) {
            self.0.started(remote);
        }
        fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
            thread::sleep(Duration::from_secs(17));
            self.0.write(stream, bytes)
        }
        fn noise(&mut self, _: &[u8]) {}
    }
    let sshd = Sshd::start();
    let route = Config::read(&sshd.config(""), Path::new("/nonexistent"))
        .resolve("box")
        .unwrap();
    let (_controls, orders) = controls().unwrap();
    let log = Log::default();
    let ask: Arc<dyn Ask> = Person::who(Answer::Refuse);
    let exec = exec("echo one; sleep 19; exit 6");
    let output = Box::new(Slow(log.clone()));
    let ended = ended(Sessions::new().submit(&route, exec, output, orders, &ask));
    assert_eq!(ended.exit, code(6));
    assert_eq!(log.now().out, b"one\n");
}

#[test]
fn what_a_login_script_prints_is_noise() {
    let sshd = Sshd::with(
        "ForceCommand echo HELLO; echo WARN >&2; exec ${TEST_SHELL:-/bin/dash} -c \"$SSH_ORIGINAL_COMMAND\"",
    );
    let sessions = Sessions::new();
    let (written, ended) = run(&sessions, &sshd, "echo mine; echo err >&2; exit 4");
    assert_eq!(written.out, b"mine\n");
    assert_eq!(written.err, b"err\n");
    assert_eq!(ended.exit, code(4));
    let noise = String::from_utf8(written.noise).unwrap();
    assert!(
        noise.contains("HELLO\n") && noise.contains("WARN\n"),
        "{noise:?}"
    );
}

#[test]
fn the_trailer_cannot_be_printed_by_looking_at_processes() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let (written, ended) = run(
        &sessions,
        &sshd,
        "cat /proc/[0-9]*/cmdline; set; env; exit 3",
    );
    assert_eq!(ended.exit, code(3));
    assert!(written.out.len() > 1000);
    // Nor does the wrapper hold the command's words, for this to find and kill.
    let (_, ended) = run(&sessions, &sshd, "pkill -f needle-in-a-haystack");
    assert_eq!(ended.exit, code(1));
}

#[test]
fn a_login_shell_that_does_not_run_it_ends_as_with_ssh() {
    let sshd = Sshd::with("ForceCommand echo This account is closed.; exit 1");
    let (written, ended) = run(&Sessions::new(), &sshd, "echo hi");
    // As with `ssh`: what it printed, to the byte, and its code.
    assert_eq!(ended.exit, code(1));
    assert_eq!(written.out, b"This account is closed.\n");
    let sshd = Sshd::with("ForceCommand exit 0");
    let (_, ended) = run(&Sessions::new(), &sshd, "echo hi");
    assert!(matches!(ended.exit, Exit::Lost { .. }), "{:?}", ended.exit);
}

#[test]
fn input_reaches_the_command() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let running = start(
        &sessions,
        &sshd,
        exec("read a; echo \"got $a\"; cat | wc -c"),
    );
    let text = b"hello\n".to_vec();
    running.controls.send(Control::Input(text)).unwrap();
    running
        .log
        .wait("answer", |written| written.out == b"got hello\n");
    for _ in 0..10 {
        // What is refused for now is tried again when the command has read some.
        let mut bytes = Control::Input(vec![b'x'; 500_000]);
        while running.controls.send(bytes).is_err() {
            thread::yield_now();
            bytes = Control::Input(vec![b'x'; 500_000]);
        }
    }
    running.controls.send(Control::EndInput).unwrap();
    let (written, ended) = running.join();
    assert_eq!(ended.exit, code(0));
    assert_eq!(written.out, b"got hello\n5000000\n");
}

#[test]
fn a_terminal_is_one_and_has_a_size() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let mut exec =
        exec("stty size; read line; stty size; echo err >&2; test -t 0 -a -t 1 -a -t 2; exit 6");
    exec.pty = Some((31, 97));
    let running = start(&sessions, &sshd, exec);
    running
        .log
        .wait("size", |written| written.out == b"31 97\r\n");
    let (rows, cols) = (40, 120);
    running
        .controls
        .send(Control::Resize(Window { rows, cols }))
        .unwrap();
    running
        .controls
        .send(Control::Input(b"go\n".to_vec()))
        .unwrap();
    let (written, ended) = running.join();
    let text = String::from_utf8(written.out).unwrap();
    assert_eq!(text, "31 97\r\ngo\r\n40 120\r\nerr\r\n");
    assert_eq!(ended.exit, code(6));
    assert_eq!(written.err, b"");
}

#[test]
fn variables_go_along_as_the_config_asks() {
    let sshd = Sshd::start();
    let config = sshd.config("SetEnv VMO_TEST_A=one VMO_TEST_B=\"two words\"");
    let nobody = Person::who(Answer::Refuse);
    let command = exec("echo $VMO_TEST_A $VMO_TEST_B");
    let (written, _) = start_as(&Sessions::new(), &config, command, &nobody).join();
    assert_eq!(written.out, b"one two words\n");
}
