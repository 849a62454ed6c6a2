//! Search in whole logs: what is found in any chunks is what is found in each line by itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::sync::Arc;

use orchestrator::log::{
    Stream,
    Stream::{Stderr, Stdout},
    find::{Finder, Hit, Pattern, Query},
    lines::{State, Window},
};
use proptest::prelude::*;
use regex_automata::meta::Regex;

type Chunk = (Stream, Vec<u8>);

/// Logs of few letters, so that there is something to find.
fn log() -> impl Strategy<Value = Vec<Chunk>> {
    let piece = prop_oneof![
        6 => "[abAB_ é日😀ſ\t]{0,8}".prop_map(String::into_bytes),
        3 => "\r?\n{1,3}".prop_map(String::into_bytes),
        3 => "\x1b\\[[0-9:;]{0,4}[mKG]".prop_map(String::into_bytes),
        1 => "\x1b[\\]P][a-b]{0,6}(\x07|\x1b\\\\|)".prop_map(String::into_bytes),
        2 => "[\r\x08]{1,3}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    let stream = prop::sample::select(&[Stdout, Stderr]);
    let bytes = prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat());
    prop::collection::vec((stream, bytes), 0..16)
}

fn query() -> impl Strategy<Value = Query> {
    let text = prop_oneof![
        "[abAsé日 \t]{1,3}".prop_map(|text| (text, false)),
        prop::sample::select(&[
            "a",
            "^a",
            "b$",
            r"\s+",
            "[^a]b",
            "a.*b",
            "(?s).+",
            r"\Aa|b\z",
            "a*",
            "é|😀",
            r"\w+\b",
            "(a|ab)b*",
            r"(?-u:\w)",
            "(?R)b$",
            "\u{fffd}",
        ])
        .prop_map(|text| (text.to_owned(), true)),
    ];
    (text, any::<bool>(), any::<bool>()).prop_map(|((text, regex), case, word)| Query {
        text,
        case,
        word,
        regex,
    })
}

/// What stands in one line, by the definition of the options.
fn in_line(query: &Query, line: u64, text: &str) -> Vec<Hit> {
    let mut expression = if query.regex {
        query.text.replace("(?R)", "")
    } else {
        regex_syntax::escape(&query.text)
    };
    if query.word {
        expression = format!(r"\b{{start-half}}(?:{expression})\b{{end-half}}");
    }
    if !query.case {
        expression = format!("(?i){expression}");
    }
    let units = |text: &str| text.encode_utf16().count() as u32;
    let found = Regex::new(&expression).unwrap();
    let found = found.find_iter(text).filter(|found| !found.is_empty());
    let hit = found.map(|found| Hit {
        line,
        start: units(&text[..found.start()]),
        end: units(&text[..found.end()]),
    });
    hit.collect()
}

fn by_definition(query: &Query, log: &[Chunk]) -> Vec<Hit> {
    let mut window = Window::new(State::default(), 1, u64::MAX, 1 << 20);
    for (stream, bytes) in log {
        window.feed(*stream, 0, bytes);
    }
    let lines = window.finish().into_iter();
    lines
        .flat_map(|line| {
            let text: String = line.spans.into_iter().map(|span| span.text).collect();
            in_line(query, line.number, &text)
        })
        .collect()
}

fn scanned(query: &Query, log: &[Chunk]) -> Vec<Hit> {
    let mut scan = Finder::new(Arc::new(Pattern::new(query).unwrap()));
    let mut hits = Vec::new();
    for (stream, bytes) in log {
        scan.feed(*stream, bytes, |hit| hits.push(hit));
    }
    scan.open(|hit| hits.push(hit));
    hits.sort();
    hits
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn in_any_chunks_what_is_found_is_what_is_in_each_line(log in log(), query in query()) {
        prop_assert_eq!(scanned(&query, &log), by_definition(&query, &log));
    }

    #[test]
    fn the_lines_that_hold_something_are_those_with_hits(log in log(), query in query()) {
        let mut scan = Finder::new(Arc::new(Pattern::new(&query).unwrap()));
        let mut lines = Vec::new();
        for (stream, bytes) in &log {
            scan.feed_lines(*stream, bytes, |line| lines.push(line));
        }
        scan.open_lines(|line| lines.push(line));
        lines.sort_unstable();
        let mut expected: Vec<u64> = scanned(&query, &log).iter().map(|hit| hit.line).collect();
        expected.dedup();
        prop_assert_eq!(lines, expected);
    }

    #[test]
    fn how_the_bytes_are_cut_changes_nothing(log in log(), query in query(), size in 1_usize..9) {
        let cut: Vec<Chunk> = log
            .iter()
            .flat_map(|(stream, bytes)| bytes.chunks(size).map(|part| (*stream, part.to_vec())))
            .collect();
        prop_assert_eq!(scanned(&query, &cut), scanned(&query, &log));
    }
}

#[test]
fn what_cannot_be_looked_for_is_refused_with_its_place() {
    let refused = |text: &str, regex| {
        let query = Query {
            text: text.into(),
            regex,
            ..Query::default()
        };
        Pattern::new(&query).unwrap_err().to_string()
    };
    assert_eq!(refused("", false), "there is nothing to look for");
    assert_eq!(refused("äb(c", true), "unclosed group, at character 3");
    assert_eq!(
        refused("a**b[", true),
        "unclosed character class, at character 5"
    );
    assert_eq!(
        refused(r"\p{Nothing}", true),
        "Unicode property not found, at character 1"
    );
    for large in [r"(\w{999}){999}".to_owned(), r"\w{500}".repeat(40)] {
        assert_eq!(
            refused(&large, true),
            "the expression is too large: repeat less of it"
        );
    }
    assert_eq!(
        refused(&"a".repeat(1001), false),
        "at most 1000 bytes can be looked for"
    );
    assert!(refused(&"(".repeat(500), true).contains("at character"));
    for unseen in ["a\nb", "\0", "a\r"] {
        let why = "a line break or U+0000 is in no line as it is shown";
        assert_eq!(refused(unseen, false), why);
    }
}

#[test]
fn a_line_of_a_million_hits_is_gone_through_once() {
    let mut scan = Finder::new(Arc::new(Pattern::regex("é").unwrap()));
    let (mut count, mut last) = (0, 0);
    let line = "é".repeat(100_000) + "\n";
    for _ in 0..10 {
        scan.feed(Stdout, line.as_bytes(), |hit| {
            (count, last) = (count + 1, hit.end);
        });
    }
    assert_eq!((count, last), (1_000_000, 100_000));
}
