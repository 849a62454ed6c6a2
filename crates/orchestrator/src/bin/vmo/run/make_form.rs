//! How `vmo run` asks make, and what it takes from an earlier form.

use clap::Args;
use orchestrator::{engine::Engine, job::MakeOptions, presets::Filled};

use crate::Failed;

/// make's own letters, and what `$` and `SHELL` mean.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of make")]
pub(crate) struct MakeFlags {
    /// Run this many recipes at once; 0 is no limit (make -j)
    #[arg(short, long, value_name = "N")]
    jobs: Option<u32>,
    /// Go on after a failure with what does not depend on it (make -k)
    #[arg(short, long)]
    keep_going: bool,
    /// Make everything again, up to date or not (make -B)
    #[arg(short = 'B', long)]
    always_make: bool,
    /// Print what would be done; lines with + or $(MAKE) run all the same (make -n)
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// In the value of this variable, $ is make's own; in all others $ is a plain $
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    raw: Vec<String>,
    /// Let variables be set that change make itself, as SHELL and MAKEFLAGS
    #[arg(long)]
    reserved: bool,
    /// End it after this long, as 90s, 10m or 2h, instead of the makefile's own limit; on hosts, each
    #[arg(long, value_name = "TIME", value_parser = milliseconds)]
    timeout: Option<u64>,
}

/// `500ms`, `30s`, `10m`, `2h` or `30`, in milliseconds.
fn milliseconds(text: &str) -> Result<u64, String> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit = match unit {
        "ms" => 1,
        "s" | "" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("a time is a number with ms, s, m or h after it".into()),
    };
    let number: u64 = number.parse().map_err(|_| "a time begins with a number")?;
    let time = number.checked_mul(unit).filter(|time| *time > 0);
    time.ok_or_else(|| "a time must be more than zero".into())
}

impl MakeFlags {
    pub(crate) fn options(&self) -> MakeOptions {
        MakeOptions {
            jobs: self.jobs,
            keep_going: self.keep_going,
            always_make: self.always_make,
            dry_run: self.dry_run,
            raw: self.raw.clone(),
            reserved: self.reserved,
            timeout: self.timeout,
        }
    }

    /// Whether anything is given that only make understands.
    pub(crate) fn any(&self) -> bool {
        let of_make = MakeOptions {
            timeout: None,
            ..self.options()
        };
        of_make != MakeOptions::default()
    }

    /// How long it may run, in milliseconds.
    pub(crate) const fn timeout(&self) -> Option<u64> {
        self.timeout
    }
}

/// What is filled in beforehand. What is typed goes before it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Presets")]
pub(crate) struct Prefilled {
    /// Fill in the target's preset of this name
    #[arg(long, value_name = "NAME", conflicts_with = "last")]
    preset: Option<String>,
    /// Fill in what the target was last started with
    #[arg(long)]
    last: bool,
}

/// What is wanted of make.
pub(crate) struct Typed {
    pub(crate) targets: Vec<String>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) options: MakeOptions,
    pub(crate) pty: bool,
}

impl Prefilled {
    pub(crate) fn any(&self) -> bool {
        self.last || self.preset.is_some()
    }

    /// Adds what was filled in earlier to what is typed.
    pub(crate) async fn fill(
        &self,
        engine: &Engine,
        project: &str,
        typed: Typed,
    ) -> Result<Typed, Failed> {
        if !self.any() {
            return Ok(typed);
        }
        let Some(target) = typed.targets.first() else {
            return Err(Failed::new("--preset and --last need a target"));
        };
        let presets = engine.catalog().presets(project, target).await?;
        let filled = match &self.preset {
            None => presets
                .last
                .ok_or_else(|| Failed::new(format!("{target} was never started before")))?,
            Some(name) => {
                let names: Vec<String> = presets.named.iter().map(|one| one.name.clone()).collect();
                let mut named = presets.named.into_iter();
                let filled = named.find(|one| one.name == *name).map(|one| one.filled);
                filled.ok_or_else(|| Failed::new(no_preset(target, name, &names)))?
            }
        };
        typed.beside(filled)
    }
}

fn no_preset(target: &str, name: &str, names: &[String]) -> String {
    let names = match names {
        [] => "it has none".to_owned(),
        names => format!("there is {}", names.join(", ")),
    };
    format!("{target} has no preset '{name}': {names}")
}

impl Typed {
    fn beside(mut self, filled: Filled) -> Result<Self, Failed> {
        // A family's name has a place for what it was run with.
        if let (Some(stem), [target]) = (&filled.stem, self.targets.as_mut_slice()) {
            *target = target.replacen('%', stem, 1);
        }
        let mut variables = Vec::new();
        for (name, value) in filled.variables {
            if self.variables.iter().any(|(typed, _)| *typed == name) {
                continue;
            }
            let value = value.ok_or_else(|| {
                Failed::new(format!("{name} is secret and was not kept: give {name}=…"))
            })?;
            variables.push((name, value));
        }
        variables.append(&mut self.variables);
        if self.targets.len() == 1 {
            self.targets.extend(filled.words);
        }
        let (own, kept) = (self.options, filled.options);
        Ok(Self {
            targets: self.targets,
            variables,
            options: MakeOptions {
                jobs: own.jobs.or(kept.jobs),
                keep_going: own.keep_going || kept.keep_going,
                always_make: own.always_make || kept.always_make,
                dry_run: own.dry_run || kept.dry_run,
                raw: [kept.raw, own.raw].concat(),
                reserved: own.reserved || kept.reserved,
                timeout: own.timeout.or(kept.timeout),
            },
            pty: self.pty || filled.pty,
        })
    }
}
