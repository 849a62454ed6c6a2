//! A job as it is written down, and as older versions wrote it: what belongs to a local job was beside everything else
//! (`argv`, `cwd`, `environment`, `commit`), and the host of a command in `what`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{Map, Value, json};

use super::Job;

/// What belongs to a local job.
const HERE: [&str; 4] = ["argv", "cwd", "environment", "commit"];

impl Serialize for Job {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The one that is derived, by the name of the type itself.
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Job {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut job = Map::deserialize(deserializer)?;
        if !job.contains_key("place") {
            give_place(&mut job);
        }
        Self::deserialize(Value::Object(job)).map_err(D::Error::custom)
    }
}

/// Makes a job's place of what was for it.
fn give_place(job: &mut Map<String, Value>) {
    let here = HERE.map(|name| (name, job.remove(name)));
    let host = job.get("what").and_then(|what| what.get("host"));
    let place = if let Some(Value::String(name)) = host {
        json!({"kind": "host", "name": name})
    } else {
        let fields = here.into_iter();
        let mut place: Map<String, Value> = fields
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect();
        place.insert("kind".to_owned(), "here".into());
        Value::Object(place)
    };
    job.insert("place".to_owned(), place);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Commit, Here, MakeOptions, Place, What};

    fn read(what: Value, here: Value) -> Job {
        let mut job = json!({
            "id": "01890000-0000-7000-8000-000000000001", "command": "x", "argv": [], "variables": [["A", null]],
            "cwd": null, "pty": false, "commit": null, "batch": null, "owner": "ann@here",
            "queued_at": "2026-01-01T00:00:00Z", "state": {"state": "queued", "waits": "another job"}, "cause": null,
            "lines": 0, "bytes": 0,
        });
        job["what"] = what;
        for (name, value) in here.as_object().unwrap() {
            job[name] = value.clone();
        }
        let job: Job = serde_json::from_value(job).unwrap();
        let written = serde_json::to_string(&job).unwrap();
        assert!(written.contains(r#""place":"#), "{written}");
        assert_eq!(serde_json::from_str::<Job>(&written).unwrap(), job);
        job
    }

    #[test]
    fn a_target_of_an_older_version_is_one_here() {
        let commit = Commit {
            hash: "0123456789".into(),
            branch: Some("main".into()),
            dirty: 0,
            not_compared: false,
        };
        let job = read(
            json!({"kind": "target", "project": "vm", "targets": ["a", "b"]}),
            json!({"argv": ["make", "a", "b"], "cwd": "/srv/vm", "commit": commit}),
        );
        let here = Here {
            argv: ["make", "a", "b"].map(Into::into).to_vec(),
            cwd: Some("/srv/vm".into()),
            environment: Vec::new(),
            commit: Some(commit),
        };
        assert_eq!(job.place, Place::Here(here));
        assert_eq!(
            (job.project(), job.target()),
            (Some("vm"), Some("a b".into()))
        );
        assert_eq!(job.options(), MakeOptions::default());
    }

    #[test]
    fn a_command_of_an_older_version_is_where_it_was() {
        let here = read(
            json!({"kind": "command", "host": null}),
            json!({"argv": ["sh"]}),
        );
        assert_eq!((&here.what, here.host()), (&What::Command, None));
        assert_eq!(here.argv(), ["sh"]);
        let there = read(json!({"kind": "command", "host": "web1"}), json!({}));
        assert_eq!((there.host(), there.argv().len()), (Some("web1"), 0));
    }
}
