//! Whatever a page sends is a request or an error, and a request says the same when it is written and read once more.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orchestrator::wire::Call;

fuzz_target!(|bytes: &[u8]| {
    match serde_json::from_slice::<Call>(bytes) {
        Ok(call) => {
            let once = serde_json::to_string(&call).unwrap();
            let again: Call = serde_json::from_str(&once).unwrap();
            assert_eq!(once, serde_json::to_string(&again).unwrap());
            std::hint::black_box(format!("{call:?}"));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
