//! Which of the comments above a rule are about it.

use super::super::{
    syntax::text::{Word, is_blank},
    texts::{comment::Comment, prose::named},
};

/// A rule of more targets than these says nothing of each in its plain comment.
const MANY: usize = 3;

/// The comments above a rule that are about it: if some name their targets (`## build: Builds it`), those that name this
/// one, and what follows them. What is above many targets is about the rule, unless it is written for users.
pub(super) fn about(mut above: Vec<Comment>, names: &[Word]) -> Vec<Comment> {
    let own = |name: &str| names.iter().any(|word| word.name == name);
    if names.len() > MANY {
        above.retain(|comment| comment.doubled);
    }
    if let Some(first) = above.first_mut()
        && let Some(text) = behind_name(&first.text, names)
    {
        first.text = text.to_owned();
    }
    let is_own = |comment: &Comment| named(&comment.text).is_some_and(|(name, _)| own(name));
    if !above.iter().any(is_own) {
        return above;
    }
    let mut counts = false;
    let mut kept = Vec::new();
    for mut comment in above {
        if let Some((name, text)) = named(&comment.text) {
            counts = own(name);
            comment.text = text.to_owned();
        }
        if counts {
            kept.push(comment);
        }
    }
    kept
}

/// The text of `deploy - Ship it` above `deploy`, also behind `target:` or `make`.
fn behind_name<'t>(text: &'t str, names: &[Word]) -> Option<&'t str> {
    let marks = ["target: ", "Target: ", "help: ", "make "];
    let marked = marks.iter().find_map(|mark| text.strip_prefix(mark));
    let text = marked.map_or(text, str::trim_start);
    let mut rests = names
        .iter()
        .filter_map(|word| text.strip_prefix(&word.name));
    let rest = rests.find(|rest| rest.starts_with(is_blank))?.trim_start();
    let signs = ["- ", "-- ", "– ", "— "];
    signs.iter().find_map(|sign| rest.strip_prefix(sign))
}
