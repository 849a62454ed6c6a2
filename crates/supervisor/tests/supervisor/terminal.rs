//! A child in a terminal.

use supervisor::{
    control::ToSupervisor,
    exec::{Exec, Window},
    exit::Exit,
    spool::Stream,
};

use crate::job::{Job, sh};

fn in_terminal(script: &str) -> Exec {
    Exec {
        pty: Some(Window { rows: 24, cols: 80 }),
        ..sh(script)
    }
}

#[test]
fn it_is_a_terminal_of_its_size() {
    let mut job = Job::start(&in_terminal(
        "test -t 0 && test -t 1 && test -t 2 && stty size && echo hello >/dev/tty; echo oops >&2",
    ));
    assert_eq!(job.end().ended, Exit::Code { code: 0 });
    assert_eq!(job.stdout(), "24 80\r\nhello\r\noops\r\n");
    assert!(job.bytes(Stream::Stderr).is_empty());
}

#[test]
fn its_size_can_change() {
    let mut job = Job::start(&in_terminal(
        "trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.02; done",
    ));
    job.stdout_has("ready");
    job.listener.say(&ToSupervisor::Resize(Window {
        rows: 50,
        cols: 132,
    }));
    job.end();
    assert_eq!(job.stdout(), "ready\r\n50 132\r\n");
}

#[test]
fn all_is_read_before_its_end() {
    let mut job = Job::start(&in_terminal("seq 1 20000"));
    assert_eq!(job.end().ended, Exit::Code { code: 0 });
    let lines: String = (1..=20_000).map(|n| format!("{n}\r\n")).collect();
    assert!(job.stdout() == lines, "some lines are missing");
}

#[test]
fn it_takes_input_and_its_end() {
    let mut job = Job::start(&in_terminal("stty -echo; echo ready; cat; echo over"));
    job.stdout_has("ready");
    job.listener.say(&ToSupervisor::Input(b"typed\n".to_vec()));
    job.stdout_has("typed");
    job.listener.say(&ToSupervisor::EndInput);
    job.end();
    assert_eq!(job.stdout(), "ready\r\ntyped\r\nover\r\n");
}

#[test]
fn a_child_may_close_it_and_open_it_again() {
    let script = "exec 3<&0; echo a; exec 0</dev/null 1>/dev/null 2>/dev/null 3<&-; sleep 0.4; echo b >/dev/tty";
    let mut job = Job::start(&in_terminal(script));
    assert_eq!(job.end().ended, Exit::Code { code: 0 });
    assert_eq!(job.stdout(), "a\r\nb\r\n");
}

#[test]
fn a_cancel_reaches_every_job_of_a_shell_in_it() {
    let mut job = Job::start(&in_terminal(
        "set -m; sh -c 'trap \"\" INT HUP; echo up; sleep 1072' & wait",
    ));
    job.stdout_has("up");
    job.listener.say(&ToSupervisor::Cancel { force: false });
    let exit = job.end();
    assert!(exit.canceled && exit.survivors.is_empty(), "{exit:?}");
}
