//! What a variable's value is, and whether it may be shown.

use std::borrow::Cow;

use super::{
    super::{
        dotenv::is_dotenv,
        secret_names::{has_password, is_secret_name},
    },
    Variable,
};
use crate::make::scan::{syntax::builtin_names::is_offered, texts::comment::Notes};

impl Variable {
    /// Its value if it has one for all targets.
    pub(in crate::make::scan) fn value_of_all(&self) -> Option<&str> {
        self.value.as_deref().filter(|_| !self.specific)
    }

    /// Whether a person may give it a value.
    pub(in crate::make::scan) fn is_offered(&self) -> bool {
        let is_meant = self.is_plain || self.value.is_some() || self.notes != Notes::default();
        is_meant && !self.is_text && !self.called && is_offered(&self.name, self.value.is_some())
    }

    /// Whether its value is not to be shown: by its comment, else by its use, its name, or a password that it holds.
    pub(in crate::make::scan) fn is_secret(&self) -> bool {
        let is_known = || {
            let value = self.value.as_deref();
            self.is_taken_as_secret || is_secret_name(&self.name) || value.is_some_and(has_password)
        };
        self.notes.secret.unwrap_or_else(is_known)
    }

    /// The dotenv file that its value comes from.
    pub(in crate::make::scan) fn dotenv(&self) -> Option<&str> {
        let place = self.place.as_ref().filter(|_| self.value.is_some());
        place
            .map(|place| place.file.as_str())
            .filter(|file| is_dotenv(file))
    }

    /// Whether a value that one target has for it is not to be shown.
    pub(in crate::make::scan) fn is_hidden_in(&self, own: &str) -> bool {
        let of_file = self.dotenv().and(self.value.as_deref());
        self.is_secret() || of_file.is_some_and(|value| !value.is_empty() && own.contains(value))
    }

    /// Its value if that may be shown.
    pub(in crate::make::scan) fn shown_value(&self) -> Option<&str> {
        let is_hidden = self.is_secret() || self.dotenv().is_some();
        self.value.as_deref().filter(|_| !is_hidden)
    }

    /// Its value as make has it here: none if only sides of conditions that are not taken give it one.
    pub(in crate::make::scan) fn taken_value(&self) -> Option<&str> {
        self.value.as_deref().filter(|_| !self.is_other_side)
    }

    /// All that may be in its value and may be shown, with what sides add that are not taken.
    pub(in crate::make::scan) fn whole_value(&self) -> Option<Cow<'_, str>> {
        let value = self.shown_value()?;
        Some(match self.added.as_str() {
            "" => Cow::Borrowed(value),
            added => Cow::Owned(format!("{value} {added}")),
        })
    }

    /// Whether something gives it a value for all targets in time, if perhaps not always.
    pub(in crate::make::scan) fn has_value(&self) -> bool {
        let is_given = self.is_set
            || self.is_filled_at_times
            || self.value_of_all().is_some_and(|value| !value.is_empty());
        is_given && !self.is_too_late
    }
}
