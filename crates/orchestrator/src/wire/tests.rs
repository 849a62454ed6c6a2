use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

#[path = "../../../../fuzz/grammar.rs"]
#[expect(dead_code, reason = "what changes requests is for those who send them")]
mod grammar;

/// Any JSON of some depth, with words that mean something here.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z_]{0,6}".prop_map(Value::from),
        prop::sample::select(&[
            "overview",
            "start",
            "target",
            "done",
            "01890000-0000-7000-8000-000000000001"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            prop::sample::select(&[
                "id", "request", "catalog", "log", "type", "with", "kind", "job", "tail"
            ])
            .prop_map(str::to_owned),
            "[a-z]{1,4}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A request of each kind that holds much.
fn requests() -> Vec<Value> {
    let job = "01890000-0000-7000-8000-000000000001";
    vec![
        json!({"catalog": {"type": "overview"}}),
        json!({"launch": {"type": "start", "with": {"kind": "target", "project": "vm", "targets": ["a"], "variables": [["A", "b"]], "pty": false}}}),
        json!({"launch": {"type": "start", "with": {"kind": "command", "command": "ls", "hosts": ["a"], "cwd": "/", "pty": true}}}),
        json!({"job": {"type": "jobs", "with": {"status": "done", "limit": 3}}}),
        json!({"job": {"type": "answer", "with": {"prompt": job, "answer": {"kind": "text", "text": "x"}}}}),
        json!({"job": {"type": "resize", "with": {"job": job, "rows": 24, "cols": 80}}}),
        json!({"log": {"type": "follow", "with": {"job": job, "tail": 50}}}),
        json!({"find": {"type": "hit_marks", "with": {"find": 1}}}),
        json!({"settings": {"type": "change_settings", "with": {"max_jobs": 3, "database_url": null}}}),
    ]
}

/// Puts `by` in the place of the nth value in this one, itself included; false if there are not as many.
fn replace(value: &mut Value, left: &mut usize, by: &Value) -> bool {
    if *left == 0 {
        *value = by.clone();
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| replace(item, left, by)),
        Value::Object(fields) => fields.values_mut().any(|field| replace(field, left, by)),
        _ => false,
    }
}

/// A call that decodes says the same when it is written and read once more; one that does not says why.
fn decodes(text: &str) -> bool {
    match serde_json::from_str::<Call>(text) {
        Ok(call) => {
            let once = serde_json::to_string(&call).unwrap();
            let again: Call = serde_json::from_str(&once).unwrap();
            assert_eq!(serde_json::to_string(&again).unwrap(), once);
            true
        }
        Err(error) => {
            let words = error.to_string();
            assert!(words.contains(" at line "), "{words}");
            false
        }
    }
}

#[test]
fn each_request_decodes() {
    for request in requests() {
        let call = json!({"id": 1, "request": request}).to_string();
        assert!(decodes(&call), "{call}");
    }
}

proptest! {
    #[test]
    fn any_json_is_a_call_or_says_why_not(json in any_json(), request in any_json()) {
        decodes(&json.to_string());
        decodes(&json!({"id": 1, "request": request}).to_string());
    }

    #[test]
    fn a_call_with_anything_anywhere_is_one_or_says_why_not(
        which in any::<prop::sample::Index>(), place in 0_usize..15, by in any_json(),
    ) {
        let request = which.get(&requests()).clone();
        let mut call = json!({"id": 1, "request": request});
        let mut left = place;
        replace(&mut call, &mut left, &by);
        decodes(&call.to_string());
    }

    #[test]
    fn a_call_that_is_cut_or_flipped_is_one_or_says_why_not(
        which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
    ) {
        let mut bytes = json!({"id": 1, "request": which.get(&requests())}).to_string().into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert!(!decodes(&text) || !cut);
        }
    }
}

/// Each number in turn.
struct InTurn(u64);

impl grammar::Numbers for InTurn {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

/// The names that a group of requests knows, by what it answers to another one.
fn names<T: serde::de::DeserializeOwned>() -> Vec<String> {
    let error = serde_json::from_value::<T>(json!({"type": "?"}));
    let words = error.err().unwrap().to_string();
    let names = words.split('`').skip(3).step_by(2);
    names.map(str::to_owned).collect()
}

#[test]
fn the_fuzzers_grammar_has_each_request_as_it_is() {
    let groups = [
        names::<CatalogRequest>(),
        names::<HostRequest>(),
        names::<LaunchRequest>(),
        names::<JobRequest>(),
        names::<LogRequest>(),
        names::<FindRequest>(),
        names::<SearchRequest>(),
        names::<CompareRequest>(),
        names::<SettingsRequest>(),
    ];
    let known = grammar::Known {
        jobs: vec!["01890000-0000-7000-8000-000000000002".into()],
        folder: "/tmp".into(),
        may_change: true,
    };
    let mut numbers = InTurn(1);
    for ((group, known_names), names) in grammar::GROUPS.into_iter().zip(groups) {
        assert_eq!(known_names, names, "{group}");
        for name in known_names {
            for _ in 0..50 {
                let request = grammar::Grammar::new(&mut numbers, &known).named(group, name);
                let call = json!({"id": 1, "request": request}).to_string();
                assert!(decodes(&call), "{call}");
            }
        }
    }
}
