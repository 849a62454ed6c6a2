//! When lines came, beside the moment that each says it was printed.

use std::time::Duration;

use supervisor::clock::boot_us as now;

use crate::Outcome;

/// When lines came, to be compared with what they say.
#[derive(Default)]
pub(crate) struct Arrivals {
    /// All that came.
    pub(crate) bytes: Vec<u8>,
    /// Where each arrival ends, and when it came.
    ends: Vec<(usize, u64)>,
}

impl Arrivals {
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push((self.bytes.len(), now()));
    }

    /// How late each of `count` lines was whole.
    pub(crate) fn delays(&self, count: usize) -> Outcome<Vec<Duration>> {
        let mut delays = Vec::with_capacity(count);
        let mut end = 0;
        for line in self.bytes.split_inclusive(|byte| *byte == b'\n') {
            end += line.len();
            let words = std::str::from_utf8(line)?.trim_end().split_once(' ');
            // What make says of its folder is no tick.
            let Some(printed) = words.and_then(tick) else {
                continue;
            };
            let came = self
                .ends
                .iter()
                .find(|(up_to, _)| *up_to >= end)
                .ok_or("a line that never came")?;
            delays.push(Duration::from_micros(came.1.saturating_sub(printed)));
        }
        if delays.len() == count {
            Ok(delays)
        } else {
            Err(format!("{} ticks of {count} came", delays.len()).into())
        }
    }
}

/// When a line says it was printed.
fn tick((number, at): (&str, &str)) -> Option<u64> {
    number.parse::<usize>().ok()?;
    at.parse().ok()
}
