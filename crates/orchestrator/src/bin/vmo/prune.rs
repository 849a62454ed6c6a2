//! `vmo prune`: lets old jobs of the history go, and says first which.

use std::{
    ops::ControlFlow,
    process::ExitCode,
    time::{Duration, Instant},
};

use chrono::{DateTime, Local, Utc};
use clap::Args;
use orchestrator::{engine::Engine, folders, job::Outdated, store::Retention};
use serde_json::json;

use super::{Failed, Outcome, job_words, out, settled, terminal, times};

/// Time between two reports of how far it is.
const BETWEEN: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct Prune {
    /// Jobs asked for before then: 2026-11-23, 90d, 12w
    #[arg(long, value_name = "TIME", value_parser = times::time)]
    older: Option<DateTime<Utc>>,
    /// All but the newest so many
    #[arg(long, value_name = "N")]
    keep: Option<u64>,
    /// All but the newest with so many bytes of log: 500M, 20G
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    size: Option<u64>,
    /// Only jobs of this project
    #[arg(short, long)]
    project: Option<String>,
    /// Jobs of others who share this history, too
    #[arg(long)]
    everyone: bool,
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
    /// Give the room back to the disk, too: nobody can use the history until that is done
    #[arg(long)]
    compact: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Print one JSON value
    #[arg(long)]
    json: bool,
}

/// A number of bytes, as `500M`.
fn bytes(text: &str) -> Result<u64, String> {
    let unknown = || format!("'{text}' is no size: give bytes, or as 500M, 20G, 1T");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 1,
        "M" | "MB" | "MIB" => 2,
        "G" | "GB" | "GIB" => 3,
        "T" | "TB" | "TIB" => 4,
        _ => return Err(unknown()),
    };
    let number: u64 = digits.trim().parse().map_err(|_| unknown())?;
    number.checked_mul(1024_u64.pow(unit)).ok_or_else(unknown)
}

pub(crate) async fn prune(prune: Prune) -> Outcome {
    let engine = settled().await?;
    let rules = rules(&engine, &prune)?;
    let mut wanted = Outdated::default();
    for rules in &rules {
        wanted.add(&engine.jobs().outdated(rules).await?);
    }
    if !prune.json {
        out::line(preview(&wanted))?;
    }
    if prune.dry_run || wanted.jobs == 0 {
        if prune.json {
            out::json(&json!({"would_go": value(&wanted), "gone": null}))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !prune.yes {
        let question = format!("Drop {} for good? [y/N]", job_words::jobs(wanted.jobs));
        match terminal::ask(&question, true).as_deref().map(str::trim) {
            Some("y" | "Y" | "yes") => {}
            Some(_) => return Err(Failed::new("nothing was dropped")),
            None => return Err(Failed::new("nothing was dropped: add --yes to drop them")),
        }
    }
    let gone = drop_all(&engine, &rules, &wanted).await?;
    let (before, after) = reclaim(&engine, prune.compact).await?;
    let freed = before.saturating_sub(after);
    if prune.json {
        let value = json!({"would_go": value(&wanted), "gone": value(&gone), "given_back": freed, "on_disk": after});
        out::json(&value)?;
    } else {
        let what = match freed {
            0 => "what they took is free for new logs (--compact gives it back to the disk)".into(),
            freed => format!("{} given back to the disk", job_words::size(freed)),
        };
        out::line(format_args!(
            "dropped {} with {} of log; {what}",
            job_words::jobs(gone.jobs),
            job_words::size(gone.bytes)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Those that were given, or if none was, those of the settings.
fn rules(engine: &Engine, prune: &Prune) -> Result<Vec<Retention>, Failed> {
    if prune.older.is_some() || prune.keep.is_some() || prune.size.is_some() {
        return Ok(vec![Retention {
            before: prune.older,
            jobs: prune.keep,
            bytes: prune.size,
            project: prune.project.clone(),
            but: Vec::new(),
            owner: (!prune.everyone).then(folders::owner),
        }]);
    }
    let set = engine.catalog().settings().retention;
    if set.is_all() || prune.project.is_some() || prune.everyone {
        let why = "no rule says what goes: give --older, --keep or --size; or set what is kept in the settings, and \
                   `vmo prune` alone applies it";
        return Err(Failed::new(why));
    }
    Ok(engine.jobs().rules_of(&set))
}

async fn drop_all(
    engine: &Engine,
    rules: &[Retention],
    wanted: &Outdated,
) -> Result<Outdated, Failed> {
    let (mut last, mut all) = (Instant::now(), Outdated::default());
    for rules in rules {
        let left = wanted.jobs.saturating_sub(all.jobs);
        let gone = engine.jobs().prune(rules, |gone| {
            if last.elapsed() >= BETWEEN {
                let gone = all.jobs + gone.jobs;
                out::say(format_args!("dropped {gone} of {}", wanted.jobs));
                last = Instant::now();
            }
            // More became old meanwhile: they are for the next time, and were not shown.
            match gone.jobs < left {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        });
        all.add(&gone.await?);
    }
    Ok(all)
}

/// Makes the room free: the bytes on the server's disk before and after.
async fn reclaim(engine: &Engine, on_the_disk: bool) -> Result<(u64, u64), Failed> {
    let before = engine.jobs().size_on_disk().await?;
    engine.jobs().reclaim(on_the_disk).await?;
    let after = engine.jobs().size_on_disk().await?;
    Ok((before, after))
}

fn preview(wanted: &Outdated) -> String {
    let stay = match wanted.stay {
        0 => String::new(),
        stay => format!(
            "; {} stay, as they are pinned or have a note",
            job_words::jobs(stay)
        ),
    };
    let Some((first, last)) = wanted.span else {
        return format!("nothing is that old{stay}");
    };
    let day = |time: DateTime<Utc>| time.with_timezone(&Local).format("%Y-%m-%d %H:%M");
    format!(
        "{} with {} of log, from {} to {}{stay}",
        job_words::jobs(wanted.jobs),
        job_words::size(wanted.bytes),
        day(first),
        day(last)
    )
}

fn value(outdated: &Outdated) -> serde_json::Value {
    let (first, last) = outdated.span.unzip();
    json!({"jobs": outdated.jobs, "bytes": outdated.bytes, "first": first, "last": last, "stay": outdated.stay})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_as_they_are_typed() {
        assert_eq!(bytes("17"), Ok(17));
        assert_eq!(bytes("500M"), Ok(500 * 1024 * 1024));
        assert_eq!(bytes("2gib"), Ok(2 << 30));
        for bad in ["", "M", "12X", "-3G", "1.5G", "99999999T"] {
            assert!(bytes(bad).unwrap_err().contains("is no size"), "{bad}");
        }
        assert_eq!(job_words::size(1536), "1.5 KiB");
    }
}
