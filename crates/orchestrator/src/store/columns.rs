//! A job as a row of `jobs`: the columns people look at, and the rest in `detail`, so that it comes back exactly.

use std::{borrow::Cow, path::PathBuf};

use chrono::{DateTime, SubsecRound, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Decode, Postgres, Row, Type, postgres::PgRow};
use uuid::Uuid;

use super::{StoreError, moment::Moment};
use crate::{
    job::{
        Cause, Commit, EnvironmentChange, Exit, Here, Job, JobId, MakeOptions, Place, State,
        Status, Survivor, What,
    },
    log::outline::Spot,
};

/// The columns [`job`] reads.
macro_rules! job_columns {
    () => {
        "id, command, status, started_at, finished_at, queued_at, project, host, batch, owner, pty, lines, bytes, detail"
    };
}
pub(super) use job_columns;

/// What has no column of its own.
#[derive(Debug, Serialize, Deserialize)]
struct Detail {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    targets: Vec<String>,
    #[serde(default, skip_serializing_if = "is_usual")]
    options: MakeOptions,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    typed: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sudo: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    looks: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    environment: Vec<EnvironmentChange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    argv: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    variables: Vec<(String, Option<String>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cwd: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_folder: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<Commit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exit: Option<Exit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    /// Where the cause is. Rows of older versions have it in the words of the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spot: Option<Spot>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    survivors: Vec<Survivor>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    damage: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    canceled: bool,
    /// Nanoseconds beyond the microsecond, which a column cannot hold: of `queued_at`, `started_at`, `finished_at`.
    #[serde(default, skip_serializing_if = "is_even")]
    nanos: [u16; 3],
}

impl Detail {
    fn of(job: &Job, nanos: [u16; 3]) -> Self {
        let here = job.here().cloned().unwrap_or_default();
        let (cause, spot) = match job.cause.clone() {
            Some(Cause { text, spot }) => (Some(text), spot),
            None => (None, None),
        };
        Self {
            targets: job.targets().to_vec(),
            options: job.options(),
            typed: matches!(job.what, What::Target { typed: true, .. }),
            sudo: job.sudo(),
            looks: job.looks(),
            environment: here.environment,
            argv: here.argv,
            variables: job.variables.clone(),
            cwd: here.cwd,
            data_folder: job.data_folder,
            commit: here.commit,
            exit: job.state.exit().cloned(),
            cause,
            spot,
            survivors: job.survivors.clone(),
            notes: job.notes.clone(),
            damage: job.damage.clone(),
            canceled: job.state.is_canceled(),
            nanos,
        }
    }

    fn into_json(self, job: JobId) -> Result<Value, StoreError> {
        let unfit = |error: serde_json::Error| StoreError::Unfit {
            job,
            why: error.to_string(),
        };
        let mut json = serde_json::to_value(self).map_err(unfit)?;
        without_nul(&mut json);
        Ok(json)
    }
}

fn is_usual(options: &MakeOptions) -> bool {
    *options == MakeOptions::default()
}

fn is_even(nanos: &[u16; 3]) -> bool {
    *nanos == [0; 3]
}

/// The columns of a job that are worked out from it.
pub(super) struct Columns<'a> {
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) project: Option<Cow<'a, str>>,
    pub(super) target: Option<Cow<'a, str>>,
    pub(super) host: Option<Cow<'a, str>>,
    pub(super) queued_at: DateTime<Utc>,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) finished_at: Option<DateTime<Utc>>,
    pub(super) exit_code: Option<i32>,
    pub(super) signal: Option<Cow<'a, str>>,
    pub(super) reason: Option<Cow<'a, str>>,
    pub(super) command: Cow<'a, str>,
    pub(super) owner: Cow<'a, str>,
    pub(super) detail: Value,
}

impl<'a> Columns<'a> {
    pub(super) fn of(job: &'a Job) -> Result<Self, StoreError> {
        let state = &job.state;
        let times = [Some(job.queued_at), state.started_at(), state.finished_at()];
        let target = job.target().filter(|_| !job.targets().is_empty());
        Ok(Self {
            kind: if job.host().is_some() { "ssh" } else { "local" },
            status: state.status().word(),
            project: job.project().map(fit),
            target: target.map(|target| target.replace('\0', NUL).into()),
            host: job.host().map(fit),
            queued_at: job.queued_at.trunc_subsecs(6),
            started_at: state.started_at().map(|time| time.trunc_subsecs(6)),
            finished_at: state.finished_at().map(|time| time.trunc_subsecs(6)),
            exit_code: state.exit_code(),
            signal: state.signal().map(fit),
            reason: job.reason().map(|reason| reason.replace('\0', NUL).into()),
            command: fit(&job.command),
            owner: fit(&job.owner),
            detail: Detail::of(job, times.map(|time| time.map_or(0, odd_nanos)))
                .into_json(job.id)?,
        })
    }
}

/// What is written instead of a NUL, which no text in Postgres can hold. None can come from a command line; a hostile host's last
/// words can have one.
const NUL: &str = "\u{fffd}";

fn fit(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        text.replace('\0', NUL).into()
    } else {
        text.into()
    }
}

pub(super) fn without_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', NUL),
        Value::Array(values) => values.iter_mut().for_each(without_nul),
        Value::Object(fields) => fields.values_mut().for_each(without_nul),
        _ => {}
    }
}

fn odd_nanos(time: DateTime<Utc>) -> u16 {
    (time.nanosecond() % 1_000) as u16
}

