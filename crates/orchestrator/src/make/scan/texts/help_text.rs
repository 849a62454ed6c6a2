//! What is said of a target elsewhere than at it.

/// What the helps of a makefile say of a target.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::make::scan) struct Helped {
    pub(in crate::make::scan) text: Option<String>,
    /// The heading it is under there.
    pub(in crate::make::scan) heading: Option<String>,
}

/// What comments say of targets that they are not at.
#[derive(Debug, Default)]
pub(in crate::make::scan) struct HelpNotes {
    /// Those of `## name: text`, wherever they are.
    pub(in crate::make::scan) named: Vec<(String, String)>,
    /// The lines of those before the first rule, which may list the targets: `#   make up    Start it`.
    pub(in crate::make::scan) head: Vec<String>,
}
