//! Output: every byte, its stream, its order.

use supervisor::{
    control::{ToEngine, ToSupervisor},
    spool::Stream,
};

use crate::job::{Job, exec};

fn all_of_it(bytes: &[u8]) {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("bytes");
    std::fs::write(&file, bytes).unwrap();
    let mut job = Job::start(&exec("cat", &[file.to_str().unwrap()]));
    job.end();
    assert!(
        job.bytes(Stream::Stdout) == bytes,
        "of {} bytes some are wrong",
        bytes.len()
    );
    assert!(job.bytes(Stream::Stderr).is_empty());
}

#[test]
fn nul_invalid_utf8_and_no_last_newline_are_kept() {
    all_of_it(b"");
    all_of_it(b"a\0b\r\xff\xc3\x28\n\xf0\x9f no newline");
    all_of_it(&(0..=255).collect::<Vec<u8>>());
}

#[test]
fn a_megabyte_without_a_newline_is_kept() {
    let bytes: Vec<u8> = (0..1_048_576_u32)
        .map(|n| (n * 7 % 251) as u8)
        .map(|byte| if byte == b'\n' { 0 } else { byte })
        .collect();
    all_of_it(&bytes);
}

#[test]
fn a_log_longer_than_a_segment_is_kept() {
    let bytes: Vec<u8> = (0..40_000_000_u32).map(|n| (n / 3 % 253) as u8).collect();
    all_of_it(&bytes);
}

#[test]
fn streams_are_kept_apart_and_in_the_order_they_came() {
    let script = "echo 1; read go; echo 2 >&2; read go; echo 3; read go; echo 4 >&2";
    let mut job = Job::start(&crate::job::sh(script));
    for count in 1..=3 {
        let lines = 42 * count;
        job.listener
            .until(|message| (*message == ToEngine::Committed { offset: lines }).then_some(()));
        job.listener.say(&ToSupervisor::Input(b"go\n".to_vec()));
    }
    job.end();
    let (out, err) = (Stream::Stdout, Stream::Stderr);
    let expected = [(out, "1\n"), (err, "2\n"), (out, "3\n"), (err, "4\n")];
    assert_eq!(
        job.log(),
        expected.map(|(stream, line)| (stream, line.as_bytes().to_vec()))
    );
}

#[test]
fn a_child_may_close_its_outputs_and_live() {
    let mut job = Job::start(&crate::job::sh(
        "echo closing; exec >&- 2>&-; read go; exit 4",
    ));
    job.stdout_has("closing");
    assert!(
        job.folder
            .read_file(supervisor::folder::EXIT)
            .unwrap()
            .is_none()
    );
    job.listener.say(&ToSupervisor::Input(b"go\n".to_vec()));
    assert!(matches!(
        job.end().ended,
        supervisor::exit::Exit::Code { code: 4 }
    ));
}
