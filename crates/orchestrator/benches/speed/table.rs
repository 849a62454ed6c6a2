//! The table: a row for each goal, and whether it is met.

use std::{fmt, time::Duration};

/// What a figure has to be.
pub(crate) enum Goal {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// None is set; the figure is for the record.
    None,
}

/// One row.
pub(crate) struct Row {
    /// As `W1 to client`.
    pub(crate) name: String,
    /// Our figure, with its unit.
    pub(crate) ours: String,
    /// What it is compared with, with its unit; empty if it is compared with none.
    pub(crate) beside: String,
    /// What the goal is about: a ratio, or our figure again.
    pub(crate) figure: f64,
    /// Its unit; `×` for a ratio.
    pub(crate) unit: &'static str,
    pub(crate) goal: Goal,
}

/// All rows, in order.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    pub(crate) fn add(&mut self, row: Row) {
        eprintln!("{}: {}", row.name, cells(&row)[1..].join(", "));
        self.rows.push(row);
    }

    /// A time beside another one, and a goal for the ratio.
    pub(crate) fn add_ratio(
        &mut self,
        name: &str,
        ours: Duration,
        beside: (Duration, &str),
        goal: Goal,
    ) {
        self.add(Row {
            name: name.into(),
            ours: shown(ours),
            beside: format!("{} ({})", shown(beside.0), beside.1),
            figure: ours.as_secs_f64() / beside.0.as_secs_f64(),
            unit: "×",
            goal,
        });
    }

    /// A time with a goal in milliseconds, beside another one.
    pub(crate) fn add_time(
        &mut self,
        name: &str,
        ours: Duration,
        beside: Option<(Duration, &str)>,
        goal: Goal,
    ) {
        self.add(Row {
            name: name.into(),
            ours: shown(ours),
            beside: beside.map_or_else(String::new, |(time, what)| {
                format!("{} ({what})", shown(time))
            }),
            figure: ours.as_secs_f64() * 1e3,
            unit: "ms",
            goal,
        });
    }

    /// A figure that stands alone.
    pub(crate) fn add_figure(&mut self, name: &str, figure: f64, unit: &'static str, goal: Goal) {
        self.add(Row {
            name: name.into(),
            ours: format!("{figure:.2} {unit}"),
            beside: String::new(),
            figure,
            unit,
            goal,
        });
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| | ours | beside | figure | goal | met |\n|---|---|---|---|---|---|"
        )?;
        for row in &self.rows {
            writeln!(f, "| {} |", cells(row).join(" | "))?;
        }
        Ok(())
    }
}

fn cells(row: &Row) -> [String; 6] {
    let (goal, met) = match row.goal {
        Goal::AtMost(most) => (format!("≤ {most} {}", row.unit), Some(row.figure <= most)),
        Goal::AtLeast(least) => (format!("≥ {least} {}", row.unit), Some(row.figure >= least)),
        Goal::None => ("–".into(), None),
    };
    let met = met.map_or("–", |met| if met { "yes" } else { "**no**" });
    [
        row.name.clone(),
        row.ours.clone(),
        row.beside.clone(),
        format!("{:.2} {}", row.figure, row.unit),
        goal,
        met.into(),
    ]
}

/// A time in the unit that reads well.
pub(crate) fn shown(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 {
        format!("{ms:.2} ms")
    } else if ms < 1000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.2} s", ms / 1e3)
    }
}

/// The middle one.
pub(crate) fn median<T: Copy + PartialOrd>(values: &[T]) -> T {
    percentile(values, 50)
}

/// The value that so many percent of them do not exceed.
pub(crate) fn percentile<T: Copy + PartialOrd>(values: &[T], percent: usize) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|one, other| one.partial_cmp(other).expect("times and sizes compare"));
    sorted[(sorted.len() * percent).div_ceil(100).saturating_sub(1)]
}
