//! Any text is a file of known hosts: a key that is not in it is never known.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    text: &'a str,
    name: &'a str,
    key: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    orchestrator::ssh::fuzz_known_hosts(input.text, input.name, input.key);
});
