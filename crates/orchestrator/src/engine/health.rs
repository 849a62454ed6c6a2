//! What a person looks at if something seems wrong: what `vmo doctor` finds, what the app has
//! traced of late, its folders.

use std::{process::Command, time::Duration};

use serde::Deserialize;

use super::{Engine, EngineError};
use crate::{
    folders,
    make::short_command::{Limits, ask},
    traces,
    wire::{Finding, Health},
};

/// How long `vmo doctor` may take, most of it for a login shell that is slow, and how much it may say.
const TO_LOOK: Duration = Duration::from_secs(60);
const SAID: usize = 256 * 1024;

/// A row of `vmo doctor --json`.
#[derive(Deserialize)]
struct Row {
    what: String,
    ok: bool,
    #[serde(default)]
    optional: bool,
    found: String,
}

impl Engine {
    /// Looks at what the app needs, as `vmo doctor` does, which it runs: what is wrong with this process cannot hide it.
    ///
    /// # Errors
    /// If `vmo` is not there or does not answer.
    pub async fn health(&self) -> Result<Health, EngineError> {
        self.blocking(|engine| engine.look()).await
    }

    fn look(&self) -> Result<Health, EngineError> {
        let program = folders::program("vmo")?;
        let mut doctor = Command::new(&program);
        doctor.args(["doctor", "--json"]);
        let answer = ask(&mut doctor, &Limits::of(TO_LOOK, SAID));
        let silent = || {
            EngineError::Refused(format!(
                "{} doctor has not answered within {} s",
                program.display(),
                TO_LOOK.as_secs()
            ))
        };
        let answer = answer.ok_or_else(silent)?;
        let rows: Vec<Row> = serde_json::from_slice(&answer.stdout).map_err(|_| silent())?;
        let finding = |row: Row| Finding {
            what: row.what,
            ok: row.ok,
            optional: row.optional,
            found: row.found,
        };
        let folders = self.folders();
        Ok(Health {
            findings: rows.into_iter().map(finding).collect(),
            traces: traces::recent(),
            data: folders.data.display().to_string(),
            config: folders.config.display().to_string(),
            program: program.display().to_string(),
        })
    }
}
