//! Variables: for all, and for some targets alone.

use super::{At, Reader};
use crate::make::scan::{
    syntax::{
        assignment::{Assignment, Flavor},
        text::{Piece, Word, is_blank, pieces, split_comment},
    },
    texts::comment::{Comment, Marked, Notes, marked, notes},
    values::{
        target_specific::Specific,
        variables::{Guard, Standing},
    },
};

/// What a comment says with `@secret` alone.
pub(super) fn secret() -> Notes {
    Notes {
        secret: Some(true),
        ..Notes::default()
    }
}

/// So many variables without an empty line between them are a block.
const BLOCK: usize = 3;
/// The longest value that is kept as `:=` made it, in bytes.
const MAX_AT_ONCE: usize = 16 << 10;

/// Whether a value is nothing but an error.
fn is_error(value: &str) -> bool {
    let mut all = pieces(value);
    let is_one = matches!(all.next(), Some(Piece::Reference(inner)) if inner.starts_with("error "));
    is_one && all.next().is_none()
}

impl Reader {
    pub(super) fn assign(
        &mut self,
        assigned: &Assignment<'_>,
        mut standing: Standing,
        at: &mut At,
    ) {
        let above = std::mem::take(&mut at.comments);
        let (value, comment) = split_comment(assigned.value);
        let value = value.trim_matches(is_blank);
        let Some(name) = self.expanded(assigned.name) else {
            return;
        };
        match name.as_str() {
            ".DEFAULT_GOAL" => self.rules.default_goal = self.expanded(value),
            ".RECIPEPREFIX" => self.recipe_prefix = value.chars().next().unwrap_or('\t'),
            _ => {}
        }
        let mut flavor = assigned.flavor;
        let is_worked_out = flavor == Flavor::Simple && !standing.specific && value.contains('$');
        let worked_out = is_worked_out.then(|| self.expanded(value)).flatten();
        let sets = matches!(flavor, Flavor::Recursive | Flavor::Simple) && !standing.specific;
        if sets && Self::is_optional(&name, at) {
            flavor = Flavor::Optional;
            standing.conditional = false;
        }
        let is_missing = self.take_value(&name, flavor, (value, standing), at);
        if let Some(worked_out) = worked_out.filter(|text| text.len() <= MAX_AT_ONCE) {
            self.variables.at_once(&name, &at.place(), Some(worked_out));
        }
        let is_first = !above.is_empty();
        let beside = comment.and_then(|comment| match marked(comment) {
            // A variable's line has no room for two kinds of comment, so one `#` is its doc as well.
            Marked::Line(line) => Some(Comment {
                doubled: true,
                ..line
            }),
            _ => None,
        });
        let is_always = standing == Standing::default();
        let value = if is_missing { "" } else { value };
        self.variables
            .uses(&name, value, is_always && assigned.flavor == Flavor::Simple);
        if standing.conditional && !standing.specific {
            self.variables.depends(&name, &Self::tested_around(at));
        }
        self.slips(value, &at.place());
        if assigned.flavor == Flavor::Simple && value.contains("eval ") {
            self.evaluate(value, at);
        }
        let notes = notes(&above, beside.as_ref());
        let index = self.variables.mention(&name);
        // A plain comment above several variables is about them all, not about the first.
        at.block = match at.block.take() {
            Some((first, count)) if !is_first && first != index => {
                let known = &mut self.variables.list[first].notes;
                if count + 1 == BLOCK && !known.documented {
                    known.doc = None;
                }
                Some((first, count + 1))
            }
            same if !is_first => same,
            _ => (notes.doc.is_some() && !notes.documented).then_some((index, 1)),
        };
        self.variables.note(&name, notes);
    }

