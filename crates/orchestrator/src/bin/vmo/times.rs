//! Times as a person types them.

use std::time::Duration;

use chrono::{DateTime, Days, Local, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// What may be typed, for errors and help.
const KNOWN: &str = "2026-11-23, '2026-11-23 14:02', 2026-11-23T14:02:00Z, 90m, 6h or 3d for so long ago, today, yesterday";

/// The time that a person means: a day begins at its midnight, here.
pub(crate) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let unknown = || format!("'{text}' is no time: give {KNOWN}");
    let text = text.trim();
    let today = Local::now().date_naive();
    let day = match text {
        "today" => Some(today),
        "yesterday" => today.checked_sub_days(Days::new(1)),
        other => NaiveDate::parse_from_str(other, "%Y-%m-%d").ok(),
    };
    if let Some(day) = day {
        return here(day.and_time(NaiveTime::MIN)).ok_or_else(unknown);
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let forms = [
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%dT%H:%M:%S",
    ];
    let mut times = forms.iter();
    if let Some(time) = times.find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()) {
        return here(time).ok_or_else(unknown);
    }
    ago(text)
        .and_then(|ago| {
            orchestrator::clock::now().checked_sub_signed(chrono::Duration::from_std(ago).ok()?)
        })
        .ok_or_else(unknown)
}

/// A time on the clocks here; of an hour that they skipped, none.
fn here(time: NaiveDateTime) -> Option<DateTime<Utc>> {
    Some(time.and_local_timezone(Local).earliest()?.to_utc())
}

fn ago(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    Some(Duration::from_secs(count.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let at = |text: &str| time(text).map(|time| time.to_rfc3339());
        assert_eq!(
            at("2026-11-23T14:02:00+02:00").unwrap(),
            "2026-11-23T12:02:00+00:00"
        );
        let midnight = time("2026-11-23").unwrap().with_timezone(&Local);
        assert_eq!(midnight.naive_local().to_string(), "2026-11-23 00:00:00");
        assert_eq!(time("2026-11-23 00:00"), time("2026-11-23"));
        let (before, days, after) = (
            orchestrator::clock::now(),
            time("3d").unwrap() + Days::new(3),
            orchestrator::clock::now(),
        );
        assert!(before <= days && days <= after, "{before} {days} {after}");
        assert!(time("yesterday").unwrap() < time("today").unwrap());
        for none in [
            "",
            "3",
            "d",
            "3 days",
            "2026-13-01",
            "99999999999999999999d",
            "9999999999999w",
        ] {
            assert!(time(none).unwrap_err().contains("no time"), "{none}");
        }
    }
}
