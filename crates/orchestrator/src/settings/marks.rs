//! How careful one has to be where, and in which colors that is shown: `marks.json` in the config folder, by the names of
//! hosts and, as `@tag`, of tags. What an older app wrote of production, in `production.json`, counts until a mark is set.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    host::{Care, Colored, Hue},
    json_file::{self, JsonFileError},
};

/// The tag of hosts in production, whatever else they are tagged with.
const PRODUCTION: &str = "production";

/// What a person said of one host, or of one tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mark {
    /// What is asked before something runs there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub care: Option<Care>,
    /// Of a tag, its color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Hue>,
    /// Of a host, the machine that its name led to. A mark of an older app has none, or one that says nothing of the way
    /// there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// What becomes of marks; none takes that part of them away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum MarkChange {
    /// What is asked before something runs there.
    Care(Option<Care>),
    /// The color of a tag.
    Color(Option<Hue>),
}

/// The mark of a host or a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MarkOf {
    /// The host's name, or `@tag`.
    pub on: String,
    /// What is asked before something runs there.
    pub care: Option<Care>,
    /// The color of a tag.
    pub color: Option<Hue>,
}

/// All marks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marks(BTreeMap<String, Mark>);

/// What an older app kept: the names of hosts in production, and where each led.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Production {
    hosts: BTreeSet<String>,
    #[serde(default)]
    places: BTreeMap<String, String>,
}

impl Marks {
    /// Reads them: what counts, and what is wrong with the file if something is.
    #[must_use]
    pub fn read(config: &Path) -> (Self, Option<JsonFileError>) {
        let file = file(config);
        match file.exists() {
            true => json_file::read(&file),
            false => Self::older(config),
        }
    }

    fn older(config: &Path) -> (Self, Option<JsonFileError>) {
        let (old, problem) = json_file::read::<Production>(&config.join("production.json"));
        let mark = |host: String| {
            let mark = Mark {
                care: Some(Care::Name),
                color: None,
                place: old.places.get(&host).cloned(),
            };
            (host, mark)
        };
        (Self(old.hosts.into_iter().map(mark).collect()), problem)
    }

    /// Changes the file; what an older app kept is taken over first.
    fn change(
        config: &Path,
        change: impl FnOnce(&mut BTreeMap<String, Mark>),
    ) -> Result<(), JsonFileError> {
        let file = file(config);
        json_file::change(&file, |marks: &mut Self| {
            let before = marks.clone();
            if !file.exists() {
                *marks = Self::older(config).0;
            }
            change(&mut marks.0);
            marks
                .0
                .retain(|_, mark| mark.care.is_some() || mark.color.is_some());
            (*marks != before, ())
        })
    }

    /// Each of them, tags first.
    #[must_use]
    pub fn list(self) -> Vec<MarkOf> {
        let marks = self.0.into_iter().map(|(on, mark)| MarkOf {
            on,
            care: mark.care,
            color: mark.color,
        });
        let (mut tags, hosts): (Vec<MarkOf>, Vec<MarkOf>) =
            marks.partition(|mark| mark.on.starts_with('@'));
        tags.extend(hosts);
        tags
    }

    /// Sets what is asked on a host, by whatever name it was marked before; none takes every such mark away. `place_of` gives
    /// the machine that a name leads to.
    ///
    /// # Errors
    /// If the file is broken, which leaves it as it is, or cannot be written.
    pub fn of_host(
        config: &Path,
        host: &str,
        care: Option<Care>,
        place_of: impl Fn(&str) -> String,
    ) -> Result<(), JsonFileError> {
        let place = place_of(host);
        Self::change(config, |marks| {
            let is_it = |name: &str, mark: &Mark| {
                name.eq_ignore_ascii_case(host)
                    || place_of(name) == place
                    || mark.place.as_ref() == Some(&place)
            };
            marks.retain(|name, mark| name.starts_with('@') || !is_it(name, mark));
            let mark = Mark {
                care,
                color: None,
                place: Some(place.clone()),
            };
            marks.insert(host.to_owned(), mark);
        })
    }

    /// Changes the mark of a tag.
    ///
    /// # Errors
    /// As [`Self::of_host`].
    pub fn of_tag(config: &Path, tag: &str, change: MarkChange) -> Result<(), JsonFileError> {
        Self::change(config, |marks| {
            let mark = marks.entry(format!("@{tag}")).or_default();
            match change {
                MarkChange::Care(care) => mark.care = care,
                MarkChange::Color(color) => mark.color = color,
            }
        })
    }

    /// The marks as they count now, by the place that `place_of` gives for each name.
    #[must_use]
    pub fn marked(self, place_of: impl Fn(&str) -> String) -> Marked {
        let mut marked = Marked::default();
        for (name, mark) in self.0 {
            if let Some(tag) = name.strip_prefix('@') {
                marked.tags.insert(tag.to_owned(), mark);
            } else if let Some(care) = mark.care {
                marked.hosts.push(OfHost {
                    now: place_of(&name),
                    name,
                    care,
                    then: mark.place,
                });
            }
        }
        // What an older app wrote is an address alone, which other machines behind other hosts have, too.
        let all: BTreeSet<String> = marked.hosts.iter().map(|one| one.now.clone()).collect();
        for one in &mut marked.hosts {
            one.then.take_if(|then| {
                let rest = |now: &String| now.strip_prefix(then.as_str()).map(str::to_owned);
                let mut rests = all.iter().filter_map(rest);
                rests.any(|rest| rest.starts_with(' '))
            });
        }
        marked
    }
}

fn file(config: &Path) -> PathBuf {
    config.join("marks.json")
}

