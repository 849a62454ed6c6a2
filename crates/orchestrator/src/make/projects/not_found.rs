//! What to say to a mistyped name of a project.

use crate::{
    did_you_mean::{hint, near},
    project::Project,
};

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
        Self {
            name: name.to_owned(),
            near: near(name, projects.iter().map(|project| project.name.as_str())),
        }
    }
}
