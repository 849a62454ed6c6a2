//! What is said of a target elsewhere than at it.

/// What the helps of a makefile say of a target.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Helped {
    pub(super) text: Option<String>,
    /// The heading it is under there.
    pub(super) heading: Option<String>,
}

/// What comments say of targets that they are not at.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Those of `## name: text`, wherever they are.
    pub(super) named: Vec<(String, String)>,
    /// The lines of those before the first rule, which may list the targets: `#   make up    Start it`.
    pub(super) head: Vec<String>,
}
