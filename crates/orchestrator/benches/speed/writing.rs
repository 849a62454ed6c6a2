//! What the index of logs costs who archives: W1, again and again, with the index kept up beside it and without, by turns.

use std::{path::Path, time::Duration};

use crate::{
    Outcome,
    app::App,
    flood,
    home::Home,
    table::{Goal, Table, median, shown},
};

/// Turns of each.
const TURNS: usize = 2;
/// How long a turn is: the index is looked after every twenty seconds.
const FOR: Duration = Duration::from_secs(45);

pub(crate) async fn beside_index(programs: &Path, table: &mut Table) -> Outcome<()> {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for turn in 1..=TURNS {
        for is_off in [false, true] {
            let environment: &[_] = if is_off {
                &[("VMO_LOG_INDEX", "off")]
            } else {
                &[]
            };
            let app = App::at(Home::with(programs, None, environment)?, None).await?;
            let took = flood::archived_for(&app, FOR).await?;
            let indexed = app.store.index_progress().await?.bytes.0;
            eprintln!(
                "writing {turn}/{TURNS}: {} floods, {} each, {} MB in the index",
                took.len(),
                shown(median(&took)),
                indexed / 1_000_000
            );
            // The index waits for whoever archives: beside floods there may be none for long.
            if is_off && indexed > 0 {
                return Err("there is an index that was not to be".into());
            }
            if is_off { &mut without } else { &mut with }.extend(took);
        }
    }
    table.add_ratio(
        "W1 archived, the index kept up beside it",
        median(&with),
        (median(&without), "without an index"),
        Goal::AtMost(1.05),
    );
    Ok(())
}
