//! How long a makefile of ten thousand targets takes to be read: `cargo run --release -p orchestrator --example scan_speed`.

use std::{fmt::Write, fs, hint::black_box, time::Instant};

use orchestrator::make;

const TARGETS: usize = 10_000;
const TIMES: usize = 5;

fn main() -> std::io::Result<()> {
    for (shape, makefile) in [
        ("documented", documented()),
        ("chained", chained()),
        ("objects", objects()),
        ("one rule", one_rule()),
        ("own values", own_values()),
    ] {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("Makefile"), makefile)?;
        let mut took: Vec<f64> = (0..TIMES)
            .map(|_| {
                let start = Instant::now();
                let targets = black_box(make::scan(folder.path())).targets.len();
                assert!(targets >= TARGETS, "{targets}");
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        took.sort_by(f64::total_cmp);
        let (median, worst) = (took[TIMES / 2], took[TIMES - 1]);
        println!("{shape:12} {median:6.1} ms, at worst {worst:6.1} ms");
    }
    Ok(())
}

/// Phony targets with docs, each of which needs two others.
fn documented() -> String {
    let mut text = String::from("ENV ?= dev\n");
    for index in 0..TARGETS {
        let (a, b) = (index / 2, index / 3);
        let _ = write!(
            text,
            ".PHONY: target-{index}\ntarget-{index}: target-{a} target-{b} ## Number {index}\n\t@echo $(ENV) {index}\n\n"
        );
    }
    text
}

/// Each leads to all that come after it.
fn chained() -> String {
    let mut text = String::from("ENV ?= dev\n");
    for index in 0..TARGETS {
        let (a, b) = (index + 1, index + 2);
        let mark = if index % 100 == 0 {
            " ## @exclusive"
        } else {
            ""
        };
        let _ = write!(
            text,
            "t{index}: t{a} t{b}{mark}\n\t@echo $(ENV) $(V{index})\n"
        );
    }
    text
}

/// As a generated makefile for many files.
fn objects() -> String {
    let mut text = String::from("CC ?= cc\nCFLAGS ?= -O2\nall: app\n");
    let names = (0..TARGETS).map(|index| format!(" src/f{index}.o"));
    let _ = writeln!(text, "app:{}\n\t$(CC) -o $@ $^", names.collect::<String>());
    for index in 0..TARGETS {
        let _ = write!(
            text,
            "src/f{index}.o: src/f{index}.c src/a.h src/b.h\n\t$(CC) $(CFLAGS) -c -o $@ $<\n"
        );
    }
    text
}

/// All on one line, by functions.
fn one_rule() -> String {
    let names = (0..TARGETS).map(|index| format!(" n{index}"));
    format!(
        "NAMES ={}\nall: $(NAMES)\n$(addprefix build-,$(NAMES)): build-%:\n\t@echo $(ENV) $*\n$(NAMES): ; touch $@\n",
        names.collect::<String>()
    )
}

/// Each with a value of its own, under many patterns.
fn own_values() -> String {
    let mut text = String::from("ENV ?= dev\n");
    for index in 0..200 {
        let _ = writeln!(text, "t{index}%: P{index} = {index}");
    }
    for index in 0..TARGETS {
        let _ = write!(text, "t{index}: ENV = {index}\nt{index}:\n\t@echo $(ENV)\n");
    }
    text
}
