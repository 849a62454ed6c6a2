//! The sides of conditions, and what of recipes is on one that is not taken.

/// The longest text that is kept, in bytes.
const MAX_TEXT: usize = 256 << 10;
/// As many variables are kept that decide on a line.
const MAX_TESTS: usize = 20;

/// What a side of a condition is, from the likeliest to what never runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::make::scan) enum Side {
    /// The one that is taken, or that this cannot be known without running something.
    #[default]
    Taken,
    /// It is not, with the values that are known; with others that a person may give it is.
    Open,
    /// It is not taken here, whatever is given.
    Never,
}

/// The lines of a recipe on a side of a condition that is not taken with the values that are known.
#[derive(Debug, Default)]
pub(in crate::make::scan) struct OtherSide {
    /// The lines as one text.
    pub(in crate::make::scan) text: String,
    /// The variables that decide.
    pub(in crate::make::scan) tests: Vec<usize>,
}

impl OtherSide {
    /// Adds what follows the tab of a line, under conditions on these variables.
    pub(in crate::make::scan) fn add(&mut self, raw: &str, tests: &[usize]) {
        if self.text.len() + raw.len() < MAX_TEXT {
            self.text.push_str(raw);
            self.text.push('\n');
            let known = &mut self.tests;
            known.extend(
                tests
                    .iter()
                    .copied()
                    .take(MAX_TESTS.saturating_sub(known.len())),
            );
        }
    }
}
