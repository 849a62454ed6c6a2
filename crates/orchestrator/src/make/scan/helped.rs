//! What a recipe for help says of a target.

/// What the helps of a makefile say of a target.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Helped {
    pub(super) text: Option<String>,
    /// The heading it is under there.
    pub(super) heading: Option<String>,
}
