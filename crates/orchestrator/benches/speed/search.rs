//! H2: a text in every log, over the socket as the page asks, beside SQL `LIKE` on the same rows and `rg` (or `grep`) over
//! the same bytes in files.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use orchestrator::{log::find::Query, search::Wanted};
use sqlx::Row;
use tokio::task::spawn_blocking;

use crate::{
    Outcome,
    app::App,
    many_jobs,
    page::Page,
    table::{Goal, Table, median, shown},
};

/// Jobs that the lines are spread over.
const JOBS: usize = 100;

/// How long the app's own pass over the logs may take, before the index is built once more by itself.
const TO_INDEX: Duration = Duration::from_secs(600);

/// What is looked for.
struct Needle {
    name: &'static str,
    text: &'static str,
    regex: bool,
    case: bool,
    /// In how many lines it is, if every line is to be counted; else the search is over when the page is full.
    lines: Option<u64>,
}

const fn needle(name: &'static str, text: &'static str, lines: Option<u64>) -> Needle {
    Needle {
        name,
        text,
        regex: false,
        case: true,
        lines,
    }
}

/// The rare ones are each in the middle job alone.
const NEEDLES: [Needle; 8] = [
    needle("rare", "order 4711-7c9e was lost", Some(1)),
    Needle {
        case: false,
        ..needle("rare, any case", "Order 4711-7C9E was lost", Some(1))
    },
    needle("split by colors", "checkout failed", Some(1)),
    needle("absent", "nobody ever wrote this", Some(0)),
    needle("absent number", "73.129.88.14", Some(0)),
    needle("frequent", "request", None),
    Needle {
        regex: true,
        ..needle("regex", r"order [0-9]+-[0-9a-f]+ was \w+", Some(1))
    },
    // Nothing in it that an index could be asked for: every log is read.
    Needle {
        regex: true,
        ..needle("no literal", r"\d{4}-\d{4}-\d{4}", Some(0))
    },
];

/// Lines from which on the others are asked once: they take seconds.
const MANY: usize = 1_000_000;

/// H2, over so many lines, of which so many small jobs have ten each.
pub(crate) async fn everywhere(
    app: &App,
    (lines, jobs): (usize, usize),
    rounds: usize,
    table: &mut Table,
) -> Outcome<()> {
    let mut page = app.page().await?;
    let begun = Instant::now();
    let jobs = jobs.min(lines / many_jobs::LINES);
    let folder = fill(app, &mut page, lines - jobs * many_jobs::LINES).await?;
    many_jobs::fill(app, &mut page, jobs, &folder).await?;
    page.beside(async {
        let vacuum = sqlx::raw_sql("vacuum analyze jobs, job_logs");
        Ok(vacuum.execute(&app.pool).await.map(drop)?)
    })
    .await?;
    let bytes: i64 = sqlx::query("select sum(octet_length(data)) from job_logs")
        .fetch_one(&app.pool)
        .await?
        .try_get(0)?;
    eprintln!(
        "h2: {lines} lines, {bytes} bytes in {}",
        shown(begun.elapsed())
    );
    page.beside(index(app, bytes, table)).await?;
    for needle in NEEDLES {
        let (mut first, mut all, mut sql, mut files) = (vec![], vec![], vec![], vec![]);
        for round in 0..rounds {
            let searched = ask(&mut page, &needle).await?;
            first.extend(searched.0);
            all.push(searched.1);
            if lines > MANY && round > 0 {
                continue;
            }
            // Who does not read for long is cut off, and these take as long as they take.
            sql.push(page.beside(by_sql(app, &needle)).await?);
            files.push(page.beside(by_files(&folder, &needle)).await?);
        }
        if !first.is_empty() {
            let name = format!("H2 {}: first hit", needle.name);
            table.add_time(&name, median(&first), None, Goal::AtMost(50.0));
        }
        let (all, sql, files) = (median(&all), median(&sql), median(&files));
        let rate = bytes as f64 / all.as_secs_f64() / 1e9;
        eprintln!("h2 {}: {rate:.2} GB/s", needle.name);
        let name = format!(
            "H2 {}: {}",
            needle.name,
            if needle.lines.is_some() {
                "all"
            } else {
                "a full page"
            }
        );
        // A page that is full has read its lines, job by job.
        let goal = needle.lines.map_or(Goal::None, |_| Goal::AtMost(150.0));
        table.add_time(&name, all, None, goal);
        table.add_ratio(&name, all, (sql, "SQL like"), Goal::AtMost(1.0));
        table.add_ratio(&name, all, (files, tool()), Goal::None);
    }
    Ok(())
}

/// When the first hit came, and how long it took until the search was over.
async fn ask(page: &mut Page, needle: &Needle) -> Outcome<(Option<Duration>, Duration)> {
    let wanted = Wanted {
        query: Query {
            text: needle.text.into(),
            case: needle.case,
            regex: needle.regex,
            word: false,
        },
        per_job: 3,
        limit: if needle.lines.is_some() { 0 } else { 300 },
        ..Wanted::default()
    };
    let begun = Instant::now();
    let (first, progress) = page.search(wanted).await?;
    let took = begun.elapsed();
    let hits = needle.lines.unwrap_or(progress.hits);
    let whole = progress
        .end
        .as_ref()
        .is_some_and(|end| end.why.is_none() && end.torn == 0);
    if progress.hits != hits || !whole {
        return Err(format!("{}: {progress:?}", needle.name).into());
    }
    Ok((first.map(|at| at - begun), took))
}

