//! What a recipe for help says of a target.

/// What the helps of a makefile say of a target.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::make::scan) struct Helped {
    pub(in crate::make::scan) text: Option<String>,
    /// The heading it is under there.
    pub(in crate::make::scan) heading: Option<String>,
}
