//! Variables: for all, and for some targets alone.

use super::{
    super::{
        assignment::Assignment,
        comment::{Comment, Marked, Notes, marked, notes},
        specific::Specific,
        text::{Word, is_blank, split_comment},
        variables::Standing,
    },
    At, Reader,
};

/// What a comment says with `@secret` alone.
pub(super) fn secret() -> Notes {
    Notes {
        secret: true,
        ..Notes::default()
    }
}

impl Reader {
    pub(super) fn assign(&mut self, assigned: &Assignment<'_>, standing: Standing, at: &mut At) {
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
        let flavor = assigned.flavor;
        self.variables
            .assign(&name, flavor, value, at.place(), standing);
        let beside = comment.and_then(|comment| match marked(comment) {
            // A variable's line has no room for two kinds of comment, so one `#` is its doc as well.
            Marked::Line(line) => Some(Comment {
                doubled: true,
                ..line
            }),
            _ => None,
        });
        self.variables.uses(&name, value);
        self.variables.note(&name, notes(&above, beside.as_ref()));
    }

    /// `export NAME…`: what is said above it is said of each.
    pub(super) fn exported(&mut self, names: &str, at: &mut At) {
        if !notes(&at.comments, None).secret {
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
            conditional: !at.conditions.is_empty(),
            specific: true,
            fixed,
            ..Standing::default()
        };
        at.rule = None;
        // That it is secret is said of the variable; what else stands above `deploy: ENV = prod` is said of deploy.
        if notes(&at.comments, None).secret {
            if let Some(name) = self.expanded(assigned.name) {
                self.variables.note(&name, secret());
            }
            for comment in &mut at.comments {
                comment.text = comment.text.replace("@secret", "");
            }
        }
        if let Some(first) = names.first().filter(|_| !at.comments.is_empty()) {
            at.said = Some((first.name.clone(), std::mem::take(&mut at.comments)));
        }
        let value = split_comment(assigned.value).0.trim_matches(is_blank);
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