/// Builds the index as a person can have it built.
async fn index(app: &App, bytes: i64, table: &mut Table) -> Outcome<()> {
    let waited = Instant::now();
    let took = loop {
        let begun = Instant::now();
        let mut command = app.program("vmo");
        command.args(["index", "--rebuild"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if spawn_blocking(move || command.status()).await??.success() {
            break begun.elapsed();
        }
        // What serves may be at it already.
        if waited.elapsed() > TO_INDEX {
            return Err("the index was not built".into());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    eprintln!(
        "h2: the index in {}, {:.0} MB/s",
        shown(took),
        bytes as f64 / took.as_secs_f64() / 1e6
    );
    let size = app.store.index_progress().await?.size;
    let share = size as f64 * 100.0 / bytes as f64;
    table.add_figure(
        "H2 the index beside the text",
        share,
        "%",
        Goal::AtMost(3.0),
    );
    Ok(())
}

async fn by_sql(app: &App, needle: &Needle) -> Outcome<Duration> {
    let (sql, text) = match (needle.regex, needle.case) {
        (true, _) => (
            "select count(*) from job_logs where data ~ $1",
            needle.text.to_owned(),
        ),
        (false, true) => (
            "select count(*) from job_logs where data like $1",
            format!("%{}%", needle.text),
        ),
        (false, false) => (
            "select count(*) from job_logs where data ilike $1",
            format!("%{}%", needle.text),
        ),
    };
    let begun = Instant::now();
    sqlx::query(sql).bind(text).fetch_one(&app.pool).await?;
    Ok(begun.elapsed())
}

/// The tool that looks through files.
fn tool() -> &'static str {
    let found = Command::new("rg")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if found.is_ok_and(|status| status.success()) {
        "rg"
    } else {
        "grep"
    }
}

async fn by_files(folder: &Path, needle: &Needle) -> Outcome<Duration> {
    let mut command = Command::new(tool());
    if tool() == "grep" {
        command.arg(if needle.regex { "-rE" } else { "-rF" });
    } else if !needle.regex {
        command.arg("-F");
    }
    if !needle.case {
        command.arg("-i");
    }
    let text = if tool() == "grep" {
        needle.text.replace(r"\w", "[a-z]")
    } else {
        needle.text.into()
    };
    command
        .args(["-a", "-c", &text])
        .arg(folder)
        .stdout(Stdio::null());
    let begun = Instant::now();
    spawn_blocking(move || command.status()).await??;
    Ok(begun.elapsed())
}

/// Has jobs print so many lines in all, each those of a file; gives the folder of these.
async fn fill(app: &App, page: &mut Page, lines: usize) -> Outcome<PathBuf> {
    let folder = app.work().join("logs");
    fs::create_dir_all(&folder)?;
    let mut numbers = Numbers(7);
    for number in 0..JOBS {
        let file = folder.join(format!("{number:03}.log"));
        let own = lines * (number + 1) / JOBS - lines * number / JOBS;
        fs::write(&file, log(&mut numbers, number, own))?;
        let job = page.command(&format!("cat '{}'", file.display())).await?;
        page.over(job).await?;
        app.archived(page, job).await?;
    }
    Ok(folder)
}

/// Numbers that look like chance and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A log as services and builds write it, every fourth in colors.
fn log(numbers: &mut Numbers, number: usize, lines: usize) -> String {
    const LEVELS: [(&str, &str); 4] = [
        ("32", "INFO"),
        ("32", "INFO"),
        ("33", "WARN"),
        ("36", "DEBUG"),
    ];
    const PATHS: [&str; 5] = ["items", "orders", "users/me", "health", "search?q=lamp"];
    let colored = number.is_multiple_of(4);
    let mut text = String::with_capacity(lines * 120);
    for line in 0..lines {
        let (color, level) = LEVELS[numbers.below(4) as usize];
        let (ms, id, path) = (
            numbers.below(86_400_000),
            numbers.below(1 << 31),
            PATHS[numbers.below(5) as usize],
        );
        let at = format!(
            "2026-11-23T{:02}:{:02}:{:02}.{:03}Z",
            ms / 3_600_000,
            ms / 60_000 % 60,
            ms / 1000 % 60,
            ms % 1000
        );
        let (took, size) = (numbers.below(900), numbers.below(90_000));
        // A string takes everything.
        match (numbers.below(10), colored) {
            (0, _) => writeln!(text, "cc -O2 -Wall -Wextra -Isrc/include -c -o build/obj/unit_{id:x}.o src/unit_{id:x}.c"),
            (1, _) => writeln!(text, "\tat com.example.shop.Cart.add(Cart.java:{took}) ~[shop-{size}.jar:?]"),
            (_, true) => writeln!(text, "\x1b[2m{at}\x1b[0m \x1b[{color}m{level:>5}\x1b[0m \x1b[1mshop_web::http\x1b[0m request{{id={id:08x}}}: GET /api/v1/{path} 200 in {took} ms, {size} bytes"),
            (_, false) => writeln!(text, "{at} {level:>5} shop_web::http request{{id={id:08x}}}: GET /api/v1/{path} 200 in {took} ms, {size} bytes"),
        }.ok();
        if number == JOBS / 2 && line == lines / 2 {
            text.push_str("order 4711-7c9e was lost\n\x1b[31mcheck\x1b[1mout\x1b[0m failed\n");
        }
    }
    text
}
