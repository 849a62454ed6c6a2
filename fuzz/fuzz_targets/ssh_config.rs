//! Any text is an SSH config: it is read to its end, and each host it names has a route or a refusal.
#![no_main]

use std::fs;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use orchestrator::ssh::Config;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    config: &'a [u8],
    included: &'a [u8],
    name: &'a str,
}

fuzz_target!(|input: Input<'_>| {
    let home = tempfile::tempdir().unwrap();
    let ssh = home.path().join(".ssh");
    fs::create_dir(&ssh).unwrap();
    fs::write(ssh.join("config"), input.config).unwrap();
    fs::write(ssh.join("a"), input.included).unwrap();
    let config = Config::read(&ssh.join("config"), home.path());
    for host in config.hosts() {
        let refused = config.resolve(&host.name).is_err();
        assert!(host.problem.is_none() || refused, "{host:?}");
    }
    config.resolve(input.name).ok();
});
