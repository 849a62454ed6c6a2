//! How fast a log's bytes are counted, rendered and stripped: `cargo bench -p orchestrator --bench lines_speed`.

use std::{hint::black_box, time::Instant};

use orchestrator::log::{
    Stream::Stdout,
    lines::{LIMIT, State, Tail, Window},
    plain,
};

const CHUNK: usize = 64 * 1024;

fn main() {
    let plain_line = format!(
        "{}é and some more of it, to make a hundred bytes\n",
        "x".repeat(50)
    );
    let colored = "\x1b[32m[12:00:00]\x1b[0m \x1b[1;34mINFO\x1b[0m a line with the usual colours in it, and a tail\n";
    for (name, line) in [
        ("100-byte lines", plain_line.as_str()),
        ("short lines", "ab\n"),
        ("coloured lines", colored),
        ("no newline", "x"),
        ("progress bar", "\r 42 % of it is done by now"),
    ] {
        let log = line.repeat((256 << 20) / line.len()).into_bytes();
        let each = |name: &str, feed: &mut dyn FnMut(&[u8])| {
            let start = Instant::now();
            log.chunks(CHUNK).for_each(feed);
            let rate = log.len() as f64 / start.elapsed().as_secs_f64() / 1e9;
            print!("  {name} {rate:6.2} GB/s");
        };
        print!("{name:15}");
        let mut state = State::default();
        each("index", &mut |bytes| state.advance(Stdout, bytes));
        let mut tail = Tail::new(State::default(), 500, LIMIT);
        each("tail", &mut |bytes| tail.feed(Stdout, 0, bytes));
        let mut window = Window::new(State::default(), state.lines(), 1, LIMIT);
        each("window on the last", &mut |bytes| {
            window.feed(Stdout, 0, bytes);
        });
        each("plain", &mut |bytes| drop(black_box(plain(bytes))));
        let mut window = Window::new(State::default(), 1, 100_000, LIMIT);
        each("window on 100,000", &mut |bytes| {
            window.feed(Stdout, 0, bytes);
        });
        println!(
            "  {}",
            black_box((window.finish().len(), tail.last().len())).0
        );
    }
}
