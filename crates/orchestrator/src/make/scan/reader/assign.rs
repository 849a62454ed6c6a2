//! Variables: for all, and for some targets alone.

use super::{
    super::{
        assignment::{Assignment, Flavor},
        comment::{Comment, Marked, marked, notes},
        specific::Specific,
        text::{Word, is_blank, split_comment},
        variables::Standing,
    },
    At, Reader,
};

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
        let is_always = standing == Standing::default();
        self.variables
            .uses(&name, value, is_always && flavor == Flavor::Simple);
        self.slips(value, &at.place());
        self.variables.note(&name, notes(&above, beside.as_ref()));
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
        // What stands above `deploy: ENV = prod` is said of deploy.
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
