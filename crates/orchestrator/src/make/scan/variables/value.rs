//! What a variable's value is, and whether it may be shown.

use std::borrow::Cow;

use super::{
    super::{
        builtin_names::is_offered, comment::Notes, elsewhere::is_dotenv, secret::is_secret_name,
    },
    Variable,
};

impl Variable {
    /// Its value if it has one for all targets.
    pub(in super::super) fn value_of_all(&self) -> Option<&str> {
        self.value.as_deref().filter(|_| !self.specific)
    }

    /// Whether a person may give it a value.
    pub(in super::super) fn is_offered(&self) -> bool {
        let is_meant = self.is_plain || self.value.is_some() || self.notes != Notes::default();
        is_meant && !self.is_text && !self.called && is_offered(&self.name, self.value.is_some())
    }

    /// Whether its value is not to be shown: by its comment, else by its use or its name.
    pub(in super::super) fn is_secret(&self) -> bool {
        let is_known = || self.is_taken_as_secret || is_secret_name(&self.name);
        self.notes.secret.unwrap_or_else(is_known)
    }

    /// The dotenv file that its value comes from.
    pub(in super::super) fn dotenv(&self) -> Option<&str> {
        let place = self.place.as_ref().filter(|_| self.value.is_some());
        place
            .map(|place| place.file.as_str())
            .filter(|file| is_dotenv(file))
    }

    /// Whether a value that one target has for it is not to be shown.
    pub(in super::super) fn is_hidden_in(&self, own: &str) -> bool {
        let of_file = self.dotenv().and(self.value.as_deref());
        self.is_secret() || of_file.is_some_and(|value| !value.is_empty() && own.contains(value))
    }

    /// Its value if that may be shown.
    pub(in super::super) fn shown_value(&self) -> Option<&str> {
        let is_hidden = self.is_secret() || self.dotenv().is_some();
        self.value.as_deref().filter(|_| !is_hidden)
    }

    /// Its value as make has it here: none if only sides of conditions that are not taken give it one.
    pub(in super::super) fn taken_value(&self) -> Option<&str> {
        self.value.as_deref().filter(|_| !self.is_other_side)
    }

    /// All that may be in its value and may be shown, with what sides add that are not taken.
    pub(in super::super) fn whole_value(&self) -> Option<Cow<'_, str>> {
        let value = self.shown_value()?;
        Some(match self.added.as_str() {
            "" => Cow::Borrowed(value),
            added => Cow::Owned(format!("{value} {added}")),
        })
    }

    /// Whether something gives it a value for all targets, if perhaps not always.
    pub(in super::super) fn has_value(&self) -> bool {
        self.is_set
            || self.is_filled_at_times
            || self.value_of_all().is_some_and(|value| !value.is_empty())
    }
}
