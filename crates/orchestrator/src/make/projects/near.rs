//! What to say to a mistyped name.

use crate::project::Project;

/// No project has this name, and no folder is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("find '{name}': no project and no folder is called so{}", hint(.near))]
pub struct NotFound {
    /// What was asked for.
    pub name: String,
    /// Names that come near, nearest first, at most three.
    pub near: Vec<String>,
}

impl NotFound {
    pub(super) fn near(name: &str, projects: &[Project]) -> Self {
        let wanted = name.to_lowercase();
        let mut near: Vec<(usize, &str)> = projects
            .iter()
            .filter_map(|project| {
                let known = project.name.to_lowercase();
                let distance = strsim::damerau_levenshtein(&wanted, &known);
                // Up to a third of the letters may differ; part of a longer name is near as well.
                let close = distance <= 1.max(known.chars().count() / 3)
                    || (wanted.len() > 1 && known.contains(&wanted));
                close.then_some((distance, project.name.as_str()))
            })
            .collect();
        near.sort();
        near.truncate(3);
        Self {
            name: name.to_owned(),
            near: near.into_iter().map(|(_, name)| name.to_owned()).collect(),
        }
    }
}

fn hint(near: &[String]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", near.join(" or "))
    }
}
