//! Targets: what was read of them, what they lead to, and the list that a person is shown.
//!
//! ```text
//! rules        targets and their recipes, as read
//! reach        what a target leads to              inherited    what it takes over from there
//! uses         the variables that it uses there    guards       prerequisites that check one, as `guard-TOKEN` does
//! extra_words  targets that take further words     phony        names that `.PHONY` has and no rule
//! list         what was read → what is shown       shown_first  which of it comes first, and their texts
//! merge        what make's own list adds and takes away, for a trusted project
//! ```

pub(super) mod extra_words;
pub(super) mod guards;
pub(super) mod inherited;
pub(super) mod list;
pub(super) mod merge;
pub(super) mod phony;
pub(super) mod reach;
pub(super) mod rules;
pub(super) mod shown_first;
pub(super) mod uses;
