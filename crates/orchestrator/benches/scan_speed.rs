//! How long makefiles of ten thousand targets take to be read: `cargo bench -p orchestrator --bench scan_speed`.
//! It counts the processor's time of this thread, which others on the same machine change little.

use std::{fs, hint::black_box, io};

use orchestrator::make;

const TARGETS: usize = 10_000;
const TIMES: usize = 5;

fn main() -> io::Result<()> {
    for (shape, makefile) in [
        ("documented", documented()),
        ("chained", chained()),
        ("objects", objects()),
        ("one rule", one_rule()),
        ("own values", own_values()),
    ] {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("Makefile"), makefile)?;
        let mut took = Vec::new();
        for _ in 0..TIMES {
            let start = processor_ms()?;
            let targets = black_box(make::scan(folder.path())).targets.len();
            assert!(targets >= TARGETS, "{targets}");
            took.push(processor_ms()? - start);
        }
        took.sort_by(f64::total_cmp);
        let (median, worst) = (took[TIMES / 2], took[TIMES - 1]);
        println!("{shape:12} {median:6.1} ms, at worst {worst:6.1} ms");
    }
    Ok(())
}

/// How long this thread has run on a processor, as Linux tells it.
fn processor_ms() -> io::Result<f64> {
    let times = fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = times.split(' ').next().unwrap_or_default();
    let nanoseconds: f64 = first.parse().map_err(io::Error::other)?;
    Ok(nanoseconds / 1e6)
}

fn each(line: impl Fn(usize) -> String) -> String {
    (0..TARGETS).map(line).collect()
}

/// Phony targets with docs, each of which needs two others.
fn documented() -> String {
    let targets = each(|index| {
        let (a, b) = (index / 2, index / 3);
        format!(
            ".PHONY: target-{index}\ntarget-{index}: target-{a} target-{b} ## Number {index}\n\t@echo $(ENV) {index}\n\n"
        )
    });
    format!("ENV ?= dev\n{targets}")
}

/// Each leads to all that come after it.
fn chained() -> String {
    let targets = each(|index| {
        let (a, b) = (index + 1, index + 2);
        let mark = match index % 100 {
            0 => " ## @exclusive",
            _ => "",
        };
        format!("t{index}: t{a} t{b}{mark}\n\t@echo $(ENV) $(V{index})\n")
    });
    format!("ENV ?= dev\n{targets}")
}

/// As a generated makefile for many files.
fn objects() -> String {
    let names = each(|index| format!(" src/f{index}.o"));
    let rules = each(|index| {
        format!("src/f{index}.o: src/f{index}.c src/a.h src/b.h\n\t$(CC) $(CFLAGS) -c -o $@ $<\n")
    });
    format!(
        "CC ?= cc\nCFLAGS ?= -O2\nall: app\napp:{names}\n\t$(CC) -o $@ $^\n%.c: %.y\n\tyacc $<\n{rules}"
    )
}

/// All on one line, by functions.
fn one_rule() -> String {
    let names = each(|index| format!(" n{index}"));
    format!(
        "NAMES ={names}\nall: $(NAMES)\n$(addprefix build-,$(NAMES)): build-%:\n\t@echo $(ENV) $*\n$(NAMES): ; touch $@\n"
    )
}

/// Each with a value of its own, under many patterns.
fn own_values() -> String {
    let patterns: String = (0..200)
        .map(|index| format!("t{index}%: P{index} = {index}\n"))
        .collect();
    let targets = each(|index| format!("t{index}: ENV = {index}\nt{index}:\n\t@echo $(ENV)\n"));
    format!("ENV ?= dev\n{patterns}{targets}")
}
