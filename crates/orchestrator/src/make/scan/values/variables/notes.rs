//! What comments say of variables.

use super::Variables;
use crate::make::scan::texts::comment::{Notes, Param};
use crate::project::VariableKind;

impl Variables {
    /// Keeps what comments say of it; what was said first stays.
    pub(in crate::make::scan) fn note(&mut self, name: &str, notes: Notes) {
        let index = self.mention(name);
        let known = &mut self.list[index].notes;
        known.secret = known.secret.or(notes.secret);
        if known.kind == VariableKind::Text {
            known.kind = notes.kind;
        }
        if known.choices.is_empty() {
            known.choices = notes.choices;
        }
        if known.doc.is_none() || (notes.documented && !known.documented) {
            known.doc = notes.doc;
            known.documented = notes.documented;
        }
    }

    pub(in crate::make::scan) fn param(&mut self, param: &Param) {
        self.note(
            &param.name,
            Notes {
                documented: param.doc.is_some(),
                doc: param.doc.clone(),
                choices: param.choices.clone(),
                secret: param.secret,
                kind: param.kind,
                ..Notes::default()
            },
        );
    }
}
