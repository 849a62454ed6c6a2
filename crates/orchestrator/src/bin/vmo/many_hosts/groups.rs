//! What the hosts of a batch wrote, once for all that wrote the same.

use orchestrator::{
    batch::{Batch, Group, HostState},
    engine::Engine,
    fleet::fold,
};

use crate::{Failed, out, show_jobs::show};

/// Prints each group of hosts that ended alike and wrote the same: their names, and what one of them wrote. The group that
/// the others are compared with comes first.
///
/// # Errors
/// If the answers cannot be read, or our output not be written.
pub(super) async fn print(engine: &Engine, batch: &Batch) -> Result<(), Failed> {
    let answers = engine.batch_answers(batch.id, false).await?;
    for (at, group) in answers.groups.iter().enumerate() {
        if at > 0 {
            out::line("")?;
        }
        out::line(head(batch, group))?;
        let first = group.hosts.first().map(|host| &batch.hosts[*host as usize]);
        if let Some(job) = first.and_then(|host| host.job)
            && group.state != HostState::Unreachable
        {
            show(engine, &engine.logs().of(job), Some(String::new())).await?;
        }
    }
    Ok(())
}

/// `==> web[01-37] (37 hosts) <==`, with how they ended if not well.
fn head(batch: &Batch, group: &Group) -> String {
    let names = group
        .hosts
        .iter()
        .map(|host| batch.hosts[*host as usize].name.as_str());
    let count = group.hosts.len();
    let hosts = if count == 1 { "host" } else { "hosts" };
    let why = match (&group.why, group.state) {
        (Some(why), _) => format!(", {why}"),
        (None, HostState::Done) => String::new(),
        (None, state) => format!(", {}", state.word()),
    };
    format!("==> {} ({count} {hosts}{why}) <==", fold(names))
}
