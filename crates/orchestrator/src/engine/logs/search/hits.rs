//! Looks through the logs as they are read, and keeps the numbers of lines that hold a hit.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{Hits, Part, Shared, Text};
use crate::{job::JobId, search::LogSearch};

/// Where it is in the log of one job.
struct Place {
    job: JobId,
    reading: LogSearch,
    count: u64,
}

/// Looks through what comes, until no more does or the search is stopped.
pub(super) fn look(
    shared: &Shared,
    mut parts: mpsc::Receiver<Vec<Part>>,
    hits: &mpsc::Sender<Hits>,
) {
    let mut open: Option<Place> = None;
    while let Some(parts) = parts.blocking_recv() {
        for part in parts {
            let known = open.take().filter(|place| place.job == part.job.size.job);
            let mut place = known.unwrap_or_else(|| Place {
                job: part.job.size.job,
                reading: LogSearch::new(Arc::clone(&shared.pattern)),
                count: 0,
            });
            let Some(found) = place.take(shared, &part) else {
                return;
            };
            place.report(shared, &part);
            if let Some(found) = found
                && hits.blocking_send(found).is_err()
            {
                return;
            }
            if !part.is_last {
                open = Some(place);
            }
        }
    }
}

impl Place {
    /// Looks through a part; none if the search is stopped meanwhile, and what was found otherwise, if anything was.
    fn take(&mut self, shared: &Shared, part: &Part) -> Option<Option<Hits>> {
        let (mut lines, before) = (Vec::new(), self.count);
        let most = match shared.wanted.per_job {
            0 => u64::MAX,
            most => most.into(),
        };
        let (reading, count) = (&mut self.reading, &mut self.count);
        let mut found = |line| {
            // Those past the limit are counted all the same: the page says how many more there are.
            if *count < most {
                lines.push(line);
            }
            *count += 1;
        };
        // Asked after each block, since a part may hold many and nobody may be waiting for it any more.
        let mut is_stopped = shared.is_stopped();
        match &part.text {
            Text::Spooled(piece, jump) => {
                if let Some(state) = jump {
                    reading.jump(state, &mut found);
                }
                piece.each(|_, stream, _, bytes| {
                    if !is_stopped {
                        reading.feed(stream, bytes, &mut found);
                        is_stopped = shared.is_stopped();
                    }
                });
            }
            Text::Stored(blocks) | Text::Part { blocks, .. } => {
                if let Text::Part {
                    begins: Some((from, start)),
                    ..
                } = part.text
                    && let Some(first) = blocks.first()
                {
                    // Who reads has seen that it can be read.
                    let _is_readable = reading.skip_to(from, first.state(), start);
                }
                for block in blocks {
                    reading.block(block.seq, block.end, block.state(), &mut found);
                    block.each(|stream, bytes| reading.feed(stream, bytes, &mut found));
                    is_stopped = shared.is_stopped();
                    if is_stopped {
                        break;
                    }
                }
            }
            Text::None => {}
        }
        if is_stopped {
            return None;
        }
        if part.is_last && !matches!(part.text, Text::Part { to_end: false, .. }) {
            reading.end(&mut found);
        }
        let job = part.job.clone();
        let count = self.count;
        Some((count > before).then_some(Hits { job, lines, count }))
    }

    fn report(&self, shared: &Shared, part: &Part) {
        // A log that is over has in the store as many bytes as its row says; of another one the row may be ahead.
        let stored = matches!(part.text, Text::Stored(_)) && part.job.size.is_over;
        let is_whole = self
            .reading
            .is_whole(if stored { part.job.size.bytes } else { 0 });
        if part.is_last && !is_whole {
            shared.end.lock().torn += 1;
        }
        let bytes = part.text.bytes();
        shared.progress.send_modify(|progress| {
            progress.bytes += bytes;
            if part.is_last {
                progress.jobs += 1;
                progress.since = part.job.size.job.made_at();
                progress.hits += self.count;
                progress.found_in += u64::from(self.count > 0);
            }
        });
    }
}

impl Text {
    fn bytes(&self) -> u64 {
        match self {
            Self::Spooled(piece, _) => {
                let mut all = 0;
                piece.each(|_, _, _, bytes| all += bytes.len() as u64);
                all
            }
            Self::Stored(blocks) | Self::Part { blocks, .. } => {
                blocks.iter().map(crate::store::RawBlock::bytes).sum()
            }
            Self::None => 0,
        }
    }
}
