//! Whatever a page sends is a request or an error, and a request says the same when it is written and read once more: bytes
//! as they come, and requests as the grammar makes them of these bytes, changed.
#![no_main]

#[path = "../grammar.rs"]
mod grammar;

use grammar::{Grammar, Known, Numbers};
use libfuzzer_sys::fuzz_target;
use orchestrator::wire::Call;

/// The fuzzer's bytes, as numbers; noughts when there are no more.
struct Bytes<'a>(std::slice::Iter<'a, u8>);

impl Numbers for Bytes<'_> {
    fn below(&mut self, limit: u64) -> u64 {
        let mut next = || u64::from(self.0.next().copied().unwrap_or(0));
        let number = if limit <= 256 { next() } else { next() << 8 | next() };
        number % limit
    }
}

fn decodes(text: &[u8]) {
    match serde_json::from_slice::<Call>(text) {
        Ok(call) => {
            let once = serde_json::to_string(&call).unwrap();
            let again: Call = serde_json::from_str(&once).unwrap();
            assert_eq!(once, serde_json::to_string(&again).unwrap());
            std::hint::black_box(format!("{call:?}"));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fuzz_target!(|bytes: &[u8]| {
    decodes(bytes);
    let known = Known {
        may_change: true,
        ..Known::default()
    };
    let mut numbers = Bytes(bytes.iter());
    let mut grammar = Grammar::new(&mut numbers, &known);
    let request = grammar.request();
    let request = grammar.changed(request);
    decodes(format!("{{\"id\":1,\"request\":{request}}}").as_bytes());
});