/// A mark of a machine: of that name, of where it leads, and of where it led.
#[derive(Debug, Clone)]
struct OfHost {
    name: String,
    care: Care,
    now: String,
    then: Option<String>,
}

/// The marks that are in force.
#[derive(Debug, Clone, Default)]
pub struct Marked {
    hosts: Vec<OfHost>,
    tags: BTreeMap<String, Mark>,
}

impl Marked {
    /// Whether a tag has one.
    #[must_use]
    pub fn has_tags(&self) -> bool {
        !self.tags.is_empty()
    }

    /// Whether this tag has one.
    #[must_use]
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.contains_key(tag)
    }

    /// What is asked on a host, and the mark that says so: its own goes before those of its tags, and of those the one that
    /// asks for most. `place_of` gives the machine that it leads to.
    pub fn care<'a>(
        &self,
        host: &str,
        tags: impl IntoIterator<Item = &'a String>,
        place_of: impl Fn(&str) -> String,
    ) -> (Care, Option<String>) {
        if !self.hosts.is_empty() {
            let place = place_of(host);
            let is_it = |one: &&OfHost| {
                one.name.eq_ignore_ascii_case(host)
                    || one.now == place
                    || one.then.as_ref() == Some(&place)
            };
            let own = self.hosts.iter().filter(is_it);
            if let Some(own) = own.max_by_key(|one| one.care) {
                return (own.care, Some(own.name.clone()));
            }
        }
        let marks = tags.into_iter().filter_map(|tag| {
            let care = self.tags.get(tag)?.care?;
            Some((care, Some(format!("@{tag}"))))
        });
        marks.max_by_key(|(care, _)| *care).unwrap_or_default()
    }

    /// The environment of a host that a person gave a color: of one in production that, whatever other tags say; else the
    /// tag that asks for most.
    #[must_use]
    pub fn colored(&self, (care, by): (Care, Option<&str>), tags: &[String]) -> Option<Colored> {
        let of = |tag: &str| {
            let color = self.tags.get(tag)?.color?;
            let tag = tag.to_owned();
            Some(Colored { tag, color })
        };
        if care == Care::Name {
            let by_tag = by.and_then(|by| by.strip_prefix('@'));
            return by_tag.and_then(of).or_else(|| of(PRODUCTION));
        }
        let care_of = |tag: &&String| {
            let mark = self.tags.get(*tag);
            mark.and_then(|mark| mark.care).unwrap_or_default()
        };
        let colored = tags.iter().filter(|tag| of(tag).is_some());
        colored.max_by_key(care_of).and_then(|tag| of(tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(name: &str) -> String {
        format!("[{name}]:22")
    }

    #[test]
    fn a_hosts_own_mark_goes_before_its_tags_and_of_those_the_most_careful_counts() {
        let config = tempfile::tempdir().unwrap();
        let config = config.path();
        let tags = ["lab".to_owned(), "live".to_owned()];
        let care = |host: &str| {
            let marked = Marks::read(config).0.marked(here);
            marked.care(host, &tags, here)
        };
        assert_eq!(care("a"), (Care::Ask, None));
        let of_tag = |tag: &str, care| Marks::of_tag(config, tag, MarkChange::Care(care)).unwrap();
        of_tag("lab", Some(Care::Free));
        assert_eq!(care("a"), (Care::Free, Some("@lab".to_owned())));
        of_tag("live", Some(Care::Name));
        assert_eq!(care("a"), (Care::Name, Some("@live".to_owned())));
        Marks::of_host(config, "a", Some(Care::Always), here).unwrap();
        assert_eq!(care("A"), (Care::Always, Some("a".to_owned())));
        assert_eq!(care("b").0, Care::Name);
        Marks::of_host(config, "a", None, here).unwrap();
        of_tag("live", None);
        of_tag("lab", None);
        assert_eq!(care("a"), (Care::Ask, None));
    }

    #[test]
    fn a_color_is_of_a_tag_and_production_is_never_shown_as_another_one() {
        let config = tempfile::tempdir().unwrap();
        let config = config.path();
        let set = |tag: &str, color| {
            Marks::of_tag(config, tag, MarkChange::Color(Some(color))).unwrap();
        };
        let tags = ["live".to_owned(), "web".to_owned()];
        let colored = |care, by| {
            let marked = Marks::read(config).0.marked(here);
            let found = marked.colored((care, by), &tags);
            found.map(|found| (found.tag, found.color))
        };
        assert_eq!(colored(Care::Ask, None), None);
        set("web", Hue::Green);
        assert_eq!(colored(Care::Ask, None), Some(("web".into(), Hue::Green)));
        assert_eq!(colored(Care::Name, Some("a")), None);
        set("production", Hue::Violet);
        set("live", Hue::Red);
        let production = Some(("production".into(), Hue::Violet));
        assert_eq!(colored(Care::Name, Some("a")), production);
        let live = Some(("live".into(), Hue::Red));
        assert_eq!(colored(Care::Name, Some("@live")), live);
    }

    #[test]
    fn what_an_older_app_kept_of_production_counts_and_is_taken_over() {
        let config = tempfile::tempdir().unwrap();
        let config = config.path();
        let older = r#"{"hosts": ["db"], "places": {"db": "[db]:22"}}"#;
        std::fs::write(config.join("production.json"), older).unwrap();
        let care = |host: &str| {
            let marked = Marks::read(config).0.marked(here);
            marked.care(host, &[], here).0
        };
        assert_eq!(care("db"), Care::Name);
        Marks::of_host(config, "web", Some(Care::Always), here).unwrap();
        assert_eq!((care("db"), care("web")), (Care::Name, Care::Always));
        Marks::of_host(config, "db", None, here).unwrap();
        assert_eq!((care("db"), care("web")), (Care::Ask, Care::Always));
    }
}
