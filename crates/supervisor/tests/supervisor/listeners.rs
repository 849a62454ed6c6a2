//! Listeners: any number, slow ones, broken ones, late ones.

use std::io::Write;

use supervisor::{
    control::{ToEngine, ToSupervisor},
    exit::Exit,
};

use crate::job::{Job, Listener, exec, sh};

#[test]
fn everybody_hears_everything() {
    let mut job = Job::start(&exec("cat", &[]));
    let mut listeners: Vec<_> = (0..20).map(|_| Listener::to(&job.folder)).collect();
    for listener in &mut listeners {
        assert_eq!(listener.next().unwrap(), ToEngine::Committed { offset: 0 });
    }
    job.listener.say(&ToSupervisor::Input(b"hello".to_vec()));
    for listener in &mut listeners {
        assert_eq!(listener.next().unwrap(), ToEngine::Committed { offset: 45 });
    }
    listeners[7].say(&ToSupervisor::EndInput);
    let exit = job.end();
    for listener in &mut listeners {
        assert_eq!(listener.complete(), exit);
        assert_eq!(listener.next(), None);
    }
}

#[test]
fn a_slow_listener_keeps_nobody_waiting_and_gets_the_latest() {
    let lines = 20_000;
    let mut job = Job::start(&sh(&format!(
        "i=0; while [ $i -lt {lines} ]; do echo $i; i=$((i+1)); done; read go"
    )));
    let mut slow = Listener::to(&job.folder);
    let mut pokes = 0_usize;
    while !job.stdout().ends_with(&format!("\n{}\n", lines - 1)) {
        job.listener
            .until(|message| matches!(message, ToEngine::Committed { .. }).then_some(()));
        pokes += 1;
    }
    let end = supervisor::spool::end(job.folder.path()).unwrap().offset;
    let mut messages = 0;
    slow.until(|news| {
        messages += 1;
        (*news == ToEngine::Committed { offset: end }).then_some(())
    });
    assert!(
        messages < 1000 && pokes > 0,
        "{messages} frames were kept for a slow listener"
    );
    job.listener.say(&ToSupervisor::EndInput);
    job.end();
}

#[test]
fn who_sends_nonsense_is_sent_away() {
    let mut job = Job::start(&exec("cat", &[]));
    let mut broken = Listener::to(&job.folder);
    broken
        .another_end()
        .write_all(&[1, 255, 255, 255, 255])
        .unwrap();
    while broken.next().is_some() {}
    job.listener.say(&ToSupervisor::EndInput);
    job.listener
        .until(|message| matches!(message, ToEngine::Complete).then_some(()));
    assert!(
        job.complaints().contains("is too long"),
        "{}",
        job.complaints()
    );
}

#[test]
fn an_order_is_obeyed_though_its_sender_has_gone() {
    let mut job = Job::start(&sh("echo ready; cat >/dev/null; exit 9"));
    job.stdout_has("ready");
    let mut other = Listener::to(&job.folder);
    other.say(&ToSupervisor::Input(vec![b'x'; 500_000]));
    other.say(&ToSupervisor::EndInput);
    drop(other);
    assert_eq!(job.end().ended, Exit::Code { code: 9 });
}
