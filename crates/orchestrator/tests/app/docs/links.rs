//! Links lead somewhere.

use std::{collections::BTreeSet, fs, path::Path};

use super::{pages, top};

/// The text of a page without its fences, and without what is between backticks.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let plain: Vec<&str> = line.split('`').step_by(2).collect();
            kept.push_str(&plain.join("x"));
            kept.push('\n');
        }
    }
    kept
}

/// Where the links and pictures of a page lead.
fn targets(text: &str) -> Vec<String> {
    let prose = prose(text);
    let starts = prose.split("](").skip(1);
    starts
        .filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()))
        .collect()
}

/// A heading as a link names it, in the way of GitHub and GitLab.
fn anchor(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|letter| match letter {
            ' ' => Some('-'),
            letter if letter.is_alphanumeric() || "-_".contains(letter) => Some(letter),
            _ => None,
        })
        .collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if line.starts_with('#') && !fenced {
            found.insert(anchor(line.trim_start_matches('#')));
        }
    }
    found
}

#[test]
fn every_link_of_the_docs_leads_somewhere() {
    let mut pages = pages();
    for name in ["CONTRIBUTING.md", "CHANGELOG.md"] {
        pages.insert(name.into(), fs::read_to_string(top().join(name)).unwrap());
    }
    let mut broken = Vec::new();
    for (page, text) in &pages {
        for target in targets(text) {
            if target.contains("://") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((&target, ""));
            let file = match path {
                "" => top().join(page),
                path => top().join(page).parent().unwrap().join(path),
            };
            let there = file.exists()
                && (heading.is_empty()
                    || anchors(&fs::read_to_string(&file).unwrap()).contains(heading));
            // The pages are installed as they are, without what is around them here.
            let leaves = page.starts_with("docs/") && target.starts_with("..");
            if !there || leaves {
                broken.push(format!("{page}: {target}"));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere: {broken:#?}");
}

#[test]
fn every_page_is_in_the_index_of_the_docs() {
    let index = fs::read_to_string(top().join("docs/README.md")).unwrap();
    let linked = targets(&index);
    for page in pages().into_keys() {
        let Some(name) = page.strip_prefix("docs/") else {
            continue;
        };
        assert!(
            name == "README.md" || linked.iter().any(|target| target == name),
            "docs/README.md does not name {name}"
        );
    }
}

#[test]
fn every_picture_of_the_docs_is_shown() {
    let shown: BTreeSet<String> = pages()
        .values()
        .flat_map(|text| targets(text))
        .filter_map(|target| {
            let name = Path::new(&target).file_name()?.to_str()?.to_owned();
            name.ends_with(".png").then_some(name)
        })
        .collect();
    for entry in fs::read_dir(top().join("docs/pictures")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        // Each is taken in both themes, and one of the two is shown.
        let other = match name.strip_suffix("-dark.png") {
            Some(stem) => format!("{stem}-light.png"),
            None => name.replace("-light.png", "-dark.png"),
        };
        assert!(
            shown.contains(&name) || shown.contains(&other),
            "docs/pictures/{name} is on no page"
        );
    }
}