    /// Takes in the value of a variable; true if it has none, since what uses it is an error until one is given.
    fn take_value(
        &mut self,
        name: &str,
        flavor: Flavor,
        (value, standing): (&str, Standing),
        at: &At,
    ) -> bool {
        // `TAG ?= $(error give a TAG)`. One that always is an error says why something else cannot be run, and asks for
        // nothing.
        let is_always = !standing.specific && !standing.conditional;
        if flavor == Flavor::Optional && is_error(value) && is_always {
            let index = self.variables.mention(name);
            let place = &mut self.variables.list[index].place;
            place.get_or_insert_with(|| at.place());
            self.variables.guard(index, Guard::WhereUsed);
            return true;
        }
        let before = self.before_adding(name, flavor, standing);
        self.variables
            .assign(name, flavor, value, at.place(), standing);
        if let Some(mut before) = before
            && let Some(added) = self.expanded(value)
            && before.len() + added.len() < MAX_AT_ONCE
        {
            before.push(' ');
            before.push_str(&added);
            let index = self.variables.mention(name);
            self.variables.list[index].at_once = Some(before);
        }
        false
    }

    /// What `:=` made of a variable that is added to; none if it is no such one, or if this is not added here.
    fn before_adding(&self, name: &str, flavor: Flavor, standing: Standing) -> Option<String> {
        let adds = flavor == Flavor::Append && !standing.specific && !standing.is_other_side;
        let known = self
            .variables
            .get(name)
            .filter(|one| adds && one.is_simple)?;
        let written = || known.value.clone().filter(|text| !text.contains('$'));
        known.at_once.clone().or_else(written)
    }

    /// `undefine NAME`, which holds always or under a condition.
    pub(super) fn undefine(&mut self, name: &str, at: &At) {
        let index = self.variables.mention(name);
        let variable = &mut self.variables.list[index];
        variable.at_once = None;
        match at.conditions.is_empty() {
            true => variable.value = None,
            false => variable.partly = true,
        }
    }

    /// `export NAME…`: what is written above it is about each.
    pub(super) fn exported(&mut self, names: &str, at: &mut At) {
        if notes(&at.comments, None).secret != Some(true) {
            return;
        }
        at.comments.clear();
        let names = self.expanded(split_comment(names).0).unwrap_or_default();
        for name in names.split_whitespace() {
            self.variables.note(name, secret());
        }
    }

    pub(super) fn own_variable(
        &mut self,
        names: &[Word],
        assigned: &Assignment<'_>,
        fixed: bool,
        at: &mut At,
    ) {
        let standing = Standing {
            specific: true,
            fixed,
            ..self.standing(at)
        };
        at.rule = None;
        // That it is secret is said of the variable; what else is above `deploy: ENV = prod` is said of deploy.
        if notes(&at.comments, None).secret == Some(true) {
            if let Some(name) = self.expanded(assigned.name) {
                self.variables.note(&name, secret());
            }
            for comment in &mut at.comments {
                comment.text = comment.text.replace("@secret", "");
            }
        }
        if let Some(first) = names.first().filter(|_| !at.comments.is_empty()) {
            at.above = Some((first.name.clone(), std::mem::take(&mut at.comments)));
        }
        let (value, comment) = split_comment(assigned.value);
        let value = value.trim_matches(is_blank);
        // `test: FLAGS = -race ## Run with the race detector` is written for who runs the target.
        let mut assigned = *assigned;
        if let Some(comment) = comment
            && let Marked::Line(line) = marked(comment)
            && line.doubled
        {
            assigned.value = value;
            let targets = names.iter().filter(|word| !word.pattern);
            self.notes
                .named
                .extend(targets.map(|word| (word.name.clone(), line.text.clone())));
        }
        let assigned = &assigned;
        if let Some(name) = self.expanded(assigned.name) {
            let specific = Specific {
                name,
                flavor: assigned.flavor,
                value: value.to_owned(),
                conditional: standing.conditional,
                fixed,
            };
            self.rules.specifics.add(names, specific);
        }
        self.assign(assigned, standing, at);
    }
}
