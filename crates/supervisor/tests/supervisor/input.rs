//! Input: into the child, up to a bound.

use std::{io::Write, thread};

use supervisor::{
    control::{Frame, Prompt, ToEngine, ToSupervisor},
    exec::{Exec, Window},
    exit::Exit,
};

use crate::job::{Job, Listener, exec, release, sh};

#[test]
fn input_is_read_and_ended() {
    let mut job = Job::start(&exec("cat", &[]));
    job.listener.say(&ToSupervisor::Input(b"one\n".to_vec()));
    job.stdout_has("one");
    job.listener
        .say(&ToSupervisor::Input(b"two \0 \xff".to_vec()));
    job.listener.say(&ToSupervisor::EndInput);
    assert_eq!(job.end().ended, Exit::Code { code: 0 });
    assert_eq!(
        job.bytes(supervisor::spool::Stream::Stdout),
        b"one\ntwo \0 \xff"
    );
}

/// Sends ten megabytes and an end from a thread, and says when it could.
fn paste(job: &Job) -> thread::JoinHandle<()> {
    let mut stream = job.listener.another_end();
    let mut frame = Vec::new();
    ToSupervisor::Input(vec![b'x'; 100_000]).encode(&mut frame);
    let mut end = Vec::new();
    ToSupervisor::EndInput.encode(&mut end);
    thread::spawn(move || {
        for _ in 0..100 {
            stream.write_all(&frame).unwrap();
        }
        stream.write_all(&end).unwrap();
    })
}

fn input_pauses(listener: &mut Listener, paused: bool) {
    listener.until(|message| (*message == ToEngine::InputPaused(paused)).then_some(()));
}

#[test]
fn input_waits_for_a_child_that_does_not_read_and_is_not_lost() {
    let mut job = Job::start_here("mkfifo gate; echo ready; read go <gate; wc -c");
    job.stdout_has("ready");
    let pasting = paste(&job);
    input_pauses(&mut job.listener, true);
    assert!(!pasting.is_finished());
    release(&job.path("gate"));
    input_pauses(&mut job.listener, false);
    job.end();
    pasting.join().unwrap();
    assert_eq!(job.stdout(), "ready\n10000000\n");
}

#[test]
fn output_and_cancel_go_on_while_input_waits() {
    let mut job = Job::start_here("mkfifo gate; echo ready; read go <gate; echo on; sleep 1071");
    job.stdout_has("ready");
    let stuck = paste(&job);
    input_pauses(&mut job.listener, true);
    release(&job.path("gate"));
    job.stdout_has("on");
    let mut other = Listener::to(&job.folder);
    input_pauses(&mut other, true);
    other.say(&ToSupervisor::Cancel { force: false });
    assert!(job.end().canceled);
    // Whether the rest was thrown away or not even taken depends on who was first.
    drop(stuck.join());
}

#[test]
fn a_child_may_close_its_input() {
    let mut job = Job::start(&sh(
        "exec <&-; echo closed; trap 'exit 3' USR1; while :; do sleep 0.02; done",
    ));
    job.stdout_has("closed");
    for _ in 0..30 {
        job.listener.say(&ToSupervisor::Input(vec![b'x'; 100_000]));
    }
    job.listener.say(&ToSupervisor::Signal(
        rustix::process::Signal::USR1.as_raw(),
    ));
    assert_eq!(job.end().ended, Exit::Code { code: 3 });
}

fn prompts(listener: &mut Listener, wanted: Option<Prompt>) {
    listener.until(|message| (*message == ToEngine::Prompts(wanted)).then_some(()));
}

fn in_terminal(script: &str) -> Exec {
    Exec {
        pty: Some(Window { rows: 24, cols: 80 }),
        ..exec("bash", &["-c", script])
    }
}

#[test]
fn a_child_that_waits_for_an_answer_says_so_until_it_has_it() {
    let bash = |script: &str| exec("bash", &["-c", script]);
    let python = "input('Name: '); print('over')";
    for (exec, wanted) in [
        (
            bash("printf 'Go on? [y/N] '; read x; echo over"),
            Prompt::Text,
        ),
        // It waits a while first, and is no process of its own.
        (
            bash("printf 'Name: '; sleep 0.7; (read x); echo over"),
            Prompt::Text,
        ),
        (
            bash("echo 'Which one?'; head -n 1; echo over"),
            Prompt::Text,
        ),
        (
            bash("printf 'Password: '; read x; echo over"),
            Prompt::Secret,
        ),
        (exec("/usr/bin/python3", &["-c", python]), Prompt::Text),
        (
            exec(
                "/usr/bin/python3",
                &[
                    "-c",
                    &format!(
                        "import select, sys; print('Go? ', end='', flush=True); select.select([sys.stdin], [], []); {python}"
                    ),
                ],
            ),
            Prompt::Text,
        ),
        (
            exec(
                "node",
                &[
                    "-e",
                    "process.stdout.write('Go? '); process.stdin.once('data', () => { console.log('over'); process.exit() })",
                ],
            ),
            Prompt::Text,
        ),
        (in_terminal("read -p 'Go on? '; echo over"), Prompt::Text),
        (
            in_terminal("read -s -p 'Passwort: '; echo over"),
            Prompt::Secret,
        ),
        (
            in_terminal("read -p 'Go on? ' </dev/tty; echo over"),
            Prompt::Text,
        ),
    ] {
        let mut job = Job::start(&exec);
        prompts(&mut job.listener, Some(wanted));
        let mut late = Listener::to(&job.folder);
        prompts(&mut late, Some(wanted));
        job.listener.say(&ToSupervisor::Input(b"y\n".to_vec()));
        prompts(&mut job.listener, None);
        assert_eq!(job.end().ended, Exit::Code { code: 0 });
        assert!(job.stdout().contains("over"), "{exec:?}");
    }
}

#[test]
fn a_child_that_does_something_else_waits_for_nobody() {
    let silent = "sleep 1; echo over";
    for exec in [
        exec("bash", &["-c", &format!("printf 'Working '; {silent}")]),
        // It reads, and has asked nothing.
        exec("bash", &["-c", "echo started; read -t 1; echo over"]),
        // What it reads is none of ours.
        exec(
            "bash",
            &["-c", "printf 'Go? '; sleep 1 | read x; echo over"],
        ),
        // An editor takes each key.
        in_terminal("stty -icanon; printf ': '; read -t 1; echo over"),
    ] {
        let mut job = Job::start(&exec);
        let is_prompt = |message: &ToEngine| matches!(message, ToEngine::Prompts(Some(_)));
        job.listener.until(|message| {
            assert!(!is_prompt(message), "{exec:?}: {message:?}");
            matches!(message, ToEngine::Exit(_)).then_some(())
        });
        assert!(job.stdout().contains("over"), "{exec:?}");
    }
}