/// The job a row holds; if that cannot be read, one that says so.
pub(super) fn job_or_why(row: &PgRow) -> Job {
    job(row).unwrap_or_else(|error| unreadable(row, &error))
}

/// A line of the list for a row that cannot be read: what of it can, and why the rest cannot. It cannot be started again.
fn unreadable(row: &PgRow, error: &StoreError) -> Job {
    let id = row.try_get::<Uuid, _>("id").unwrap_or_default();
    let text = |column: &str| row.try_get::<String, _>(column).unwrap_or_default();
    let made_at = JobId(id).made_at().unwrap_or_default();
    Job {
        id: JobId(id),
        what: What::Command,
        place: place(
            row.try_get("host").unwrap_or_default(),
            (false, false),
            Here::default(),
        ),
        command: text("command"),
        variables: Vec::new(),
        pty: false,
        batch: row.try_get("batch").unwrap_or_default(),
        owner: text("owner"),
        data_folder: None,
        queued_at: made_at,
        state: State::Ended {
            started_at: None,
            finished_at: made_at,
            exit: Exit::Lost {
                why: format!("its row in the history cannot be read: {}", error.reason()),
            },
            canceled: false,
        },
        cause: None,
        survivors: Vec::new(),
        notes: Vec::new(),
        damage: None,
        lines: row.try_get::<i64, _>("lines").unwrap_or(0).cast_unsigned(),
        bytes: row.try_get::<i64, _>("bytes").unwrap_or(0).cast_unsigned(),
        is_silent: false,
        paused: None,
        unarchived: None,
        unkillable: None,
        prompt: None,
        last_signal: None,
    }
}

/// The job a row holds.
pub(super) fn job(row: &PgRow) -> Result<Job, StoreError> {
    let id = JobId(row.try_get("id").unwrap_or_default());
    column::<Uuid>(row, id, "id")?;
    let corrupt = |why: String| StoreError::Corrupt { job: id, why };
    let detail: Value = column(row, id, "detail")?;
    let detail: Detail =
        serde_json::from_value(detail).map_err(|error| corrupt(format!("its detail: {error}")))?;
    // Postgres keeps microseconds; the nanoseconds beyond are in `detail`, so that a time comes back exactly.
    let time = |name: &str, nanos: u16| {
        let time: Option<Moment> = column(row, id, name)?;
        Ok(time.map(|time| time.0 + TimeDelta::nanoseconds(nanos.into())))
    };
    let [queued, started, finished] = detail.nanos;
    let (started_at, finished_at) = (time("started_at", started)?, time("finished_at", finished)?);
    let queued_at =
        time("queued_at", queued)?.ok_or_else(|| corrupt("it has no queued_at".to_owned()))?;
    let status: String = column(row, id, "status")?;
    let status: Status = status.parse().map_err(corrupt)?;
    let state = state(
        status,
        started_at,
        finished_at,
        detail.exit,
        detail.canceled,
    )
    .ok_or_else(|| {
        corrupt(format!(
            "it is {} and does not say since when or how",
            status.word()
        ))
    })?;
    let here = Here {
        argv: detail.argv,
        cwd: detail.cwd,
        environment: detail.environment,
        commit: detail.commit,
    };
    let spot = detail.spot;
    // An older version wrote no spot: the cause then is its text alone.
    let cause = detail.cause.map(|text| Cause { text, spot });
    Ok(Job {
        id,
        what: match column(row, id, "project")? {
            Some(project) => What::Target {
                project,
                targets: detail.targets,
                options: detail.options,
                typed: detail.typed,
            },
            None => What::Command,
        },
        place: place(column(row, id, "host")?, (detail.sudo, detail.looks), here),
        command: column(row, id, "command")?,
        variables: detail.variables,
        pty: column(row, id, "pty")?,
        batch: column(row, id, "batch")?,
        owner: column(row, id, "owner")?,
        data_folder: detail.data_folder,
        queued_at,
        state,
        cause,
        survivors: detail.survivors,
        notes: detail.notes,
        damage: detail.damage,
        lines: column::<i64>(row, id, "lines")?.cast_unsigned(),
        bytes: column::<i64>(row, id, "bytes")?.cast_unsigned(),
        is_silent: false,
        paused: None,
        unarchived: None,
        unkillable: None,
        prompt: None,
        last_signal: None,
    })
}

fn place(host: Option<String>, (sudo, looks): (bool, bool), here: Here) -> Place {
    match host {
        Some(name) => Place::Host { name, sudo, looks },
        None => Place::Here(here),
    }
}

/// What a row has in a column, whatever somebody made of the table.
fn column<'r, T>(row: &'r PgRow, job: JobId, name: &str) -> Result<T, StoreError>
where
    T: Decode<'r, Postgres> + Type<Postgres>,
{
    row.try_get(name).map_err(|error| StoreError::Corrupt {
        job,
        why: match error {
            sqlx::Error::ColumnDecode { source, .. } => format!("its {name}: {source}"),
            error => error.to_string(),
        },
    })
}

/// The state that a status stands for; none if what belongs to it is missing.
fn state(
    status: Status,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    exit: Option<Exit>,
    canceled: bool,
) -> Option<State> {
    Some(match status {
        Status::Queued => State::Queued { waits: None },
        Status::Running => State::Running {
            started_at: started_at?,
        },
        Status::Done | Status::Error | Status::Canceled | Status::Lost => State::Ended {
            started_at,
            finished_at: finished_at?,
            exit: exit?,
            canceled,
        },
    })
}
